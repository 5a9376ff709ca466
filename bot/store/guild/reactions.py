"""Reactions: what emojis do in a guild, and which member's reaction has acted on which message."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bot.domain.models import Card, Job
from bot.domain.reaction_rules import DEFAULTS, Action, Purse, Reaction, Reactions, Who, merged
from bot.store.engine.repository import Part
from bot.store.work.cards import jobs_of_card
from bot.store.work.rows import card_of

_SET = """
INSERT INTO reactions (guild_id, emoji, shown, action, who, role_id, needed, payer)
VALUES (:guild_id, :emoji, :shown, :action, :who, :role_id, :needed, :payer)
ON CONFLICT (guild_id, emoji) DO UPDATE SET shown = excluded.shown, action = excluded.action, who = excluded.who,
    role_id = excluded.role_id, needed = excluded.needed, payer = excluded.payer
"""
_SET_OTHERS = """
INSERT INTO reaction_settings (guild_id, is_on, seeds, gallery_channel, gallery_stars)
VALUES (:guild_id, :is_on, :seeds, :gallery_channel, :gallery_stars)
ON CONFLICT (guild_id) DO UPDATE SET is_on = excluded.is_on, seeds = excluded.seeds,
    gallery_channel = excluded.gallery_channel, gallery_stars = excluded.gallery_stars
"""
# `+`: a message is of one card, so its index is the one to use.
_CARD_IN_MESSAGE = """
SELECT * FROM cards WHERE +guild_id = :guild_id AND private = 0 AND id IN (
    SELECT id FROM cards WHERE message_id = :message_id
    UNION SELECT card_id FROM jobs WHERE message_id = :message_id
)
"""
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
    """A member's reaction that was noted. `fires`: it makes up the number that is needed."""

    count: int
    fires: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A reaction that no longer stands, with what had come of it."""

    card_id: str
    action: Action
    made_card: str | None


class ReactionMaps(Part):
    """The tables `reactions`, `reaction_settings` and `reaction_acts`."""

    # ------------------------------------------------------------------ the map

    async def reactions(self, guild_id: int) -> Reactions:
        """Return what reactions do in the guild."""
        return await self._database.read(lambda db: _reactions(db, guild_id))

    async def reaction_changes(self, guild_id: int) -> dict[str, Reaction]:
        """Return what the guild has changed of the defaults, by emoji."""
        return await self._database.read(lambda db: _changes(db, guild_id))

    async def set_reaction(self, guild_id: int, rule: Reaction) -> None:
        """Set what an emoji does in the guild."""
        values = {
            "guild_id": guild_id,
            "emoji": rule.emoji,
            "shown": rule.shown,
            "action": rule.action,
            "who": rule.who,
            "role_id": rule.role_id,
            "needed": rule.needed,
            "payer": rule.payer,
        }

        def change(db: sqlite3.Connection) -> None:
            db.execute(_SET, values)

        await self._database.write(change)

    async def remove_reaction(self, guild_id: int, emoji: str) -> Reaction | None:
        """Let an emoji do nothing in the guild. Returns what it did, None if it did nothing."""

        def change(db: sqlite3.Connection) -> Reaction | None:
            rule = merged(_changes(db, guild_id)).get(emoji)
            db.execute("DELETE FROM reactions WHERE guild_id = ? AND emoji = ?", (guild_id, emoji))
            default = DEFAULTS.get(emoji)
            if default is not None:
                values = (guild_id, emoji, default.shown, Action.NONE, default.who, 1, default.payer)
                db.execute(
                    "INSERT INTO reactions (guild_id, emoji, shown, action, who, needed, payer)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
            return rule

        return await self._database.write(change)

    async def reset_reactions(self, guild_id: int) -> int:
        """Let the defaults hold again in the guild. Returns how many changes are forgotten by that."""

        def change(db: sqlite3.Connection) -> int:
            return db.execute("DELETE FROM reactions WHERE guild_id = ?", (guild_id,)).rowcount

        return await self._database.write(change)

    async def set_reaction_settings(
        self,
        guild_id: int,
        *,
        is_on: bool | None = None,
        seeds: bool | None = None,
        gallery: tuple[int | None, int] | None = None,
    ) -> Reactions:
        """Set what is given: whether reactions do anything, whether the bot seeds them, the gallery's place and stars.

        Returns what holds then.
        """

        def change(db: sqlite3.Connection) -> Reactions:
            now = _reactions(db, guild_id)
            channel, stars = (now.gallery_channel, now.gallery_stars) if gallery is None else gallery
            values = {
                "guild_id": guild_id,
                "is_on": now.is_on if is_on is None else is_on,
                "seeds": now.seeds if seeds is None else seeds,
                "gallery_channel": channel,
                "gallery_stars": stars,
            }
            db.execute(_SET_OTHERS, values)
            return _reactions(db, guild_id)

        return await self._database.write(change)

    # ------------------------------------------------------------------ what reactions have done

    async def card_in_message(self, guild_id: int, message_id: int) -> tuple[Card, tuple[Job, ...]] | None:
        """Return the guild's card that the message is of, with its jobs; None if it is of none, or of a private one."""

        def look(db: sqlite3.Connection) -> tuple[Card, tuple[Job, ...]] | None:
            row = db.execute(_CARD_IN_MESSAGE, {"guild_id": guild_id, "message_id": message_id}).fetchone()
            return None if row is None else (card_of(row, self._box), jobs_of_card(db, guild_id, row["id"]))

        return await self._database.read(look)

    async def note_act(
        self, guild_id: int, message_id: int, member_id: int, rule: Reaction, *, card_id: str
    ) -> Act | None:
        """Note a member's reaction on a message of the guild's card.

        None if it was noted and not taken back since, or if the guild has no such card. It fires if with it as
        many members as the rule needs have reacted, and none of them has fired it yet; where one is enough, each fires
        for themselves.
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
        """Note which card has come of a reaction."""

        def change(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE reaction_acts SET made_card = ?"
                " WHERE guild_id = ? AND message_id = ? AND emoji = ? AND member_id = ?",
                (made_card, guild_id, message_id, emoji, member_id),
            )

        await self._database.write(change)

    async def take_back_act(self, guild_id: int, message_id: int, emoji: str, member_id: int) -> TakenBack | None:
        """Forget a member's reaction, which may act again from now on. None if it had not acted."""
        values = (guild_id, message_id, emoji, member_id)
        # Most reactions that are taken back are on other messages: they cost a read, and do not wait for the writer.
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
            return TakenBack(card_id=row["card_id"], action=Action(row["action"]), made_card=row["made_card"])

        return await self._database.write(change)

    async def clear_acts(self, guild_id: int, message_id: int, emoji: str | None) -> list[str]:
        """Forget all members' reactions on a message, or those with one emoji. Returns the cards they were on."""
        values = {"guild_id": guild_id, "message_id": message_id, "emoji": emoji}

        def change(db: sqlite3.Connection) -> list[str]:
            return [row[0] for row in db.execute(_CLEAR, values).fetchall()]

        return list(dict.fromkeys(await self._database.write(change)))

    async def stars(self, guild_id: int, card_id: str) -> int:
        """Return how many members want the guild's card in the gallery."""
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT count(DISTINCT member_id) FROM reaction_acts WHERE guild_id = ? AND card_id = ? AND action = ?",
                (guild_id, card_id, Action.GALLERY),
            ).fetchone()
        )
        return int(row[0])


def _reactions(db: sqlite3.Connection, guild_id: int) -> Reactions:
    rules = merged(_changes(db, guild_id))
    row = db.execute("SELECT * FROM reaction_settings WHERE guild_id = ?", (guild_id,)).fetchone()
    if row is None:
        return Reactions(rules=rules)
    return Reactions(
        rules=rules,
        is_on=bool(row["is_on"]),
        seeds=bool(row["seeds"]),
        gallery_channel=row["gallery_channel"],
        gallery_stars=row["gallery_stars"],
    )


def _changes(db: sqlite3.Connection, guild_id: int) -> dict[str, Reaction]:
    rows = db.execute("SELECT * FROM reactions WHERE guild_id = ? ORDER BY emoji", (guild_id,)).fetchall()
    return {
        row["emoji"]: Reaction(
            emoji=row["emoji"],
            shown=row["shown"],
            action=Action(row["action"]),
            who=Who(row["who"]),
            role_id=row["role_id"],
            needed=row["needed"],
            payer=Purse(row["payer"]),
        )
        for row in rows
    }
