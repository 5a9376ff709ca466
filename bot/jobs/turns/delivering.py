"""The turn of a job in `ready`: post its result, then store the message and the true cost together."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import partial

from bot.domain.models import JobState
from bot.jobs import texts
from bot.jobs.follow.lanes import Followed
from bot.jobs.surface import Gathering, Later, NoPlace, Parked
from bot.jobs.turns.transitions import Transitions, note_trouble, true_cost
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.metrics import Metrics

LATER_MAX_S = 300.0
"""Maximum wait between failing deliveries, unless Discord names a longer one."""
POSTING_FAILED_MAX_S = 24 * 3600.0
"""How long a result is retried whose posting keeps failing."""


@dataclass(frozen=True)
class Delivering:
    """Posts results through the surface, and settles."""

    transitions: Transitions
    _: KW_ONLY
    clock: Clock
    metrics: Metrics

    async def take_turn(self, followed: Followed) -> float | None:
        """Deliver the job's result; return seconds until its next turn, None to drop it."""
        try:
            message_id = await self.transitions.surface.deliver(followed.job)
        except Gathering as gathering:
            return gathering.seconds  # not stored: after a restart it is posted at once
        except Later as later:
            note_trouble(followed, "deliver", f"waits for {later.waits_for}" if later.waits_for else "later")
            return await self._later(followed, later)
        except Parked as parked:
            return await self._parked(followed, parked.seconds)
        except NoPlace as no_place:
            await self.transitions.speak(followed.job)
            await self.transitions.hold(followed, no_place.sentence, unusable=no_place.unusable)
            if no_place.unseen and followed.job.state is JobState.HELD:
                await self.transitions.surface.tell_author(followed.job, texts.MADE_BUT_UNSEEN)
        else:
            await self._delivered(followed, message_id)
        return None

    async def _delivered(self, followed: Followed, message_id: int) -> None:
        job, now = followed.job, self.clock.wall()
        self.metrics.delivered(job.operation, now - job.created_at)
        if await self.transitions.change(
            followed,
            JobState.DELIVERED,
            settle=true_cost(job),
            message_id=message_id,
            delivered_at=now,
            posting_failed_s=0.0,
        ):
            failpoint("deliver.stored")
            await self.transitions.surface.delivered(followed.job)

    async def _later(self, followed: Followed, later: Later) -> float | None:
        """Reschedule the job and show what it waits for; after a day of failures keep it instead."""
        failed_s = self._failed_s(followed)
        if failed_s > POSTING_FAILED_MAX_S:
            await self._give_up(followed)
            return None
        followed.failures += 1
        self.metrics.delivery("later")
        wait_s = max(later.seconds, min(2.0**followed.failures, LATER_MAX_S))
        noted = await self.transitions.rest(followed, wait_s, waits_for=later.waits_for, posting_failed_s=failed_s)
        if noted is None:
            return None
        await self.transitions.show(followed.job)
        return wait_s

    def _failed_s(self, followed: Followed) -> float:
        """Return for how many seconds posting has failed, by monotonic time and over restarts."""
        now, before = self.clock.monotonic(), followed.posting_failed_at
        followed.posting_failed_at = now
        return followed.job.posting_failed_s + (0.0 if before is None else now - before)

    async def _give_up(self, followed: Followed) -> None:
        job = followed.job
        await self.transitions.speak(job)
        await self.transitions.hold(followed, texts.NOT_POSTED_FOR_A_DAY(job=job.id))
        if followed.job.state.ended:
            await self.transitions.surface.alert(job.guild_id, partial(texts.NOT_POSTED_FOR_A_DAY, job=job.id))

    async def _parked(self, followed: Followed, seconds: float) -> float | None:
        followed.posting_failed_at = None
        if await self.transitions.rest(followed, seconds, posting_failed_s=0.0) is None:
            return None
        await self.transitions.show(followed.job)
        return seconds
