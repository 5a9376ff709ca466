"""Jobs: the leased table that is the queue. Every change is fenced by state and lease."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from bot.domain.jobs.durations import Kind
from bot.domain.jobs.poll_schedule import recheck_at
from bot.domain.models import RUNNING_STATES, Job, JobState
from bot.language import speaking
from bot.store.engine.columns import to_json
from bot.store.engine.database import DIED, STOPPED, end_process
from bot.store.engine.repository import RecordOf, Repository
from bot.store.jobs.ending import follow_up
from bot.store.jobs.figures import write_learned
from bot.store.jobs.overshoots import Overshoot, account_for
from bot.store.jobs.rechecks import KEPT, TRIM_FREED, JobAttempt, note_attempts
from bot.store.jobs.rows import CHANGEABLE, job_in, job_of, jobs_of_card, update_job
from bot.store.jobs.tried_values import TriedOutcome, note_outcome
from bot.store.money import ledger
from bot.store.sql import Connection, Row
from bot.store.vault.secret_box import forget_unneeded_keys

WHOLE_MAX = 100
"""Maximum number of claimed jobs read whole at once."""
PLACED_STATES = RUNNING_STATES - {JobState.READY}
"""States that occupy a slot: finished results only need posting."""
RECHECKED_STATES = frozenset({JobState.FAILED, JobState.EXPIRED})
"""Where a request may still succeed."""


NOTHING_LEARNED: Mapping[Kind, str] = MappingProxyType({})


class RequestOfAnother(Exception):
    """A job was to follow a request that another job has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedHold:
    """A job once its cost is known, and the limit it now exceeds, None for none."""

    job: Job
    overshoot: Overshoot | None
    may_start: bool
    """Whether others of its guild may start: some wait for the price of their kind."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed job's schedule: fields of Job."""

    id: str
    guild_id: int
    card_id: str
    state: JobState
    next_at: float
    wait_s: float
    active_s: float
    is_overdue: bool
    poll_after_s: float | None
    job: Job | None
    """The whole job, if few were claimed: they are new and due at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A process's renewed lease."""

    existed: bool
    """If not, it is new, or another process took it over, and no job is under it."""
    may_take_over: bool
    """Whether others' leases have expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """What a dead process had."""

    process: str
    """Its name, '' for one of an older version."""
    jobs: int
    silent_s: float
    """Seconds since its last sign of life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """A changed job, and whether others of its guild may start: then call `Queue.start_waiting`."""

    job: Job
    may_start: bool


class Jobs(Repository):
    """The tables `jobs` and `leases`."""

    async def get(self, guild_id: int, job_id: str) -> Job | None:
        """Return the guild's job, None if there is none of this id."""
        return await self._database.read(lambda db: job_in(db, guild_id, job_id))

    async def of_card(self, guild_id: int, card_id: str) -> tuple[Job, ...]:
        return await self._database.read(lambda db: jobs_of_card(db, guild_id, card_id))

    async def known(self, job_ids: Collection[str]) -> set[str]:
        query = "SELECT jobs.id FROM json_each(?) AS wanted CROSS JOIN jobs ON jobs.id = wanted.value"
        rows = await self._rows(query, (to_json(list(job_ids)),))
        return {row["id"] for row in rows}

    async def hold_lease(self, token: str, for_s: float) -> Renewal:
        """Acquire or renew this process's lease, in seconds of the database's clock: one row for all its jobs."""

        def change(db: Connection) -> Renewal:
            now = self._database.now(db)
            values = {"token": token, "expires_at": now + for_s, "now": now, "process": self._database.process}
            existed = bool(db.execute(_RENEW, values).rowcount)
            if not existed:
                db.execute(_LEASE, values)
            others = db.execute("SELECT 1 FROM leases WHERE expires_at <= ? LIMIT 1", (now,)).fetchone()
            return Renewal(existed=existed, may_take_over=others is not None)

        return await self._database.write(change)

    async def drop_lease(self, token: str, *, outcome: str = STOPPED) -> None:
        """End this process's lease. `outcome` is kept with its jobs: why they are free."""

        def change(db: Connection) -> None:
            _end_lease(db, token, self._database.now(db), outcome)

        await self._database.write(change)

    async def take_over(self, token: str) -> list[TakenOver]:
        """End others' expired leases, so that their jobs are free; one's own may still be renewed."""

        def change(db: Connection) -> list[TakenOver]:
            now = self._database.now(db)
            expired = db.execute(_EXPIRED, (now, token)).fetchall()
            for _, name, _ in expired:
                end_process(db, name, DIED, now)
            return [
                TakenOver(process=name, jobs=_end_lease(db, other, now, DIED), silent_s=now - renewed_at)
                for other, name, renewed_at in expired
            ]

        return await self._database.write(change)

    async def claim(self, token: str, *, limit: int, shares: bool = False, by_card: bool = False) -> list[Claimed]:
        """Claim unleased running jobs of all guilds, soonest due first; return them.

        Skips jobs of cards not known to Discord. Without a live lease the caller gets nothing. `shares`: leave other
        lease holders their part. `by_card`: claim whole cards, whose message one process edits, even beyond `limit`.
        """

        def change(db: Connection) -> list[Claimed]:
            now = self._database.now(db)
            if db.execute("SELECT 1 FROM leases WHERE token = ? AND expires_at > ?", (token, now)).fetchone() is None:
                return []
            values = {"lease": token, "limit": _share(db, limit) if shares else limit}
            values |= {"process": self._database.process, "now": now}
            rows = _claim_by_card(db, values) if by_card else db.execute(_CLAIM, values).fetchall()
            claimed = [_claimed(row) for row in rows]
            claimed.sort(key=attrgetter("next_at"))  # RETURNING has no order
            if len(claimed) > WHOLE_MAX:
                return claimed
            jobs = _under(db, token, [each.id for each in claimed])
            return [replace(each, job=jobs[each.id]) for each in claimed]

        return await self._database.write(change)

    async def under(self, token: str, job_ids: Collection[str]) -> dict[str, Job]:
        """Return those jobs, of any guild, under this lease, by id."""
        return await self._database.read(lambda db: _under(db, token, job_ids))

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
        tried: TriedOutcome | None = None,
        calls: Sequence[JobAttempt] = (),
        learned: Mapping[Kind, str] = NOTHING_LEARNED,
        record: RecordOf[Job | None] | None = None,
        **changes: Any,
    ) -> Advanced | None:
        """Move a job to the state `to` and set `changes` (Job's fields), if state and lease are still `job`'s.

        `settle` turns its hold into this true cost in credits; `release` drops it; `recheck`: keep polling the
        ended job's request; `tried`: the outcome of its values, `calls`: what was called for it; `learned`: durations,
        as `Histograms`. One transaction. A job that stops running loses its lease. `record` gives a moderator's record
        line. Returns the new job; None, with nothing changed, if another was first.

        Raises RequestOfAnother, ValueError for an end that leaves the hold open, StoreError if the hold was closed
        before.
        """
        if unknown := changes.keys() - CHANGEABLE:
            raise TypeError(f"change() does not set {', '.join(sorted(unknown))}")
        _check(to, settle=settle, release=release, recheck=recheck)
        now = self._clock.wall()

        def change(db: Connection) -> Advanced | None:
            row = db.execute(_FENCED, (job.id, job.guild_id, job.state, job.lease)).fetchone()
            if row is None:
                return None
            current = job_of(row)
            _require_own_request(db, current, changes.get("remote_id"))
            if settle is not None:
                ledger.settle(db, current, settle, now)
            elif release:
                ledger.release(db, current, now)
            elif to.ended and not ledger.is_closed(db, job.id):
                raise ValueError(f"job {job.id} may not become {to} with its hold open: settle or release it")
            changed = replace(current, state=to, lease=current.lease if to in RUNNING_STATES else None, **changes)
            if recheck and changed.remote_id is not None:
                changed = replace(changed, recheck_at=recheck_at(now, changed.submitted_at, 0))
            stored = update_job(db, changed, current)
            if tried is not None:
                note_outcome(db, changed, tried, now)
            note_attempts(db, changed, calls, now, self._database.process)
            write_learned(db, learned)
            if to.ended:
                follow_up(db, changed, now)
                forget_unneeded_keys(db, job.guild_id)
            return Advanced(job=stored, may_start=to not in PLACED_STATES and _has_waiting(db, job.guild_id))

        return await self._recorded(job.guild_id, change, record and (lambda done: record(done and done.job)))

    async def raise_hold(self, job: Job, cost: Decimal) -> RaisedHold | None:
        """Raise the hold to the API's announced cost, in credits.

        Unsent jobs that now exceed a limit are cancelled and refunded in the same transaction. None, with
        nothing changed, if state or lease has changed.
        """
        now = self._clock.wall()

        def change(db: Connection) -> RaisedHold | None:
            row = db.execute(_FENCED, (job.id, job.guild_id, job.state, job.lease)).fetchone()
            if row is None:
                return None
            current = job_of(row)
            raised = replace(current, cost=cost, raised=max(current.raised, cost - current.held))
            update_job(db, raised, current)
            overshoot = None
            if raised.raised > current.raised:
                with speaking(self._database.language_of(db, job.guild_id)):
                    overshoot = account_for(db, raised, now, self._database.host_limits)
            return RaisedHold(job=raised, overshoot=overshoot, may_start=_has_waiting(db, job.guild_id))

        raised = await self._database.write(change)
        if raised is not None and raised.overshoot is not None:
            self._database.notify()
        return raised


def _require_own_request(db: Connection, job: Job, remote_id: str | None) -> None:
    """Raise RequestOfAnother if a job of any guild has that request of Cannon Studio or the practice sandbox."""
    if remote_id is None or remote_id == job.remote_id:
        return
    if db.execute("SELECT 1 FROM jobs WHERE remote_id = ? AND practice = ?", (remote_id, int(job.practice))).fetchone():
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


_FREE = """
SELECT count(*) FROM (
    SELECT 1 FROM running_jobs WHERE lease IS NULL LIMIT ?
) AS free
"""
_EXPIRED = "SELECT token, process, renewed_at FROM leases WHERE expires_at <= ? AND token <> ?"
_RENEW = "UPDATE leases SET expires_at = :expires_at, renewed_at = :now, process = :process WHERE token = :token"
_LEASE = "INSERT INTO leases (token, expires_at, renewed_at, process) VALUES (:token, :expires_at, :now, :process)"
_CLAIM = """
UPDATE jobs SET lease = :lease, claimed_by = :process, claimed_at = :now WHERE id IN (
    SELECT free.id FROM running_jobs AS free CROSS JOIN cards ON cards.id = free.card_id
    WHERE free.lease IS NULL AND cards.answered = 1
    ORDER BY free.next_at LIMIT :limit
)
RETURNING id, guild_id, card_id, state, next_at, wait_s, active_s, overdue_at IS NOT NULL, poll_after_s
"""
_CLAIM_OF_FREE_CARDS = """
UPDATE jobs SET lease = :lease, claimed_by = :process, claimed_at = :now WHERE id IN (
    SELECT free.id FROM running_jobs AS free CROSS JOIN cards ON cards.id = free.card_id
    WHERE free.lease IS NULL AND cards.answered = 1
        AND NOT EXISTS (
            SELECT 1 FROM jobs AS other
            WHERE other.card_id = free.card_id AND other.lease IS NOT NULL AND other.lease <> :lease
        )
    ORDER BY free.next_at LIMIT :limit
)
RETURNING id, guild_id, card_id, state, next_at, wait_s, active_s, overdue_at IS NOT NULL, poll_after_s
"""
_CLAIM_REST = """
UPDATE jobs SET lease = :lease, claimed_by = :process, claimed_at = :now
WHERE lease IS NULL AND state IN ('submitting', 'queued', 'processing', 'ready')
    AND card_id IN (SELECT value FROM json_each(:cards))
RETURNING id, guild_id, card_id, state, next_at, wait_s, active_s, overdue_at IS NOT NULL, poll_after_s
"""
_UNDER = "SELECT jobs.* FROM json_each(?) AS wanted CROSS JOIN jobs ON jobs.id = wanted.value WHERE +jobs.lease = ?"
_HAS_WAITING = """
SELECT EXISTS (
    SELECT 1 FROM jobs WHERE guild_id = ? AND state = 'waiting' AND (after_ids = '[]' OR after_done = 1)
)
"""
_FENCED = "SELECT * FROM jobs WHERE id = ? AND guild_id = ? AND state = ? AND lease IS ?"


def _claimed(row: Row) -> Claimed:
    job_id, guild_id, card_id, state, next_at, wait_s, active_s, is_overdue, poll_after_s = row
    return Claimed(
        job_id, guild_id, card_id, JobState(state), next_at, wait_s, active_s, bool(is_overdue), poll_after_s, None
    )


def _claim_by_card(db: Connection, values: Mapping[str, Any]) -> list[Row]:
    """Claim `limit` free jobs of cards not claimed by others, then the rest of their cards."""
    first = db.execute(_CLAIM_OF_FREE_CARDS, values).fetchall()
    if not first:
        return []
    cards = to_json(sorted({row["card_id"] for row in first}))
    rest = {name: value for name, value in values.items() if name != "limit"}
    return [*first, *db.execute(_CLAIM_REST, {**rest, "cards": cards}).fetchall()]


def _share(db: Connection, limit: int) -> int:
    """Return one process's share of the free jobs, at most `limit`."""
    processes = int(db.execute("SELECT count(*) FROM leases").fetchone()[0])
    if processes < 2:
        return limit
    free = int(db.execute(_FREE, (limit * processes,)).fetchone()[0])
    return min(limit, -(-free // processes))


def _under(db: Connection, token: str, job_ids: Collection[str]) -> dict[str, Job]:
    rows = db.execute(_UNDER, (to_json(list(job_ids)), token)).fetchall()
    return {row["id"]: job_of(row) for row in rows}


def end_all_leases(db: Connection, now: float) -> None:
    """End every lease of dead processes. Only if no other process is running. `now` is in Unix seconds."""
    for (token,) in db.execute("SELECT token FROM leases").fetchall():
        _end_lease(db, token, now, DIED)


def _end_lease(db: Connection, token: str, now: float, outcome: str) -> int:
    """Free the jobs under a lease, each with a note of who followed it until when; return how many."""
    renewed = db.execute("SELECT renewed_at FROM leases WHERE token = ?", (token,)).fetchone()
    # A dead process followed them until its last sign of life.
    until = renewed[0] if outcome == DIED and renewed is not None and renewed[0] else now
    db.execute(_NOTE_FREED, {"token": token, "until": until, "outcome": outcome})
    db.execute(TRIM_FREED, {"token": token, "kept": KEPT})
    freed = db.execute(
        "UPDATE jobs SET lease = NULL WHERE id IN (SELECT id FROM running_jobs WHERE lease = ?)", (token,)
    )
    db.execute("DELETE FROM leases WHERE token = ?", (token,))
    return int(freed.rowcount)


_FREE_ALL = "UPDATE jobs SET lease = NULL WHERE id IN (SELECT id FROM running_jobs WHERE lease = ?)"
_NOTE_FREED = """
INSERT INTO job_attempts (job_id, guild_id, at, call, outcome, process, since)
SELECT id, guild_id, :until, 'follow', :outcome, claimed_by, claimed_at FROM jobs
WHERE id IN (SELECT id FROM running_jobs WHERE lease = :token)
"""
