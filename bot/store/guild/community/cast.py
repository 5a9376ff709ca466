"""The table `cast_members`: characters and styles of servers; and the messages that are left of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from enum import StrEnum

from bot.domain.words.cast import CAST_MAX, Audience, CastKind, CastMember, name_key
from bot.store.engine.columns import to_json, to_text
from bot.store.engine.repository import RecordOf, Repository
from bot.store.sql import Connection, Row

_ALL = "SELECT * FROM cast_members WHERE guild_id = ? ORDER BY kind, name_key"
_ONE = "SELECT * FROM cast_members WHERE guild_id = ? AND id = ?"
_DELETE = "DELETE FROM cast_members WHERE guild_id = ? AND id = ?"
_FOUND = """
SELECT * FROM cast_members WHERE guild_id = :guild_id AND (
    name_key IN (SELECT value FROM json_each(:keys)) OR id IN (SELECT value FROM json_each(:ids))
)
"""
_INSERT = """
INSERT INTO cast_members (name, name_key, data, channel_id, message_id, guild_id, id, kind, made_by, made_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE = """
UPDATE cast_members SET name = ?, name_key = ?, data = ?, channel_id = ?, message_id = ? WHERE guild_id = ? AND id = ?
"""
_LEAVE = "INSERT INTO cast_leftovers (guild_id, channel_id, message_id, delete_at) VALUES (?, ?, ?, ?)"
_LEAVE_ALL = """
INSERT INTO cast_leftovers (guild_id, channel_id, message_id, delete_at)
SELECT guild_id, channel_id, message_id, ? FROM cast_members
WHERE guild_id = ? AND made_by = ? AND channel_id IS NOT NULL AND message_id IS NOT NULL
"""
_USED = "DELETE FROM cast_leftovers WHERE guild_id = ? AND message_id = ?"
_LATER = "UPDATE cast_leftovers SET delete_at = ? WHERE guild_id = ? AND message_id = ?"
_LEFT = "SELECT * FROM cast_leftovers WHERE delete_at <= ? ORDER BY delete_at LIMIT ?"


class CastOutcome(StrEnum):
    """The outcome of storing a character or style."""

    DONE = "done"
    NAME_TAKEN = "name taken"
    TOO_MANY = "too many"
    GONE = "gone"


class Cast(Repository):
    """The tables `cast_members` and `cast_leftovers`. Names are unique in a guild, ignoring case."""

    async def all(self, guild_id: int) -> list[CastMember]:
        """Return the guild's cast by name: characters, then styles."""
        return [_member(row) for row in await self._rows(_ALL, (guild_id,))]

    async def matching(self, guild_id: int, part: str) -> Iterator[CastMember]:
        """Yield those whose name key contains a part, those that begin with it first; each is read when it is taken."""
        rows = [row for row in await self._rows(_ALL, (guild_id,)) if part in row["name_key"]]
        return map(_member, sorted(rows, key=lambda row: not row["name_key"].startswith(part)))

    async def get(self, guild_id: int, member_id: str) -> CastMember | None:
        return await self._one(_member, _ONE, (guild_id, member_id))

    async def find(self, guild_id: int, *, keys: Collection[str] = (), ids: Collection[str] = ()) -> list[CastMember]:
        if not keys and not ids:
            return []
        named = to_json([to_text(each) for each in keys])
        return await self._all(_member, _FOUND, {"guild_id": guild_id, "keys": named, "ids": to_json(list(ids))})

    async def add(self, member: CastMember, *, record: RecordOf[CastOutcome] | None = None) -> CastOutcome:
        """Store a new one; its message is then no leftover."""

        def change(db: Connection) -> CastOutcome:
            count = db.execute("SELECT count(*) FROM cast_members WHERE guild_id = ?", (member.guild_id,)).fetchone()[0]
            if _is_taken(db, member, ""):
                return CastOutcome.NAME_TAKEN
            if count >= CAST_MAX:
                return CastOutcome.TOO_MANY
            own = (member.guild_id, member.id, member.kind.value, member.made_by, member.made_at)
            db.execute(_INSERT, (*_changing(member), *own))
            db.execute(_USED, (member.guild_id, member.message_id))
            return CastOutcome.DONE

        return await self._recorded(member.guild_id, change, record)

    async def change(
        self,
        guild_id: int,
        member_id: str,
        change: Callable[[CastMember], CastMember | None],
        *,
        record: RecordOf[CastOutcome] | None = None,
    ) -> CastOutcome:
        """Apply a function to one in one transaction: None removes it. Its exceptions propagate, with nothing changed.

        A message that its pictures are no longer in becomes due for deletion.
        """

        def write(db: Connection) -> CastOutcome:
            row = db.execute(_ONE, (guild_id, member_id)).fetchone()
            if row is None:
                return CastOutcome.GONE
            was = _member(row)
            new = change(was)
            if new is None:
                _leave(db, was, self._clock.wall())
                db.execute(_DELETE, (guild_id, member_id))
                return CastOutcome.DONE
            if _is_taken(db, new, member_id):
                return CastOutcome.NAME_TAKEN
            db.execute(_UPDATE, (*_changing(new), guild_id, member_id))
            if was.message_id != new.message_id:
                _leave(db, was, self._clock.wall())
                db.execute(_USED, (guild_id, new.message_id))
            return CastOutcome.DONE

        return await self._recorded(guild_id, write, record)

    async def note_leftover(self, guild_id: int, channel_id: int, message_id: int, *, delete_at: float) -> None:
        """Note a message whose pictures nothing in the cast uses yet, to be deleted at `delete_at`, Unix seconds."""
        await self._execute(guild_id, _LEAVE, (guild_id, channel_id, message_id, delete_at))

    async def leftovers(self, *, limit: int) -> list[tuple[int, int, int]]:
        """Return messages that are due for deletion, of all guilds: each one's guild, channel, and id."""
        rows = await self._rows(_LEFT, (self._clock.wall(), limit))
        return [(row["guild_id"], row["channel_id"], row["message_id"]) for row in rows]

    async def deleted(self, guild_id: int, message_id: int) -> None:
        await self._execute(guild_id, _USED, (guild_id, message_id))

    async def delete_later(self, guild_id: int, message_id: int, delete_at: float) -> None:
        """Postpone a leftover message to `delete_at`, Unix seconds."""
        await self._execute(guild_id, _LATER, (delete_at, guild_id, message_id))


def forget_pictures(db: Connection, guild_id: int, member_id: int, now: float) -> None:
    db.execute(_LEAVE_ALL, (now, guild_id, member_id))


def _leave(db: Connection, member: CastMember, now: float) -> None:
    if member.message_id is not None and member.channel_id is not None:
        db.execute(_LEAVE, (member.guild_id, member.channel_id, member.message_id, now))


def _is_taken(db: Connection, member: CastMember, own_id: str) -> bool:
    values = (member.guild_id, to_text(name_key(member.name)), own_id)
    row = db.execute("SELECT 1 FROM cast_members WHERE guild_id = ? AND name_key = ? AND id <> ?", values).fetchone()
    return row is not None


_IN_DATA = ("look", "voice_id", "model", "aspect_ratio", "locked", "pictures")


def _changing(member: CastMember) -> tuple[str | int | None, ...]:
    data = {name: getattr(member, name) for name in _IN_DATA}
    data |= {"audience": member.audience.value, "role_ids": sorted(member.role_ids)}
    name = to_text(member.name)
    return name, to_text(name_key(name)), to_json(data), member.channel_id, member.message_id


def _member(row: Row) -> CastMember:
    data = json.loads(row["data"])
    data["audience"], data["role_ids"] = Audience(data["audience"]), frozenset(data["role_ids"])
    return CastMember(
        id=row["id"],
        guild_id=row["guild_id"],
        kind=CastKind(row["kind"]),
        name=row["name"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        **data,
    )
