"""Jobs: the table that is the queue. Every change is fenced (`rows.unchanged`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bot.domain.jobs.poll_schedule import recheck_at
from bot.domain.models import RUNNING_STATES, Job, JobState
from bot.store.engine.columns import to_json
from bot.store.engine.repository import RecordOf, Repository
from bot.store.jobs.ending import follow_up
from bot.store.jobs.rows import CHANGEABLE, job_in, jobs_of_card, unchanged, update_job
from bot.store.money import ledger
from bot.store.sql import Connection
from bot.store.vault.secret_box import forget_unneeded_keys

PLACED_STATES = RUNNING_STATES - {JobState.READY}
"""States that occupy a slot: finished results only need posting."""
RECHECKED_STATES = frozenset({JobState.FAILED, JobState.EXPIRED})
"""Where a request may still succeed."""


class RequestOfAnother(Exception):
    """A job was to follow a request that another job has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """A changed job, and whether others of its guild may start: then call `Queue.start_waiting`."""

    job: Job
    may_start: bool


class Jobs(Repository):
    """The table `jobs`."""

    async def get(self, guild_id: int, job_id: str) -> Job | None:
        return await self._database.read(lambda db: job_in(db, guild_id, job_id))

    async def of_card(self, guild_id: int, card_id: str) -> tuple[Job, ...]:
        return await self._database.read(lambda db: jobs_of_card(db, guild_id, card_id))

    async def known(self, job_ids: Collection[str]) -> set[str]:
        query = "SELECT jobs.id FROM json_each(?) AS wanted CROSS JOIN jobs ON jobs.id = wanted.value"
        rows = await self._rows(query, (to_json(list(job_ids)),))
        return {row["id"] for row in rows}

    async def change(self, job: Job, to: JobState, **changes: Any) -> Job | None:
        """Like `advance`, but return the job alone."""
        advanced = await self.advance(job, to, **changes)
        return None if advanced is None else advanced.job

    async def advance(
        self,
        job: Job,
        to: JobState,
        *,
        settle: Decimal | None = None,
        release: bool = False,
        recheck: bool = False,
        record: RecordOf[Job] | None = None,
        **changes: Any,
    ) -> Advanced | None:
        """Move a job to the state `to` and set `changes` (Job's fields), if it is unchanged.

        `settle` turns its hold into this true cost in credits; `release` drops it; `recheck`: keep polling the
        ended job's request. One transaction. `record` gives a moderator's record line. Returns the new job; None, with
        nothing changed, if another was first.

        Raises RequestOfAnother, ValueError for an end that leaves the hold open, StoreError if the hold was closed
        before.
        """
        if unknown := changes.keys() - CHANGEABLE:
            raise TypeError(f"change() does not set {', '.join(sorted(unknown))}")
        _check(to, settle=settle, release=release, recheck=recheck)
        now = self._clock.wall()

        def change(db: Connection) -> Advanced | None:
            current = unchanged(db, job)
            if current is None:
                return None
            _require_own_request(db, current, changes.get("remote_id"))
            if settle is not None:
                ledger.settle(db, current, settle, now)
            elif release:
                ledger.release(db, current, now)
            elif to.ended and not ledger.is_closed(db, job.id):
                raise ValueError(f"job {job.id} may not become {to} with its hold open: settle or release it")
            changed = replace(current, state=to, **changes)
            if recheck and changed.remote_id is not None:
                changed = replace(changed, recheck_at=recheck_at(now, changed.submitted_at, 0))
            stored = update_job(db, changed, current)
            if to.ended:
                follow_up(db, changed, now)
                forget_unneeded_keys(db, [job.payer_id])
            return Advanced(job=stored, may_start=to not in PLACED_STATES and _has_waiting(db, job.guild_id))

        is_hosts = job.key_id is None and to.ended  # its true cost changes what all guilds have spent on that key
        return await self._recorded(job.guild_id, change, record and (lambda done: record(done.job)), host=is_hosts)

    async def raise_hold(self, job: Job, cost: Decimal) -> Advanced | None:
        """Raise the hold to the API's announced cost, in credits; None, with nothing changed, if another was first."""

        def change(db: Connection) -> Advanced | None:
            current = unchanged(db, job)
            if current is None:
                return None
            raised = replace(current, cost=cost, raised=max(current.raised, cost - current.held))
            update_job(db, raised, current)
            return Advanced(job=raised, may_start=_has_waiting(db, job.guild_id))

        return await self._write(job.guild_id, change, host=job.key_id is None)


# As its index has it: the sandbox's requests are others.
_HAS_REQUEST = "SELECT 1 FROM jobs WHERE remote_id = ? AND CASE practice WHEN 1 THEN 1 ELSE 0 END = ?"


def _require_own_request(db: Connection, job: Job, remote_id: str | None) -> None:
    """Raise RequestOfAnother if a job of any guild has that request of Cannon Studio or the practice sandbox."""
    if remote_id is None or remote_id == job.remote_id:
        return
    if db.execute(_HAS_REQUEST, (remote_id, int(job.practice))).fetchone():
        raise RequestOfAnother(remote_id)


def _has_waiting(db: Connection, guild_id: int) -> bool:
    return bool(db.execute(_HAS_WAITING, (guild_id,)).fetchone()[0])


def _check(to: JobState, *, settle: Decimal | None, release: bool, recheck: bool) -> None:
    if settle is not None and release:
        raise ValueError("a hold is settled or released, not both")
    if release and not to.ended:
        raise ValueError("only a job that ends is released")
    if recheck and to not in RECHECKED_STATES:
        raise ValueError("only a job that has failed or expired is rechecked")


_HAS_WAITING = """
SELECT EXISTS (
    SELECT 1 FROM jobs WHERE guild_id = ? AND state = 'waiting' AND (after_ids = '[]' OR after_done = 1)
)
"""
