"""Which operations may be used where: switches for one server and for the whole bot, read from memory."""

from __future__ import annotations

import structlog

from bot.catalogue import LiveCatalogue, Operation
from bot.errors import Refused
from bot.guild.texts import prices as texts
from bot.store import Record, Store
from bot.store.guild.switched_off import EVERYWHERE

log = structlog.get_logger(__name__)

SWITCHES = "switches"
"""The signal that what is stored of switches has changed."""


class OperationSwitches:
    """Operations that are switched off. `load` fills the memory; every change goes to the store first."""

    def __init__(self, store: Store, catalogue: LiveCatalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._off: dict[int, frozenset[str]] = {}

    async def load(self) -> None:
        """Read what is switched off."""
        self._off = await self._store.switched_off.all()

    async def switch(self, guild_id: int, operation: Operation, *, on: bool, by_id: int) -> bool:
        """Switch an operation for a guild and record it. Returns whether that changed anything."""
        state = "on" if on else "off"

        def line() -> Record:
            text = texts.switched_operation(by_id, operation.id, on=on)
            return Record(kind="operation", text=text, by_id=by_id, about={"operation": operation.id, "switch": state})

        ids = self._ids(operation)
        changed = await self._store.switched_off.set(
            guild_id, ids, on=on, by_id=by_id, record=lambda changed: line() if changed else None
        )
        await self.load()
        self._store.signals.send(SWITCHES)
        return changed

    async def switch_everywhere(self, operation: Operation, *, on: bool, by_id: int) -> bool:
        """Switch an operation for the whole bot. Returns whether that changed anything.

        That is the host's act: it is in the log, and in no server's record.
        """
        changed = await self._store.switched_off.set(EVERYWHERE, self._ids(operation), on=on, by_id=by_id)
        if changed:
            log.info("operation.switched_everywhere", operation=operation.id, on=on, by=by_id)
        await self.load()
        self._store.signals.send(SWITCHES)
        return changed

    def _ids(self, operation: Operation) -> list[str]:
        """Return the operation's id, and those that were deduced before it was published: jobs may wait under them."""
        former = [old for old, new in self._catalogue.current.aliases.items() if new == operation.id]
        return [operation.id, *former]

    def is_on(self, guild_id: int, operation_id: str) -> bool:
        """Whether the operation may be used in the guild."""
        return operation_id not in self.off(guild_id)

    def off(self, guild_id: int) -> frozenset[str]:
        """Return the ids of all operations that may not be used in the guild."""
        return self._present(EVERYWHERE) | self._present(guild_id)

    def is_off_everywhere(self, operation_id: str) -> bool:
        """Whether the host has switched the operation off for the whole bot."""
        return operation_id in self._present(EVERYWHERE)

    def is_off_here(self, guild_id: int, operation_id: str) -> bool:
        """Whether the guild's own moderators have switched the operation off."""
        return operation_id in self._present(guild_id)

    def _present(self, guild_id: int) -> frozenset[str]:
        """Return what is switched off for the guild alone, by present ids: a deduced one may have been replaced."""
        aliases = self._catalogue.current.aliases
        return frozenset(aliases.get(each, each) for each in self._off.get(guild_id, frozenset()))

    def require_on(self, guild_id: int, operation: Operation) -> None:
        """Raise Refused if the operation may not be used in the guild."""
        if self.is_on(guild_id, operation.id):
            return
        ends = "" if operation.ends is None else str(operation.ends)
        everywhere = self.is_off_everywhere(operation.id)
        raise Refused(texts.switched_off(operation.title, everywhere=everywhere, ends=ends))
