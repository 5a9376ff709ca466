"""Which operations may be used where: switches per server and for the whole bot, cached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial

import structlog

from bot.account.api_keys import ApiKeys
from bot.catalogue import LiveCatalogue, Operation
from bot.catalogue.live import ApiChange, ChangeKind, Subject
from bot.domain.words.text import harmless_within
from bot.errors import NoKey, Refused
from bot.language import sentences
from bot.prices import texts
from bot.server import texts as guild_texts
from bot.store import Record, Store
from bot.store.guild.account import DatedChange, Published
from bot.store.guild.settings import EVERYWHERE

log = structlog.get_logger(__name__)


class OperationSwitches:
    """Disabled operations. `load` fills the cache; changes are stored first."""

    def __init__(self, store: Store, catalogue: LiveCatalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._off: dict[int, frozenset[str]] = {}
        self.on_change: Callable[[], None] = lambda: None
        """Called after a switch changed here."""

    async def load(self) -> None:
        self._off = await self._store.switched_off.all()

    async def switch(self, guild_id: int, operation: Operation, *, on: bool, by_id: int) -> bool:
        """Switch an operation for a guild and record it; return whether it changed."""
        state = "on" if on else "off"

        def line() -> Record:
            text = texts.switched_operation(by_id, operation.id, on=on)
            return Record(kind="operation", text=text, by_id=by_id, about={"operation": operation.id, "switch": state})

        ids = self._ids(operation)
        changed = await self._store.switched_off.set(guild_id, ids, on=on, by_id=by_id, record=lambda _: line())
        await self.load()
        self.on_change()
        return changed

    async def switch_everywhere(self, operation: Operation, *, on: bool, by_id: int) -> bool:
        """Switch an operation for the whole bot; return whether it changed.

        The host's action: logged, but in no server's record.
        """
        changed = await self._store.switched_off.set(EVERYWHERE, self._ids(operation), on=on, by_id=by_id)
        if changed:
            log.info("operation.switched_everywhere", operation=operation.id, on=on, by=by_id)
        await self.load()
        self.on_change()
        return changed

    def _ids(self, operation: Operation) -> list[str]:
        """Return the operation's id and its deduced ids from before publication: jobs may wait under them."""
        former = [old for old, new in self._catalogue.current.aliases.items() if new == operation.id]
        return [operation.id, *former]

    def is_on(self, guild_id: int, operation_id: str) -> bool:
        return operation_id not in self.off(guild_id)

    def off(self, guild_id: int) -> frozenset[str]:
        return self._present(EVERYWHERE) | self._present(guild_id)

    def is_off_everywhere(self, operation_id: str) -> bool:
        return operation_id in self._present(EVERYWHERE)

    def is_off_here(self, guild_id: int, operation_id: str) -> bool:
        return operation_id in self._present(guild_id)

    def _present(self, guild_id: int) -> frozenset[str]:
        """Return operations disabled by the guild, by current ids: deduced ones may have been replaced."""
        aliases = self._catalogue.current.aliases
        return frozenset(aliases.get(each, each) for each in self._off.get(guild_id, frozenset()))

    def require_on(self, guild_id: int, operation: Operation) -> None:
        if self.is_on(guild_id, operation.id):
            return
        everywhere = self.is_off_everywhere(operation.id)
        raise Refused(texts.switched_off(operation.title, everywhere=everywhere))


NAMED_MAX = 4
"""Operations, models or fields named per line; of more, the number."""
NAME_CHARS = 60
_KINDS = (ChangeKind.GONE, ChangeKind.CAME, ChangeKind.CHANGED)


@dataclass(frozen=True)
class ApiDrift:
    """Announces API changes: a record line in the log channel, and the host's log."""

    store: Store
    _: KW_ONLY
    keys: ApiKeys
    switches: OperationSwitches
    catalogue: LiveCatalogue

    async def adopt(self, read: Published, changes: Sequence[ApiChange], *, is_first: bool) -> None:
        """Store a reading of what Cannon Studio publishes and announce its news, all or nothing.

        `is_first`: changes are relative to the built-in catalogue.
        """
        off = await self._off_by_guild()

        def lines(news: Sequence[DatedChange]) -> dict[int, Callable[[], Record]]:
            seen = {
                guild_id: [each for each in news if each.operation not in hidden] for guild_id, hidden in off.items()
            }
            return {guild_id: partial(_record, found, is_first=is_first) for guild_id, found in seen.items() if found}

        for each in await self.store.api_changes.adopt(read, changes, lines=lines):
            log.info(
                "catalogue.changed",
                kind=each.kind.value,
                subject=each.subject.value,
                operation=each.operation,
                name=each.name,
                rules=each.rules,
            )

    async def latest(self, guild_id: int, limit: int) -> list[DatedChange]:
        """Return the latest changes of operations enabled in the guild, newest first."""
        return await self.store.api_changes.latest(limit, without=self.switches.off(guild_id))

    def gone(self, guild_id: int) -> list[Operation]:
        off = self.switches.off(guild_id)
        known = self.catalogue.current.operations.values()
        return [each for each in known if not each.offered and each.id not in off]

    async def _off_by_guild(self) -> dict[int, frozenset[str]]:
        """Return disabled operations by guild with a log channel and a key: others use nothing."""
        found = {}
        for guild_id in await self.store.settings.guilds_with_log():
            try:
                await self.keys.for_guild(guild_id)
            except NoKey:
                continue
            found[guild_id] = self.switches.off(guild_id)
        return found


def change_words(changes: Sequence[DatedChange]) -> str:
    """Return changes as one-line sentences: `Removed: image.old. New: the model flux-3 of image.generate.`."""
    parts = []
    for kind in _KINDS:
        found = [each for each in changes if each.kind is kind]
        words = [word for subject in Subject for word in _words(subject, found)]
        if words:
            parts.append(guild_texts.changed_so(kind.value, words))
    return sentences(*parts)


def _words(subject: Subject, changes: Sequence[DatedChange]) -> list[str]:
    things = dict.fromkeys((each.operation, each.name) for each in changes if each.subject is subject)
    if len(things) > NAMED_MAX:
        return [guild_texts.counted(len(things), subject.value)]
    return [
        guild_texts.changed_thing(subject.value, *(harmless_within(each, NAME_CHARS) if each else "" for each in thing))
        for thing in things
    ]


def _record(news: Sequence[DatedChange], *, is_first: bool) -> Record:
    about = {
        kind.value: [f"{each.operation} {each.name}".strip() for each in news if each.kind is kind][:NAMED_MAX]
        for kind in _KINDS
    }
    return Record(kind="api", text=guild_texts.api_changed(change_words(news), is_first=is_first), by_id=0, about=about)
