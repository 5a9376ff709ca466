"""What members type is looked up apart from everything else: a slow search delays no other server's settings."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from typing import Any

from bot.domain.models import MediaKind
from bot.store import Store
from tests.store.conftest import GUILD


async def test_a_search_does_not_wait_for_the_reader_of_all_and_the_other_way_round(
    store: Store, accepted: Any
) -> None:
    await accepted(store)
    has_begun, let_go = threading.Event(), threading.Event()

    def take_long(_: sqlite3.Connection) -> None:
        has_begun.set()
        let_go.wait(120)

    busy = asyncio.create_task(store._database.read(take_long))
    await asyncio.to_thread(has_begun.wait, 60)
    try:
        async with asyncio.timeout(60):
            assert await store.job_lists.results(GUILD, kinds=[MediaKind.IMAGE], words=["x"]) == []
    finally:
        let_go.set()
        await busy


async def test_a_search_sees_what_was_written_before_it(store: Store, accepted: Any) -> None:
    await accepted(store)
    assert await store.job_lists.open_total() == 1
    found = await store.job_lists.results(GUILD, kinds=list(MediaKind))
    assert found == []
