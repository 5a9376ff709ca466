"""Which reaction has acted on which message, and the stars of results."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.server.reaction_rules import Reaction, ReactionAction, ReactionKey
from bot.store.engine.columns import read_as
from bot.store.engine.repository import Repository
from bot.store.jobs.cards import key_values, note_acted
from bot.store.jobs.erasing import KEPT
from bot.store.sql import Connection

# The conditions must match the index of what is kept.
_UNSHOWN = f"""
SELECT DISTINCT jobs.guild_id, jobs.card_id FROM rules AS own JOIN jobs ON jobs.guild_id = own.guild_id
JOIN cards ON cards.id = jobs.card_id
WHERE CAST(own.data ->> 'gallery_stars' AS TEXT) = '0' AND own.data ->> 'gallery_channel' IS NOT NULL AND {KEPT}
    AND coalesce(finished_at, jobs.created_at) > :since AND jobs.state = 'delivered' AND cards.private = 0
    AND own.guild_id NOT IN (SELECT guild_id FROM absent_guilds)
    AND NOT EXISTS (
        SELECT 1 FROM copies JOIN jobs AS shown ON shown.id = copies.job_id
        WHERE shown.card_id = jobs.card_id AND copies.kind = 'gallery'
    )
LIMIT :limit
"""  # noqa: S608 - a constant condition


_THIS = "guild_id = :guild_id AND message_id = :message_id AND emoji = :emoji AND member_id = :member_id"
_ACT = """
INSERT INTO reaction_acts (guild_id, message_id, emoji, member_id, card_id, action, waits, at)
SELECT guild_id, :message_id, :emoji, :member_id, id, :action, 1, :at FROM cards
WHERE id = :card_id AND guild_id = :guild_id
ON CONFLICT (guild_id, message_id, emoji, member_id) DO NOTHING
"""
_DELETE = f"DELETE FROM reaction_acts WHERE {_THIS}"  # noqa: S608 - put together from constants
_ANY_WAIT = "SELECT 1 FROM reaction_acts WHERE card_id = ? AND waits = 1 AND guild_id = ? LIMIT 1"
_DUE = """
SELECT guild_id, message_id, emoji, member_id, card_id FROM reaction_acts
WHERE waits = 1 AND (:card_id IS NULL OR card_id = :card_id) AND NOT EXISTS (
    SELECT 1 FROM jobs WHERE jobs.card_id = reaction_acts.card_id
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
)
ORDER BY at LIMIT :limit
"""
_CLEAR = """
DELETE FROM reaction_acts
WHERE guild_id = :guild_id AND message_id = :message_id AND (:emoji IS NULL OR emoji = :emoji)
RETURNING card_id
"""
_TAKEN_BACK = f"SELECT card_id, action, made_card FROM reaction_acts WHERE {_THIS}"  # noqa: S608 - as above


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWish:
    """A pending reaction on an ended card."""

    key: ReactionKey
    card_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A withdrawn reaction; `made_card` is the id of the card that it had started, None for none."""

    card_id: str
    action: ReactionAction
    made_card: str | None


class ReactionActs(Repository):
    """The table `reaction_acts`: which reaction has acted on which message."""

    async def note(self, key: ReactionKey, rule: Reaction, *, card_id: str) -> bool:
        """Store a member's reaction on a message of the guild's card, and return whether it acts now.

        It does not if it is already pending, or the guild has no such card. One that has acted acts again: a second
        event proves a withdrawal in between.
        """
        values = {**key_values(key), "card_id": card_id, "action": rule.action, "at": self._clock.wall()}

        def change(db: Connection) -> bool:
            db.execute(f"{_DELETE} AND waits = 0", values)
            return db.execute(_ACT, values).rowcount > 0

        return await self._write(key.guild_id, change)

    async def note_done(self, key: ReactionKey) -> None:
        await self._write(key.guild_id, lambda db: note_acted(db, key, None))

    async def note_failed(self, key: ReactionKey) -> None:
        """Note that a reaction's action failed: its next event acts."""
        await self._execute(key.guild_id, _DELETE, key_values(key))

    async def any_wait(self, guild_id: int, card_id: str) -> bool:
        return await self._has(_ANY_WAIT, (card_id, guild_id))

    async def due(self, *, card_id: str | None = None, limit: int = 100) -> list[DueWish]:
        """Return pending reactions of all guilds, or on one card, whose card has ended, oldest first."""
        rows = await self._rows(_DUE, {"card_id": card_id, "limit": limit})
        return [DueWish(key=read_as(ReactionKey, row), card_id=row["card_id"]) for row in rows]

    async def take_back(self, key: ReactionKey) -> TakenBack | None:
        """Delete a member's reaction, which may act again. None if it was not stored."""
        values = key_values(key)
        # Most withdrawn reactions are on other messages: a read is cheaper than the writer.
        if await self._row(_TAKEN_BACK, values) is None:
            return None

        def change(db: Connection) -> TakenBack | None:
            row = db.execute(_TAKEN_BACK, values).fetchone()
            if row is None:
                return None
            db.execute(_DELETE, values)
            return TakenBack(card_id=row["card_id"], action=ReactionAction(row["action"]), made_card=row["made_card"])

        return await self._write(key.guild_id, change)

    async def clear(self, guild_id: int, message_id: int, emoji: str | None) -> list[str]:
        values = {"guild_id": guild_id, "message_id": message_id, "emoji": emoji}

        def change(db: Connection) -> list[str]:
            return [row[0] for row in db.execute(_CLEAR, values).fetchall()]

        return list(dict.fromkeys(await self._write(guild_id, change)))

    async def stars(self, guild_id: int, card_id: str) -> int:
        """Return how many members starred the guild's card for the gallery."""
        row = await self._row(
            "SELECT count(DISTINCT member_id) FROM reaction_acts WHERE guild_id = ? AND card_id = ? AND action = ?",
            (guild_id, card_id, ReactionAction.GALLERY),
        )
        return int(row[0])

    async def unshown(self, within_s: float, *, limit: int = 50) -> list[tuple[int, str]]:
        """Return guilds with cards that a gallery of every public result misses, of those that ended within seconds."""
        values = {"since": self._clock.wall() - within_s, "limit": limit}
        return [(row["guild_id"], row["card_id"]) for row in await self._rows(_UNSHOWN, values)]

    async def most_starred(self, guild_id: int, since: float, until: float, limit: int) -> list[tuple[str, int]]:
        """Return the guild's posted public results with the most stars given between these Unix seconds: ids, stars.

        Most stars first, of equals the earlier result. An author's own star doesn't count, and members who chose
        not to be shown are left out. What a channel may show, `PostingGate.require_gallery` says.
        """
        values = {"guild_id": guild_id, "since": since, "until": until, "limit": limit}
        return [(row["card_id"], row["stars"]) for row in await self._rows(_MOST_STARRED, values)]


_MOST_STARRED = """
SELECT cards.id AS card_id, count(DISTINCT acts.member_id) AS stars
FROM reaction_acts AS acts JOIN cards ON cards.guild_id = acts.guild_id AND cards.id = acts.card_id
WHERE acts.guild_id = :guild_id AND acts.action = 'gallery' AND acts.at >= :since AND acts.at < :until
    AND cards.private = 0 AND cards.message_id IS NOT NULL AND cards.author_id <> acts.member_id
    AND EXISTS (
        SELECT 1 FROM jobs WHERE jobs.card_id = cards.id AND jobs.state = 'delivered' AND jobs.erased_at IS NULL
    )
    AND NOT EXISTS (
        SELECT 1 FROM member_settings AS own WHERE own.guild_id = cards.guild_id AND own.member_id = cards.author_id
        AND CAST(own.data ->> 'is_unshown' AS TEXT) IN ('1', 'true')
    )
GROUP BY cards.id, cards.created_at ORDER BY stars DESC, cards.created_at, cards.id LIMIT :limit
"""
