"""The catalogue as it is now: the built-in operations, and what Cannon Studio has published since."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.drift import ApiChange, changes
from bot.catalogue.openapi import merge
from bot.catalogue.operation import Operation


class LiveCatalogue:
    """Holds the catalogue in force. Whatever lives longer than one call keeps this and reads `current` each time."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._built_in = catalogue
        self._current = catalogue

    @property
    def current(self) -> Catalogue:
        """The catalogue in force. It is immutable: what was read stays consistent while a newer one is adopted."""
        return self._current

    async def learn(self, document: object, kept: Collection[Operation] = ()) -> list[ApiChange]:
        """Adopt what an OpenAPI document says, and nothing of those before it; return what differs from them.

        One that says nothing about any operation changes nothing. Those of `kept`, of earlier documents, that it does
        not name are there as no longer offered.
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
    gone = [replace(each, offered=False) for each in kept if each.id not in present.operations]
    operations = [*present.operations.values(), *gone]
    present = present.replaced(operations, _former_ids(built_in, former, present))
    return present, changes(former, present)


def _former_ids(built_in: Catalogue, former: Catalogue, present: Catalogue) -> dict[str, str]:
    """Return the present ids by those that earlier documents had for the same operations: jobs may wait under them."""
    found: dict[str, str] = {}
    for key in built_in.operations:
        now = present.resolve(key).id
        was = former.resolve(key).id
        names = {was, *(old for old, new in former.aliases.items() if new == was)}
        found |= {name: now for name in names if name != now and name not in present.operations}
    return found
