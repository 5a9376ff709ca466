"""What Cannon Studio changes in its API, told once to the moderators of each server that may use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog

from bot.catalogue import LiveCatalogue, Operation
from bot.catalogue.drift import ApiChange, ChangeKind, Subject
from bot.domain.harmless_text import harmless_within
from bot.errors import NoKey
from bot.guild.api_keys import ApiKeys
from bot.guild.operation_switches import OperationSwitches
from bot.guild.texts import api_changes as texts
from bot.store import Record, Store
from bot.store.guild.api_changes import SeenChange

log = structlog.get_logger(__name__)

NAMED_MAX = 4
"""How many operations, models or fields of a kind a line names; of more it has the number."""
NAME_CHARS = 60
_KINDS = (ChangeKind.GONE, ChangeKind.CAME, ChangeKind.CHANGED)


class ApiDrift:
    """Tells changes of the API: a line of the record, which the log channel shows, and of the host's log."""

    def __init__(self, store: Store, *, keys: ApiKeys, switches: OperationSwitches, catalogue: LiveCatalogue) -> None:
        self._store = store
        self._keys = keys
        self._switches = switches
        self._catalogue = catalogue

    async def adopt(self, facts: Mapping[str, str], changes: Sequence[ApiChange], *, is_first: bool) -> None:
        """Store a reading of the description with its `changes`, and tell what is news: all of it or nothing.

        `facts` are for the table `meta`. `is_first`: the changes are against what the bot was made with.
        """
        off = await self._off_by_guild()

        def lines(news: Sequence[SeenChange]) -> dict[int, Callable[[], Record]]:
            seen = {
                guild_id: [each for each in news if each.operation not in hidden] for guild_id, hidden in off.items()
            }
            return {guild_id: partial(_record, found, is_first=is_first) for guild_id, found in seen.items() if found}

        for each in await self._store.api_changes.adopt(facts, _of_whole_operations(changes), lines=lines):
            log.info(
                "catalogue.changed",
                kind=each.kind.value,
                subject=each.subject.value,
                operation=each.operation,
                name=each.name,
                change=each.sentence,
            )

    async def latest(self, guild_id: int, limit: int) -> list[SeenChange]:
        """Return the latest changes of what the guild's members may use, the latest first."""
        return await self._store.api_changes.latest(limit, without=self._switches.off(guild_id))

    def gone(self, guild_id: int) -> list[Operation]:
        """Return the operations that the description no longer names and that are on in the guild."""
        off = self._switches.off(guild_id)
        known = self._catalogue.current.operations.values()
        return [each for each in known if not each.offered and each.id not in off]

    async def _off_by_guild(self) -> dict[int, frozenset[str]]:
        """Return what is switched off, by guild, for those with a log channel and a key: others use nothing."""
        found = {}
        for guild_id in await self._store.settings.guilds_with_log():
            try:
                await self._keys.for_guild(guild_id)
            except NoKey:
                continue
            found[guild_id] = self._switches.off(guild_id)
        return found


def _of_whole_operations(changes: Sequence[ApiChange]) -> list[ApiChange]:
    """Return the changes without those of fields and models whose whole operation came or is gone."""
    whole = {
        each.operation for each in changes if each.subject is Subject.OPERATION and each.kind is not ChangeKind.CHANGED
    }
    return [each for each in changes if each.subject is Subject.OPERATION or each.operation not in whole]


def change_words(changes: Sequence[SeenChange]) -> str:
    """Return changes as sentences of one line: `Removed: image.old. New: the model flux-3 of image.generate.`."""
    parts = []
    for kind in _KINDS:
        found = [each for each in changes if each.kind is kind]
        words = [word for subject in Subject for word in _words(subject, found)]
        if words:
            parts.append(texts.changed_so(kind.value, words))
    return " ".join(parts)


def _words(subject: Subject, changes: Sequence[SeenChange]) -> list[str]:
    things = dict.fromkeys((each.operation, each.name) for each in changes if each.subject is subject)
    if len(things) > NAMED_MAX:
        return [texts.counted(len(things), subject.value)]
    return [
        texts.changed_thing(subject.value, *(harmless_within(each, NAME_CHARS) if each else "" for each in thing))
        for thing in things
    ]


def _record(news: Sequence[SeenChange], *, is_first: bool) -> Record:
    about = {
        kind.value: [f"{each.operation} {each.name}".strip() for each in news if each.kind is kind][:NAMED_MAX]
        for kind in _KINDS
    }
    return Record(kind="api", text=texts.api_changed(change_words(news), is_first=is_first), by_id=0, about=about)
