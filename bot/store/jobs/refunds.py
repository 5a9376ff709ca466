"""Credits for members whose job was charged although its result cannot be used: requested once, granted once."""

from __future__ import annotations

from bot.domain.guild_rules import Grant
from bot.domain.models import Job, JobState
from bot.store.engine.record import RecordOf
from bot.store.engine.repository import Repository
from bot.store.jobs.rows import job_in
from bot.store.money.limits import add_grant
from bot.store.money.spending import grants_of
from bot.store.sql import Connection


class Refunds(Repository):
    """What becomes of such jobs. The account was charged, so the books stay: the member gets a grant of the same."""

    async def ask(self, guild_id: int, job_id: str, *, record: RecordOf[bool]) -> bool:
        """Note that the job's author asks for its credits; False if they did before, or have them."""
        now = self._clock.wall()
        query = (
            "UPDATE jobs SET refund_asked_at = ? WHERE guild_id = ? AND id = ?"
            " AND refund_asked_at IS NULL AND refund_granted_at IS NULL"
        )
        return await self._recorded(
            guild_id, lambda db: db.execute(query, (now, guild_id, job_id)).rowcount == 1, record
        )

    async def grant(
        self,
        guild_id: int,
        job_id: str,
        *,
        note: str,
        by_id: int,
        posted: bool = False,
        record: RecordOf[Grant | None],
    ) -> Grant | None:
        """Grant the job's author what it has cost for nothing; None if it cost nothing, or they got that before.

        With `posted` also what a job has cost whose result was posted.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Grant | None:
            job = job_in(db, guild_id, job_id)
            if job is None or job.practice or not (job.is_charged_for_nothing or (posted and _is_posted(job))):
                return None
            amount = job.held if job.cost is None else job.cost
            query = "UPDATE jobs SET refund_granted_at = ? WHERE guild_id = ? AND id = ? AND refund_granted_at IS NULL"
            if not amount or db.execute(query, (now, guild_id, job_id)).rowcount == 0:
                return None
            made = add_grant(db, guild_id, job.author_id, amount, note=note, by_id=by_id, expires_at=None, now=now)
            grants = grants_of(db, guild_id, job.author_id, now, used_up=True)
            return next((each for each in grants if each.id == made), None)

        return await self._recorded(guild_id, change, record)


def _is_posted(job: Job) -> bool:
    return job.state is JobState.DELIVERED
