"""Members' own accounts, over all guilds. Their keys are rows of `guild_keys` like those of guilds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.models import Job, JobState
from bot.store import texts
from bot.store.engine.columns import from_milli
from bot.store.engine.repository import Repository
from bot.store.guild.keys import RetiredKey, retire
from bot.store.jobs.ending import cancel_in
from bot.store.jobs.rows import job_in, job_of, update_job
from bot.store.money import ledger
from bot.store.money.ledger import LedgerSums
from bot.store.money.spending import held_of_own
from bot.store.sql import Connection
from bot.store.vault.secret_box import forget_keys, forget_unneeded_keys

_OPEN = """
SELECT * FROM jobs WHERE practice = 2 AND author_id = ?
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
_SPENT = """
SELECT sum(ledger.credits_milli) FROM jobs JOIN ledger ON ledger.job_id = jobs.id
WHERE jobs.practice = 2 AND jobs.author_id = ? AND ledger.kind IN ('settle', 'adjust') AND ledger.at >= ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedAccount:
    """A member's key that was removed."""

    key: RetiredKey
    running: int
    """Jobs that Cannon Studio has: the key is kept until they end, and forgotten then."""
    cards: tuple[tuple[int, str], ...]
    """Those whose unsent jobs were cancelled, as (guild's id, own id)."""


class MemberAccounts(Repository):
    """What members pay on their own."""

    async def remove(self, member_id: int, *, at_once: bool = False) -> RemovedAccount | None:
        """Remove a member's key and cancel their unsent jobs on it; None if there is none.

        It is forgotten as soon as no job of Cannon Studio's needs it; `at_once`: now, and those jobs are given up.
        """
        now = self._clock.wall()

        def change(db: Connection) -> RemovedAccount | None:
            key = retire(db, member_id, now)
            ended = [_end(db, job, now, at_once=at_once) for job in _open(db, member_id)]
            cards = dict.fromkeys(each for each in ended if each is not None)
            running = sum(job.state is not JobState.READY for job in _open(db, member_id))
            if at_once:
                forget_keys(db, member_id, now)
            forget_unneeded_keys(db, [member_id])
            return None if key is None else RemovedAccount(key=key, running=running, cards=tuple(cards))

        removed = await self._database.write(change)
        await self._database.scrub()
        return removed

    async def guilds(self, member_id: int) -> set[int]:
        return {job.guild_id for job in await self._database.read(lambda db: _open(db, member_id))}

    async def sums(self, member_id: int, since: float) -> LedgerSums:
        """Return what was spent from `since` (Unix seconds), and what is held."""

        def look(db: Connection) -> LedgerSums:
            spent = db.execute(_SPENT, (member_id, since)).fetchone()[0]
            return LedgerSums(spent=from_milli(spent), held=held_of_own(db, member_id))

        return await self._database.read(look)


def _open(db: Connection, member_id: int) -> list[Job]:
    return [job_of(row) for row in db.execute(_OPEN, (member_id,)).fetchall()]


def _end(db: Connection, listed: Job, now: float, *, at_once: bool) -> tuple[int, str] | None:
    """End the job if it is unsent, and with `at_once` if it is not made yet; return its card, None if it continues."""
    job = job_in(db, listed.guild_id, listed.id)
    if job is None or job.state.ended:  # cancelled with a previous step
        return None
    if job.is_unsent:
        cancel_in(db, job, str(texts.OWN_KEY_REMOVED), now, steps=str(texts.OWN_KEY_REMOVED))
    elif at_once and job.state is not JobState.READY:
        ledger.release(db, job, now)
        ended = replace(job, state=JobState.FAILED, cost=None, error=str(texts.OWN_KEY_REMOVED), finished_at=now)
        update_job(db, replace(ended, waits_for=None), job)
    else:
        return None
    return job.guild_id, job.card_id
