# ruff: noqa: ASYNC240 - a test may wait for the disk
"""Copies that the bot makes by itself: one a day, checked, the newest kept, and never at the cost of the disk."""

from __future__ import annotations

import asyncio
import math
import os
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.app.host import check
from bot.settings import Settings
from bot.store import Backups, Store
from bot.store.engine.connection import damage
from bot.store.engine.files import taken_at
from bot.store.host import backup
from bot.store.host.backup import KEPT_DAYS, RETRY_S, SPARE_BYTES
from tests.store.conftest import HandClock

pytestmark = pytest.mark.sqlite_only("PostgreSQL has means of its own")

Open = Callable[..., Awaitable[Store]]
NOW = 1_800_000_000.0
DAY_S = 86_400.0


@pytest.fixture
async def database(open_store: Open, accepted: Any, path: Path) -> Path:
    """A database with a job, which a bot has open."""
    await accepted(await open_store())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def copies(database: Path, folder: Path, clock: HandClock) -> Backups:
    clock.now = NOW
    return Backups(database, folder, signature="A1B2C3", clock=clock)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def test_a_copy_is_made_private_whole_and_without_the_key(copies: Backups, folder: Path) -> None:
    assert (copies.age_s, copies.bytes) == (math.inf, 0)
    await copies.run_once()
    assert names(folder) == ["cannon-bot-A1B2C3-2027-01-15.backup"]
    [made] = folder.iterdir()
    assert (stat.S_IMODE(made.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o600, 0o700)
    with closing(sqlite3.connect(made)) as db:
        assert (damage(db), taken_at(db)) == (None, NOW)
        assert db.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
    os.utime(made, (NOW - 60, NOW - 60))
    await copies.run_once()
    assert (copies.age_s, copies.bytes) == (60, made.stat().st_size)


async def test_there_is_one_a_day_and_the_newest_are_kept(copies: Backups, folder: Path, clock: HandClock) -> None:
    folder.mkdir()
    others = {"notes.txt", "cannon-bot-FFFFFF-2020-01-01.backup"}
    for name in others:
        (folder / name).write_text("the host's own, and another bot's")
    (folder / "cannon-bot-A1B2C3-2020-01-01.backup.partial").write_text("of a process that was killed")
    for _ in range(KEPT_DAYS + 2):
        await copies.run_once()
        await copies.run_once()
        clock.now += DAY_S
    own = sorted(set(names(folder)) - others)
    assert own == [f"cannon-bot-A1B2C3-2027-01-{day}.backup" for day in range(17, 17 + KEPT_DAYS)]
    assert others < set(names(folder))


async def test_a_copy_that_fails_is_one_warning_costs_no_older_one_and_is_tried_again(
    copies: Backups, folder: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await copies.run_once()
    before = names(folder)
    clock.now += DAY_S
    with monkeypatch.context() as patched:
        patched.setattr("bot.store.engine.files.damage", lambda *_: "page 3 is odd")
        assert await copies.run_once() == RETRY_S
    assert copies.failure is not None
    assert "damaged" in copies.failure
    assert names(folder) == before
    await copies.run_once()
    assert (copies.failure, len(names(folder))) == (None, 2)


async def test_room_is_looked_for_first_and_some_is_left(
    copies: Backups, database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.statvfs

    def nearly_full(where: Any) -> Any:
        found = list(real(where))
        found[4] = (SPARE_BYTES + database.stat().st_size // 2) // found[1]  # f_bavail, in f_frsize
        return os.statvfs_result(found)

    monkeypatch.setattr(os, "statvfs", nearly_full)
    await copies.run_once()
    assert copies.failure is not None
    assert "The copy needs 6" in copies.failure
    assert names(folder) == []


async def test_a_process_that_ends_does_not_wait_for_its_copy(copies: Backups, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def endless(*_arguments: Any, progress: Any, **_options: Any) -> None:
        loop.call_soon_threadsafe(begun.set)
        try:
            while True:
                progress("Copying the database", 1, 2)
        finally:
            loop.call_soon_threadsafe(ended.set)

    monkeypatch.setattr(backup, "back_up", endless)
    task = asyncio.create_task(copies.run_once())
    await begun.wait()
    task.cancel()
    async with asyncio.timeout(60):
        await ended.wait()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert copies.failure is None


async def test_check_warns_of_a_folder_that_no_copy_can_be_made_in(
    copies: Backups, database: Path, folder: Path, clock: HandClock, tmp_path: Path
) -> None:
    def found(at: Path) -> tuple[list[str], list[str]]:
        findings = check._of_backups(Settings(database=database, backup_dir=at), clock)
        assert findings.problems == [], "the bot works without"
        return findings.warnings, findings.facts

    assert found(folder) == ([], ["Backups: none in BACKUP_DIR yet; the bot makes one after its start."])
    await copies.run_once()
    [made] = folder.iterdir()
    os.utime(made, (clock.now - 7200, clock.now - 7200))
    assert found(folder) == ([], ["Backups: 1 in BACKUP_DIR, the newest 2 h old."])
    assert "its parent folder is not there" in found(tmp_path / "no" / "backups")[0][0]
