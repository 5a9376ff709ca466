"""Reactions: the guild's emoji actions, and which reaction has acted on which message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.domain.server.reaction_rules import (
    DEFAULTS,
    Purse,
    Reaction,
    ReactionAction,
    ReactionKey,
    ReactionRules,
    Seeding,
    Who,
    merged,
)
from bot.store.engine.columns import read_as
from bot.store.engine.repository import RecordOf, Repository
from bot.store.engine.row_cache import Recalled
from bot.store.jobs.cards import key_values, note_acted
from bot.store.jobs.erasing import KEPT
from bot.store.sql import Connection

_SET = """
INSERT INTO reactions (guild_id, emoji, shown, action, who, role_id, needed, payer)
VALUES (:guild_id, :emoji, :shown, :action, :who, :role_id, :needed, :payer)
ON CONFLICT (guild_id, emoji) DO UPDATE SET shown = excluded.shown, action = excluded.action, who = excluded.who,
    role_id = excluded.role_id, needed = excluded.needed, payer = excluded.payer
"""
_SET_OTHERS = """
INSERT INTO reaction_settings (guild_id, is_on, seeds, all_seeds, gallery_channel, gallery_stars, gallery_all)
VALUES (:guild_id, :is_on, :seeds, :all_seeds, :gallery_channel, :gallery_stars, :gallery_all)
ON CONFLICT (guild_id) DO UPDATE SET is_on = excluded.is_on, seeds = excluded.seeds, all_seeds = excluded.all_seeds,
    gallery_channel = excluded.gallery_channel, gallery_stars = excluded.gallery_stars,
    gallery_all = excluded.gallery_all
"""
# The conditions must match the index of what is kept.
_UNSHOWN = f"""
SELECT DISTINCT jobs.guild_id, jobs.card_id FROM reaction_settings AS own JOIN jobs ON jobs.guild_id = own.guild_id
JOIN cards ON cards.id = jobs.card_id
WHERE own.gallery_all = 1 AND own.gallery_channel IS NOT NULL AND {KEPT}
    AND coalesce(finished_at, jobs.created_at) > :since AND jobs.state = 'delivered' AND cards.private = 0
    AND own.guild_id NOT IN (SELECT guild_id FROM absent_guilds)
    AND NOT EXISTS (
        SELECT 1 FROM copies JOIN jobs AS shown ON shown.id = copies.job_id
        WHERE shown.card_id = jobs.card_id AND copies.kind = 'gallery'
    )
LIMIT :limit
"""  # noqa: S608 - a constant condition


class ReactionMaps(Repository):
    """The tables `reactions`, `reaction_settings` and `reaction_legends`."""

    async def get(self, guild_id: int) -> ReactionRules:
        return await self._database.recall(Recalled.REACTIONS, (guild_id,), lambda db: _reactions(db, guild_id))

    async def changes(self, guild_id: int) -> dict[str, Reaction]:
        """Return the guild's overrides of the defaults, by emoji."""
        return await self._database.read(lambda db: _changes(db, guild_id))

    async def unshown(self, within_s: float, *, limit: int = 50) -> list[tuple[int, str]]:
        """Return guilds with cards that a gallery of every public result misses, of those that ended within seconds."""
        values = {"since": self._clock.wall() - within_s, "limit": limit}
        return [(row["guild_id"], row["card_id"]) for row in await self._rows(_UNSHOWN, values)]

    async def set(
        self,
        guild_id: int,
        rule: Reaction,
        *,
        allow: Callable[[Mapping[str, Reaction]], None] | None = None,
        record: RecordOf[None] | None = None,
    ) -> None:
        """Set an emoji's action in the guild.

        `allow` gets the guild's overrides in the same transaction; its exceptions propagate, with nothing
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
        """Turn an emoji off in the guild. Returns its action, None if it had none."""

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
        """Restore the defaults in the guild. Returns how many overrides were deleted."""

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
        """Set the given ones: whether reactions act, which the bot seeds, the gallery's channel and stars.

        `gallery` returns the last two for the current rules; its exceptions propagate, with nothing changed.
        Returns the new rules.
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
                "gallery_stars": stars or 1,
                "gallery_all": not stars,
            }
            db.execute(_SET_OTHERS, values)
            return _reactions(db, guild_id)

        return await self._recorded(guild_id, change, record)

    async def begin_legend(self, guild_id: int, channel_id: int) -> bool:
        """Note that the channel gets the emoji legend. False if it had it before."""
        key = guild_id, channel_id
        asked = "SELECT 1 FROM reaction_legends WHERE guild_id = ? AND channel_id = ?"
        if await self._database.recall(Recalled.LEGENDS, key, lambda db: db.execute(asked, key).fetchone()):
            return False
        statement = "INSERT INTO reaction_legends (guild_id, channel_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        return await self._execute(statement, key, guild_id=guild_id) == 1

    async def undo_legend(self, guild_id: int, channel_id: int) -> None:
        """Note that the legend was not posted, so that the next result retries."""
        statement = "DELETE FROM reaction_legends WHERE guild_id = ? AND channel_id = ?"
        await self._execute(statement, (guild_id, channel_id), guild_id=guild_id)


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
        gallery_stars=0 if row["gallery_all"] else row["gallery_stars"],
    )


def _seeding(*, is_on: bool, is_all: bool) -> Seeding:
    if not is_on:
        return Seeding.OFF
    return Seeding.ALL if is_all else Seeding.FEW


def _changes(db: Connection, guild_id: int) -> dict[str, Reaction]:
    rows = db.execute("SELECT * FROM reactions WHERE guild_id = ? ORDER BY emoji", (guild_id,)).fetchall()
    return {
        row["emoji"]: read_as(
            Reaction, row, action=ReactionAction(row["action"]), who=Who(row["who"]), payer=Purse(row["payer"])
        )
        for row in rows
    }


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
# What a reaction has started at another member's cost counts once and for all, unless cancelled.
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
    """A stored reaction. `fires`: it completes the required number, and waits to act."""

    count: int
    fires: bool
    is_spent: bool = False
    """Whether it has acted at another member's cost, which it does only once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWish:
    """A pending reaction on an ended card."""

    key: ReactionKey
    card_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A withdrawn reaction, with the card that it had started."""

    card_id: str
    action: ReactionAction
    made_card: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Starred:
    """A card with the number of its stars."""

    card_id: str
    stars: int


class ReactionActs(Repository):
    """The table `reaction_acts`: which reaction has acted on which message."""

    async def note(self, guild_id: int, message_id: int, member_id: int, rule: Reaction, *, card_id: str) -> Act | None:
        """Store a member's reaction on a message of the guild's card.

        None if it is already pending, or the guild has no such card. One that has acted acts again, unless it
        was at another's cost: a second event proves a withdrawal in between. It fires if the rule's number of
        members is reached, and none of them has acted or is pending; if the rule needs one, each member's
        fires.
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

        return await self._write(guild_id, change)

    async def note_done(self, key: ReactionKey) -> None:
        await self._write(key.guild_id, lambda db: note_acted(db, key, None))

    async def note_failed(self, key: ReactionKey, *, needed: int) -> None:
        """Note that a reaction's action failed: its next event acts.

        Where several are `needed` it still counts as one.
        """
        statement = _UNDO if needed > 1 else _DELETE
        await self._execute(statement, key_values(key), guild_id=key.guild_id)

    async def any_wait(self, guild_id: int, card_id: str) -> bool:
        is_any = await self._database.recall(
            Recalled.WISHES, (guild_id,), lambda db: db.execute(_ANY_WAIT_IN_GUILD, (guild_id,)).fetchone()
        )
        if is_any is None:
            return False
        row = await self._row(_ANY_WAIT, (card_id, guild_id))
        return row is not None

    async def due(self, *, card_id: str | None = None, limit: int = 100) -> list[DueWish]:
        """Return pending reactions of all guilds, or on one card, whose card has ended, oldest first."""
        rows = await self._rows(_DUE, {"card_id": card_id, "limit": limit})
        return [DueWish(key=read_as(ReactionKey, row), card_id=row["card_id"]) for row in rows]

    async def take_back(self, guild_id: int, message_id: int, emoji: str, member_id: int) -> TakenBack | None:
        """Delete a member's reaction, which may act again. None if it was not stored.

        One that another member paid for stays, so that it does not act twice.
        """
        key = ReactionKey(guild_id=guild_id, message_id=message_id, emoji=emoji, member_id=member_id)
        values = key_values(key)
        # Most withdrawn reactions are on other messages: a read is cheaper than the writer.
        if await self._row(_TAKEN_BACK, values) is None:
            return None

        def change(db: Connection) -> TakenBack | None:
            row = db.execute(_TAKEN_BACK, values).fetchone()
            if row is None:
                return None
            db.execute(_FORGET, values)
            return TakenBack(card_id=row["card_id"], action=ReactionAction(row["action"]), made_card=row["made_card"])

        return await self._write(guild_id, change)

    async def clear(self, guild_id: int, message_id: int, emoji: str | None) -> list[str]:
        """Delete all reactions on a message, or those with one emoji. Returns the ids of their cards."""
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

    async def most_starred(self, guild_id: int, since: float, until: float, limit: int) -> list[Starred]:
        """Return the guild's posted public results with the most stars given between these Unix seconds.

        Most stars first, of equals the earlier result. An author's own star doesn't count, and members who chose
        not to be shown are left out. What a channel may show, `PostingGate.require_gallery` says.
        """
        values = {"guild_id": guild_id, "since": since, "until": until, "limit": limit}
        return [read_as(Starred, row) for row in await self._rows(_MOST_STARRED, values)]


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
