"""The turn of a job in `ready`: its result is posted, then the message and the true cost are noted together."""

from __future__ import annotations

from decimal import Decimal

from bot.domain.models import Job, JobState
from bot.jobs.agenda import Followed
from bot.jobs.surface import Later, NoPlace, Parked
from bot.jobs.transitions import Transitions
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.metrics import Metrics

LATER_MAX_S = 300.0
"""How long a delivery that fails again and again waits at most, unless Discord names a longer wait."""


class Delivering:
    """Has results posted by the surface, and settles."""

    def __init__(self, transitions: Transitions, *, clock: Clock, metrics: Metrics) -> None:
        self._transitions = transitions
        self._clock = clock
        self._metrics = metrics

    async def take_turn(self, followed: Followed) -> float | None:
        """Deliver the job's result; return seconds until its next turn, None to let go of it."""
        try:
            message_id = await self._transitions.surface.deliver(followed.job)
        except Later as later:
            return await self._later(followed, later)
        except Parked as parked:
            return await self._parked(followed, parked.seconds)
        except NoPlace as no_place:
            await self._hold(followed, no_place.sentence)
        else:
            await self._delivered(followed, message_id)
        return None

    async def _delivered(self, followed: Followed, message_id: int) -> None:
        job, now = followed.job, self._clock.wall()
        self._metrics.delivery("posted", operation=job.operation, seconds=now - job.created_at)
        if await self._transitions.change(
            followed, JobState.DELIVERED, settle=_cost(job), message_id=message_id, delivered_at=now
        ):
            failpoint("deliver.stored")
            await self._transitions.show(job)

    async def _later(self, followed: Followed, later: Later) -> float | None:
        """Put the job back and say on its card what it waits for."""
        followed.failures += 1
        self._metrics.delivery("later")
        wait_s = max(later.seconds, min(2.0**followed.failures, LATER_MAX_S))
        if await self._transitions.rest(followed, wait_s, waits_for=later.waits_for) is None:
            return None
        await self._transitions.show(followed.job)
        return wait_s

    async def _parked(self, followed: Followed, seconds: float) -> float | None:
        if await self._transitions.rest(followed, seconds) is None:
            return None
        await self._transitions.show(followed.job)
        await self._transitions.start_waiting(followed.job.guild_id)  # what waits for a decision takes no place
        return seconds

    async def _hold(self, followed: Followed, sentence: str) -> None:
        """Keep a result that was made and paid, but has nowhere to be posted: the true cost counts."""
        job = followed.job
        self._metrics.delivery("held", operation=job.operation)
        await self._transitions.change(followed, JobState.HELD, settle=_cost(job), error=sentence)
        await self._transitions.show(job)


def _cost(job: Job) -> Decimal:
    return job.cost if job.cost is not None else job.held
