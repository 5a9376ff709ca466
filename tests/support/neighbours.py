"""What one server suffers from another: a worker that runs by itself, and work of which nothing comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from typing import Any

from bot.domain.models import Card, Job, JobState, new_id
from bot.domain.money.spend_request import Verdict
from sandbox.studio.faults import Fault
from tests.support.rig import ManualClock, Rig

CHECK_EVERY_S = 0.02
"""How often a loop that runs by itself sees that the rig's time has passed, in true seconds."""


class LiveTime:
    """The rig's clock for a loop that runs by itself: its waits end as the rig's time passes."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.wall, self.monotonic = clock.wall, clock.monotonic

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        end = None if seconds is None else self.monotonic() + seconds
        while not event.is_set() and (end is None or self.monotonic() < end):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), CHECK_EVERY_S)


@contextlib.asynccontextmanager
async def worker_at_work(rig: Rig) -> AsyncIterator[None]:
    """Let the worker's own loop and its maintenance run, on the rig's time; in the end their turns are cancelled."""
    worker, maintenance, rounds = rig.bot.parts.worker, rig.bot.parts.maintenance, rig.bot.parts.rounds
    worker.clock = maintenance.clock = rounds._clock = LiveTime(rig.clock)
    with rig.env.time_context():
        loops = [asyncio.create_task(worker.run()), asyncio.create_task(rounds.keep("maintenance"))]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await maintenance.stop()
        await worker.stop(grace_s=0)


async def passes(rig: Rig, is_done: Callable[[], bool], *, limit_s: float, step_s: float = 0.5) -> float:
    """Let the rig's time pass until `is_done`, for `limit_s` seconds at most; return how many it took."""
    passed = 0.0
    while not is_done() and passed < limit_s:
        await asyncio.sleep(CHECK_EVERY_S)
        rig.advance(step_s)
        passed += step_s
    return passed


async def put(
    rig: Rig, guild_id: int, channel_id: int, count: int, *, state: JobState, jobs_a_card: int = 1, **values: Any
) -> list[str]:
    """Store `count` jobs of a server as they are in `state`, on cards that Discord has; return their ids."""
    store, now, made = rig.bot.parts.store, rig.clock.wall(), []
    for _ in range(0, count, jobs_a_card):
        card = Card(
            id=new_id(), guild_id=guild_id, channel_id=channel_id, author_id=7, interaction_id=None, created_at=now
        )
        jobs = [_job(card, position, state, values) for position in range(jobs_a_card)]
        await store.cards.accept(card, jobs, lambda _, jobs=jobs: Verdict(states=tuple(job.state for job in jobs)))
        await store.cards.mark_answered(guild_id, card.id, None, channel_id)
        made += [job.id for job in jobs]
    return made


def _job(card: Card, position: int, state: JobState, values: dict[str, Any]) -> Job:
    job_id = new_id()
    defaults: dict[str, Any] = {
        "operation": "image.generate",
        "input": {"prompt": "another's heron"},
        "idempotency_key": f"cannon-bot-{job_id}",
        "key_id": None,
        "held": Decimal(1),
        "basis": "unknown",
    }
    mine = {"id": job_id, "card_id": card.id, "guild_id": card.guild_id, "position": position, "state": state}
    if "remote_id" in values:
        values = values | {"remote_id": f"{values['remote_id']}_{job_id}"}  # a request is of one job
    return Job(**(defaults | mine | {"author_id": card.author_id, "created_at": card.created_at} | values))


@contextlib.contextmanager
def slow_files(rig: Rig, url: str) -> Iterator[None]:
    """Let the host send the file of this link a byte a minute, and all others at once."""
    faults = rig.sandbox.faults
    take = faults.take

    def taken(where: str, *, key: str | None = None, target: str | None = None) -> Any:
        if where == "media" and target is not None and target in url:
            return Fault(kind="slow_drip", interval_s=60)
        return take(where, key=key, target=target)

    faults.take = taken  # type: ignore[method-assign]  # as tests.support.surface.watch does
    try:
        yield
    finally:
        faults.take = take  # type: ignore[method-assign]
