"""Review: where results are reviewed before they are posted, which of them wait, and what was decided."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.models import Job
from bot.store import texts
from bot.store.engine.record import RecordOf
from bot.store.engine.repository import Repository
from bot.store.jobs.dependents import cancel_dependents
from bot.store.jobs.rows import job_in

REVIEW_LIFE_S = 7 * 24 * 3600.0
"""As long as Cannon Studio keeps results (its docs)."""

# The narrowest rule applies. What is requested in the review channel itself is seen by reviewers only.
_CHANNEL = """
SELECT review_channel FROM cards JOIN review_rules ON review_rules.guild_id = cards.guild_id
    AND review_rules.channel_id IN (0, cards.category_id, cards.parent_channel_id, cards.channel_id)
WHERE cards.id = :card_id AND cards.guild_id = :guild_id AND cards.private = 0
    AND review_rules.review_channel <> cards.channel_id
ORDER BY review_rules.channel_id IS cards.channel_id DESC, review_rules.channel_id IS cards.parent_channel_id DESC,
    review_rules.channel_id DESC
LIMIT 1
"""
_WITHHELD = """
SELECT jobs.id, reviews.job_id IS NOT NULL, reviews.verdict FROM jobs JOIN cards ON cards.id = jobs.card_id
LEFT JOIN reviews ON reviews.job_id = jobs.id
WHERE jobs.card_id = :card_id AND jobs.guild_id = :guild_id AND jobs.state IN ('ready', 'held') AND cards.private = 0
"""


class ReviewVerdict(StrEnum):
    """A moderator's decision about a result."""

    PUBLISHED = "published"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRule:
    """Results of a channel (0: of all) are reviewed in another first."""

    channel_id: int
    review_channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A result that waits for review, or waited. Times are Unix seconds."""

    job_id: str
    guild_id: int
    channel_id: int
    """Where it is reviewed."""
    message_id: int | None
    """The message there, None before it was posted."""
    asked_at: float
    expires_at: float
    verdict: ReviewVerdict | None
    """None as long as it waits."""
    decided_by: int | None
    """The moderator; 0 if nobody decided in time."""
    sentence: str
    """Why it was refused, as the member reads it."""


class Reviews(Repository):
    """The tables `review_rules` and `reviews`."""

    async def rules(self, guild_id: int) -> tuple[ReviewRule, ...]:
        """Return the guild's rules, the one for the whole server first."""
        return await self._database.read(lambda db: _rules(db, guild_id))

    async def set_rule(
        self,
        guild_id: int,
        rule: ReviewRule,
        *,
        allow: Callable[[Sequence[ReviewRule]], None] | None = None,
        record: RecordOf[None] | None = None,
    ) -> None:
        """Set a rule; an earlier one for the same channel is replaced.

        `allow` is given the current rules in the same transaction; what it raises propagates, with nothing changed.
        """

        def change(db: sqlite3.Connection) -> None:
            if allow is not None:
                allow(_rules(db, guild_id))
            db.execute(
                "INSERT INTO review_rules (guild_id, channel_id, review_channel) VALUES (?, ?, ?)"
                " ON CONFLICT (guild_id, channel_id) DO UPDATE SET review_channel = excluded.review_channel",
                (guild_id, rule.channel_id, rule.review_channel),
            )

        await self._recorded(guild_id, change, record)

    async def remove_rule(
        self, guild_id: int, channel_id: int | None = None, *, record: RecordOf[int] | None = None
    ) -> int:
        """Remove the rule for a channel (0: the one for the whole server), or all; return how many there were."""

        def change(db: sqlite3.Connection) -> int:
            return db.execute(
                "DELETE FROM review_rules WHERE guild_id = :guild_id AND channel_id = coalesce(:id, channel_id)",
                {"guild_id": guild_id, "id": channel_id},
            ).rowcount

        return await self._recorded(guild_id, change, record)

    async def get(self, guild_id: int, job_id: str) -> Review | None:
        """Return the review of the guild's job, None if it has none."""
        return await self._database.read(lambda db: _review_of(db, guild_id, job_id))

    async def begin(self, guild_id: int, job_id: str) -> Review | None:
        """Return the job's review. It is created if a rule applies to its card; None if none does.

        Until a message of it is posted, it follows the rule to another channel.
        """
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> Review | None:
            row = db.execute("SELECT card_id FROM jobs WHERE id = ? AND guild_id = ?", (job_id, guild_id)).fetchone()
            place = None if row is None else _channel_for(db, guild_id, row[0])
            if place is not None:
                db.execute(
                    "INSERT INTO reviews (job_id, guild_id, channel_id, asked_at, expires_at) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT (job_id) DO UPDATE SET channel_id = excluded.channel_id WHERE message_id IS NULL",
                    (job_id, guild_id, place, now, now + REVIEW_LIFE_S),
                )
            return _review_of(db, guild_id, job_id)

        return await self._database.write(change)

    async def note_message(self, guild_id: int, job_id: str, *, channel_id: int, message_id: int) -> None:
        """Store where it was posted for review."""
        await self._database.write(
            lambda db: db.execute(
                "UPDATE reviews SET channel_id = ?, message_id = ? WHERE guild_id = ? AND job_id = ?",
                (channel_id, message_id, guild_id, job_id),
            )
        )

    async def decide(
        self,
        guild_id: int,
        job_id: str,
        verdict: ReviewVerdict,
        *,
        by_id: int,
        sentence: str = "",
        record: RecordOf[Job | None] | None = None,
    ) -> Job | None:
        """Decide about a result that waits. Returns its job, due now; None if it does not wait.

        Jobs that depend on a refused result are cancelled, and their credits are released.
        """
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> Job | None:
            decided = db.execute(
                "UPDATE reviews SET verdict = ?, decided_by = ?, sentence = ? WHERE guild_id = ? AND job_id = ?"
                " AND verdict IS NULL AND EXISTS (SELECT 1 FROM jobs WHERE id = reviews.job_id AND state = 'ready')",
                (verdict, by_id, sentence, guild_id, job_id),
            ).rowcount
            if not decided:
                return None
            db.execute("UPDATE jobs SET next_at = 0 WHERE id = ? AND guild_id = ?", (job_id, guild_id))
            job = job_in(db, guild_id, job_id)
            if job is not None and verdict is ReviewVerdict.REFUSED:
                cancel_dependents(db, job, texts.STEP_REFUSED, now)
            return job

        return await self._recorded(guild_id, change, record)

    async def withheld(self, guild_id: int, card_id: str) -> frozenset[str]:
        """Return the card's jobs whose results must not be shown in public: not reviewed yet, or refused."""
        values = {"guild_id": guild_id, "card_id": card_id}

        def look(db: sqlite3.Connection) -> frozenset[str]:
            rows = db.execute(_WITHHELD, values).fetchall()
            is_reviewed = bool(rows) and _channel_for(db, guild_id, card_id) is not None
            return frozenset(
                job_id
                for job_id, has_review, verdict in rows
                if verdict != ReviewVerdict.PUBLISHED and (has_review or is_reviewed)
            )

        return await self._database.read(look)


def _rules(db: sqlite3.Connection, guild_id: int) -> tuple[ReviewRule, ...]:
    rows = db.execute(
        "SELECT channel_id, review_channel FROM review_rules WHERE guild_id = ? ORDER BY channel_id", (guild_id,)
    ).fetchall()
    return tuple(ReviewRule(channel_id=row[0], review_channel=row[1]) for row in rows)


def _channel_for(db: sqlite3.Connection, guild_id: int, card_id: str) -> int | None:
    row = db.execute(_CHANNEL, {"guild_id": guild_id, "card_id": card_id}).fetchone()
    return None if row is None else int(row[0])


def _review_of(db: sqlite3.Connection, guild_id: int, job_id: str) -> Review | None:
    row = db.execute("SELECT * FROM reviews WHERE guild_id = ? AND job_id = ?", (guild_id, job_id)).fetchone()
    if row is None:
        return None
    return Review(
        job_id=row["job_id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        asked_at=row["asked_at"],
        expires_at=row["expires_at"],
        verdict=None if row["verdict"] is None else ReviewVerdict(row["verdict"]),
        decided_by=row["decided_by"],
        sentence=row["sentence"],
    )
