"""Jobs of practice, which end with it: they are the sandbox's, so nothing is lost, and their holds are released."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.models import JobState
from bot.store import texts
from bot.store.engine.repository import Repository
from bot.store.jobs.rows import job_of, update_job
from bot.store.money import ledger
from bot.store.money.spending import practises
from bot.store.sql import Connection, Row

# Word for word the condition of its index.
_OPEN = """
SELECT * FROM jobs WHERE practice = 1
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
# By the guilds that practise, of which there are few: a join would read all jobs that there ever were, at each start.
_SENT = """
SELECT * FROM jobs WHERE practice = 1 AND state IN ('queued', 'processing', 'ready')
    AND guild_id IN (SELECT guild_id FROM guild_keys WHERE practice = 1 AND retired_at IS NULL)
"""
_GUILDS = "SELECT guild_id FROM guild_keys WHERE practice = 1 AND retired_at IS NULL"


@dataclass(frozen=True, slots=True)
class EndedCard:
    """A card with jobs that ended with the practice process, to be drawn again."""

    guild_id: int
    card_id: str


class Practice(Repository):
    """Reads which guilds practise: those whose active key is a practice key."""

    async def is_on(self, guild_id: int) -> bool:
        """Return whether the guild practises."""
        return await self._database.read(lambda db: practises(db, guild_id))

    async def guilds(self) -> set[int]:
        """Return the guilds that practise."""
        rows = await self._database.read(lambda db: db.execute(_GUILDS).fetchall())
        return {row[0] for row in rows}

    async def lose(self) -> list[EndedCard]:
        """End and release what the practice process was working on, because it is no longer there; return the cards.

        What was not sent yet waits for the next process.
        """
        now = self._clock.wall()

        def change(db: Connection) -> list[EndedCard]:
            return _end(db, db.execute(_SENT).fetchall(), JobState.FAILED, str(texts.PRACTICE_LOST), now)

        if not await self._database.read(lambda db: db.execute(f"{_SENT} LIMIT 1").fetchone()):
            return []
        return await self._database.write(change)


def end_practice_jobs(db: Connection, guild_id: int, now: float) -> list[EndedCard]:
    """Cancel and release all open practice jobs of a guild, sent or not; return their cards."""
    rows = db.execute(f"{_OPEN} AND guild_id = ?", (guild_id,)).fetchall()
    cards = _end(db, rows, JobState.CANCELLED, str(texts.PRACTICE_ENDED), now)
    for card in cards:
        db.execute("DELETE FROM approvals WHERE guild_id = ? AND card_id = ?", (guild_id, card.card_id))
    db.execute(
        "UPDATE jobs SET recheck_at = NULL WHERE guild_id = ? AND practice = 1 AND recheck_at IS NOT NULL", (guild_id,)
    )
    return cards


def _end(db: Connection, rows: list[Row], to: JobState, sentence: str, now: float) -> list[EndedCard]:
    cards = []
    for row in rows:
        job = job_of(row)
        if not ledger.is_closed(db, job.id):
            ledger.release(db, job, now)
        update_job(
            db,
            replace(
                job, state=to, lease=None, cost=None, error=sentence, finished_at=now, waits_for=None, recheck_at=None
            ),
            job,
        )
        cards.append(EndedCard(job.guild_id, job.card_id))
    return list(dict.fromkeys(cards))
