"""What a job does while its key cannot be used: pauses after a 429, and the wait for a key that works."""

from __future__ import annotations

import random
from enum import Enum, auto

from bot.domain.models import Job, JobState
from bot.guild.api_keys import UsableKey
from bot.guild.key_health import KeyHealth, KeyVerdict
from bot.jobs import texts
from bot.jobs.agenda import Followed
from bot.jobs.transitions import Transitions
from bot.runtime.clock import Clock

BLOCKED_S = 60.0
"""How long a job waits while its key is refused or missing."""
BLOCKED_MAX_S = 24 * 3600.0
UNKNOWN_KEY_S = 30.0
"""How long a job rests that was refused while nobody could say whether its key works."""
PAUSE_JITTER = 0.1
"""By which share of itself a pause is prolonged at most, so that the key's jobs do not all come at once."""


class Call(Enum):
    """What a pause keeps back."""

    CREATE = auto()
    POLL = auto()


class KeyWaits:
    """Keeps the pauses of keys, each for itself."""

    def __init__(self, transitions: Transitions, *, health: KeyHealth, clock: Clock, rng: random.Random) -> None:
        self._transitions = transitions
        self._health = health
        self._clock = clock
        self._rng = rng
        self._paused: dict[tuple[str, Call], float] = {}

    def pause(self, key: UsableKey, job: Job, seconds: float, *calls: Call) -> None:
        """Let such calls of the key rest: after a 429 each of them would get the same answer."""
        for call in calls:
            name = (key.slot(job.guild_id), call)
            self._paused[name] = max(self._paused.get(name, 0.0), self._clock.monotonic() + seconds)

    def pause_left_s(self, key: UsableKey, job: Job) -> float:
        """Return for how many seconds the job has to wait for its key, 0 if it may go on."""
        call = Call.CREATE if job.state is JobState.SUBMITTING else Call.POLL
        left_s = self._paused.get((key.slot(job.guild_id), call), 0.0) - self._clock.monotonic()
        return left_s * (1 + PAUSE_JITTER * self._rng.random()) if left_s > 0 else 0.0

    def end_pauses(self, slot: str) -> None:
        """Let the calls of one key go on."""
        for call in Call:
            self._paused.pop((slot, call), None)

    async def judge(self, job: Job, key: UsableKey) -> KeyVerdict:
        """Ask whether the key works that the job was refused with; alert the moderators if it is found refused."""
        judgement = await self._health.judge(job.guild_id, key)
        if judgement.is_news:
            await self._transitions.surface.alert(
                job.guild_id,
                texts.KEY_REFUSED_ALERT,
            )
        return judgement.verdict

    async def wait(self, followed: Followed) -> float | None:
        """Let the job wait for a working key; return the seconds, None if it has waited for too long and was ended."""
        job, now = followed.job, self._clock.monotonic()
        blocked_s = job.blocked_s + (0.0 if followed.blocked_at is None else now - followed.blocked_at)
        followed.blocked_at, followed.answered_at, followed.is_watched = now, None, False
        if blocked_s > BLOCKED_MAX_S:
            await self._end(followed)
            return None
        if blocked_s != job.blocked_s and not await self._transitions.change(followed, job.state, blocked_s=blocked_s):
            return None
        await self._transitions.show(followed.job)
        return BLOCKED_S

    async def _end(self, followed: Followed) -> None:
        if followed.job.in_doubt:
            await self._transitions.end_unconfirmed(followed)
            return
        await self._transitions.end(
            followed,
            JobState.EXPIRED,
            texts.NO_WORKING_KEY,
            recheck=followed.job.remote_id is not None,
        )
