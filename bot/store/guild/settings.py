"""Moderators' settings: rules, switches, and the welcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from bot.domain.server.first_contact import WelcomePlace
from bot.domain.server.guild_rules import Rules
from bot.store.engine.columns import to_json
from bot.store.engine.repository import Change, RecordOf, Repository
from bot.store.money.spending import rules_of
from bot.store.sql import Connection

_WATCHED = "SELECT guild_id FROM rules WHERE data ->> 'log_channel' IS NOT NULL ORDER BY guild_id"


class GuildSettings(Repository):
    """The guilds' settings."""

    async def get(self, guild_id: int) -> Rules:
        return await self._database.look(lambda db: rules_of(db, guild_id))

    async def change(
        self, guild_id: int, change: Callable[[Rules], Rules], *, record: RecordOf[Change[Rules]] | None = None
    ) -> Change[Rules]:
        """Apply a function to the guild's settings in one transaction; return both versions.

        Its exceptions propagate, with nothing changed.
        """

        def write(db: Connection) -> Change[Rules]:
            before = rules_of(db, guild_id)
            after = change(before)
            db.execute(
                "INSERT INTO rules (guild_id, data) VALUES (?, ?)"
                " ON CONFLICT (guild_id) DO UPDATE SET data = excluded.data",
                (guild_id, to_json(after.to_json())),
            )
            return Change(before=before, after=after)

        return await self._recorded(guild_id, write, record)

    async def guilds_with_log(self) -> list[int]:
        return await self._all(itemgetter(0), _WATCHED)


EVERYWHERE = 0
"""Means the whole bot in place of a guild's id."""


class SwitchedOff(Repository):
    """The table `switched_off`."""

    async def set(
        self, guild_id: int, operations: Sequence[str], *, on: bool, by_id: int, record: RecordOf[bool] | None = None
    ) -> bool:
        """Switch operations on or off, for a guild or EVERYWHERE. Returns whether anything changed.

        No `record` for EVERYWHERE: a record belongs to one guild.
        """
        now = self._clock.wall()

        def change(db: Connection) -> bool:
            if on:
                sql = "DELETE FROM switched_off WHERE guild_id = ? AND operation = ?"
                return db.executemany(sql, [(guild_id, each) for each in operations]).rowcount > 0
            sql = "INSERT INTO switched_off (guild_id, operation, by_id, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
            return db.executemany(sql, [(guild_id, each, by_id, now) for each in operations]).rowcount > 0

        return await self._recorded(guild_id, change, record)

    async def all(self) -> dict[int, frozenset[str]]:
        """Return the switched-off operations by guild; EVERYWHERE for the whole bot."""
        rows = await self._rows("SELECT guild_id, operation FROM switched_off")
        found: dict[int, set[str]] = {}
        for guild_id, operation in rows:
            found.setdefault(guild_id, set()).add(operation)
        return {guild_id: frozenset(operations) for guild_id, operations in found.items()}


class WelcomeRows(Repository):
    """The table `welcomes`: one row per guild, so that none is greeted twice."""

    async def expect(self, joined: Mapping[int, float]) -> int:
        """Note guilds to greet, with their join time (Unix seconds); return how many are new.

        Existing rows stay.
        """

        def change(db: Connection) -> int:
            return db.executemany(
                "INSERT INTO welcomes (guild_id, joined_at) VALUES (?, ?) ON CONFLICT (guild_id) DO NOTHING",
                joined.items(),
            ).rowcount

        return await self._database.write(change)

    async def due(self) -> list[tuple[int, float, bool]]:
        """Return the guilds to greet, oldest first: id, join time, whether it was tried."""
        rows = await self._rows(
            "SELECT guild_id, joined_at, tried_at FROM welcomes WHERE ended_at IS NULL ORDER BY joined_at"
        )
        return [(row[0], row[1], row[2] is not None) for row in rows]

    async def begin(self, guild_id: int) -> None:
        """Note that the message is about to be sent, so it may exist."""
        now = self._clock.wall()
        await self._execute(
            guild_id, "UPDATE welcomes SET tried_at = ? WHERE guild_id = ? AND tried_at IS NULL", (now, guild_id)
        )

    async def end(self, guild_id: int, place: WelcomePlace) -> None:
        now = self._clock.wall()
        await self._execute(
            guild_id,
            "UPDATE welcomes SET ended_at = ?, place = ? WHERE guild_id = ? AND ended_at IS NULL",
            (now, place.value, guild_id),
        )
