"""The host's view of jobs of all servers, and repairs. No member's texts."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.domain.jobs.poll_schedule import FORGOTTEN_S
from bot.domain.models import RUNNING_STATES, Job, JobState, LedgerKind
from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.settings import PostgresUrl
from bot.store import texts
from bot.store.by_name import server_module
from bot.store.engine import schema
from bot.store.engine.columns import to_json
from bot.store.engine.repository import Repository
from bot.store.engine.sqlite_errors import explained
from bot.store.host.backup import doubt, open_beside
from bot.store.jobs.job_lists import OPEN_TOTAL
from bot.store.jobs.rows import job_of
from bot.store.money.ledger import LedgerRow, lines_of
from bot.store.processes import forget_followers
from bot.store.sql import Connection

_LIST = """
SELECT * FROM jobs
WHERE (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:guild_id IS NULL OR guild_id = :guild_id) AND (:member_id IS NULL OR author_id = :member_id)
    AND created_at <= :before
ORDER BY created_at DESC, rowid DESC LIMIT :limit
"""
_FENCED = "SELECT * FROM jobs WHERE id = ? AND guild_id = ? AND state = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOnFile:
    """A job with all its stored state."""

    job: Job
    is_answered: bool
    """Whether Discord is known to have its card, as processing requires."""
    followed_by: str | None
    """The name of the process that follows it, '' if that has none; None: nothing does."""
    bookings: tuple[LedgerRow, ...]

    @property
    def is_refunded(self) -> bool:
        """Whether its hold was released with nothing booked since, so that a late result may be."""
        kinds = [each.kind for each in self.bookings]
        return LedgerKind.RELEASE in kinds and LedgerKind.ADJUST not in kinds


def listed(
    database: Path | PostgresUrl,
    *,
    states: Collection[JobState] | None,
    guild_id: int | None,
    member_id: int | None,
    now: float,
    older_s: float,
    limit: int,
) -> list[tuple[Job, bool]]:
    """Return jobs of all servers, newest first, each with whether a bot follows it.

    They were requested at least `older_s` before `now` (Unix seconds). Safe next to a running bot. Raises StoreError.
    """
    values = {
        "states": None if states is None else to_json(sorted(states)),
        "guild_id": guild_id,
        "member_id": member_id,
        "before": now - older_s,
        "limit": limit,
    }
    with reading(database) as db:
        return [(job_of(row), row["lease"] is not None) for row in db.execute(_LIST, values)]


def shown(database: Path | PostgresUrl, job_id: str) -> JobOnFile | None:
    """Return the job of this id on any server; None if there is none. Safe next to a running bot."""
    with reading(database) as db:
        return _on_file(db, job_id)


@contextlib.contextmanager
def reading(database: Path | PostgresUrl) -> Iterator[Connection]:
    """Yield a connection on one snapshot. Raises StoreError, also for another schema."""
    if isinstance(database, PostgresUrl):
        with server_module("server").reading_server(database) as server:
            yield server
        return
    if not database.exists():
        raise StoreError(texts.NO_SUCH_DATABASE(database=database), exit_code=RESTART_CANNOT_HELP)
    with explained(database), contextlib.closing(open_beside(database)) as db:
        if (version := schema.version_of(db)) != (known := len(schema.migrations())):
            raise StoreError(texts.OTHER_SCHEMA(version=version, known=known), exit_code=RESTART_CANNOT_HELP)
        db.execute("BEGIN")
        yield db


def _on_file(db: Connection, job_id: str) -> JobOnFile | None:
    row = db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        return None
    job = job_of(row)
    answered = db.execute("SELECT answered FROM cards WHERE id = ?", (job.card_id,)).fetchone()
    return JobOnFile(
        job=job,
        is_answered=bool(answered[0]),
        followed_by=None if row["lease"] is None else row["claimed_by"],
        bookings=lines_of(db, job_id),
    )


class HostJobs(Repository):
    """Repairs of stuck jobs. Fenced: the job must be unchanged, and nothing may follow it."""

    async def find(self, job_id: str) -> JobOnFile | None:
        """Return the job of this id on any server; None if there is none."""
        return await self._database.read(lambda db: _on_file(db, job_id))

    async def doubt(self, since: float) -> int | None:
        """Treat the database as a restored backup of that time (Unix seconds).

        Unsubmitted jobs may have been submitted since; what followed any is dead. Returns how many jobs are open;
        None, with nothing changed, while a bot runs.
        """

        def change(db: Connection) -> int | None:
            if self._database.is_followed(db):
                return None
            forget_followers(db)
            doubt(db, since)
            return int(db.execute(OPEN_TOTAL).fetchone()[0])

        return await self._database.write(change)

    async def make_due(self, job: Job) -> bool:
        """Make a running job due now; False if it has changed or is followed."""
        now = self._clock.wall()
        if job.state not in RUNNING_STATES:
            return False

        def change(db: Connection) -> bool:
            row = db.execute(_FENCED, (job.id, job.guild_id, job.state)).fetchone()
            if row is None or row["lease"] is not None:
                return False
            db.execute("UPDATE jobs SET next_at = ?, wait_s = 0 WHERE id = ?", (now, job.id))
            return True

        return await self._write(job.guild_id, change)

    async def recheck_now(self, job: Job) -> bool:
        """Poll an ended job's request now; False if that is pointless or might book it twice."""
        now = self._clock.wall()

        def change(db: Connection) -> bool:
            found = _on_file(db, job.id)
            if found is None or not may_recheck(found, now):
                return False
            db.execute("UPDATE jobs SET recheck_at = ? WHERE id = ?", (now, job.id))
            return True

        return await self._write(job.guild_id, change)


def may_recheck(found: JobOnFile, now: float) -> bool:
    """Whether polling an ended job again can find an unbooked result."""
    job = found.job
    is_known = job.remote_id is not None and now - (job.submitted_at or now) < FORGOTTEN_S
    return job.state in {JobState.FAILED, JobState.EXPIRED} and is_known and found.is_refunded and job.erased_at is None
