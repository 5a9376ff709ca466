"""The table `result_reports`: which members have reported which results. The reasons are in the record alone."""

from __future__ import annotations

from enum import StrEnum

from bot.store.engine.record import RecordOf
from bot.store.engine.repository import Repository
from bot.store.sql import Connection

DAY_S = 24 * 3600.0


class ReportOutcome(StrEnum):
    """What came of a report."""

    TAKEN = "taken"
    BEFORE = "before"
    """The member has reported this result already."""
    TOO_MANY = "too many"
    """The member has reported as many results within a day as they may."""


class ResultReports(Repository):
    """The table `result_reports`."""

    async def add(
        self, guild_id: int, job_id: str, member_id: int, *, most_a_day: int, record: RecordOf[ReportOutcome]
    ) -> ReportOutcome:
        """Note a member's report of a result, unless they did before, or reported `most_a_day` within 24 hours."""
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
        """Return whether the member has reported the result."""
        return await self._database.read(lambda db: _is_reported(db, guild_id, job_id, member_id))

    async def dismiss(self, guild_id: int, job_id: str, *, record: RecordOf[int]) -> int:
        """Close the open reports of a result; return how many there were."""
        now = self._clock.wall()
        query = "UPDATE result_reports SET dismissed_at = ? WHERE guild_id = ? AND job_id = ? AND dismissed_at IS NULL"
        return await self._recorded(guild_id, lambda db: db.execute(query, (now, guild_id, job_id)).rowcount, record)


def _is_reported(db: Connection, guild_id: int, job_id: str, member_id: int) -> bool:
    query = "SELECT 1 FROM result_reports WHERE guild_id = ? AND job_id = ? AND member_id = ?"
    return db.execute(query, (guild_id, job_id, member_id)).fetchone() is not None
