"""The table `decisions`: an append-only record of who decided what."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from enum import StrEnum

from bot.domain.models import Job, JobState
from bot.domain.server.guild_rules import Grant
from bot.store.engine.repository import REFUND_REQUEST, REPORT, Decision, Record, RecordOf, Repository, decision_of
from bot.store.jobs.rows import job_in
from bot.store.money.limits import add_grant
from bot.store.money.spending import grants_of
from bot.store.sql import Connection


class Decisions(Repository):
    """The table `decisions`, append-only."""

    async def add(self, guild_id: int, record: RecordOf[None]) -> None:
        """Write a record line that belongs to no change; changes write their own, in their transaction."""
        await self._recorded(guild_id, lambda _: None, record)

    async def all(self, guild_id: int, *, since: float | None = None, limit: int | None = None) -> list[Decision]:
        """Return the guild's record, newest first: from `since` (Unix seconds), at most `limit` lines."""
        rows = await self._rows(
            "SELECT * FROM decisions WHERE guild_id = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?",
            (guild_id, 0 if since is None else since, -1 if limit is None else limit),
        )
        return [decision_of(row) for row in rows]


# One line per guild, so that none waits for another's backlog.
_NEXT = """
SELECT decisions.* FROM decisions JOIN (
    SELECT min(decision_id) AS id FROM outbox
    WHERE guild_id NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(:without)) GROUP BY guild_id
) AS first ON first.id = decisions.id
ORDER BY decisions.id LIMIT :limit
"""


_REMOVE = "DELETE FROM outbox WHERE guild_id = ? AND decision_id = ?"
_TAKE_BACK = {
    REFUND_REQUEST: "UPDATE jobs SET refund_asked_at = NULL WHERE guild_id = ? AND id = ? AND author_id = ?",
    REPORT: "DELETE FROM result_reports WHERE guild_id = ? AND job_id = ? AND member_id = ?",
}
"""What a promised line represents, by its kind."""


class Outbox(Repository):
    """The table `outbox`. Its rows are written with their decisions."""

    def listen(self, callback: Callable[[], None]) -> None:
        """Call `callback`, which must not raise, on each new decision."""
        self._database.listen(callback)

    async def next_lines(self, *, without: Collection[int] = (), limit: int = 100) -> list[Decision]:
        """Return each guild's oldest line to post, for at most `limit` guilds and none in `without`."""
        rows = await self._rows(_NEXT, {"without": json.dumps(list(without)), "limit": limit})
        return [decision_of(row) for row in rows]

    async def remove(self, guild_id: int, decision_id: int) -> None:
        await self._execute(_REMOVE, (guild_id, decision_id), guild_id=guild_id)

    async def take_back(self, line: Decision) -> None:
        """Delete a promised line that never reached the moderators, so that its author may ask again."""

        def change(db: Connection) -> None:
            if db.execute(_REMOVE, (line.guild_id, line.id)).rowcount:
                db.execute(_TAKE_BACK[line.kind], (line.guild_id, line.about["job"], line.by_id))

        await self._write(line.guild_id, change)


_NOTE = """
INSERT INTO alerts (guild_id, name, until) VALUES (:guild_id, :name, :until)
ON CONFLICT (guild_id, name) DO UPDATE SET until = excluded.until WHERE alerts.until <= :now
"""


class AlertTimes(Repository):
    """The table `alerts`, and ping times of cards."""

    async def note(self, guild_id: int, name: str, *, until: float, record: Record | None = None) -> bool:
        """Mark an alert as sent until `until` (Unix seconds), and write `record`.

        False, with nothing changed, if it is marked already.
        """
        now = self._clock.wall()
        values = {"guild_id": guild_id, "name": name, "until": until, "now": now}

        def change(db: Connection) -> bool:
            is_new = db.execute(_NOTE, values).rowcount == 1
            if is_new:
                db.execute("DELETE FROM alerts WHERE guild_id = ? AND until <= ?", (guild_id, now))
            return is_new

        return await self._recorded(guild_id, change, lambda is_new: record if is_new else None)

    async def keep(self, guild_id: int, name: str, *, until: float) -> None:
        """Suppress an alert until then (Unix seconds)."""
        await self._execute(
            "INSERT INTO alerts (guild_id, name, until) VALUES (?, ?, ?)"
            " ON CONFLICT (guild_id, name) DO UPDATE SET until = excluded.until",
            (guild_id, name, until),
            guild_id=guild_id,
        )


DAY_S = 24 * 3600.0


class ReportOutcome(StrEnum):
    """Outcome of a report."""

    TAKEN = "taken"
    BEFORE = "before"
    """The member has reported this result already."""
    TOO_MANY = "too many"
    """The member has reached the daily number of reports."""


class ResultReports(Repository):
    """The table `result_reports`."""

    async def add(
        self, guild_id: int, job_id: str, member_id: int, *, most_a_day: int, record: RecordOf[ReportOutcome]
    ) -> ReportOutcome:
        """Store a member's report of a result, unless repeated or beyond `most_a_day` within 24 hours."""
        now = self._clock.wall()

        def change(db: Connection) -> ReportOutcome:
            recent = "SELECT count(*) FROM result_reports WHERE guild_id = ? AND member_id = ? AND at > ?"
            if _is_reported(db, guild_id, job_id, member_id):
                return ReportOutcome.BEFORE
            if db.execute(recent, (guild_id, member_id, now - DAY_S)).fetchone()[0] >= most_a_day:
                return ReportOutcome.TOO_MANY
            db.execute(
                "INSERT INTO result_reports (job_id, guild_id, member_id, at) VALUES (?, ?, ?, ?)",
                (job_id, guild_id, member_id, now),
            )
            return ReportOutcome.TAKEN

        return await self._recorded(guild_id, change, record)

    async def is_reported(self, guild_id: int, job_id: str, member_id: int) -> bool:
        return await self._database.read(lambda db: _is_reported(db, guild_id, job_id, member_id))

    async def dismiss(self, guild_id: int, job_id: str, *, record: RecordOf[int]) -> int:
        """Close the open reports of a result; return how many there were."""
        now = self._clock.wall()
        query = "UPDATE result_reports SET dismissed_at = ? WHERE guild_id = ? AND job_id = ? AND dismissed_at IS NULL"
        return await self._recorded(guild_id, lambda db: db.execute(query, (now, guild_id, job_id)).rowcount, record)


def _is_reported(db: Connection, guild_id: int, job_id: str, member_id: int) -> bool:
    query = "SELECT 1 FROM result_reports WHERE guild_id = ? AND job_id = ? AND member_id = ?"
    return db.execute(query, (guild_id, job_id, member_id)).fetchone() is not None


class Refunds(Repository):
    """Refunds of failed jobs. The account was charged, so the ledger stays: the member gets a grant."""

    async def ask(self, guild_id: int, job_id: str, *, record: RecordOf[bool]) -> bool:
        """Note the author's request for a refund; False if already requested or granted."""
        now = self._clock.wall()
        query = (
            "UPDATE jobs SET refund_asked_at = ? WHERE guild_id = ? AND id = ?"
            " AND refund_asked_at IS NULL AND refund_granted_at IS NULL"
        )
        return await self._recorded(
            guild_id, lambda db: db.execute(query, (now, guild_id, job_id)).rowcount == 1, record
        )

    async def grant(
        self, guild_id: int, job_id: str, *, note: str, by_id: int, posted: bool = False, record: RecordOf[Grant | None]
    ) -> Grant | None:
        """Grant the author the cost of a job without a result; None if it cost nothing or was refunded.

        With `posted` also of a job whose result was posted.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Grant | None:
            job = job_in(db, guild_id, job_id)
            if job is None or job.practice or job.own or job.is_secret:
                return None  # while members vote on it, its cost is secret
            if not (job.is_charged_for_nothing or (posted and _is_posted(job))):
                return None
            amount = job.charge
            query = "UPDATE jobs SET refund_granted_at = ? WHERE guild_id = ? AND id = ? AND refund_granted_at IS NULL"
            if not amount or db.execute(query, (now, guild_id, job_id)).rowcount == 0:
                return None
            made = add_grant(db, guild_id, job.author_id, amount, note=note, by_id=by_id, expires_at=None, now=now)
            grants = grants_of(db, guild_id, job.author_id, now, used_up=True)
            return next((each for each in grants if each.id == made), None)

        return await self._recorded(guild_id, change, record)


def _is_posted(job: Job) -> bool:
    return job.state is JobState.DELIVERED
