# ruff: noqa: ASYNC221, ASYNC240 - a test may wait for the disk and for processes
"""Environments in which the bot cannot start: `run` says so in one sentence, before it has called Discord."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shlex
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.runtime.clock import SystemClock
from bot.store import Store
from bot.store.host.moved import MOVED_TO_META, Moved
from tests.unit.test_cli import TOKEN, cannon_bot, environment

CLOSED = "http://127.0.0.1:9"
"""Nothing listens here: a bot that calls Discord at it says that Discord can't be reached."""
UNREACHABLE = "Discord can't be reached"
MAY_HELP, CANNOT_HELP = 1, 78


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    """A database that a bot has used."""
    path = tmp_path / "bot.db"
    await (await Store.open(path, clock=SystemClock(), alone=True)).close()
    return path


def check(database: Path, **values: str) -> tuple[int, list[str]]:
    """Return the exit code and the lines of `check`, without a network."""
    done = cannon_bot(
        "check", "--offline", cwd=database.parent, **{"DISCORD_TOKEN": TOKEN, "DATABASE": str(database)} | values
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def run(database: Path, **values: str) -> tuple[int, str]:
    """Return the exit code, and the last line: the log may come before it."""
    own = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": CLOSED, "HEALTH_PORT": "0", "DATABASE": str(database)}
    done = cannon_bot("run", cwd=database.parent, **own | values)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.splitlines()[-1]


def execute(path: Path, *statement: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(*statement)


def make_newer(path: Path) -> None:
    execute(path, "PRAGMA user_version = 999")


def move(path: Path) -> None:
    mark = Moved(id="1", place="postgresql://there/bot", at=1.0)
    execute(path, "INSERT INTO meta (name, value) VALUES (?, ?)", (MOVED_TO_META, mark.to_text()))


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8192] + b"\xa5" * 40_000)


def lose_key(path: Path) -> None:
    columns = "(guild_id, secret, last4, set_by, set_at, scopes)"
    execute(
        path,
        f"INSERT INTO guild_keys {columns} VALUES (7, ?, 'beef', 1, 1.0, '[]')",
        (b"00000000:" + bytes(80),),
    )


def take_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def interrupt_restore(path: Path) -> None:
    path.with_name(f"{path.name}.restore").touch()


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (make_newer, "made by a newer cannon-bot"),
        pytest.param(move, "postgresql://there/bot", marks=pytest.mark.long),
        pytest.param(damage, "damaged", marks=pytest.mark.long),
        pytest.param(lose_key, "secret key", marks=pytest.mark.long),
        pytest.param(take_folder, "is a directory", marks=pytest.mark.long),
        pytest.param(interrupt_restore, "was interrupted", marks=pytest.mark.long),
    ],
)
def test_what_is_wrong_with_the_database_is_said_though_discord_cannot_be_reached(
    database: Path, broken: Callable[[Path], None], says: str
) -> None:
    broken(database)
    code, said = run(database)
    assert (code, says in said) == (CANNOT_HELP, True), said


@pytest.mark.long
def test_a_second_instance_ends_before_it_calls_discord_and_may_be_started_again(database: Path) -> None:
    descriptor = os.open(f"{database}.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        code, said = run(database)
    finally:
        os.close(descriptor)
    assert (code, "Another cannon-bot is running" in said) == (MAY_HELP, True), said


@pytest.mark.long
def test_a_sound_database_is_opened_and_closed_where_discord_cannot_be_reached(database: Path) -> None:
    code, said = run(database)
    assert (code, UNREACHABLE in said) == (MAY_HELP, True), said
    with Path(f"{database}.lock").open() as lock:
        assert lock.read()  # the next start need not check its pages


@pytest.mark.long
def test_a_wrong_price_list_is_said_before_discord_is_called(database: Path) -> None:
    prices = database.with_name("prices.csv")
    prices.write_text("no,prices\n", encoding="utf-8")
    code, said = run(database, PRICE_LIST=str(prices))
    assert (code, "PRICE_LIST" in said) == (CANNOT_HELP, True), said


@pytest.mark.long
def test_a_taken_port_is_said_before_discord_is_called_and_may_be_free_later(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, said = run(database, HEALTH_PORT=str(port))
    assert (code, f"HEALTH_PORT={port}" in said) == (MAY_HELP, True), said


# ---------------------------------------------------------------------- folders and files that the bot may not write

USER = 10_001
"""Who runs the bot where the tests run as root, whom no permission binds: the image's user."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the bot's user can reach, and not write; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        made = Path(place) / "data"
        made.mkdir(mode=0o555 if os.getuid() else 0o755)
        yield made
        made.chmod(0o755)  # else only root could remove it


def as_user(command: str, folder: Path, database: Path) -> tuple[int, str]:
    """Run a command as the bot's user; return the exit code, and the sentence with the folder or the last line."""
    user = {} if os.getuid() else {"user": USER, "group": USER, "extra_groups": []}
    values = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": CLOSED, "HEALTH_PORT": "0", "DATABASE": str(database)}
    words = [sys.executable, "-m", "bot", command, *(["--offline"] if command == "check" else [])]
    env = environment(PYTHONDONTWRITEBYTECODE="1", **values)
    done = subprocess.run(words, cwd=folder.parent, env=env, capture_output=True, text=True, check=False, **user)
    assert "Traceback" not in done.stderr, done.stderr
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode, next((line for line in lines if "can't be written" in line), lines[-1])


def identity() -> str:
    return f"{os.getuid()}:{os.getgid()}" if os.getuid() else f"{USER}:{USER}"


@pytest.mark.parametrize(
    "below",
    ["bot.db", pytest.param("deep/er/bot.db", marks=pytest.mark.long)],
)
def test_a_folder_that_the_bot_may_not_write_is_one_sentence_with_the_command_that_mends_it(
    folder: Path, below: str
) -> None:
    database = folder / below
    for command, expected in (("check", 1), ("run", CANNOT_HELP)):
        code, said = as_user(command, folder, database)
        assert (code, f"The bot runs as {identity()}. Give it the folder: " in said) == (expected, True), said
        assert str(database.parent) in said
        mend = said.partition("Give it the folder: ")[2]
    if os.getuid() and "install -d" in mend:
        return  # who owns the parent, or root, has to make it
    subprocess.run(shlex.split(mend), check=True)
    code, said = as_user("check", folder, database)
    assert code == 0, said
    assert UNREACHABLE in as_user("run", folder, database)[1]


@pytest.mark.long
@pytest.mark.parametrize("ending", ["", ".key", ".lock"])
async def test_a_file_that_the_bot_may_not_write_is_one_sentence_with_the_command_that_mends_it(
    folder: Path, ending: str
) -> None:
    folder.chmod(0o755)
    if not os.getuid():
        os.chown(folder, USER, USER)
    database = folder / "bot.db"
    await (await Store.open(database, clock=SystemClock(), alone=True)).close()
    for each in folder.iterdir():
        each.chmod(0o600)
        if not os.getuid():
            os.chown(each, USER, USER)
    closed = folder / f"bot.db{ending}"
    if os.getuid():
        closed.chmod(0o400)
    else:
        os.chown(closed, 0, 0)
    for command, expected in (("check", 1), ("run", CANNOT_HELP)):
        code, said = as_user(command, folder, database)
        assert (code, str(closed) in said) == (expected, True), said
    mend = said.partition("Give it the folder: ")[2]
    assert mend, said
    subprocess.run(shlex.split(mend), check=True)
    code, said = as_user("check", folder, database)
    assert code == 0, said


@pytest.mark.long
def test_no_system_folder_is_given_away(folder: Path) -> None:
    if os.getuid():
        place = Path("/etc/bot.db")
    else:
        folder.chmod(0o700)  # its user cannot reach what is in it
        place = folder / "bot.db"
    code, said = as_user("check", folder.parent, Path("/bot.db"))
    assert (code, "chown" in said, "Name a folder of its own in DATABASE." in said) == (1, False, True), said
    code, said = as_user("check", folder.parent, place)
    assert (code, "chown" in said) == (1, not os.getuid()), said


# ---------------------------------------------------------------------- a full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], check=False).returncode:
        pytest.skip("this machine allows no mounts of one's own")
    yield place
    subprocess.run(["umount", place], check=True)


def fill(disk: Path) -> Path:
    """Use up the disk; return the file that does."""
    file = disk / "fill"
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as writer:
        while writer.write(bytes(4096)):
            pass
    return file


@pytest.mark.long
@pytest.mark.parametrize("is_new", [False, True])
async def test_a_full_disk_is_one_sentence_with_its_folder_until_there_is_room(small_disk: Path, is_new: bool) -> None:
    database = small_disk / "bot.db"
    if not is_new:  # its log does not fit on the disk
        await (await Store.open(database, clock=SystemClock(), alone=True)).close()
    full = fill(small_disk)
    sentence = f"The disk of {small_disk} is full. Free some space."
    code, said = check(database)
    assert (code, said[:2], sum(line.startswith("- ") for line in said)) == (1, ["1 problem:", f"- {sentence}"], 1)
    assert run(database) == (MAY_HELP, f"cannon-bot: {sentence}")
    full.unlink()
    code, said = check(database)
    assert (code, said[1]) == (0, "1 warning:"), said
    assert re.match(rf"- The disk of {small_disk} has [0-9.]+ MB left", said[2]), said
    assert UNREACHABLE in run(database)[1]


# ---------------------------------------------------------------------- other things that stop a start


def make_fifo(database: Path) -> None:
    os.mkfifo(database)


def use_device(_database: Path) -> dict[str, str]:
    return {"DATABASE": "/dev/null"}


def empty_key(database: Path) -> None:
    database.with_name("bot.db.key").write_text("")


def loop(database: Path) -> None:
    database.symlink_to(database)


def use_practice_key(_database: Path) -> dict[str, str]:
    return {"CANNON_API_KEY": "cs_test_practice_0000000000"}


def mistype_parameter(_database: Path) -> dict[str, str]:
    return {"DATABASE": "postgresql://u:canary@127.0.0.1/x?sslmod=require", "SECRET_KEYS": "k" * 40}


def mistype_address(_database: Path) -> dict[str, str]:
    return {"DATABASE": "postgresql://u:canary%zz@127.0.0.1/x", "SECRET_KEYS": "k" * 40}


def listen_elsewhere(_database: Path) -> dict[str, str]:
    return {"HEALTH_HOST": "192.0.2.1", "HEALTH_PORT": "8081"}


def share_port(_database: Path) -> dict[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    return {"HEALTH_PORT": port, "HTTP_PORT": port, "PUBLIC_URL": "https://example.org"}


Prepare = Callable[[Path], dict[str, str] | None]


@pytest.mark.long
@pytest.mark.parametrize(
    ("prepare", "says", "code"),
    [
        (make_fifo, "DATABASE has no valid value", CANNOT_HELP),
        (use_device, "DATABASE has no valid value", CANNOT_HELP),
        (empty_key, "has no whole key", CANNOT_HELP),
        (loop, "(Too many levels of symbolic links)", CANNOT_HELP),
        (use_practice_key, "CANNON_API_KEY is a practice key", CANNOT_HELP),
        (mistype_parameter, 'invalid URI query parameter: "sslmod"', CANNOT_HELP),
        (mistype_address, "its address is not one", CANNOT_HELP),
        (listen_elsewhere, "HEALTH_HOST=192.0.2.1, HEALTH_PORT=8081: Cannot assign requested address.", MAY_HELP),
        (share_port, "Address already in use.", MAY_HELP),
    ],
)
def test_check_finds_what_stops_a_start_and_the_start_says_the_same(
    tmp_path: Path, prepare: Prepare, says: str, code: int
) -> None:
    database = tmp_path / "bot.db"
    values = prepare(database) or {}
    found, lines = check(database, **values)
    assert (found, sum(says in line for line in lines if line.startswith("- "))) == (1, 1), (prepare, lines)
    ended, said = run(database, **values)
    assert (ended, says in said) == (code, True), said
    assert "canary" not in said + "".join(lines)


@pytest.mark.long
def test_check_finds_a_limit_of_files_and_a_folder_for_backups_that_cannot_be_written(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 200; exec "$0" -m bot check --offline', sys.executable],
        cwd=tmp_path,
        env=environment(DISCORD_TOKEN=TOKEN, BACKUP_DIR="/proc/none/backups"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "2 problems:")
    assert done.stdout.count("BACKUP_DIR: /proc/none/backups can't be written") == 1
    assert "(`ulimit -f`)" in done.stdout


@pytest.mark.long
def test_a_command_for_a_folder_that_is_closed_to_the_user_is_one_sentence(folder: Path) -> None:
    folder.chmod(0o700)
    if os.getuid():
        folder.chmod(0)
    for command in ("check", "backup", "jobs"):
        words = {"backup": ["backup", str(folder.parent / "copy")], "jobs": ["jobs", "list"]}.get(command, [command])
        user = {} if os.getuid() else {"user": USER, "group": USER, "extra_groups": []}
        env = environment(PYTHONDONTWRITEBYTECODE="1", DATABASE=str(folder / "bot.db"))
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=folder.parent,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            **user,  # type: ignore[call-overload]  # the user that the bot has in its image
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == 1, done.stderr


def test_a_closed_output_is_no_fault(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -m bot --help >&-', sys.executable],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    code = "import sys; from bot.cli import main; sys.exit(main(['invite']))"
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "{code}" >&-', sys.executable],
        cwd=tmp_path, env=environment(DISCORD_TOKEN=TOKEN), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
