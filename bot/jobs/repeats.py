"""Another attempt of a job that Cannon Studio never confirmed: the same request, or one that may be charged as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.cannon.retry import SAFE_WINDOW_S
from bot.domain.models import Job
from bot.errors import Refused
from bot.jobs import texts
from bot.jobs.pricing import CheckedJob
from bot.runtime.clock import Clock
from bot.store import Store


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a job is to an earlier, unconfirmed one: nothing for most. At most one of the two fields says something."""

    repeats: Job | None = None
    """The unconfirmed job whose idempotency key it is sent with: both are one request, which is charged once."""
    may_pay_twice: bool = False
    """Whether it is sent as a request of its own, although the unconfirmed one may have been charged."""

    def of(self, job: Job) -> Job:
        """Return the job as this attempt."""
        if self.repeats is None:
            return job
        return replace(
            job,
            repeats_key=_key_of(self.repeats),
            in_doubt=True,
            first_attempt_at=self.repeats.first_attempt_at,
        )


class Repeats:
    """Finds out whether another attempt can repeat the idempotency key of the first, and so cannot be paid twice."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def attempts(self, guild_id: int, checked: Sequence[CheckedJob], key_id: int | None) -> list[Attempt]:
        """Return for each job what it is to an unconfirmed one. `key_id` is the API key's; None for the host's.

        Raises Refused if an unconfirmed one has another attempt already that is open or has a result.
        """
        return [await self._attempt(guild_id, job, key_id) for job in checked]

    async def _attempt(self, guild_id: int, job: CheckedJob, key_id: int | None) -> Attempt:
        unconfirmed_id = job.spec.repeats
        before = await self._store.jobs.get(guild_id, unconfirmed_id) if unconfirmed_id else None
        if before is None or not before.in_doubt:
            return Attempt()
        other = await self._store.job_lists.repeating(guild_id, _key_of(before))
        if other is not None:
            raise Refused(texts.retried_already(other.id))
        # Cannon Studio recognises the same input with the same API key, for some hours.
        is_same = (before.key_id, before.operation, before.input) == (key_id, job.operation.id, job.input)
        is_late = self._clock.wall() - (before.first_attempt_at or 0.0) >= SAFE_WINDOW_S
        return Attempt(repeats=before) if is_same and not is_late else Attempt(may_pay_twice=True)


def _key_of(job: Job) -> str:
    return job.repeats_key or job.idempotency_key
