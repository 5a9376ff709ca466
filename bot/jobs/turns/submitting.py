"""The turn of a job in `submitting`: one POST, with an idempotency key against double payment."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

import structlog

from bot.account.api_keys import ApiKeys, UsableKey
from bot.account.key_health import KeyVerdict
from bot.account.unavailable import Refusal, UnavailableOperations
from bot.cannon.budgets import Call
from bot.cannon.client import CannonClient
from bot.cannon.errors import missing_in, relabelled
from bot.cannon.retry import SAFE_WINDOW_S, submit_again
from bot.cannon.texts import UNREADABLE
from bot.cannon.wire import CreatedRequest, RemoteStatus
from bot.catalogue import LiveCatalogue, labels_of
from bot.domain.jobs.poll_schedule import WRONG_S, believed_wait_s, next_poll_s, unhinted_wait_s
from bot.domain.models import AccountStatus, Job, JobState
from bot.errors import (
    CannonError,
    CannonUnavailable,
    EmailNotVerified,
    IdempotencyClash,
    KeyRefused,
    OutOfCredits,
    RateLimited,
    UnreadableAnswer,
)
from bot.jobs import texts
from bot.jobs.admission import has_forbidden_look, has_forbidden_word
from bot.jobs.follow.durations import LearnedDurations
from bot.jobs.follow.lanes import Followed
from bot.jobs.follow.webhook_hints import WebhookTrust
from bot.jobs.turns.key_waits import LONG_REST_S, UNKNOWN_KEY_S, KeyWaits
from bot.jobs.turns.transitions import Transitions, note_error
from bot.language import Text, speak, tr
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.metrics import Metrics
from bot.store import RequestOfAnother, Store

log = structlog.get_logger(__name__)


@dataclass
class Submitting:
    """Submits jobs. `complete` fills a linked job's input from its files."""

    client: CannonClient
    store: Store
    transitions: Transitions
    key_waits: KeyWaits
    _: KW_ONLY
    keys: ApiKeys
    unavailable: UnavailableOperations
    catalogue: LiveCatalogue
    complete: Callable[[Job], Awaitable[Mapping[str, Any]]]
    webhook_url: Callable[[Job], str | None]
    learned: LearnedDurations
    trust: WebhookTrust
    clock: Clock
    metrics: Metrics
    rng: random.Random

    async def take_turn(self, followed: Followed, key: UsableKey) -> float | None:
        """Submit the job, if that cannot pay twice; return seconds until its next turn, None to drop it."""
        if followed.language:
            speak(followed.language)  # also of what an error says, which is read in the call
        else:
            await self.transitions.speak(followed.job)
        if followed.is_begun:
            followed.is_begun, followed.language = False, ""
            return await self._send_noted(followed, key, self._attempts_age_s(followed), was_in_doubt=False)
        judgement = await self.key_waits.first_check(followed.job, key)
        if judgement is not None and judgement.verdict is KeyVerdict.REFUSED:
            return await self.key_waits.wait(followed)
        trouble = None if judgement is None or judgement.status is None else _trouble(judgement.status)
        if trouble is not None and not followed.job.in_doubt:  # else an attempt may have arrived
            sentence = texts.OWN_ACCOUNT_TROUBLE if key.own else _TROUBLES[trouble](host_pays=key.id is None)
            await self.transitions.end(followed, JobState.FAILED, sentence)
            await self.key_waits.tell_owner(followed.job, key, trouble)
            return None
        return await self._submit(followed, key)

    async def _submit(self, followed: Followed, key: UsableKey) -> float | None:
        job = followed.job
        age_s = self._attempts_age_s(followed)
        # An attempt may have arrived, and idempotency does not cover another key.
        if job.in_doubt and (key.id != job.key_id or age_s > SAFE_WINDOW_S):
            await self.transitions.end_unconfirmed(followed)
            return None
        if age_s > SAFE_WINDOW_S:  # every attempt was definitely refused: as good as the first
            age_s, followed.attempted_at = 0.0, self.clock.monotonic()
        values = await self.complete(job) if job.attempts == 0 and job.after_ids else job.input
        if job.attempts == 0 and await self._may_not_say(job, values):
            await self.transitions.end(followed, JobState.REFUSED, texts.FORBIDDEN_WORD)
            return None
        if not await self.transitions.change(
            followed,
            JobState.SUBMITTING,
            attempts=job.attempts + 1,
            first_attempt_at=self.clock.wall() - age_s,
            in_doubt=True,
            key_id=key.id,
            input=values,
        ):
            return None
        return await self._send_noted(followed, key, age_s, was_in_doubt=job.in_doubt)

    async def may_begin(self, job: Job) -> bool:
        """Whether nothing has to be awaited, checked or filled in before the first attempt, with the key it has."""
        if job.state is not JobState.SUBMITTING or job.after_ids:
            return False
        key = await self.keys.for_job(job)
        if key is None or key.id != job.key_id:
            return False
        return self.key_waits.is_free(key, job)

    async def confirm(self, followed: Followed) -> bool:
        """Take the stored first attempt back if something now comes before it; False if the job was lost."""
        if await self.may_begin(followed.job):
            return True
        followed.is_begun, followed.language = False, ""
        unsent = {"attempts": 0, "first_attempt_at": None, "in_doubt": False}
        return await self.transitions.change(followed, JobState.SUBMITTING, **unsent)

    async def _send_noted(
        self, followed: Followed, key: UsableKey, age_s: float, *, was_in_doubt: bool
    ) -> float | None:
        """Make an attempt that is stored; return as `take_turn`."""
        job = followed.job
        failpoint("submit.before")
        try:
            accepted = await self._send(followed.job, key)
            failpoint("submit.sent")
            is_own = await self._note_accepted(followed, accepted)
        except CannonError as error:
            is_refused = not isinstance(error, CannonUnavailable | UnreadableAnswer | IdempotencyClash)
            # Earlier doubt remains; this attempt is certain if it was definitely refused.
            known = {"in_doubt": was_in_doubt} if is_refused else {}
            note_error(followed, "submit", error)
            if not await self.transitions.change(followed, job.state, **known):
                return None
            return await self._refused(followed, key, error, age_s)
        return await self._accepted(followed, key, accepted) if is_own else None

    async def _may_not_say(self, job: Job, values: Mapping[str, Any]) -> bool:
        """Whether the word list forbids the input, now with results of earlier steps."""
        words = (await self.store.settings.get(job.guild_id)).words
        operation = self.catalogue.current.find(job.operation)
        is_forbidden = await has_forbidden_word(words, () if operation is None else operation.fields, values, {})
        return is_forbidden or await has_forbidden_look(words, job.casting)

    async def _send(self, job: Job, key: UsableKey) -> CreatedRequest:
        """Send the job. Raises CannonError."""
        return await self.client.submit(
            key.secret,
            self._wire_id(job),
            job.sent_input,
            idempotency_key=job.repeats_key or job.idempotency_key,
            webhook_url=None if key.is_practice else self.webhook_url(job),
        )

    async def _note_accepted(self, followed: Followed, accepted: CreatedRequest) -> bool:
        """Store the request; False if the job was lost. Raises UnreadableAnswer for the answer to another job."""
        job = followed.job
        state = JobState.PROCESSING if accepted.status is RemoteStatus.PROCESSING else JobState.QUEUED
        try:
            return await self.transitions.change(
                followed,
                state,
                remote_id=accepted.remote_id,
                submitted_at=self.clock.wall(),
                in_doubt=False,
                blocked_s=0.0,
                next_at=0.0,
                poll_after_s=believed_wait_s(self.learned.of(job), accepted.poll_after_s),
            )
        except RequestOfAnother:
            # As from a caching proxy: following it would show a member another one's result.
            log.warning("submit.answer_of_another", job=job.id, request=accepted.remote_id)
            raise UnreadableAnswer(UNREADABLE) from None

    def _attempts_age_s(self, followed: Followed) -> float:
        first = followed.job.first_attempt_at
        if followed.attempted_at is None:
            age_s = 0.0 if first is None else max(0.0, self.clock.wall() - first)
            followed.attempted_at = self.clock.monotonic() - age_s
        return self.clock.monotonic() - followed.attempted_at

    async def _accepted(self, followed: Followed, key: UsableKey, accepted: CreatedRequest) -> float | None:
        job = followed.job
        self.metrics.submit(job.operation, "accepted")
        failpoint("submit.stored")
        followed.failures = 0
        followed.answered_at, followed.is_watched = self.clock.monotonic(), True
        followed.answers_to = key.slot(job.payer_id)
        if job.attempts > 1 or self.clock.wall() - job.created_at > WRONG_S:
            await self.transitions.show(job)  # else its card says already when the result is expected
        jitter = self.rng.uniform(-1, 1)
        if accepted.status.ended and accepted.poll_after_s is None:
            return 0.0  # only its result is missing
        followed.polled_at = self.clock.monotonic()
        wait_s = unhinted_wait_s if self.trust.covers(job) else next_poll_s
        return wait_s(self.learned.of(job), 0.0, poll_after_s=job.poll_after_s, jitter=jitter)

    async def _refused(self, followed: Followed, key: UsableKey, error: CannonError, age_s: float) -> float | None:
        job = followed.job
        self.metrics.submit(job.operation, type(error).__name__)
        self.metrics.api_error(error)
        await self.key_waits.tell_owner(job, key, type(error))
        if isinstance(error, KeyRefused):
            return await self._key_refused(followed, key, error)
        wait_s = submit_again(job.attempts, error, first_attempt_age_s=age_s, random=self.rng.random())
        if wait_s is None:
            await self._give_up(followed, error)
            return None
        if isinstance(error, RateLimited):
            self.key_waits.pause(key, job, wait_s, Call.CREATE)
            if wait_s > LONG_REST_S:
                return await self.key_waits.rest(followed, key, wait_s)
        # A column, not a sleeping coroutine: it survives a restart.
        return await self.transitions.rest(followed, wait_s)

    async def _key_refused(self, followed: Followed, key: UsableKey, error: CannonError) -> float | None:
        job = followed.job
        verdict = await self.key_waits.judge(job, key)
        if verdict is KeyVerdict.REFUSED:
            return await self.key_waits.wait(followed)
        if verdict is KeyVerdict.UNKNOWN:
            return await self.transitions.rest(followed, UNKNOWN_KEY_S)
        if job.in_doubt:
            await self.transitions.end_unconfirmed(followed)
            return None
        operation = self.catalogue.current.find(job.operation)
        refusal = await self.unavailable.note(job, key, operation, error)
        sentence: str | Text = texts.REFUSED[refusal](operation=self._title(job), reason=error.said)
        if key.own and refusal is not Refusal.INPUT:
            sentence = texts.OWN_ACCOUNT_TROUBLE
        await self.transitions.end(followed, JobState.FAILED, sentence)
        return None

    async def _give_up(self, followed: Followed, error: CannonError) -> None:
        job = followed.job
        # At a first attempt a clash says that this key was used with other input: nothing is in doubt.
        is_first_clash = isinstance(error, IdempotencyClash) and job.attempts == 1 and job.repeats_key is None
        if job.in_doubt and not is_first_clash:
            await self.transitions.end_unconfirmed(followed)
            return
        log.debug("job.refused_by_api", job=job.id, status=error.status, error=type(error).__name__)
        await self._refused_for_good(followed, error)

    async def _refused_for_good(self, followed: Followed, error: CannonError) -> None:
        job = followed.job
        labels = labels_of(self.catalogue.current.find(job.operation))
        sentence: str | Text
        if job.own and isinstance(error, EmailNotVerified | OutOfCredits):
            sentence = texts.OWN_ACCOUNT_TROUBLE
        elif isinstance(error, EmailNotVerified):
            sentence = texts.must_verify(host_pays=job.key_id is None)
        else:
            sentence = relabelled(error.sentence, error.said, error.faults, labels)
        await self.transitions.end(followed, JobState.FAILED, sentence, lacks=missing_in(error.faults))

    def _title(self, job: Job) -> str:
        operation = self.catalogue.current.find(job.operation)
        return job.operation if operation is None else tr(operation.title)

    def _wire_id(self, job: Job) -> str:
        operation = self.catalogue.current.find(job.operation)
        return job.operation if operation is None else operation.id


_TROUBLES: Mapping[type[CannonError], Callable[..., str]] = {
    EmailNotVerified: texts.must_verify,
    OutOfCredits: texts.no_credits,
}


def _trouble(status: AccountStatus) -> type[CannonError] | None:
    """Return how the API would refuse any job of an account that can pay for nothing; None as far as it can."""
    if status.must_verify:
        return EmailNotVerified
    return OutOfCredits if status.credits is not None and status.credits <= 0 else None
