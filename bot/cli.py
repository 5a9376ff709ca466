"""`cannon-bot`: one subcommand, one function.

Exit codes: 0 success, 1 a problem, 2 a wrong command line; of `run` also 78, for what a restart cannot help.
The sentence on standard error says what to do. Subcommands import what they need, so that the others start fast.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, NoReturn

import structlog

from bot import __version__, commit, install_line
from bot.app.host import command_line
from bot.app.host.command_line import start_logs, watch, whole
from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, BotError, DatabaseFailing, SettingsError, StartError
from bot.language import LANGUAGES, SOURCE, CatalogueError, read_all
from bot.runtime.machine import refusal
from bot.runtime.output import end_now, say
from bot.settings import Settings, load_settings, misspelled, read_settings

STOP_TIMEOUT_S = 10.0
"""Timeout of a stop after SIGINT or SIGTERM; then the process is killed."""

DEMO_PACKAGES = frozenset({"simcord", "PIL", "av"})
"""Packages of the extra `demo`: the simulated Discord and libraries for real media."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand with the arguments `argv` (default: the process's own); return the exit code."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        code = command(arguments)
        if sys.stdout is not None:  # it may be closed
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader closed the pipe, as in `cannon-bot jobs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return RESTART_MAY_HELP
    except (BotError, CatalogueError, ModuleNotFoundError, OSError) as error:
        sentence, code = _for_host(error)
        code = code if command is _run else RESTART_MAY_HELP
        say(f"cannon-bot: {sentence}")
    return code


def _for_host(error: BotError | CatalogueError | ModuleNotFoundError | OSError) -> tuple[str, int]:
    """Return what the host reads of an error, and the exit code. Raises it if it is no fault of theirs."""
    match error:
        case SettingsError():
            return "\n- ".join(("the settings are not valid:", *error.problems)), error.exit_code
        case DatabaseFailing():
            return error.for_host, error.exit_code
        case BotError():
            return error.sentence, error.exit_code
        case CatalogueError():
            return f"a translation can't be read: {error}", RESTART_CANNOT_HELP
        case ModuleNotFoundError(name=name) if name in DEMO_PACKAGES:
            how = f"In a clone use `make demo`, else {install_line('demo')}"
            return f"this needs the package {name}. {how}", RESTART_MAY_HELP
        case OSError(filename=str() as name):
            refused = refusal(Path(name), error)
            return refused.sentence, refused.exit_code
    raise error


class _Version(argparse.Action):
    """Prints the version. A clone's commit is read only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print(f"cannon-bot {__version__} ({commit()})")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cannon-bot", description="Cannon Studio's media API as Discord slash commands."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and its commit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    add("run", _run, "Run the bot; settings come from the environment and .env.")
    demo = add("demo", _demo, "Run the bot on a simulated Discord and a simulated Cannon Studio, in a web page.")
    demo.add_argument("--port", type=whole(0, 65535), default=0, help="port of the page (default: any free one)")
    demo.add_argument("--no-browser", action="store_true", help="do not open the page in a browser")
    demo.add_argument(
        "--speed", type=_speed, default=1.0, help="how many times faster than real jobs finish (default: 1)"
    )
    demo.add_argument("--new", action="store_true", help="start with a server that the bot has just joined")
    demo.add_argument(
        "--language",
        choices=list(LANGUAGES),
        default=SOURCE,
        help="language of the server and its members (default: en)",
    )
    sandbox = add("sandbox", _sandbox, "Run Cannon Studio's API on this machine, with faults on demand.")
    sandbox.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    sandbox.add_argument(
        "--port", type=whole(0, 65535), default=8790, help="port to listen on, 0 for any free one (default: 8790)"
    )
    sandbox.add_argument(
        "--speed", type=_speed, default=1.0, help="how many times faster than real jobs finish (default: 1)"
    )
    sandbox.add_argument("--credits", type=whole(0, 10**9), default=10_000, help="credits of each key (default: 10000)")
    checking = add("check", _check, "Report every problem that would stop a start; change nothing, begin no session.")
    checking.add_argument("--offline", action="store_true", help="call neither Discord nor Cannon Studio")
    checking.add_argument("--json", action="store_true", help="as JSON, with all settings and no secret")
    add("invite", _invite, "Print the link that adds the bot to a server.")
    add("health", _health, "Check the health of the running bot.")
    command_line.add_to(add)
    return parser


def _run(_arguments: argparse.Namespace) -> int:
    settings = load_settings(need_token=True)
    from bot.runtime.process import ProcessIdentity

    identity = ProcessIdentity.of()
    start_logs(settings, identity)
    from bot.runtime.machine import keep_little, permanent

    keep_little()
    with permanent():
        from bot.app.entry_points import import_surface, run
        from bot.media.decoder_cage import closes
        from bot.runtime.process import close_to_others, raise_open_files_limit

        import_surface()
        read_all()
    close_to_others()
    log = structlog.get_logger(__name__)
    log.info(
        "process.started", name=identity.name, version=identity.version, commit=identity.revision, pid=identity.pid
    )
    for sentence in misspelled():
        log.warning("settings.misspelled", reason=sentence)
    log.info("decoder.cage", closes=closes().value)
    raise_open_files_limit()
    # A disk that does not answer, say, may keep it from closing, too.
    return _until_signal(run(settings, identity=identity, closing=lambda: _kill_after(STOP_TIMEOUT_S)))


def _demo(arguments: argparse.Namespace) -> int:
    # The demo reads no settings, so it cannot use a real token or key.
    start_logs(Settings(log_level="WARNING", log_format="console"))
    read_all()
    from bot.runtime.process import close_to_others

    demo = _sandbox_module("demo.demo")
    close_to_others()
    return _until_signal(
        demo.run_demo(
            port=arguments.port,
            open_browser=not arguments.no_browser,
            speed=arguments.speed,
            joins=arguments.new,
            language=arguments.language,
        )
    )


def _sandbox_module(name: str) -> Any:
    """Import a module of `sandbox` by name: the bot itself has no need of it."""
    return importlib.import_module(f"sandbox.{name}")


def _sandbox(arguments: argparse.Namespace) -> int:
    start_logs(Settings(log_level="WARNING"))
    return _until_signal(_serve_sandbox(arguments))


async def _serve_sandbox(arguments: argparse.Namespace) -> None:
    sandbox = _sandbox_module("server").Sandbox(speed=arguments.speed, credits=arguments.credits)
    try:
        await sandbox.start(arguments.host, arguments.port)
    except OSError as error:
        reason = (error.strerror or str(error)).splitlines()[0]
        raise StartError(f"Can't listen on {arguments.host}, port {arguments.port}: {reason}. Try --port 0.") from error
    try:
        print(f"Cannon Studio's sandbox: {sandbox.url}")
        print(
            f"Point a bot at it with CANNON_API_URL={sandbox.url}; any key that begins with cs_test_ works.", flush=True
        )
        await asyncio.Event().wait()
    finally:
        await sandbox.close()


def _check(arguments: argparse.Namespace) -> int:
    settings, wrong = read_settings(need_token=True)
    start_logs(Settings(log_level="ERROR"))
    from bot.app.entry_points import check
    from bot.app.host import texts
    from bot.app.host.check import examine_machine, of_cannon, report

    clock, progress = watch()
    found = examine_machine(settings, wrong, clock, progress)
    found.add(asyncio.run(check(settings, clock, is_online=not arguments.offline)))
    if not arguments.offline:
        found.add(asyncio.run(of_cannon(settings, clock)))
    if (link := _invite_link(settings)) is not None:
        found.facts.append(f"Add the bot to a server: {link}")
    facts = report(settings, found, clock)
    if arguments.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        print(texts.checked(facts, is_online=not arguments.offline))
    return 1 if found.problems else 0


def _invite(_arguments: argparse.Namespace) -> int:
    link = _invite_link(load_settings(need_token=True))
    if link is None:
        raise StartError(
            "DISCORD_TOKEN is not a bot token: it does not begin with an application id.",
            exit_code=RESTART_CANNOT_HELP,
        )
    print(link)
    return 0


def _invite_link(settings: Settings) -> str | None:
    from bot.app.connection.start import application_id_of, invite_link

    token = settings.discord_token
    application_id = None if token is None else application_id_of(token.get_secret_value())
    return None if application_id is None else invite_link(application_id)


def _health(_arguments: argparse.Namespace) -> int:
    from bot.runtime.network.health_probe import ask, stored_address

    is_healthy, body = ask(stored_address(read_settings()[0].local_files))
    print(body)
    return 0 if is_healthy else 1


def _until_signal(work: Coroutine[Any, Any, None]) -> int:
    with asyncio.Runner(loop_factory=_new_loop()) as runner:
        return runner.run(_cancel_on_signal(work))


def _new_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's constructor if the extra `speed` is installed, None for asyncio's own event loop."""
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return None
    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made


async def _cancel_on_signal(work: Coroutine[Any, Any, None]) -> int:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    is_stopping = False

    def stop() -> None:
        nonlocal is_stopping
        if not is_stopping:
            is_stopping = True
            _kill_after(STOP_TIMEOUT_S)
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not is_stopping:
            raise
    except BotError:
        raise
    except Exception:  # noqa: BLE001 - the logs mask the secrets that a traceback may show; Python's own printing would not
        structlog.get_logger(__name__).exception("stopped by an unexpected error")
        return RESTART_MAY_HELP
    return 0


def _kill_after(seconds: float) -> None:
    """Kill the process after `seconds` even if a thread or a shielded task never ends.

    It outlives the event loop: a remaining thread would keep the interpreter from exiting.
    """
    words = f"did not stop within {seconds:g} seconds and was killed. Open jobs continue with the next start."
    timer = threading.Timer(seconds, end_now, (lambda: f"cannon-bot: {words}", RESTART_MAY_HELP))
    timer.daemon = True
    timer.start()


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0.01 <= speed <= 10_000:
        raise argparse.ArgumentTypeError("a number from 0.01 to 10000 is needed")
    return speed
