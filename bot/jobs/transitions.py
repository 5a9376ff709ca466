"""Changes of a job that all turns share: writing one, ending a job, pausing a key, starting what waits."""

from __future__ import annotations

import random
from collections.abc import Callable

import structlog

from bot.domain.models import Job, JobState
from bot.errors import CannonError
from bot.guild.api_keys import ApiKeys, UsableKey
from bot.jobs.agenda import Followed
from bot.jobs.surface import Surface
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.store import Store

log = structlog.get_logger(__name__)

BLOCKED_S = 60.0
"""How long a job waits while its key is refused or missing."""
BLOCKED_MAX_S = 24 * 3600.0
PAUSE_JITTER = 0.1
"""By which share of itself a pause is prolonged at most, so that the key's jobs do not all come at once."""


class Transitions:
    """Writes what has become of a job, and shows it. Every write carries the state and the lease it expects."""

    def __init__(
        self,
        store: Store,
        *,
        keys: ApiKeys,
        surface: Surface,
        clock: Clock,
        metrics: Metrics,
        claim_soon: Callable[[], None],
        rng: random.Random,
    ) -> None:
        self.surface = surface
        self._store = store
        self._keys = keys
        self._clock = clock
        self._metrics = metrics
        self._claim_soon = claim_soon
        self._rng = rng
        self._paused: dict[str, float] = {}

    # ------------------------------------------------------------------ jobs

    async def change(self, followed: Followed, to: JobState, **changes: object) -> bool:
        """Write a change; False if somebody else was first: then the caller lets go of the job."""
        changed = await self._store.jobs.change(followed.job, to, **changes)  # type: ignore[arg-type]  # names are Job's
        if changed is None:
            log.warning("worker.lost_job", job=followed.job.id, state=followed.job.state)
            return False
        if changed.state is not followed.job.state:
            self._metrics.job(changed.operation, changed.state)
            log.info("job.changed", job=changed.id, operation=changed.operation, state=changed.state)
        followed.job = changed
        if changed.state.ended:
            await self.start_waiting(changed.guild_id)
        return True

    async def start_waiting(self, guild_id: int) -> None:
        """Start what waits for a free place, and have what waited for another job's result claimed."""
        for card_id in await self._store.queue.start_waiting(guild_id):
            await self.surface.show(guild_id, card_id)
        self._claim_soon()

    async def show(self, job: Job) -> None:
        """Bring the job's card up to date; best effort, never raises."""
        await self.surface.show(job.guild_id, job.card_id)

    async def end(self, followed: Followed, to: JobState, sentence: str) -> None:
        """End a job without a result: release its hold and show `sentence`, the reason."""
        if await self.change(followed, to, release=True, error=sentence, finished_at=self._clock.wall()):
            await self.show(followed.job)

    async def end_unconfirmed(self, followed: Followed) -> None:
        """End a job of which nobody knows whether Cannon Studio took it: release its hold and alert the moderators.

        It is never submitted again blindly, because it could be paid twice.
        """
        await self.end(
            followed,
            JobState.FAILED,
            "Cannon Studio did not confirm this job, and it was not sent again for fear of paying twice. "
            "The credits were given back; please try again later.",
        )
        await self.surface.alert(
            followed.job.guild_id,
            f"Job {followed.job.id} was sent to Cannon Studio but never confirmed. It was given back here; "
            "please look at the account whether it was charged.",
        )

    def age_s(self, job: Job) -> float:
        """Return for how many seconds Cannon Studio has had the job, or since when it waits to be submitted."""
        return self._clock.wall() - (job.submitted_at or job.created_at)

    # ------------------------------------------------------------------ keys

    def pause(self, key: UsableKey, job: Job, seconds: float) -> None:
        """Let all jobs of the key rest: after a 429 each of them would get the same answer."""
        slot = key.slot(job.guild_id)
        self._paused[slot] = max(self._paused.get(slot, 0.0), self._clock.monotonic() + seconds)

    def pause_left_s(self, key: UsableKey, job: Job) -> float:
        """Return for how many seconds the job has to wait for its key, 0 if it may go on."""
        left_s = self._paused.get(key.slot(job.guild_id), 0.0) - self._clock.monotonic()
        return left_s * (1 + PAUSE_JITTER * self._rng.random()) if left_s > 0 else 0.0

    def end_pauses(self) -> None:
        """Let the jobs of every key go on."""
        self._paused.clear()

    async def refuse_key(self, followed: Followed, key: UsableKey, error: CannonError) -> float | None:
        """Note that the API refuses the key, alert the moderators the first time, and let the job wait for another.

        Returns the seconds to wait, None if it has waited for too long.
        """
        job = followed.job
        if await self._keys.note_refused(job.guild_id, key):
            log.warning("key.refused", guild=job.guild_id, status=error.status)
            await self.surface.alert(
                job.guild_id,
                "Cannon Studio refuses this server's key. Jobs wait; set a new key with `/studio key` to go on.",
            )
        return await self.wait_for_key(followed)

    async def wait_for_key(self, followed: Followed) -> float | None:
        """Let the job wait for a working key; return the seconds, None if it has waited for too long and was ended."""
        job = followed.job
        if self.age_s(job) > BLOCKED_MAX_S:
            await self.end(
                followed,
                JobState.EXPIRED,
                "There was no working key for this within a day. The credits were given back.",
            )
            return None
        await self.show(job)
        return BLOCKED_S
