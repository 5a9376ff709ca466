"""The tables of events: a theme with a purse, who takes part, and who was placed. Purses: bot/store/money/purses.py."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bot.domain.server.events import EventEntry, EventPlace, EventState, PurseUse, ServerEvent, placed
from bot.runtime.failpoints import failpoint
from bot.store.engine.columns import from_milli, mapping_from_json, read_as, to_json, to_milli, to_text
from bot.store.engine.repository import RecordOf, Repository
from bot.store.guild.reviews import withheld_in
from bot.store.money.limits import add_grant
from bot.store.money.purses import NO_MEMBER, left_in
from bot.store.money.spending import block_of, practises
from bot.store.sql import Connection, Row

_ONE = "SELECT * FROM events WHERE guild_id = ? AND id = ?"
_OPEN = "SELECT * FROM events WHERE guild_id = ? AND state = 'open' ORDER BY begins_at, id"
_IN_CHANNEL = "SELECT 1 FROM events WHERE guild_id = ? AND channel_id = ? AND state = 'open'"
_PURSE = """
INSERT INTO grants (guild_id, member_id, credits_milli, note, granted_by, granted_at, expires_at, practice)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
_INSERT = """
INSERT INTO events (
    guild_id, id, channel_id, theme, data, grant_id, practice, made_by, begins_at, ends_at, state, due_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)
"""
_JOIN = """
INSERT INTO event_members (guild_id, event_id, member_id, joined_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_USE = "SELECT count(*) FROM event_members WHERE guild_id = ? AND event_id = ?"
_DUE = """
SELECT * FROM events WHERE due_at <= ? AND guild_id NOT IN (SELECT guild_id FROM absent_guilds)
ORDER BY due_at LIMIT ?
"""
_CLOSE = "UPDATE events SET state = ?, due_at = ? WHERE guild_id = ? AND id = ? AND state = 'open'"
_LAPSE = "UPDATE grants SET expires_at = ? WHERE guild_id = ? AND id = ?"
_LEAVE = "DELETE FROM event_members WHERE guild_id = ? AND event_id = ?"
_KEEP_PLACE = """
INSERT INTO event_places (guild_id, event_id, place, member_id, card_id, stars, prize_milli)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_PLACES = "SELECT * FROM event_places WHERE guild_id = ? AND event_id = ? ORDER BY place"
_NO_PLACES = "DELETE FROM event_places WHERE guild_id = ? AND event_id = ?"
# What is private or a spoiler is no entry.
_REQUESTED = """
FROM jobs JOIN cards ON cards.id = jobs.card_id
WHERE jobs.guild_id = :guild_id AND jobs.created_at >= :begins_at AND jobs.created_at < :ends_at
    AND CASE jobs.practice WHEN 1 THEN 1 ELSE 0 END = :practice AND cards.private = 0 AND cards.spoiler = 0
    AND :channel_id IN (cards.channel_id, cards.parent_channel_id) AND EXISTS (
        SELECT 1 FROM event_members WHERE event_members.guild_id = :guild_id AND event_id = :event_id
            AND event_members.member_id = jobs.author_id
    )
"""
# Nor is what was erased or removed.
_ENTRIES = f"""
SELECT cards.id AS card_id, cards.author_id, jobs.id AS job_id, jobs.delivered_at {_REQUESTED}
    AND jobs.state = 'delivered' AND jobs.erased_at IS NULL AND jobs.media <> '[]' AND cards.message_id IS NOT NULL
"""
# All open states are named, as in the condition of the index jobs_open.
_AWAITED = f"""
SELECT 1 {_REQUESTED}
    AND jobs.state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready') LIMIT 1
"""
_VOTES = """
SELECT DISTINCT card_id, member_id FROM reaction_acts
WHERE guild_id = :guild_id AND action = 'gallery' AND card_id IN (SELECT value FROM json_each(:cards))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An event's end, for its record: who was placed, and what the purse paid."""

    event: ServerEvent
    places: Sequence[EventPlace]
    paid: Decimal
    members: int
    results: int
    """Cards that could be placed."""


class Events(Repository):
    """The tables `events`, `event_members` and `event_places`. A channel has one open event at a time."""

    async def add(self, event: ServerEvent, *, record: RecordOf[ServerEvent]) -> ServerEvent | None:
        """Store an event with its purse; return it, None if its channel has one."""
        now = self._clock.wall()

        def change(db: Connection) -> ServerEvent | None:
            guild_id = event.guild_id
            if db.execute(_IN_CHANNEL, (guild_id, event.channel_id)).fetchone() is not None:
                return None
            practice = practises(db, guild_id)
            purse = (NO_MEMBER, to_milli(event.purse), "", event.made_by, now, event.ends_at, int(practice))
            grant_id = int(db.execute(_PURSE, (guild_id, *purse)).fetchone()["id"])
            values = (
                guild_id, event.id, event.channel_id, to_text(event.theme), to_json(event.to_json()), grant_id,
                int(practice), event.made_by, event.begins_at, event.ends_at, now,
            )  # fmt: skip
            db.execute(_INSERT, values)
            return replace(event, grant_id=grant_id, practice=practice)

        return await self._recorded(event.guild_id, change, record)

    async def get(self, guild_id: int, event_id: str) -> ServerEvent | None:
        row = await self._row(_ONE, (guild_id, event_id))
        return None if row is None else _event(row)

    async def open(self, guild_id: int) -> list[ServerEvent]:
        """Return the guild's planned and running events, in the order in which they begin."""
        return [_event(row) for row in await self._rows(_OPEN, (guild_id,))]

    async def use(self, event: ServerEvent, member_id: int) -> PurseUse:
        def look(db: Connection) -> PurseUse:
            left, of_member = left_in(db, event.guild_id, event.grant_id, member_id)
            (members,) = db.execute(_USE, (event.guild_id, event.id)).fetchone()
            return PurseUse(paid=event.purse - left, of_member=of_member, members=members)

        return await self._database.read(look)

    async def join(self, guild_id: int, event_id: str, member_id: int) -> ServerEvent | None:
        """Let a member take part, if they don't; None if the event has ended, or is another guild's."""
        now = self._clock.wall()

        def change(db: Connection) -> ServerEvent | None:
            row = db.execute(_ONE, (guild_id, event_id)).fetchone()
            if row is None or row["state"] != EventState.OPEN or row["ends_at"] <= now:
                return None
            db.execute(_JOIN, (guild_id, event_id, member_id, now))
            return _event(row)

        return await self._write(guild_id, change)

    async def due(self, limit: int) -> list[ServerEvent]:
        """Return the events of all guilds with something to do, the oldest first; none of guilds without the bot."""
        return [_event(row) for row in await self._rows(_DUE, (self._clock.wall(), limit))]

    async def next_at(self, guild_id: int, event_id: str, at: float | None, *, message_id: int | None = None) -> None:
        """Set when there is something to do again, None for never; `message_id` is a new announcement's."""
        await self._execute(
            "UPDATE events SET due_at = ?, message_id = coalesce(?, message_id) WHERE guild_id = ? AND id = ?",
            (at, message_id, guild_id, event_id),
            guild_id=guild_id,
        )

    async def awaits(self, event: ServerEvent) -> bool:
        """Whether something that was requested before the event's end is still being made."""
        return await self._row(_AWAITED, _requested(event)) is not None

    async def note_emptied(self, event: ServerEvent) -> None:
        await self._execute(
            "UPDATE events SET emptied = 1, due_at = ends_at WHERE guild_id = ? AND id = ?",
            (event.guild_id, event.id),
            guild_id=event.guild_id,
        )

    async def end(self, event: ServerEvent, judged: Mapping[str, bool], *, record: RecordOf[Ended]) -> Ended | None:
        """End an event in one transaction: its places, their prizes as grants, and the end of its purse.

        None if it has ended, or its time is not over. Raises Unjudged if `judged` lacks what the places take.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Ended | None:
            guild_id, event_id = event.guild_id, event.id
            entries = _entries(db, event, now)
            paid = event.purse - left_in(db, guild_id, event.grant_id)[0]
            (members,) = db.execute(_USE, (guild_id, event_id)).fetchone()
            if event.ends_at > now or not _close(db, event, EventState.ENDED, now):
                return None
            places = placed(event, entries, judged)
            for each in places:
                values = (each.place, each.member_id, each.card_id, each.stars, to_milli(each.prize))
                db.execute(_KEEP_PLACE, (guild_id, event_id, *values))
                if each.prize:
                    add_grant(
                        db, guild_id, each.member_id, each.prize, note=event.theme, by_id=event.made_by,
                        expires_at=None, now=now, practice=event.practice,
                    )  # fmt: skip
                    failpoint("event.prized")
            return Ended(event=event, places=places, paid=paid, members=members, results=len(entries))

        ended = await self._recorded(event.guild_id, change, record)
        failpoint("event.ended")
        return ended

    async def cancel(self, guild_id: int, event_id: str, *, record: RecordOf[Ended]) -> Ended | None:
        """End an open event without places or prizes; None if it is not open."""
        now = self._clock.wall()

        def change(db: Connection) -> Ended | None:
            row = db.execute(_ONE, (guild_id, event_id)).fetchone()
            if row is None:
                return None
            event = _event(row)
            paid = event.purse - left_in(db, guild_id, event.grant_id)[0]
            (members,) = db.execute(_USE, (guild_id, event_id)).fetchone()
            if not _close(db, event, EventState.CANCELLED, now):
                return None
            return Ended(event=event, places=(), paid=paid, members=members, results=0)

        return await self._recorded(guild_id, change, record)

    async def places(self, guild_id: int, event_id: str) -> list[EventPlace]:
        """Return an ended event's places until `posted`."""
        rows = await self._rows(_PLACES, (guild_id, event_id))
        return [read_as(EventPlace, row, prize=from_milli(row["prize_milli"])) for row in rows]

    async def posted(self, guild_id: int, event_id: str) -> None:
        """Note that there is nothing left to do, and forget who was placed."""

        def change(db: Connection) -> None:
            db.execute("UPDATE events SET due_at = NULL WHERE guild_id = ? AND id = ?", (guild_id, event_id))
            db.execute(_NO_PLACES, (guild_id, event_id))

        await self._write(guild_id, change)


def _close(db: Connection, event: ServerEvent, state: EventState, now: float) -> bool:
    """Close an open event and its purse: what open jobs hold of it stays paid. Who took part is forgotten."""
    if not db.execute(_CLOSE, (state, now, event.guild_id, event.id)).rowcount:
        return False
    db.execute(_LAPSE, (min(now, event.ends_at), event.guild_id, event.grant_id))
    db.execute(_LEAVE, (event.guild_id, event.id))
    return True


def _requested(event: ServerEvent) -> dict[str, Any]:
    return {
        "guild_id": event.guild_id,
        "event_id": event.id,
        "channel_id": event.channel_id,
        "begins_at": event.begins_at,
        "ends_at": event.ends_at,
        "practice": int(event.practice),
    }


def _entries(db: Connection, event: ServerEvent, now: float) -> list[EventEntry]:
    rows = db.execute(_ENTRIES, _requested(event)).fetchall()
    withheld = withheld_in(db, event.guild_id, {row["job_id"] for row in rows}) if rows else frozenset()
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["delivered_at"] or 0.0, row["job_id"])):
        if row["job_id"] not in withheld:
            found.setdefault(row["card_id"], row)
    authors = {row["author_id"] for row in found.values()}
    blocked = {each for each in authors if _is_blocked(db, event, each, now)}
    voters = _voters(db, event, found)
    return [
        EventEntry(
            card_id=card_id,
            author_id=row["author_id"],
            at=row["delivered_at"] or 0.0,
            voters=frozenset(voters.get(card_id, set()) - {row["author_id"]}),
        )
        for card_id, row in found.items()
        if row["author_id"] not in blocked
    ]


def _voters(db: Connection, event: ServerEvent, cards: Collection[str]) -> dict[str, set[int]]:
    values = {"guild_id": event.guild_id, "cards": json.dumps(list(cards))}
    found: dict[str, set[int]] = {}
    for row in db.execute(_VOTES, values).fetchall():
        found.setdefault(row["card_id"], set()).add(row["member_id"])
    return found


def _is_blocked(db: Connection, event: ServerEvent, member_id: int, now: float) -> bool:
    block = block_of(db, event.guild_id, member_id)
    return block is not None and (block.until is None or block.until > now)


def _event(row: Row) -> ServerEvent:
    names = ("id", "guild_id", "channel_id", "theme", "grant_id", "made_by", "begins_at", "ends_at")
    return ServerEvent.of(
        mapping_from_json(row["data"]),
        **{name: row[name] for name in names},
        practice=bool(row["practice"]),
        state=EventState(row["state"]),
        message_id=row["message_id"],
        emptied=bool(row["emptied"]),
    )
