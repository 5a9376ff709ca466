"""What a server has done before makes no read slower: the steps that SQLite takes are counted, not the time."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.money.costs import PriceFactors
from bot.store import Store
from tests.store.conftest import AUTHOR, GUILD

pytestmark = pytest.mark.sqlite_only("SQLite's steps")

OPERATION, KIND = "image.generate", PriceFactors(kind="model=flux")
MORE = 8
"""How many times longer the longer history is."""
DAY_S = 86_400.0
NOBODY = 5
OTHER_KEY = 9

READS: dict[str, Callable[[Store, float], Awaitable[Any]]] = {
    "figures": lambda store, _: store.figures.now(),
    "costs": lambda store, _: store.true_costs.all(GUILD, None),
    "costs of an operation": lambda store, _: store.true_costs.all(GUILD, None, operation=OPERATION),
    "costs of another key": lambda store, _: store.true_costs.all(GUILD, OTHER_KEY),
    "costs of a kind": lambda store, _: store.true_costs.of_kind(GUILD, None, OPERATION, KIND),
    "costs of a kind of another key": lambda store, _: store.true_costs.of_kind(GUILD, OTHER_KEY, OPERATION, KIND),
    "cards being made": lambda store, _: store.cards.being_made(5),
    "queued cards": lambda store, _: store.cards.queued(5),
    "undrawn cards": lambda store, _: store.cards.undrawn(5),
    "list": lambda store, _: store.job_lists.page(GUILD, limit=7),
    "list of results": lambda store, _: store.job_lists.page(GUILD, states={JobState.DELIVERED}, limit=7),
    "list of nothing": lambda store, _: store.job_lists.page(
        GUILD, states={JobState.FAILED, JobState.EXPIRED, JobState.HELD}, limit=7
    ),
    "list of nothing of a member": lambda store, _: store.job_lists.page(
        GUILD, author_id=AUTHOR, states={JobState.REFUSED}, limit=7
    ),
    "list of nobody's results": lambda store, _: store.job_lists.page(
        GUILD, author_id=NOBODY, states={JobState.DELIVERED}, limit=7
    ),
    "newest of nothing": lambda store, _: store.job_lists.recent(GUILD, states={JobState.WAITING}),
    "counts": lambda store, _: store.job_lists.counts(GUILD),
    "balance": lambda store, _: store.ledger.balance(GUILD),
    "report": lambda store, now: store.reports.totals(GUILD, [(now - 2 * DAY_S, now - DAY_S), (now - DAY_S, now + 1)]),
    "report of a member": lambda store, now: store.reports.totals(
        GUILD, [(now - 2 * DAY_S, now - DAY_S), (now - DAY_S, now + 1)], member_id=AUTHOR
    ),
}


async def lengthen(store: Store, job_id: str, copies: range) -> None:
    """Copy an ended job with its ledger, once a minute before it."""

    def fill(db: sqlite3.Connection) -> None:
        for table, of in (("jobs", "id"), ("ledger", "job_id")):
            columns = [
                row[1] for row in db.execute(f"PRAGMA table_info({table})") if (table, row[1]) != ("ledger", "id")
            ]
            made = ", ".join(
                {
                    of: f"{of} || :n",
                    "position": "position + :n",
                    "idempotency_key": "idempotency_key || :n",
                    "remote_id": "NULL",
                    "message_id": "message_id + :n",
                    "created_at": "created_at - 60 * :n",
                    "at": "at - 60 * :n",
                }.get(column, column)
                for column in columns
            )
            db.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {made} FROM {table} WHERE {of} = :job_id",
                [{"n": number, "job_id": job_id} for number in copies],
            )

    await store._database.write(fill)


async def steps(store: Store, read: Callable[[Store, float], Awaitable[Any]], now: float) -> int:
    """Return how many steps of ten instructions SQLite takes for the read."""
    counted = [0]

    def step() -> int:
        counted[0] += 1
        return 0

    threads = (store._database._reader, store._database._searcher)
    for thread in threads:
        await thread.run(lambda db: db.set_progress_handler(step, 10))
    await read(store, now)
    for thread in threads:
        await thread.run(lambda db: db.set_progress_handler(None, 10))
    return counted[0]


async def test_no_read_takes_longer_on_a_server_with_a_longer_history(store: Store, accepted: Any, clock: Any) -> None:
    clock.now = 20_000 * DAY_S + 12 * 3600
    _, (job,) = await accepted(store, price_kind=KIND.kind)
    paid = await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(4), cost=Decimal(4), message_id=1000)
    assert paid is not None
    await store.cards.note_drawn(GUILD, paid.card_id)
    first = 60
    await lengthen(store, job.id, range(1, first))
    for read in READS.values():
        await read(store, clock.now)  # statements are prepared
    before = {name: await steps(store, read, clock.now) for name, read in READS.items()}
    await lengthen(store, job.id, range(first, MORE * first))
    after = {name: await steps(store, read, clock.now) for name, read in READS.items()}
    grown = {name: (before[name], count) for name, count in after.items() if count > 2 * before[name] + 20}
    assert grown == {}
