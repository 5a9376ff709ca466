"""What a job does while its key cannot be used: pauses after a 429, and the wait for a working key."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

from bot.account.api_keys import ApiKeys, UsableKey
from bot.account.key_health import Judgement, KeyHealth, KeyVerdict
from bot.account.texts import with_packs
from bot.cannon.budgets import Call, KeyBudgets
from bot.domain.jobs.poll_schedule import POLL_AFTER_S
from bot.domain.models import CreditPack, Job, JobState, WaitsFor
from bot.domain.words.text import stamp
from bot.errors import CannonError, EmailNotVerified, OutOfCredits
from bot.jobs import texts
from bot.jobs.follow.lanes import Followed
from bot.jobs.turns.transitions import Transitions, note_trouble
from bot.runtime.clock import Clock

BLOCKED_S = 60.0
"""Wait of a job whose key is refused or missing."""
BLOCKED_MAX_S = 24 * 3600.0
BLOCKED_SINCE_S = 1.0
"""Counted at once: a job that has waited for its key at all is shown as waiting."""
UNKNOWN_KEY_S = 30.0
"""Wait of a refused job while its key's state is unknown."""
REST_JITTER = 0.1
"""Maximum share added to a rest, to spread the key's jobs."""
NEEDED_TIMES = 4
"""A job is polled at least once in so many of the waits that the API asks for, unless 429s go on."""
LONG_REST_S = 600.0
"""A longer pause is shown on cards and reported to moderators."""
NEWS_S = 0.5
"""Extra length at which a pause is announced again."""
ALERT_AGAIN_S = 24 * 3600.0
"""Minimum time between two alerts about rate limiting."""


OWNER_QUIET_S = 6 * 3600.0
"""Minimum time between two alerts about one trouble of the account."""


@dataclass
class KeyWaits:
    """Keeps each key's pauses."""

    transitions: Transitions
    _: KW_ONLY
    health: KeyHealth
    budgets: KeyBudgets
    clock: Clock
    rng: random.Random
    keys: ApiKeys
    _paused: dict[tuple[str, Call], float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.tell: Callable[..., None] = lambda *_words: None
        """Called with each pause, as what others' `heard` takes: each would get the same 429."""

    def pause(self, key: UsableKey, job: Job, seconds: float, call: Call) -> None:
        slot = key.slot(job.payer_id)
        if self._pause(slot, call, seconds):
            self.tell(slot, f"{seconds:.3f}", call.name)

    def heard(self, slot: str, seconds: str, call: str) -> None:
        self._pause(slot, Call[call], float(seconds))

    def _pause(self, slot: str, call: Call, seconds: float) -> bool:
        before, until = self._paused.get((slot, call), 0.0), self.clock.monotonic() + seconds
        self._paused[slot, call] = max(before, until)
        return until > before + NEWS_S

    def is_free(self, key: UsableKey, job: Job) -> bool:
        """Whether a create with this key needs no check, permission or rest before it. It reserves nothing."""
        return not (
            not self.health.is_checked(job.payer_id, key)
            or self.budgets.is_limited(key.secret, Call.CREATE)
            or self._paused.get((key.slot(job.payer_id), Call.CREATE), 0.0) > self.clock.monotonic()
        )

    def rest_s(self, key: UsableKey, job: Job) -> float:
        """Return how many seconds the job must wait for its key, 0 if it may call now, and then must."""
        call = Call.CREATE if job.state is JobState.SUBMITTING else Call.POLL
        left_s = self._paused.get((key.slot(job.payer_id), call), 0.0) - self.clock.monotonic()
        apart_s = math.inf if call is Call.CREATE else NEEDED_TIMES * (job.poll_after_s or POLL_AFTER_S)
        if left_s <= 0 and (turn_s := self.budgets.wait_s(key.secret, call, job.id, apart_s)):
            return turn_s
        return left_s * (1 + REST_JITTER * self.rng.random()) if left_s > 0 else 0.0

    async def rest(self, followed: Followed, key: UsableKey, seconds: float) -> float | None:
        """Let the job wait for its key; return the seconds, None if it was lost.

        A long wait is shown and reported once.
        """
        job = followed.job
        if seconds <= LONG_REST_S or job.waits_for is WaitsFor.CANNON:
            return seconds
        if await self.transitions.rest(followed, seconds, waits_for=WaitsFor.CANNON) is None:
            return None
        await self.transitions.show(followed.job)
        if job.own:
            return seconds
        until = stamp(followed.job.next_at, "t")
        name = f"asked to wait {key.slot(job.payer_id)}"
        await self.transitions.alert_once(
            job.guild_id, name, partial(texts.ASKED_TO_WAIT_ALERT, time=until), ALERT_AGAIN_S
        )
        return seconds

    def end_pauses(self, slot: str) -> None:
        for call in Call:
            self._paused.pop((slot, call), None)

    async def judge(self, job: Job, key: UsableKey) -> KeyVerdict:
        """Check the key that the job was refused with; alert those who can replace it if it is refused."""
        judgement = await self.health.judge(job.payer_id, key)
        await self._alert(job, judgement)
        return judgement.verdict

    async def first_check(self, job: Job, key: UsableKey) -> Judgement | None:
        """Check the key before its first create in this process; None later. Alerts like `judge`."""
        judgement = await self.health.first_check(job.payer_id, key)
        if judgement is not None:
            await self._alert(job, judgement)
        return judgement

    async def _alert(self, job: Job, judgement: Judgement) -> None:
        if judgement.is_news and job.own:
            await self.transitions.surface.tell_author(job, texts.OWN_KEY_REJECTED, of_key=True)
        elif judgement.is_news:
            await self.transitions.surface.alert(job.guild_id, texts.KEY_REFUSED_ALERT)

    async def tell_owner(self, job: Job, key: UsableKey, error: type[CannonError]) -> None:
        """Alert the moderators to what only the owner of the server's own account can mend."""
        if key.id is None or key.is_practice or key.own:
            return
        if error is OutOfCredits:
            out = partial(_out_of_credits, self.keys.packs(key))
            await self.transitions.alert_once(job.guild_id, "out of credits", out, OWNER_QUIET_S)
        elif error is EmailNotVerified:
            unverified = partial(texts.must_verify, host_pays=False)
            await self.transitions.alert_once(job.guild_id, "email not verified", unverified, OWNER_QUIET_S)

    async def wait(self, followed: Followed) -> float | None:
        """Wait for a working key; return the seconds, None if the job waited too long and was ended."""
        job, now = followed.job, self.clock.monotonic()
        blocked_s = job.blocked_s + (BLOCKED_SINCE_S if followed.blocked_at is None else now - followed.blocked_at)
        followed.blocked_at, followed.answered_at, followed.is_watched = now, None, False
        if blocked_s > BLOCKED_MAX_S:
            await self._end(followed)
            return None
        note_trouble(followed, "key", "none works")
        if not await self.transitions.change(followed, job.state, blocked_s=blocked_s):
            return None
        await self.transitions.show(followed.job)
        return BLOCKED_S

    async def _end(self, followed: Followed) -> None:
        if followed.job.in_doubt:
            await self.transitions.end_unconfirmed(followed)
            return
        await self.transitions.end(
            followed,
            JobState.EXPIRED,
            texts.OWN_ACCOUNT_TROUBLE if followed.job.own else texts.NO_WORKING_KEY,
            recheck=followed.job.remote_id is not None,
        )


def _out_of_credits(packs: Sequence[CreditPack]) -> str:
    return with_packs(str(texts.OUT_OF_CREDITS_ALERT), packs)
