"""What moderators set: rules, limits, grants, blocks, prices; and the record of who decided what."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.guild_rules import Rules
from bot.store.engine.columns import to_json
from bot.store.engine.kept import Recalled
from bot.store.engine.record import Change, RecordOf
from bot.store.engine.repository import Repository
from bot.store.money.spending import rules_of
from bot.store.sql import Connection

_WATCHED = "SELECT guild_id FROM rules WHERE data ->> 'log_channel' IS NOT NULL ORDER BY guild_id"


class GuildSettings(Repository):
    """The tables that moderators' commands write."""

    async def get(self, guild_id: int) -> Rules:
        """Return the guild's settings, with defaults for what it has not set."""
        return await self._database.recall(Recalled.RULES, (guild_id,), lambda db: rules_of(db, guild_id))

    async def change(
        self, guild_id: int, change: Callable[[Rules], Rules], *, record: RecordOf[Change[Rules]] | None = None
    ) -> Change[Rules]:
        """Change the guild's settings by a function of the current ones, in one transaction; return both.

        What `change` raises propagates, with nothing changed.
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
        """Return the guilds that have a log channel."""
        rows = await self._database.read(lambda db: db.execute(_WATCHED).fetchall())
        return [row[0] for row in rows]
