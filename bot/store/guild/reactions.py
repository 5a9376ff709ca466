"""Reactions: what emojis do in a guild, and which member's reaction has acted on which message."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.reaction_rules import DEFAULTS, Purse, Reaction, ReactionAction, ReactionRules, Seeding, Who, merged
from bot.store.engine.kept import Recalled
from bot.store.engine.record import RecordOf
from bot.store.engine.repository import Repository
from bot.store.sql import Connection

_SET = """
INSERT INTO reactions (guild_id, emoji, shown, action, who, role_id, needed, payer)
VALUES (:guild_id, :emoji, :shown, :action, :who, :role_id, :needed, :payer)
ON CONFLICT (guild_id, emoji) DO UPDATE SET shown = excluded.shown, action = excluded.action, who = excluded.who,
    role_id = excluded.role_id, needed = excluded.needed, payer = excluded.payer
"""
_SET_OTHERS = """
INSERT INTO reaction_settings (guild_id, is_on, seeds, all_seeds, gallery_channel, gallery_stars)
VALUES (:guild_id, :is_on, :seeds, :all_seeds, :gallery_channel, :gallery_stars)
ON CONFLICT (guild_id) DO UPDATE SET is_on = excluded.is_on, seeds = excluded.seeds, all_seeds = excluded.all_seeds,
    gallery_channel = excluded.gallery_channel, gallery_stars = excluded.gallery_stars
"""


class ReactionMaps(Repository):
    """The tables `reactions`, `reaction_settings` and `reaction_legends`."""

    async def get(self, guild_id: int) -> ReactionRules:
        """Return what reactions do in the guild."""
        return await self._database.recall(Recalled.REACTIONS, (guild_id,), lambda db: _reactions(db, guild_id))

    async def changes(self, guild_id: int) -> dict[str, Reaction]:
        """Return the guild's changes to the defaults, by emoji."""
        return await self._database.read(lambda db: _changes(db, guild_id))

    async def set(
        self,
        guild_id: int,
        rule: Reaction,
        *,
        allow: Callable[[Mapping[str, Reaction]], None] | None = None,
        record: RecordOf[None] | None = None,
    ) -> None:
        """Set what an emoji does in the guild.

        `allow` is given the guild's changes so far, in the same transaction; what it raises propagates, with nothing
        changed.
        """
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

        def change(db: Connection) -> None:
            if allow is not None:
                allow(_changes(db, guild_id))
            db.execute(_SET, values)

        await self._recorded(guild_id, change, record)

    async def remove(
        self, guild_id: int, emoji: str, *, record: RecordOf[Reaction | None] | None = None
    ) -> Reaction | None:
        """Turn an emoji off in the guild. Returns what it did, None if it did nothing."""

        def change(db: Connection) -> Reaction | None:
            rule = merged(_changes(db, guild_id)).get(emoji)
            db.execute("DELETE FROM reactions WHERE guild_id = ? AND emoji = ?", (guild_id, emoji))
            default = DEFAULTS.get(emoji)
            if default is not None:
                values = (guild_id, emoji, default.shown, ReactionAction.NONE, default.who, 1, default.payer)
                db.execute(
                    "INSERT INTO reactions (guild_id, emoji, shown, action, who, needed, payer)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
            return rule

        return await self._recorded(guild_id, change, record)

    async def reset(self, guild_id: int, *, record: RecordOf[int] | None = None) -> int:
        """Restore the defaults in the guild. Returns how many changes were deleted."""

        def change(db: Connection) -> int:
            return db.execute("DELETE FROM reactions WHERE guild_id = ?", (guild_id,)).rowcount

        return await self._recorded(guild_id, change, record)

    async def change_settings(
        self,
        guild_id: int,
        *,
        is_on: bool | None = None,
        seeds: Seeding | None = None,
        gallery: Callable[[ReactionRules], tuple[int | None, int]] | None = None,
        record: RecordOf[ReactionRules] | None = None,
    ) -> ReactionRules:
        """Set what is given: whether reactions act, which the bot seeds, the gallery's channel and stars.

        `gallery` returns the last two for the current rules; what it raises propagates, with nothing changed. Returns
        the new rules.
        """

        def change(db: Connection) -> ReactionRules:
            now = _reactions(db, guild_id)
            channel, stars = (now.gallery_channel, now.gallery_stars) if gallery is None else gallery(now)
            values = {
                "guild_id": guild_id,
                "is_on": now.is_on if is_on is None else is_on,
                "seeds": (seeds or now.seeds) is not Seeding.OFF,
                "all_seeds": (seeds or now.seeds) is Seeding.ALL,
                "gallery_channel": channel,
                "gallery_stars": stars,
            }
            db.execute(_SET_OTHERS, values)
            return _reactions(db, guild_id)

        return await self._recorded(guild_id, change, record)

    async def begin_legend(self, guild_id: int, channel_id: int) -> bool:
        """Note that members of a channel are told what emojis do. False if they were told before."""
        key = guild_id, channel_id
        asked = "SELECT 1 FROM reaction_legends WHERE guild_id = ? AND channel_id = ?"
        if await self._database.recall(Recalled.LEGENDS, key, lambda db: db.execute(asked, key).fetchone()):
            return False
        statement = "INSERT INTO reaction_legends (guild_id, channel_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        return await self._database.write(lambda db: db.execute(statement, key).rowcount == 1)

    async def undo_legend(self, guild_id: int, channel_id: int) -> None:
        """Note that they could not be told, so that the next result does."""
        statement = "DELETE FROM reaction_legends WHERE guild_id = ? AND channel_id = ?"
        await self._database.write(lambda db: db.execute(statement, (guild_id, channel_id)))


def _reactions(db: Connection, guild_id: int) -> ReactionRules:
    rules = merged(_changes(db, guild_id))
    row = db.execute("SELECT * FROM reaction_settings WHERE guild_id = ?", (guild_id,)).fetchone()
    if row is None:
        return ReactionRules(rules=rules)
    return ReactionRules(
        rules=rules,
        is_on=bool(row["is_on"]),
        seeds=_seeding(is_on=bool(row["seeds"]), is_all=bool(row["all_seeds"])),
        gallery_channel=row["gallery_channel"],
        gallery_stars=row["gallery_stars"],
    )


def _seeding(*, is_on: bool, is_all: bool) -> Seeding:
    if not is_on:
        return Seeding.OFF
    return Seeding.ALL if is_all else Seeding.FEW


def _changes(db: Connection, guild_id: int) -> dict[str, Reaction]:
    rows = db.execute("SELECT * FROM reactions WHERE guild_id = ? ORDER BY emoji", (guild_id,)).fetchall()
    return {
        row["emoji"]: Reaction(
            emoji=row["emoji"],
            shown=row["shown"],
            action=ReactionAction(row["action"]),
            who=Who(row["who"]),
            role_id=row["role_id"],
            needed=row["needed"],
            payer=Purse(row["payer"]),
        )
        for row in rows
    }
