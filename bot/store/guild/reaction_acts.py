"""The table `reaction_acts`: which member's reaction has acted on which message."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bot.domain.reaction_rules import Reaction, ReactionAction
from bot.store.engine.repository import Repository

_ACT = """
INSERT INTO reaction_acts (guild_id, message_id, emoji, member_id, card_id, action, fired, at)
SELECT guild_id, :message_id, :emoji, :member_id, id, :action, 0, :at FROM cards
WHERE id = :card_id AND guild_id = :guild_id
ON CONFLICT (guild_id, message_id, emoji, member_id) DO NOTHING
"""
_COUNT = """
SELECT count(*), coalesce(sum(fired), 0) FROM reaction_acts
WHERE guild_id = :guild_id AND message_id = :message_id AND emoji = :emoji
"""
_FIRE = """
UPDATE reaction_acts SET fired = 1
WHERE guild_id = :guild_id AND message_id = :message_id AND emoji = :emoji AND member_id = :member_id
"""
_CLEAR = """
DELETE FROM reaction_acts
WHERE guild_id = :guild_id AND message_id = :message_id AND (:emoji IS NULL OR emoji = :emoji)
RETURNING card_id
"""
_ACTED = "SELECT 1 FROM reaction_acts WHERE guild_id = ? AND message_id = ? AND emoji = ? AND member_id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A member's reaction that was stored. `fires`: it completes the number that is needed."""

    count: int
    fires: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A withdrawn reaction, with the card that it had started."""

    card_id: str
    action: ReactionAction
    made_card: str | None


class ReactionActs(Repository):
    """The table `reaction_acts`: which member's reaction has acted on which message."""

    async def note(self, guild_id: int, message_id: int, member_id: int, rule: Reaction, *, card_id: str) -> Act | None:
        """Store a member's reaction on a message of the guild's card.

        None if it was stored and not withdrawn since, or if the guild has no such card. It fires if with it as many
        members as the rule needs have reacted, and it has not fired yet; if the rule needs one, each member's fires.
        """
        values = {
            "guild_id": guild_id,
            "message_id": message_id,
            "emoji": rule.emoji,
            "member_id": member_id,
            "card_id": card_id,
            "action": rule.action,
            "at": self._clock.wall(),
        }

        def change(db: sqlite3.Connection) -> Act | None:
            if not db.execute(_ACT, values).rowcount:
                return None
            count, fired = db.execute(_COUNT, values).fetchone()
            fires = rule.needed == 1 or (count >= rule.needed and not fired)
            if fires:
                db.execute(_FIRE, values)
            return Act(count=count, fires=fires)

        return await self._database.write(change)

    async def note_made(self, guild_id: int, message_id: int, emoji: str, member_id: int, *, made_card: str) -> None:
        """Store which card a reaction has started."""

        def change(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE reaction_acts SET made_card = ?"
                " WHERE guild_id = ? AND message_id = ? AND emoji = ? AND member_id = ?",
                (made_card, guild_id, message_id, emoji, member_id),
            )

        await self._database.write(change)

    async def take_back(self, guild_id: int, message_id: int, emoji: str, member_id: int) -> TakenBack | None:
        """Delete a member's reaction, which may act again from now on. None if it had not acted."""
        values = (guild_id, message_id, emoji, member_id)
        # Most withdrawn reactions are on other messages: they cost a read, and do not wait for the writer.
        if await self._database.read(lambda db: db.execute(_ACTED, values).fetchone()) is None:
            return None

        def change(db: sqlite3.Connection) -> TakenBack | None:
            row = db.execute(
                "DELETE FROM reaction_acts WHERE guild_id = ? AND message_id = ? AND emoji = ? AND member_id = ?"
                " RETURNING card_id, action, made_card",
                values,
            ).fetchone()
            if row is None:
                return None
            return TakenBack(card_id=row["card_id"], action=ReactionAction(row["action"]), made_card=row["made_card"])

        return await self._database.write(change)

    async def clear(self, guild_id: int, message_id: int, emoji: str | None) -> list[str]:
        """Delete all members' reactions on a message, or those with one emoji. Returns the ids of their cards."""
        values = {"guild_id": guild_id, "message_id": message_id, "emoji": emoji}

        def change(db: sqlite3.Connection) -> list[str]:
            return [row[0] for row in db.execute(_CLEAR, values).fetchall()]

        return list(dict.fromkeys(await self._database.write(change)))

    async def stars(self, guild_id: int, card_id: str) -> int:
        """Return how many members want the guild's card in the gallery."""
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT count(DISTINCT member_id) FROM reaction_acts WHERE guild_id = ? AND card_id = ? AND action = ?",
                (guild_id, card_id, ReactionAction.GALLERY),
            ).fetchone()
        )
        return int(row[0])
