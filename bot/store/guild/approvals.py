"""Cards awaiting a moderator: their jobs are held, and start or are refunded together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.domain.models import Job, JobState
from bot.store.engine.columns import read_as
from bot.store.engine.repository import RecordOf, Repository
from bot.store.jobs.ending import end_unsent
from bot.store.jobs.rows import jobs_of_card, update_job
from bot.store.money import purses
from bot.store.money.limits import add_grant
from bot.store.sql import Connection, Row
from bot.store.vault.secret_box import forget_unneeded_keys

_OF_CARD = "SELECT * FROM approvals WHERE guild_id = ? AND card_id = ?"
_UNASKED = """
SELECT * FROM (
    SELECT approvals.*, row_number() OVER (PARTITION BY approvals.guild_id ORDER BY asked_at) AS place
    FROM approvals JOIN cards ON cards.id = approvals.card_id
    WHERE approvals.message_id IS NULL AND cards.answered = 1
) WHERE place <= ? ORDER BY asked_at
"""
_OVERDUE = """
SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY guild_id ORDER BY expires_at) AS place
    FROM approvals WHERE expires_at <= ?
) WHERE place <= ? ORDER BY expires_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A card awaiting a moderator, and the message with the question. Times are Unix seconds."""

    card_id: str
    guild_id: int
    channel_id: int | None
    message_id: int | None
    asked_at: float
    expires_at: float
    asked: str = ""
    """The exceeded bound that its author asks about: `limit` or `ceiling`; '' if it only needs an approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantNote:
    """Who grants credits, and for what."""

    by_id: int
    note: str


class Approvals(Repository):
    """The table `approvals`. A row exists while the card waits."""

    async def get(self, guild_id: int, card_id: str) -> Approval | None:
        row = await self._row(_OF_CARD, (guild_id, card_id))
        return None if row is None else _approval(row)

    async def note_message(self, guild_id: int, card_id: str, *, channel_id: int, message_id: int) -> None:
        await self._execute(
            "UPDATE approvals SET channel_id = ?, message_id = ? WHERE guild_id = ? AND card_id = ?",
            (channel_id, message_id, guild_id, card_id),
            guild_id=guild_id,
        )

    async def unasked(self, limit: int = 5) -> list[Approval]:
        """Return approvals not posted yet, of cards that Discord has, `limit` per guild."""
        return await self._found(_UNASKED, limit)

    async def overdue(self, now: float, limit: int = 5) -> list[Approval]:
        """Return approvals expired by `now` (Unix seconds), `limit` per guild."""
        return await self._found(_OVERDUE, now, limit)

    async def _found(self, query: str, *values: float) -> list[Approval]:
        return [_approval(row) for row in await self._rows(query, values)]

    async def approve(
        self,
        guild_id: int,
        card_id: str,
        *,
        grant: GrantNote | None = None,
        record: RecordOf[tuple[Job, ...] | None] | None = None,
    ) -> tuple[Job, ...] | None:
        """Queue the card's jobs. Returns them; None if already decided.

        With `grant` their author is granted the credits that the jobs hold, once and without expiry. It pays
        for the jobs themselves if they exceed a limit.
        """
        now = self._clock.wall()

        def change(db: Connection) -> tuple[Job, ...] | None:
            approval = db.execute(_OF_CARD, (guild_id, card_id)).fetchone()
            jobs = _decided(db, guild_id, card_id)
            if approval is None or jobs is None:
                return None
            if grant is not None:
                _grant_held(db, guild_id, jobs, grant, now, is_drawn=bool(approval["asked"]))
            gone_on = tuple(replace(job, state=JobState.WAITING) for job in jobs)
            for job, was in zip(gone_on, jobs, strict=True):
                update_job(db, job, was)
            if approval["asked"]:
                db.execute("UPDATE jobs SET allowed = 1 WHERE guild_id = ? AND card_id = ?", (guild_id, card_id))
            return gone_on

        return await self._recorded(guild_id, change, record)

    async def turn_down(
        self,
        guild_id: int,
        card_id: str,
        to: JobState,
        sentence: str,
        *,
        record: RecordOf[tuple[Job, ...] | None] | None = None,
    ) -> tuple[Job, ...] | None:
        """End the card's jobs as REFUSED or EXPIRED and release their credits. None if already decided."""
        now = self._clock.wall()

        def change(db: Connection) -> tuple[Job, ...] | None:
            jobs = _decided(db, guild_id, card_id)
            if jobs is None:
                return None
            ended = tuple(end_unsent(db, job, to, sentence, now) for job in jobs)
            forget_unneeded_keys(db, [guild_id])
            return ended

        return await self._recorded(guild_id, change, record)


def _grant_held(
    db: Connection, guild_id: int, jobs: Sequence[Job], grant: GrantNote, now: float, *, is_drawn: bool
) -> None:
    """Grant the author what the jobs hold; with `is_drawn` the grant pays for them, so that no limit counts them."""
    held = sum((job.held for job in jobs), Decimal(0))
    if held <= 0:
        return
    made = add_grant(
        db, guild_id, jobs[0].author_id, held, note=grant.note, by_id=grant.by_id, expires_at=None, now=now
    )
    if is_drawn:
        purses.draw(db, guild_id, ((job.id, made, job.held) for job in jobs if job.held > 0), now)


def _decided(db: Connection, guild_id: int, card_id: str) -> tuple[Job, ...] | None:
    gone = db.execute("DELETE FROM approvals WHERE guild_id = ? AND card_id = ?", (guild_id, card_id)).rowcount
    if not gone:
        return None
    return tuple(job for job in jobs_of_card(db, guild_id, card_id) if job.state is JobState.AWAITING_APPROVAL)


def _approval(row: Row) -> Approval:
    return read_as(Approval, row)
