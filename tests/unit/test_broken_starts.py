"""Environments in which the bot cannot start: `run` says so in one sentence, before it has called Discord."""

from __future__ import annotations

import fcntl
import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.runtime.clock import SystemClock
from bot.store import Store
from bot.store.host.moved import MOVED_TO_META, Moved
from tests.unit.test_cli import TOKEN, cannon_bot

CLOSED = "http://127.0.0.1:9"
"""Nothing listens here: a bot that calls Discord at it says that Discord cannot be reached."""
UNREACHABLE = "Discord cannot be reached"
MAY_HELP, CANNOT_HELP = 1, 78


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    """A database that a bot has used."""
    path = tmp_path / "bot.db"
    await (await Store.open(path, clock=SystemClock(), alone=True)).close()
    return path


def run(database: Path, **values: str) -> tuple[int, str]:
    """Return the exit code, and the last line: the log may come before it."""
    values = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": CLOSED, "HEALTH_PORT": "0"} | values
    done = cannon_bot("run", cwd=database.parent, DATABASE=str(database), **values)
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
