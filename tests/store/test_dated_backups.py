# ruff: noqa: ASYNC240 - a test may wait for the disk
"""Backups that the bot makes by itself: dated, checked, the newest kept, and never at the cost of the disk."""

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

from bot.app.host import check, doctor
from bot.errors import StoreError
from bot.runtime.progress import no_progress
from bot.settings import Settings
from bot.store import Backups, Store
from bot.store.engine.connection import damage
from bot.store.engine.files import taken_at
from bot.store.host import rotation
from bot.store.host.rotation import backups_in, last_rehearsal, note_rehearsal, rotate
from tests.store.conftest import HandClock
from tests.unit.test_cli import cannon_bot

pytestmark = pytest.mark.sqlite_only("PostgreSQL's are in test_server_backups.py")

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


def made(database: Path, folder: Path, *, keep: int = 7, now: float = NOW) -> Any:
    return rotate(database, folder, keep=keep, now=now, progress=no_progress)


def ages(folder: Path, now: float = NOW + 30 * DAY_S) -> list[float]:
    return [each.at - NOW for each in backups_in(folder, now)]


async def test_a_dated_backup_is_made_private_whole_and_without_the_key(database: Path, folder: Path) -> None:
    done = made(database, folder)
    assert done.made.path.name == "cannon-bot-20270115T080000Z.backup"
    assert stat.S_IMODE(done.made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [each.name for each in folder.iterdir()] == [done.made.path.name]
    with closing(sqlite3.connect(done.made.path)) as db:
        assert (damage(db), taken_at(db)) == (None, NOW)
        assert db.execute("SELECT count(*) FROM jobs").fetchone() == (1,)


async def test_the_newest_are_kept_and_what_is_not_ours_is_left(database: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("the host's own")
    for day in range(5):
        done = made(database, folder, keep=3, now=NOW + day * DAY_S)
    assert done.deleted == 1
    assert ages(folder) == [4 * DAY_S, 3 * DAY_S, 2 * DAY_S]
    assert (folder / "notes.txt").exists()


async def test_a_backup_that_fails_costs_no_older_one(
    database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(database, folder, keep=1)
    monkeypatch.setattr("bot.store.engine.files.damage", lambda *_: "page 3 is odd")
    with pytest.raises(StoreError, match="damaged"):
        made(database, folder, keep=1, now=NOW + DAY_S)
    assert ages(folder) == [0.0]
    assert not list(folder.glob("*.partial*"))


async def test_rows_that_are_missing_in_the_copy_are_seen(
    database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lossy(source: sqlite3.Connection, copy: sqlite3.Connection, _progress: Any) -> None:
        source.backup(copy)
        copy.execute("PRAGMA foreign_keys = OFF")
        for name in [each[0] for each in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]:
            copy.execute(f'DROP TRIGGER "{name}"')
        copy.execute("DELETE FROM ledger")

    monkeypatch.setattr("bot.store.engine.files._copy_pages", lossy)
    with pytest.raises(StoreError, match="0 of 1 rows of ledger"):
        made(database, folder)
    assert ages(folder) == []


async def test_room_is_looked_for_first_and_some_is_left(
    database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.statvfs

    def nearly_full(where: Any) -> Any:
        found = list(real(where))
        found[4] = (rotation.SPARE_BYTES + database.stat().st_size // 2) // found[1]  # f_bavail, in f_frsize
        return os.statvfs_result(found)

    monkeypatch.setattr(os, "statvfs", nearly_full)
    with pytest.raises(StoreError, match=r"The copy needs 6\d\.\d MB, and the disk has 6\d\.\d MB left"):
        made(database, folder)
    assert list(folder.iterdir()) == []


async def test_leftovers_of_a_killed_process_do_not_fill_the_disk(database: Path, folder: Path) -> None:
    folder.mkdir()
    for ending in ("partial", "partial-journal"):
        (folder / f"cannon-bot-20260101T000000Z.backup.{ending}").write_text("half")
    made(database, folder)
    assert len(list(folder.iterdir())) == 1


async def test_two_bots_do_not_delete_each_others_backups(database: Path, folder: Path, open_store: Open) -> None:
    made(database, folder, keep=1)
    other = database.with_name("other.db")
    await open_store(other)
    with pytest.raises(StoreError, match="has backups of another bot"):
        made(other, folder, keep=1, now=NOW + DAY_S)
    assert ages(folder) == [0.0]


async def test_one_process_makes_a_backup_at_a_time(database: Path, folder: Path) -> None:
    with rotation._one_at_a_time(folder), pytest.raises(StoreError, match="Another process is writing"):
        made(database, folder)


async def test_the_bot_makes_one_a_day_and_knows_its_age(database: Path, folder: Path, clock: HandClock) -> None:
    backups = Backups(database, folder, keep=2, every_s=DAY_S, clock=clock)
    assert backups.age_s == math.inf
    assert await backups.run_once() <= rotation.LOOK_EVERY_S
    assert backups.age_s < 1
    assert backups.bytes == backups_in(folder, clock.wall())[0].size > 0
    clock.now += DAY_S / 2
    await backups.run_once()
    assert len(backups_in(folder, clock.wall())) == 1, "not due"
    for _ in range(3):
        clock.now += DAY_S
        await backups.run_once()
    assert len(backups_in(folder, clock.wall())) == 2
    again = Backups(database, folder, keep=2, every_s=DAY_S, clock=clock)
    clock.now += 60
    await again.run_once()
    assert again.age_s == pytest.approx(60, abs=2), "also after a restart"


async def test_a_backup_of_a_clock_that_was_ahead_does_not_keep_the_bot_from_making_one(
    database: Path, folder: Path, clock: HandClock
) -> None:
    made(database, folder, now=clock.wall() + 365 * DAY_S)
    backups = Backups(database, folder, keep=2, every_s=DAY_S, clock=clock)
    await backups.run_once()
    assert backups.age_s < 1


async def test_a_failure_is_one_warning_and_is_tried_again(
    folder: Path, clock: HandClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backups = Backups(tmp_path / "none.db", folder, keep=2, every_s=DAY_S, clock=clock)
    assert await backups.run_once() == rotation.RETRY_S
    assert backups.age_s == math.inf


async def test_a_process_that_ends_does_not_wait_for_its_backup(
    database: Path, folder: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def endless(*_arguments: Any, progress: Any, **_options: Any) -> None:
        loop.call_soon_threadsafe(begun.set)
        try:
            while True:
                progress("Copying the database", 1, 2)
        finally:
            loop.call_soon_threadsafe(ended.set)

    monkeypatch.setattr(rotation, "rotate", endless)
    task = asyncio.create_task(Backups(database, folder, keep=2, every_s=DAY_S, clock=clock).run_once())
    await begun.wait()
    task.cancel()
    async with asyncio.timeout(60):
        await ended.wait()


def test_the_outcome_of_a_rehearsal_is_kept_and_the_last_success_is_remembered(folder: Path) -> None:
    folder.mkdir()
    assert last_rehearsal(folder) is None
    note_rehearsal(folder, "a.backup", "It restores.", restores=True, now=NOW)
    note_rehearsal(folder, "b.backup", "It is damaged.", restores=False, now=NOW + DAY_S)
    last = last_rehearsal(folder)
    assert last is not None
    assert (last.restores, last.restored_at, last.at) == (False, NOW, NOW + DAY_S)
    (folder / rotation.REHEARSED).write_text("{")
    assert last_rehearsal(folder) is None


@pytest.mark.long
async def test_the_command_rotates_next_to_a_running_bot(database: Path, folder: Path, tmp_path: Path) -> None:
    env = {"DATABASE": str(database), "BACKUP_DIR": str(folder), "BACKUP_KEEP": "1"}
    for _ in range(2):
        done = await asyncio.to_thread(cannon_bot, "backup", "--rotate", cwd=tmp_path, **env)
        assert (done.returncode, done.stderr) == (0, "")
    assert "and checked." in done.stdout
    assert len(list(folder.iterdir())) == 1
    without = await asyncio.to_thread(cannon_bot, "backup", "--rotate", cwd=tmp_path, DATABASE=str(database))
    assert without.returncode == 78
    assert "BACKUP_DIR is not set" in without.stderr


async def test_doctor_says_how_old_the_newest_is_and_whether_it_restores(
    database: Path, folder: Path, clock: HandClock
) -> None:
    kept = Settings(database=database, backup_dir=folder)
    assert doctor.backups(kept, clock) == {"count": 0, "newest_age_s": None, "newest_bytes": None, "rehearsal": None}
    made(database, folder, now=clock.now - 60)
    note_rehearsal(folder, "a.backup", "It restores.", restores=True, now=clock.now)
    found = doctor.backups(kept, clock)
    assert (found["count"], found["newest_age_s"], found["rehearsal"]) == (1, 60, "It restores.")
    assert doctor.backups(Settings(database=database), clock) == {"made": False}


async def test_check_warns_of_a_folder_that_no_backup_can_be_made_in(
    database: Path, folder: Path, clock: HandClock, tmp_path: Path
) -> None:
    def found(at: Path) -> tuple[list[str], list[str]]:
        findings = check._of_backups(Settings(database=database, backup_dir=at), clock)
        assert findings.problems == [], "the bot works without"
        return findings.warnings, findings.facts

    assert found(folder) == ([], ["Backups: none in BACKUP_DIR yet; the bot makes one after its start."])
    made(database, folder, now=clock.now - 7200)
    assert found(folder) == ([], ["Backups: 1 in BACKUP_DIR, the newest 2 h old."])
    note_rehearsal(folder, "a.backup", "This backup does not restore (a.backup): It is damaged.", restores=False, now=1)
    assert found(folder)[0] == ["This backup does not restore (a.backup): It is damaged."]
    assert "its parent folder is not there" in found(tmp_path / "no" / "backups")[0][0]
    (tmp_path / "file").write_text("")
    assert found(tmp_path / "file" / "x")[0][0].startswith("BACKUP_DIR")
