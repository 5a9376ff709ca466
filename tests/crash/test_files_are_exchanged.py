"""The real commands, killed while they copy and exchange files: nothing is lost, and the same again works."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.runtime.clock import SystemClock
from bot.runtime.failpoints import FILE_NAMES
from bot.store import Store
from tests.unit.test_cli import cannon_bot, environment

ROWS = 3000
KILLED = -signal.SIGKILL
ALWAYS = frozenset({"restore.kept"})


def commanded(folder: Path, *arguments: str, **more: str) -> tuple[int, str, str]:
    done = cannon_bot(*arguments, cwd=folder, DATABASE=str(folder / "bot.db"), **more)
    return done.returncode, done.stdout, done.stderr


def name_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("SELECT count(*) FROM meta WHERE name LIKE 'row-%'").fetchone()[0] == ROWS
        return str(db.execute("SELECT value FROM meta WHERE name = 'who'").fetchone()[0])


def call_it(path: Path, name: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('who', ?)", (name,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A database of some megabytes that calls itself `present`, and a backup of it that calls itself `earlier`."""

    async def make() -> None:
        store = await Store.open(tmp_path / "bot.db", clock=SystemClock())
        await store._database.write(
            lambda db: db.executemany(
                "INSERT INTO meta VALUES (?, ?)", [(f"row-{number}", "x" * 1000) for number in range(ROWS)]
            )
        )
        await store.close()

    asyncio.run(make())
    call_it(tmp_path / "bot.db", "earlier")
    assert commanded(tmp_path, "backup", "good")[0] == 0
    call_it(tmp_path / "bot.db", "present")
    return tmp_path


@pytest.mark.long
def test_a_backup_that_dies_leaves_both_the_database_and_the_earlier_backup(folder: Path) -> None:
    code, _, _ = commanded(folder, "backup", "good", "--force", CANNON_BOT_FAILPOINTS="copy.half")
    assert code == KILLED
    assert (name_of(folder / "bot.db"), name_of(folder / "good")) == ("present", "earlier")
    assert commanded(folder, "backup", "good", "--force")[0] == 0
    assert name_of(folder / "good") == "present"
    assert not list(folder.glob("*.partial*"))


@pytest.mark.long
@pytest.mark.parametrize(
    "point", [each if each in ALWAYS else pytest.param(each, marks=pytest.mark.long) for each in FILE_NAMES]
)
def test_a_restore_that_dies_loses_nothing_and_is_completed_by_the_next(folder: Path, point: str) -> None:
    code, _, _ = commanded(folder, "restore", "good", CANNON_BOT_FAILPOINTS=point)
    assert code == KILLED
    assert name_of(folder / "bot.db") == ("earlier" if point == "restore.swapped" else "present")
    assert commanded(folder, "rotate-keys")[0] == 0
    code, _, error = commanded(folder, "restore", "good")
    assert (code, error) == (0, "")
    assert name_of(folder / "bot.db") == "earlier"
    kept = [each for each in folder.glob("*.before-restore-*") if not each.name.endswith((".key", "-wal", "-shm"))]
    assert "present" in {name_of(each) for each in kept}
    assert (folder / "bot.db.key").exists()
    assert commanded(folder, "rotate-keys")[0] == 0
    assert not [each for each in folder.iterdir() if each.name.endswith((".partial", ".restored"))]


@pytest.mark.long
@pytest.mark.parametrize("copied", range(0, 60, 7))
def test_death_at_any_page_of_the_copy(folder: Path, copied: int) -> None:
    """The process dies from outside, as soon as the copy has grown to that size."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bot", "backup", "good", "--force"],
        cwd=folder,
        env=environment(DATABASE=str(folder / "bot.db")),
    )
    partial = folder / "good.partial"
    while child.poll() is None:
        if partial.exists() and partial.stat().st_size >= copied * 65_536:
            child.kill()
            break
    child.wait(30)
    assert name_of(folder / "bot.db") == "present"
    assert name_of(folder / "good") in {"earlier", "present"}
