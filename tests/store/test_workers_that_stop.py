"""A worker that stops leaves what has no turn at once to those that stay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

from bot.fleet.claims import CLAIM_AGAIN_S, FleetClaims
from bot.jobs.follow.agenda import Agenda
from bot.jobs.worker import Worker as JobWorker
from bot.store import Store

Open = Callable[..., Awaitable[Store]]


class Worker:
    """The claims of a process of several, whatever database it is on."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.clock, self.agenda = clock, Agenda(clock)
        self.announced = 0
        self.claims = FleetClaims(store, self.agenda, clock, claimed=lambda _: None, announce_free=self._announce)

    def _announce(self) -> None:
        self.announced += 1

    async def round(self) -> None:
        """Renew, and claim as after a signal."""
        await self.claims.renew()
        self.agenda.claim_due = 0.0
        await self.claims.claim()

    @property
    def jobs(self) -> int:
        return len(self.agenda.jobs)

    def rest(self, seconds: float = 60.0) -> None:
        """Have no job due soon."""
        for each in self.agenda.jobs.values():
            self.agenda.set_due(each, seconds)


async def with_jobs(store: Store, accepted: Any, clock: Any, *cards: int) -> Worker:
    for size in cards:
        await accepted(store, *["1"] * size)
    worker = Worker(store, clock)
    await worker.round()
    worker.rest()
    assert worker.jobs == sum(cards)
    return worker


async def test_one_that_stops_leaves_what_has_no_turn_and_keeps_the_rest(open_store: Open, accepted: Any, clock: Any):
    store = await open_store()
    old = await with_jobs(store, accepted, clock, 1, 1, 1, 1)
    old.rest(0)
    busy = next(iter(old.agenda.jobs.values()))
    busy.busy = True
    new = Worker(await open_store(), clock)
    await new.round()
    await old.claims.leave()
    await new.round()
    assert (old.jobs, new.jobs) == (1, 3), "all of it goes to those that stay"
    assert old.announced == 1
    busy.busy = False
    await old.claims.leave()
    await new.round()
    assert (old.jobs, new.jobs) == (0, 4)


async def test_what_a_claim_passes_over_is_claimed_a_moment_later(open_store: Open, accepted: Any, clock: Any):
    """On PostgreSQL it passes over what another transaction changes, and no signal follows."""
    store = await open_store()
    old = await with_jobs(store, accepted, clock, 1)
    await accepted(store)
    await old.claims.claim()
    assert old.jobs == 1, "not at once"
    clock.now += CLAIM_AGAIN_S
    await old.claims.claim()
    assert old.jobs == 2
    await accepted(store)
    clock.now += CLAIM_AGAIN_S
    await old.claims.claim()
    assert old.jobs == 2, "once only"


async def test_what_is_free_of_a_card_that_another_follows_is_left_to_it(open_store: Open, accepted: Any, clock: Any):
    store = await open_store()
    old = await with_jobs(store, accepted, clock, 2)
    freed = next(iter(old.agenda.jobs))
    await store._database.write(lambda db: db.execute("UPDATE jobs SET lease = NULL WHERE id = ?", (freed,)))
    new = Worker(await open_store(), clock)
    await new.round()
    assert new.jobs == 0, "one process edits a card's message"


async def test_turns_may_end_while_a_worker_that_stops_hands_its_jobs_over(clock: Any):
    turns = {asyncio.create_task(asyncio.sleep(0))}
    calls: list[str] = []

    class Handing:
        async def leave(self) -> None:
            await asyncio.gather(*turns)
            turns.clear()
            calls.append("leave")

        async def drop(self) -> None:
            calls.append("drop")

    stopping = SimpleNamespace(_turns=turns, agenda=Agenda(clock), claims=Handing())
    await JobWorker.stop(cast("JobWorker", stopping))
    assert calls == ["leave", "drop"]
