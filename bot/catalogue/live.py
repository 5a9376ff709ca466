"""The catalogue as it is now: the built-in operations, and what Cannon Studio has published since."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.drift import ApiChange, changes
from bot.catalogue.openapi import merge
from bot.catalogue.operation import Operation, same_name


class LiveCatalogue:
    """Holds the catalogue in force. Whatever lives longer than one call keeps this and reads `current` each time."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._built_in = catalogue
        self._current = catalogue

    @property
    def current(self) -> Catalogue:
        """The catalogue in force. It is immutable: what was read stays consistent while a newer one is adopted."""
        return self._current

    @property
    def other_ids(self) -> dict[str, str]:
        """The built-in ids by all others that any document has had for the same operations: to be remembered."""
        now = {self._current.resolve(key).id: key for key in self._built_in.operations}
        former = {old: now[new] for old, new in self._current.aliases.items() if new in now}
        return {name: key for name, key in {**now, **former}.items() if name != key}

    def remember(self, other_ids: Mapping[str, str]) -> None:
        """Let ids of earlier documents mean what they meant, as an earlier run's `other_ids` says: jobs have them."""
        known = {name: key for name, key in other_ids.items() if key in self._built_in.operations}
        targets = {name: self._current.resolve(key).id for name, key in known.items()}
        aliases = {name: target for name, target in targets.items() if name not in self._current.operations}
        self._current = self._current.replaced(self._current.operations.values(), aliases)

    async def learn(self, document: object, kept: Collection[Operation] = ()) -> list[ApiChange]:
        """Adopt what an OpenAPI document says, and nothing of those before it; return what differs from them.

        One that says nothing about any operation changes nothing. Those of `kept`, of earlier documents, that it does
        not name are there as no longer offered, unless it has them under another id.
        """
        # In a thread: the document comes from outside, and an unusual one takes long.
        former = self._current
        self._current, found = await asyncio.to_thread(_learned, self._built_in, former, document, kept)
        return found


def _learned(
    built_in: Catalogue, former: Catalogue, document: object, kept: Collection[Operation]
) -> tuple[Catalogue, list[ApiChange]]:
    present = merge(built_in, document)
    if present is built_in:
        return former, []
    missing = [each for each in kept if each.id not in present.operations]
    renamed = _renamed(missing, kept, built_in, present)
    gone = [replace(each, offered=False) for each in missing if each.id not in renamed]
    aliases = {**renamed, **_former_ids(built_in, former, present)}
    present = present.replaced([*present.operations.values(), *gone], aliases)
    return present, changes(former, present)


def _renamed(
    missing: Collection[Operation], kept: Collection[Operation], built_in: Catalogue, present: Catalogue
) -> dict[str, str]:
    """Return the present ids of earlier documents' operations that have a new one of the same title for them."""
    known = {*built_in.operations, *present.aliases.values(), *(each.id for each in kept)}
    new = [each for each in present.operations.values() if each.id not in known and each.title != each.id]
    found: dict[str, str] = {}
    for operation in missing:
        same = [each.id for each in new if same_name(each.title, operation.title)]
        if len(same) == 1:
            found[operation.id] = same[0]
    return found


def _former_ids(built_in: Catalogue, former: Catalogue, present: Catalogue) -> dict[str, str]:
    """Return the present ids by those that earlier documents had for the same operations: jobs may wait under them."""
    found: dict[str, str] = {}
    for key in built_in.operations:
        now = present.resolve(key).id
        was = former.resolve(key).id
        names = {was, *(old for old, new in former.aliases.items() if new == was)}
        found |= {name: now for name in names if name != now and name not in present.operations}
    return found
