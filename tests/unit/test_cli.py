from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from bot import __version__, commit
from bot.app.connection.start import invite_link
from bot.runtime.metrics import Metrics
from bot.runtime.network.health_probe import ask, stored_address
from bot.runtime.network.web_server import Endpoint, HttpServer
from bot.settings import describe_settings
from tests.support.command_rows import rows
from tests.support.new_file import write_empty_database

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE." + "a" * 38
SOURCES = Path(__file__).resolve().parents[2]


def environment(**values: str) -> dict[str, str]:
    names = {name for name, _, _ in describe_settings()}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return {**kept, "PYTHONPATH": str(SOURCES), **values}


def cannon_bot(*arguments: str, cwd: Path, module: str = "bot", **values: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(**values), capture_output=True, text=True, check=False)


def python(code: str, cwd: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code]
    return subprocess.Popen(
        command, cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_version_is_told(tmp_path: Path) -> None:
    done = cannon_bot("--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"cannon-bot {__version__} ({commit()})\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        pytest.param(("fly",), marks=pytest.mark.long),
        pytest.param(("run", "--speed", "2"), marks=pytest.mark.long),
        ("demo", "--port", "70000"),
        pytest.param(("demo", "--port", "x"), marks=pytest.mark.long),
        pytest.param(("demo", "--speed", "0"), marks=pytest.mark.long),
        pytest.param(("demo", "--speed", "nan"), marks=pytest.mark.long),
        pytest.param(("sandbox", "--credits", "-1"), marks=pytest.mark.long),
        pytest.param(("sandbox", "--speed", "fast"), marks=pytest.mark.long),
    ],
)
def test_a_wrong_command_line_is_told_with_exit_code_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = cannon_bot(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "usage: cannon-bot" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_tells_every_wrong_setting_without_a_traceback_and_starts_nothing(tmp_path: Path) -> None:
    done = cannon_bot("run", cwd=tmp_path, HTTP_PORT="x", CANNON_API_KEY="canary canary")
    assert done.returncode == 78
    assert [line.split()[1] for line in done.stderr.splitlines() if line.startswith("- ")] == [
        "CANNON_API_KEY",
        "HTTP_PORT",
        "DISCORD_TOKEN",
    ]
    assert "Traceback" not in done.stderr
    assert "canary" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_settings_come_from_the_file_in_the_current_directory(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HTTP_PORT=x\n", encoding="utf-8")
    done = cannon_bot("run", cwd=tmp_path)
    assert "HTTP_PORT" in done.stderr


def test_the_command_line_starts_without_discord_or_the_web(tmp_path: Path) -> None:
    code = "import sys, bot.cli; print(sorted({'discord', 'aiohttp', 'httpx', 'aiosqlite'} & sys.modules.keys()))"
    out, error = python(code, tmp_path).communicate()
    assert (out.strip(), error) == ("[]", "")


@pytest.mark.long
def test_check_is_content_with_good_settings_and_changes_nothing(tmp_path: Path) -> None:
    done = cannon_bot(
        "check",
        "--offline",
        cwd=tmp_path,
        DISCORD_TOKEN=TOKEN,
        CANNON_API_KEY="cs_live_abcdefgh",
        CANNON_API_KEY_GUILDS="*",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("OK: ")
    assert "can spend all of your credits" in done.stdout
    assert f"Add the bot to a server: {invite_link(123456789012345678)}" in done.stdout
    assert list(tmp_path.iterdir()) == []
    assert "settings     DISCORD_TOKEN set, " in done.stdout, "and all that a bug report needs"


@pytest.mark.long
def test_the_invite_link_is_printed_without_a_network(tmp_path: Path) -> None:
    done = cannon_bot("invite", cwd=tmp_path, DISCORD_TOKEN=TOKEN)
    assert (done.returncode, done.stdout, done.stderr) == (0, invite_link(123456789012345678) + "\n", "")


def test_a_token_without_an_id_has_no_invite_link(tmp_path: Path) -> None:
    done = cannon_bot("invite", cwd=tmp_path, DISCORD_TOKEN="?." + TOKEN)
    assert (done.returncode, done.stdout) == (1, "")
    assert "DISCORD_TOKEN" in done.stderr


@pytest.mark.long
def test_check_tells_every_problem_in_one_go_each_with_its_setting_or_file(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"this is no database, " * 200)
    (tmp_path / ".env").write_text("RETENTION_DAY=3\n", encoding="utf-8")
    done = cannon_bot("check", "--offline", cwd=tmp_path, DATABASE="broken.db", HTTP_PORT="x", LOG_LEVEL="loud")
    assert done.returncode == 1
    problems = [line for line in done.stdout.splitlines() if line.startswith("- ")]
    assert len(problems) == 5
    assert done.stdout.startswith("5 problems")
    for word in ("DISCORD_TOKEN", "HTTP_PORT", "LOG_LEVEL", "broken.db", "RETENTION_DAYS"):
        assert sum(word in problem for problem in problems) == 1


@pytest.mark.long
def test_check_changes_no_file(tmp_path: Path) -> None:
    write_empty_database(tmp_path / "bot.db")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    done = cannon_bot("check", "--offline", cwd=tmp_path, DISCORD_TOKEN=TOKEN, DATABASE="bot.db", SECRET_KEYS="k" * 40)
    assert done.returncode == 0, done.stderr
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_a_listing_flattens_groups_and_leaves_menus_out() -> None:
    inner = {"name": "generate", "type": 1, "description": "Make one.", "options": []}
    deep = {"name": "more", "type": 2, "description": "", "options": [{**inner, "name": "edit"}]}
    option = {
        "name": "to",
        "type": 3,
        "description": "Where.",
        "required": True,
        "choices": [{"name": "A", "value": "a"}],
    }
    payloads = [
        {"name": "image", "type": 1, "description": "", "options": [inner, deep]},
        {"name": "Edit this", "type": 3},
        {"name": "ask", "description": "Ask.", "options": [option]},
    ]
    listed = rows(payloads)
    assert [row["name"] for row in listed] == ["ask", "image generate", "image more edit"]
    assert listed[0]["options"] == [
        {"name": "to", "type": "text", "required": True, "description": "Where.", "choices": ["A"]}
    ]


# ---------------------------------------------------------------------- health


def note(database: Path, address: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")
        connection.execute("INSERT INTO meta VALUES ('http_address', ?)", (address,))


@pytest.fixture
async def server() -> AsyncIterator[tuple[HttpServer, dict[str, object]]]:
    state: dict[str, object] = {"ok": True, "ready": True}

    def health() -> Mapping[str, object]:
        return state

    server = HttpServer(
        private=Endpoint("HEALTH", "127.0.0.1", 0),
        public=None,
        health=health,
        hint=lambda _: False,
        metrics=Metrics(),
    )
    await server.start()
    yield server, state
    await server.close()


async def test_health_asks_at_the_address_that_the_bot_noted(
    tmp_path: Path, server: tuple[HttpServer, dict[str, object]]
) -> None:
    import asyncio

    running, state = server
    note(tmp_path / "a b%?#.db", running.health_address)
    address = stored_address(tmp_path / "a b%?#.db")
    assert await asyncio.to_thread(ask, address) == (True, '{"ok": true, "ready": true}')
    state["ready"] = False
    assert (await asyncio.to_thread(ask, address))[0] is False


def test_health_of_no_bot_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    done = cannon_bot("health", cwd=tmp_path)
    assert done.returncode == 1
    assert "No bot has used" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_health_of_a_bot_that_is_gone_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    note(tmp_path / "x.db", "http://127.0.0.1:1")
    done = cannon_bot("health", cwd=tmp_path, DATABASE="x.db")
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------------- stopping and failing


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_a_signal_stops_the_work_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    code = """
import asyncio, sys
from bot.cli import _until_signal
async def work():
    try:
        print('up', flush=True)
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
        print('closed', flush=True)
sys.exit(_until_signal(work()))
"""
    with python(code, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        out, error = process.communicate()
    assert (process.returncode, out, error) == (0, "closed\n", "")


@pytest.mark.parametrize(("installed", "loop"), [(True, "Fast"), (False, "_UnixSelectorEventLoop")])
def test_uvloops_event_loop_is_used_where_it_is_installed_and_asyncios_where_not(
    tmp_path: Path, *, installed: bool, loop: str
) -> None:
    """Installed or not in this environment: a module of its name, or none, stands in its place."""
    code = f"""
import asyncio, sys, types
class Fast(asyncio.SelectorEventLoop): pass
sys.modules['uvloop'] = types.SimpleNamespace(new_event_loop=Fast) if {installed} else None
from bot.cli import _until_signal
async def work():
    print(type(asyncio.get_running_loop()).__name__)
sys.exit(_until_signal(work()))
"""
    with python(code, tmp_path) as process:
        out, error = process.communicate()
    assert (process.returncode, out, error) == (0, f"{loop}\n", "")


def test_work_that_does_not_stop_is_ended_hard(tmp_path: Path) -> None:
    code = """
import asyncio, sys
from bot import cli
cli.STOP_TIMEOUT_S = 0.2
async def work():
    print('up', flush=True)
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass
sys.exit(cli._until_signal(work()))
"""
    with python(code, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.terminate()
        _, error = process.communicate()
    assert process.returncode == 1
    assert "was killed" in error


def test_a_fault_of_the_bot_itself_is_logged_masked_with_exit_code_1(tmp_path: Path) -> None:
    code = """
import sys
import urllib.request
from bot import cli
from bot.settings import Settings
cli.start_logs(Settings())
async def work():
    raise RuntimeError('https://discord.com/api/webhooks/1/canary cs_live_canary')
sys.exit(cli._until_signal(work()))
"""
    with python(code, tmp_path) as process:
        out, error = process.communicate()
    assert (process.returncode, out) == (1, "")
    assert "RuntimeError" in error
    assert "canary" not in error


def test_output_that_nobody_reads_is_no_fault(tmp_path: Path) -> None:
    code = """
import sys
import urllib.request
from bot import cli
cli._health = lambda arguments: print('x' * 100_000) or 0
sys.exit(cli.main(['health']))
"""
    with python(code, tmp_path) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        error = process.stderr.read()
    assert error == ""
    assert process.returncode == 1


@pytest.mark.long
def test_the_sandbox_tells_its_address_and_stops_on_a_signal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "sandbox", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        with urllib.request.urlopen(first.split()[-1] + "/api/v1/openapi", timeout=60) as answer:
            text = answer.read().decode()
        process.terminate()
        _, error = process.communicate()
    assert "http://127.0.0.1:" in first
    assert '"image.generate"' in text
    assert (process.returncode, error) == (0, "")


@pytest.mark.long
def test_the_demo_without_its_packages_says_what_to_install(tmp_path: Path) -> None:
    code = """
import sys
import urllib.request
sys.modules['simcord'] = None
from bot.cli import main
sys.exit(main(['demo', '--no-browser']))
"""
    with python(code, tmp_path) as process:
        _, error = process.communicate()
    assert process.returncode == 1
    assert "make demo" in error
    assert "Traceback" not in error


@pytest.mark.long
def test_without_postgresql_only_what_needs_it_says_what_to_install(tmp_path: Path) -> None:
    code = """
import sys
sys.modules['psycopg'] = None
from bot.cli import main
main(['backup', 'copy.db'])
sys.exit(main(['migrate-to', 'postgresql://bot@localhost/bot']))
"""
    with python(code, tmp_path) as process:
        _, error = process.communicate()
    backup, moving = error.splitlines()
    assert "Set DATABASE to the file" in backup
    assert "cannon-bot[postgres]" in moving
