"""The tables of events: a theme with a purse, who takes part, and who was placed. Purses: bot/store/money/purses.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from bot.domain.server.events import EventState, PurseUse, ServerEvent, Starred
from bot.runtime.failpoints import failpoint
from bot.store.engine.columns import from_milli, read_as, to_json, to_milli, to_text
from bot.store.engine.repository import RecordOf, Repository
from bot.store.money.limits import add_grant
from bot.store.money.purses import NO_MEMBER, left_in
from bot.store.money.spending import practises
from bot.store.sql import Connection, Row

RANKED = 50
"""How many results of an event are checked for a place at most."""

_ALL = """
SELECT events.*, grants.credits_milli AS purse_milli, grants.practice
FROM events JOIN grants ON grants.id = events.grant_id
"""
_ONE = f"{_ALL} WHERE events.guild_id = ? AND events.id = ?"
_OPEN = f"{_ALL} WHERE events.guild_id = ? AND state = 'open' ORDER BY begins_at, events.id"
_DUE = f"""
{_ALL} WHERE (state <> 'open' OR message_id IS NULL OR ends_at <= ?)
    AND events.guild_id NOT IN (SELECT guild_id FROM absent_guilds) ORDER BY ends_at LIMIT ?
"""  # noqa: S608 - of all events
_IN_CHANNEL = "SELECT 1 FROM events WHERE guild_id = ? AND channel_id = ? AND state = 'open'"
_PURSE = """
INSERT INTO grants (guild_id, member_id, credits_milli, note, granted_by, granted_at, expires_at, practice)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
_INSERT = """
INSERT INTO events (guild_id, id, channel_id, theme, grant_id, cap_milli, prizes, made_by, begins_at, ends_at, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
"""
_JOIN = "INSERT INTO event_members (guild_id, event_id, member_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_MEMBERS = "SELECT count(*) FROM event_members WHERE guild_id = ? AND event_id = ?"
_CLOSE = "UPDATE events SET state = ? WHERE guild_id = ? AND id = ? AND state = 'open'"
_LAPSE = "UPDATE grants SET expires_at = ? WHERE guild_id = ? AND id = ?"
_PLACE = """
UPDATE event_members SET place = ?, card_id = ?, stars = ? WHERE guild_id = ? AND event_id = ? AND member_id = ?
"""
_LEAVE = "DELETE FROM event_members WHERE guild_id = ? AND event_id = ? AND place IS NULL"
_PLACES = "SELECT * FROM event_members WHERE guild_id = ? AND event_id = ? AND place IS NOT NULL ORDER BY place"
# What is private, a spoiler, erased, of someone who is blocked, or was not posted in time is no entry.
_RANKED = """
SELECT cards.id AS card_id, cards.author_id AS member_id, count(DISTINCT acts.member_id) AS stars
FROM jobs JOIN cards ON cards.id = jobs.card_id
    JOIN event_members AS members ON members.guild_id = :guild_id AND members.event_id = :event_id
        AND members.member_id = jobs.author_id
    JOIN reaction_acts AS acts ON acts.card_id = cards.id AND acts.action = 'gallery'
        AND acts.member_id <> cards.author_id
WHERE jobs.guild_id = :guild_id AND jobs.created_at >= :begins_at AND jobs.delivered_at < :ends_at
    AND jobs.state = 'delivered' AND jobs.erased_at IS NULL AND jobs.media <> '[]'
    AND CASE jobs.practice WHEN 1 THEN 1 ELSE 0 END = :practice
    AND cards.private = 0 AND cards.spoiler = 0 AND cards.message_id IS NOT NULL
    AND :channel_id IN (cards.channel_id, cards.parent_channel_id)
    AND NOT EXISTS (
        SELECT 1 FROM blocks WHERE blocks.guild_id = :guild_id AND blocks.member_id = jobs.author_id
            AND coalesce(blocks.until, :ends_at) >= :ends_at
    )
GROUP BY cards.id, cards.author_id ORDER BY stars DESC, min(jobs.delivered_at), cards.id LIMIT :limit
"""


class Events(Repository):
    """The tables `events` and `event_members`. A channel has one open event at a time."""

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
                guild_id, event.id, event.channel_id, to_text(event.theme), grant_id, to_milli(event.cap),
                to_json([str(each) for each in event.prizes]), event.made_by, event.begins_at, event.ends_at,
            )  # fmt: skip
            db.execute(_INSERT, values)
            return replace(event, grant_id=grant_id, practice=practice)

        return await self._recorded(event.guild_id, change, record)

    async def get(self, guild_id: int, event_id: str) -> ServerEvent | None:
        return await self._one(_event, _ONE, (guild_id, event_id))

    async def open(self, guild_id: int) -> list[ServerEvent]:
        """Return the guild's running events, in the order in which they began."""
        return [_event(row) for row in await self._rows(_OPEN, (guild_id,))]

    async def due(self, limit: int) -> list[ServerEvent]:
        """Return events to announce, to end, or whose end is not posted, of all guilds that have the bot."""
        return [_event(row) for row in await self._rows(_DUE, (self._clock.wall(), limit))]

    async def use(self, event: ServerEvent, member_id: int) -> PurseUse:
        def look(db: Connection) -> PurseUse:
            left, of_member = left_in(db, event.guild_id, event.grant_id, member_id)
            (members,) = db.execute(_MEMBERS, (event.guild_id, event.id)).fetchone()
            return PurseUse(paid=event.purse - left, of_member=of_member, members=members)

        return await self._database.read(look)

    async def join(self, guild_id: int, event_id: str, member_id: int) -> ServerEvent | None:
        """Let a member take part, if they don't; None if the event has ended, or is another guild's."""
        now = self._clock.wall()

        def change(db: Connection) -> ServerEvent | None:
            row = db.execute(_ONE, (guild_id, event_id)).fetchone()
            if row is None or row["state"] != EventState.OPEN or row["ends_at"] <= now:
                return None
            db.execute(_JOIN, (guild_id, event_id, member_id))
            return _event(row)

        return await self._write(guild_id, change)

    async def announced(self, guild_id: int, event_id: str, message_id: int) -> None:
        await self._execute(
            guild_id, "UPDATE events SET message_id = ? WHERE guild_id = ? AND id = ?", (message_id, guild_id, event_id)
        )

    async def ranked(self, event: ServerEvent) -> list[Starred]:
        """Return the results that may be placed: most stars first, of equals the earlier one."""
        values = {
            "guild_id": event.guild_id,
            "event_id": event.id,
            "channel_id": event.channel_id,
            "begins_at": event.begins_at,
            "ends_at": event.ends_at,
            "practice": int(event.practice),
            "limit": RANKED,
        }
        return [read_as(Starred, row) for row in await self._rows(_RANKED, values)]

    async def end(
        self, event: ServerEvent, state: EventState, places: Sequence[Starred], *, record: RecordOf[Decimal]
    ) -> Decimal | None:
        """End an open event in one transaction: its places, their prizes as grants, and the end of its purse.

        Who took part and is not placed is forgotten; who deleted their data meanwhile gets nothing. Returns what the
        purse paid, or holds for open jobs; None if the event has ended.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Decimal | None:
            own = (event.guild_id, event.id)
            if not db.execute(_CLOSE, (state, *own)).rowcount:
                return None
            for place, each in enumerate(places, 1):
                took_part = db.execute(_PLACE, (place, each.card_id, each.stars, *own, each.member_id)).rowcount
                if took_part and (prize := event.prize(place)):
                    add_grant(
                        db, event.guild_id, each.member_id, prize, note=event.theme, by_id=event.made_by,
                        expires_at=None, now=now, practice=event.practice,
                    )  # fmt: skip
                    failpoint("event.prized")
            db.execute(_LEAVE, own)
            db.execute(_LAPSE, (min(now, event.ends_at), event.guild_id, event.grant_id))
            return event.purse - left_in(db, event.guild_id, event.grant_id)[0]

        paid = await self._recorded(event.guild_id, change, record)
        failpoint("event.ended")
        return paid

    async def places(self, guild_id: int, event_id: str) -> list[tuple[int, Starred]]:
        """Return the places from 1 of an event whose end is not posted."""
        return [(row["place"], read_as(Starred, row)) for row in await self._rows(_PLACES, (guild_id, event_id))]

    async def posted(self, guild_id: int, event_id: str) -> None:
        """Forget an event whose end is posted; what its purse and prizes are is in the books."""

        def change(db: Connection) -> None:
            db.execute("DELETE FROM event_members WHERE guild_id = ? AND event_id = ?", (guild_id, event_id))
            db.execute("DELETE FROM events WHERE guild_id = ? AND id = ?", (guild_id, event_id))

        await self._write(guild_id, change)


def _event(row: Row) -> ServerEvent:
    return read_as(
        ServerEvent,
        row,
        purse=from_milli(row["purse_milli"]),
        cap=from_milli(row["cap_milli"]),
        prizes=tuple(map(Decimal, json.loads(row["prizes"]))),
        practice=bool(row["practice"]),
        state=EventState(row["state"]),
    )
