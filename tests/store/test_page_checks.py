# ruff: noqa: ASYNC240 - a test may wait for the disk
"""When all pages of the file are read: at a start after an unclean end, and no others."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.errors import RESTART_CANNOT_HELP, DatabaseFailing, StoreError
from bot.store import Store
from bot.store.engine import sqlite_database
from bot.store.engine.pulse import KINDS
from tests.support.notes import note

pytestmark = pytest.mark.sqlite_only("the file's pages")

Opened = Callable[..., Awaitable[Store]]
PAGE = 4096


class Checks:
    """Counts how often all pages are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = sqlite_database.damage
        self.count = 0
        monkeypatch.setattr(sqlite_database, "damage", self._check)

    def _check(self, *given: Any) -> str | None:
        self.count += 1
        return self._real(*given)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    return Checks(monkeypatch)


async def served(open_store: Opened, path: Path) -> Store:
    return await open_store(path, alone=True)


async def fill(store: Store) -> None:
    def write(db: sqlite3.Connection) -> None:
        for number in range(200):
            note(db, f"{number:04}" + "x" * 500)

    await store._database.write(write)


def damage_quietly(path: Path) -> None:
    """Destroy a page without a trace in the file's times, as a failing disk does."""
    before, content = path.stat(), path.read_bytes()
    with path.open("r+b") as file:
        file.seek(content.index(b"0150xxxx") // PAGE * PAGE)
        file.write(b"\xa5" * 64)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


async def test_a_start_after_a_clean_end_reads_no_pages(open_store: Opened, path: Path, checks: Checks):
    await (await served(open_store, path)).close()
    assert checks.count == 1, "nothing vouches for a file that is new to this version"
    for _ in range(2):
        await (await served(open_store, path)).close()
    assert checks.count == 1


@pytest.mark.parametrize("way", ["written", "copied", "left log"])
async def test_a_file_that_was_touched_since_is_checked(
    open_store: Opened, path: Path, checks: Checks, way: str, tmp_path: Path
):
    store = await served(open_store, path)
    with closing(sqlite3.connect(path)) as tool:
        if way == "left log":
            tool.execute("SELECT count(*) FROM meta").fetchone()
        await store.close()
        if way == "written":
            with tool:
                tool.execute("INSERT INTO meta (name, value) VALUES ('tool', '1')")
    if way == "copied":
        (copy := tmp_path / "copy.db").write_bytes(path.read_bytes())
        copy.replace(path)
    await (await served(open_store, path)).close()
    assert checks.count == 2


_KILLED = """
import asyncio, os, pathlib, signal, sys
from bot.runtime.clock import SystemClock
from bot.store import Store
async def main():
    store = await Store.open(pathlib.Path(sys.argv[1]), clock=SystemClock(), alone=True)
    await store.meta.set('a', 'b')
    if sys.argv[2] == 'without a log':
        await store._database.close()
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""


@pytest.mark.long
@pytest.mark.parametrize("way", ["with a log", "without a log"])
async def test_a_start_after_a_kill_reads_all_pages(open_store: Opened, path: Path, checks: Checks, way: str):
    await (await served(open_store, path)).close()
    done = subprocess.run([sys.executable, "-c", _KILLED, str(path), way], check=False)  # noqa: ASYNC221
    assert done.returncode == -signal.SIGKILL
    assert path.with_name("bot.db-wal").exists() == (way == "with a log")
    before = checks.count
    assert await (await served(open_store, path)).meta.get("a") == "b"
    assert checks.count == before + 1


@pytest.mark.parametrize("kind", ["damaged", "disk"])
async def test_a_failure_that_casts_doubt_on_the_file_means_a_check(
    open_store: Opened, path: Path, checks: Checks, kind: str
):
    assert kind in KINDS
    store = await served(open_store, path)
    store.pulse.note_failure(DatabaseFailing("No.", kind=kind))
    store.pulse.note_commit()
    await store.close()
    await served(open_store, path)
    assert checks.count == 2


async def test_a_damaged_page_stops_a_start_after_an_unclean_end(open_store: Opened, path: Path):
    store = await served(open_store, path)
    await fill(store)
    await store._database.close()
    store._lock.release()  # type: ignore[union-attr]  # without the note of a clean end
    damage_quietly(path)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"bot\.db is damaged.*backup") as caught:
            await served(open_store, path)
        assert caught.value.exit_code == RESTART_CANNOT_HELP
