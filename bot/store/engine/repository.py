"""The base of every repository of the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.language import speaking
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.store.engine.database import Database
from bot.store.engine.record import RecordOf, write_decision
from bot.store.sql import Connection
from bot.store.vault.secret_box import SecretBox

T = TypeVar("T")


class Repository:
    """A set of tables with their methods; `Store` holds one of each. Each method is one transaction."""

    def __init__(self, database: Database, box: SecretBox, clock: Clock) -> None:
        self._database = database
        self._box = box
        self._clock = clock

    async def _recorded(self, guild_id: int, change: Callable[[Connection], T], record: RecordOf[T] | None) -> T:
        """Run `change` as one transaction, and write in it what `record` says of its result; return the result.

        Both are committed or neither. Without a `record`, or if it returns None, no line is written.
        The line is in the guild's language: its moderators read it, whoever has acted.
        """
        if record is None:
            return await self._database.write(change)
        now = self._clock.wall()

        def write(db: Connection) -> tuple[T, bool]:
            result = change(db)
            failpoint("decision.changed")
            with speaking(self._database.language_of(db, guild_id)):
                line = record(result)
            if line is not None:
                write_decision(db, guild_id, line, now)
            return result, line is not None

        failpoint("decision.before")
        result, is_recorded = await self._database.write(write)
        if is_recorded:
            failpoint("decision.stored")
            self._database.notify()
        return result
