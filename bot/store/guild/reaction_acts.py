"""The table `reaction_acts`: which member's reaction has acted on which message, and which one waits to act.

A row has `waits` from the moment that it is to act until it has: its card may not be done yet, or what it starts is
being made. It has `fired` once it has acted, set in the transaction that stores what it has started.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.reaction_rules import Reaction, ReactionAction, ReactionKey
from bot.store.engine.kept import Recalled
from bot.store.engine.repository import Repository
from bot.store.jobs.wishes import key_values, note_acted
from bot.store.sql import Connection

_THIS = "guild_id = :guild_id AND message_id = :message_id AND emoji = :emoji AND member_id = :member_id"
_ACT = """
INSERT INTO reaction_acts (guild_id, message_id, emoji, member_id, card_id, action, fired, at)
SELECT guild_id, :message_id, :emoji, :member_id, id, :action, 0, :at FROM cards
WHERE id = :card_id AND guild_id = :guild_id
ON CONFLICT (guild_id, message_id, emoji, member_id) DO NOTHING
"""
_COUNT = """
SELECT count(*), coalesce(max(fired + waits), 0) FROM reaction_acts
WHERE guild_id = :guild_id AND message_id = :message_id AND emoji = :emoji
"""
# What a reaction has started at the cost of another member, unless that was cancelled: it is done once and for all.
_PAID_BY_ANOTHER = """
EXISTS (SELECT 1 FROM cards JOIN jobs ON jobs.card_id = cards.id WHERE cards.id = reaction_acts.made_card
    AND cards.author_id <> reaction_acts.member_id AND jobs.state <> 'cancelled')
"""
_IS_PAID = f"SELECT 1 FROM reaction_acts WHERE {_THIS} AND {_PAID_BY_ANOTHER}"  # noqa: S608 - as below
_DELETE_FIRED = f"DELETE FROM reaction_acts WHERE {_THIS} AND fired = 1"  # noqa: S608 - put together from constants
_IS_WAITING = f"SELECT waits FROM reaction_acts WHERE {_THIS}"  # noqa: S608 - put together from constants
_WAIT = f"UPDATE reaction_acts SET waits = 1 WHERE {_THIS}"  # noqa: S608 - put together from constants
_UNDO = f"UPDATE reaction_acts SET waits = 0, fired = 0, made_card = NULL WHERE {_THIS}"  # noqa: S608 - as above
_DELETE = f"DELETE FROM reaction_acts WHERE {_THIS}"  # noqa: S608 - as above
_ANY_WAIT = "SELECT 1 FROM reaction_acts WHERE card_id = ? AND waits = 1 AND guild_id = ? LIMIT 1"
_ANY_WAIT_IN_GUILD = "SELECT 1 FROM reaction_acts WHERE guild_id = ? AND waits = 1 LIMIT 1"
_DUE = """
SELECT guild_id, message_id, emoji, member_id, card_id FROM reaction_acts
WHERE waits = 1 AND (:card_id IS NULL OR card_id = :card_id) AND NOT EXISTS (
    SELECT 1 FROM jobs WHERE jobs.card_id = reaction_acts.card_id
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
)
ORDER BY at LIMIT :limit
"""
_CLEAR = f"""
DELETE FROM reaction_acts
WHERE guild_id = :guild_id AND message_id = :message_id AND (:emoji IS NULL OR emoji = :emoji)
    AND NOT {_PAID_BY_ANOTHER}
RETURNING card_id
"""  # noqa: S608 - put together from constants
_FORGET = f"DELETE FROM reaction_acts WHERE {_THIS} AND NOT {_PAID_BY_ANOTHER}"  # noqa: S608 - as above
_TAKEN_BACK = f"SELECT card_id, action, made_card FROM reaction_acts WHERE {_THIS}"  # noqa: S608 - as above


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A member's reaction that was stored. `fires`: it completes the number that is needed, and waits to act."""

    count: int
    fires: bool
    is_spent: bool = False
    """Whether it has acted before at another member's cost: it does so once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWish:
    """A reaction that waits to act although its card has ended."""

    key: ReactionKey
    card_id: str


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

        None if it waits to act already, or if the guild has no such card. One that has acted acts again, unless that
        was at another's cost: a second event proves that it was withdrawn meanwhile. It fires if with it as many
        members as the rule needs have reacted, and none of them has acted or is about to; if the rule needs one, each
        member's fires.
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

        def change(db: Connection) -> Act | None:
            if db.execute(_IS_PAID, values).fetchone() is not None:
                return Act(count=0, fires=False, is_spent=True)
            db.execute(_DELETE_FIRED, values)
            db.execute(_ACT, values)
            row = db.execute(_IS_WAITING, values).fetchone()
            if row is None or row["waits"]:
                return None
            count, taken = db.execute(_COUNT, values).fetchone()
            fires = rule.needed == 1 or (count >= rule.needed and not taken)
            if fires:
                db.execute(_WAIT, values)
            return Act(count=count, fires=fires)

        return await self._database.write(change)

    async def note_done(self, key: ReactionKey) -> None:
        """Note that a reaction that waited to act has done so."""
        await self._database.write(lambda db: note_acted(db, key, None))

    async def note_failed(self, key: ReactionKey, *, needed: int) -> None:
        """Note that what a reaction was to do has failed: its next event acts.

        Where several are `needed` it still counts as one of them.
        """
        statement = _UNDO if needed > 1 else _DELETE
        await self._database.write(lambda db: db.execute(statement, key_values(key)))

    async def any_wait(self, guild_id: int, card_id: str) -> bool:
        """Whether some reaction waits to act on the guild's card."""
        is_any = await self._database.recall(
            Recalled.WISHES, (guild_id,), lambda db: db.execute(_ANY_WAIT_IN_GUILD, (guild_id,)).fetchone()
        )
        if is_any is None:
            return False
        row = await self._database.read(lambda db: db.execute(_ANY_WAIT, (card_id, guild_id)).fetchone())
        return row is not None

    async def due(self, *, card_id: str | None = None, limit: int = 100) -> list[DueWish]:
        """Return reactions of all guilds, or on one card, that wait though their card has ended, the first first."""
        rows = await self._database.read(lambda db: db.execute(_DUE, {"card_id": card_id, "limit": limit}).fetchall())
        return [
            DueWish(
                key=ReactionKey(
                    guild_id=row["guild_id"],
                    message_id=row["message_id"],
                    emoji=row["emoji"],
                    member_id=row["member_id"],
                ),
                card_id=row["card_id"],
            )
            for row in rows
        ]

    async def take_back(self, guild_id: int, message_id: int, emoji: str, member_id: int) -> TakenBack | None:
        """Delete a member's reaction, which may act again from now on. None if it was not stored.

        One that another member has paid for stays, so that it acts no second time.
        """
        key = ReactionKey(guild_id=guild_id, message_id=message_id, emoji=emoji, member_id=member_id)
        values = key_values(key)
        # Most withdrawn reactions are on other messages: they cost a read, and do not wait for the writer.
        if await self._database.read(lambda db: db.execute(_TAKEN_BACK, values).fetchone()) is None:
            return None

        def change(db: Connection) -> TakenBack | None:
            row = db.execute(_TAKEN_BACK, values).fetchone()
            if row is None:
                return None
            db.execute(_FORGET, values)
            return TakenBack(card_id=row["card_id"], action=ReactionAction(row["action"]), made_card=row["made_card"])

        return await self._database.write(change)

    async def clear(self, guild_id: int, message_id: int, emoji: str | None) -> list[str]:
        """Delete all members' reactions on a message, or those with one emoji. Returns the ids of their cards."""
        values = {"guild_id": guild_id, "message_id": message_id, "emoji": emoji}

        def change(db: Connection) -> list[str]:
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
