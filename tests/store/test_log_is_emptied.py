"""SQLite's log keeps what was erased until it is written over: so it is emptied after each erasure."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.store import Store
from tests.store.conftest import AUTHOR, GUILD

pytestmark = pytest.mark.sqlite_only("the write-ahead log beside the file")

WORDS = "canary-person-xyzzy"


def content(path: Path) -> str:
    return path.read_bytes().decode("latin-1")


def log_of(path: Path) -> bytes:
    log = path.with_name(f"{path.name}-wal")
    return log.read_bytes() if log.exists() else b""


async def ended(store: Store, accepted: Any) -> None:
    card, (job,) = await accepted(store, input={"prompt": WORDS})
    await store.cancellation.cancel(GUILD, job.id, "cancelled")
    assert card.guild_id == GUILD


async def test_erasing_a_member_empties_the_log(store: Store, accepted: Any, path: Path) -> None:
    await ended(store, accepted)
    assert WORDS.encode() in log_of(path)
    await store.privacy.erase(GUILD, AUTHOR)
    assert log_of(path) == b""


async def test_forgetting_keys_empties_the_log(store: Store, made: Any, path: Path) -> None:
    await store.keys.set(GUILD, "cs_live_secret_000000", set_by=1, status=made.status())
    assert log_of(path)
    await store.absent_guilds.forget(GUILD)
    assert log_of(path) == b""


async def test_a_reader_delays_it_and_does_not_prevent_it(store: Store, accepted: Any, path: Path) -> None:
    await ended(store, accepted)
    reading, let_go = threading.Event(), threading.Event()

    def look(db: Any) -> None:
        db.execute("SELECT * FROM jobs").fetchall()
        reading.set()
        let_go.wait(20)

    reader = asyncio.create_task(store._database.read(look))
    await asyncio.to_thread(reading.wait, 20)
    erasing = asyncio.create_task(store.privacy.erase(GUILD, AUTHOR))
    await asyncio.wait([erasing], timeout=0.05)
    let_go.set()
    await reader
    await erasing
    if log_of(path):
        assert await store.truncate_log()
    assert log_of(path) == b""


async def test_other_writes_wait_for_it_no_longer_than_a_moment(store: Store, accepted: Any) -> None:
    await ended(store, accepted)
    async with asyncio.timeout(4):  # a write that had to wait for the file would wait 5 s
        await asyncio.gather(store.privacy.erase(GUILD, AUTHOR), *(store.meta.set(f"x{n}", "y") for n in range(50)))


@pytest.mark.parametrize("times", [1, 2])
async def test_emptying_an_empty_log_is_no_error(store: Store, times: int) -> None:
    for _ in range(times):
        assert await store.truncate_log()


async def test_no_row_leaves_a_copy_in_the_gaps_of_pages(store: Store, accepted: Any, path: Path) -> None:
    jobs = [
        (await accepted(store, input={"prompt": WORDS * (1 + number * 7 % 40)}))[1][0] for number in range(60)
    ]  # as the table grows, rows are moved from page to page
    for job in jobs:
        await store.cancellation.cancel(GUILD, job.id, "cancelled " + "x" * 200)
    await store.privacy.erase(GUILD, AUTHOR)
    assert WORDS not in content(path)


async def test_a_running_bot_rebuilds_no_large_database(store: Store, accepted: Any, path: Path) -> None:
    await ended(store, accepted)
    await store.privacy.erase(GUILD, AUTHOR)
    marked = len(content(path))
    await store._database.write(
        lambda db: db.execute("CREATE TABLE gap (x)") and db.execute("INSERT INTO gap VALUES (zeroblob(100000))")
    )
    await store._database.write(lambda db: db.execute("DROP TABLE gap"))
    assert await store.scrub(at_most_bytes=1)
    assert len(content(path)) > marked
    assert await store.scrub(at_most_bytes=None)
    assert len(content(path)) == marked
