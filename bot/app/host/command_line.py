"""The host's commands: arguments and functions.

As in `bot/cli.py`, each command imports what it needs, so that the others start fast.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import PostgresUrl, Settings, load_settings, postgres_url

if TYPE_CHECKING:
    from bot.domain.models import JobState
    from bot.runtime.clock import Clock
    from bot.runtime.process import ProcessIdentity
    from bot.runtime.progress import Progress

Add = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return what reads an argument that is a whole number."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= 19 and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most} is needed")
        return int(text)

    return read


ID = whole(1, 2**63 - 1)


def add_to(add: Add) -> None:
    """Add the host's commands for the database and for jobs; `add` adds one and returns its parser."""
    backup = add("backup", _backup, "Copy the database to a file and check the copy, while the bot runs or not.")
    backup.add_argument("path", type=Path, help="file to write")
    backup.add_argument("--without-keys", action="store_true", help="leave out the key file, to keep it elsewhere")
    backup.add_argument("--force", action="store_true", help="replace a file that is there")
    restoring = add("restore", _restore, "Restore a backup. Stop the bot first.")
    restoring.add_argument("path", type=Path, help="the backup; a key file next to it is restored as well")
    moving = add("migrate-to", _migrate_to, "Move the file to an empty PostgreSQL database. Stop the bot first.")
    place = "the database; its password may be left to PGPASSWORD or a password file"
    moving.add_argument("place", type=_server, metavar="postgresql://…", help=place)
    forgetting = add("forget", _forget, "Erase the data of a server or a member. Stop the bot first.")
    forgetting.add_argument("--guild", type=ID, help="id of the server; with --member, the member there only")
    forgetting.add_argument("--member", type=ID, help="id of the member")
    _add_yes(forgetting)
    forgetting.set_defaults(usage_error=forgetting.error)
    add("rotate-keys", _rotate_keys, "Encrypt all secrets with the newest of SECRET_KEYS. Stop the bot first.")
    _add_jobs(add("jobs", _list_jobs, "Show the jobs of all servers, and free stuck ones."))


def _add_jobs(jobs: argparse.ArgumentParser) -> None:
    commands = jobs.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    listing = add("list", _list_jobs, "List jobs, the newest first.")
    listing.add_argument("--state", action="append", help="a state, or `open` for all that have not ended; repeatable")
    listing.add_argument("--guild", type=ID, help="id of the server")
    listing.add_argument("--member", type=ID, help="id of the member who requested it")
    listing.add_argument(
        "--older", type=_span, default=0.0, metavar="TIME", help="requested longer ago, as 30m, 2h, 1d"
    )
    listing.add_argument("--limit", type=whole(1, 999_999), default=20, help="how many (default: 20)")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(usage_error=listing.error)
    showing = add("show", _show_job, "Show one job: its state, who follows it, and credits.")
    showing.add_argument("id", help="id of the job")
    showing.add_argument("--json", action="store_true", help="as JSON")
    retrying = add("retry", _retry_job, "Retry a job now, without a second charge.")
    retrying.add_argument("id", help="id of the job")
    uncertain = add("mark-uncertain", _mark_uncertain, "After pg_restore: pay no job twice. Stop every bot first.")
    uncertain.add_argument("age", type=_span, metavar="TIME", help="how old the restored dump is, as 30m, 2h, 1d")
    releasing = add("release", _release_job, "Free a job of a process that is dead, or end it.")
    releasing.add_argument("id", help="id of the job")
    releasing.add_argument("--end", action="store_true", help="end it: what was made is kept, the rest is refunded")
    _add_yes(releasing)


def _add_yes(parser: argparse.ArgumentParser) -> None:
    """Add the switch of a command that cannot be undone."""
    parser.add_argument("--yes", action="store_true", help="do it; without this, it only says what would be done")


def _backup(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.files import make_backup

    clock, progress = watch()
    print(
        make_backup(
            settings,
            arguments.path,
            with_key=not arguments.without_keys,
            replaces=arguments.force,
            clock=clock,
            progress=progress,
        )
    )
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.files import restore_backup

    clock, progress = watch()
    print(restore_backup(settings, arguments.path, clock=clock, progress=progress))
    return 0


def _migrate_to(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.store.by_name import server_module

    clock, progress = watch()
    migrate = server_module("migrate").migrate
    print(asyncio.run(migrate(settings, arguments.place, clock=clock, progress=progress)))
    return 0


def _forget(arguments: argparse.Namespace) -> int:
    if arguments.guild is None and arguments.member is None:
        arguments.usage_error("give --guild or --member")
    settings = host_settings()
    from bot.app.host.offline import forget_guild, forget_member

    progress = watch()[1]
    if arguments.member is None:
        print(asyncio.run(forget_guild(settings, arguments.guild, progress, is_sure=arguments.yes)))
    else:
        member = arguments.member
        print(asyncio.run(forget_member(settings, member, arguments.guild, progress, is_sure=arguments.yes)))
    return 0


def _rotate_keys(_arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.offline import rotate_keys

    print(asyncio.run(rotate_keys(settings, watch()[1])))
    return 0


def host_settings() -> Settings:
    """Return the settings for host commands; wrong ones are only logged."""
    settings = load_settings()
    start_logs(Settings(log_level="WARNING"))
    return settings


def watch() -> tuple[Clock, Progress]:
    """Return the machine's clock, and a progress reporter to standard error, so that output can be piped."""
    from bot.runtime.clock import SystemClock
    from bot.runtime.progress import meter_to

    clock = SystemClock()
    return clock, meter_to(sys.stderr, clock)


def _list_jobs(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.jobs import texts
    from bot.app.host.jobs.commands import as_json, host_credits_spent
    from bot.domain.models import OPEN_STATES, JobState
    from bot.store.host.jobs import listed

    wanted: set[JobState] = set()
    for name in arguments.state or ():
        if name != "open" and name not in set(JobState):
            arguments.usage_error(f"there is no state {name}; there are open, {', '.join(JobState)}")
        wanted |= OPEN_STATES if name == "open" else {JobState(name)}
    clock, _ = watch()
    found = listed(
        settings.database,
        states=wanted or None,
        guild_id=arguments.guild,
        member_id=arguments.member,
        now=clock.wall(),
        older_s=arguments.older,
        limit=arguments.limit,
    )
    rows = [as_json(job, is_followed=is_followed) for job, is_followed in found]
    if arguments.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    print(texts.table(rows, clock.wall()))
    if spent := texts.host_credits(host_credits_spent(settings, clock)):
        print(f"\n{spent}")
    return 0


def _show_job(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.jobs import texts
    from bot.app.host.jobs.commands import show_job

    found = show_job(settings, arguments.id)
    if arguments.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print(texts.details(found))
    return 0


def _retry_job(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.jobs.commands import retry_job

    clock, progress = watch()
    print(asyncio.run(retry_job(settings, arguments.id, clock=clock, progress=progress)))
    return 0


def _mark_uncertain(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.jobs.commands import mark_uncertain

    clock, progress = watch()
    print(asyncio.run(mark_uncertain(settings, arguments.age, clock=clock, progress=progress)))
    return 0


def _release_job(arguments: argparse.Namespace) -> int:
    settings = host_settings()
    from bot.app.host.jobs.commands import release_job

    _, progress = watch()
    ends, is_sure = arguments.end, arguments.yes
    print(asyncio.run(release_job(settings, arguments.id, ends=ends, is_sure=is_sure, progress=progress)))
    return 0


def _server(text: str) -> PostgresUrl:
    try:
        return postgres_url(text)
    except ValueError:
        raise argparse.ArgumentTypeError("an address is needed, such as postgresql://name@host/database") from None


def _span(text: str) -> float:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not (number.isascii() and number.isdecimal() and len(number) <= 6):
        raise argparse.ArgumentTypeError("a time is needed, such as 30m, 2h, or 1d")
    return float(int(number) * units[unit])


def start_logs(settings: Settings, identity: ProcessIdentity | None = None) -> None:
    """Log to standard error, without the settings' secrets.

    With an `identity`, each line names this process, and its errors are reported if the settings say where to.
    """
    from bot.runtime.logs import NO_FACTS, configure_logs

    facts = NO_FACTS if identity is None else identity.facts
    configure_logs(
        level=settings.log_level,
        log_format=settings.log_format or ("console" if sys.stderr.isatty() else "json"),
        secrets=settings.secrets(),
        facts=facts,
    )
