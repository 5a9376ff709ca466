"""The catalogue as it is now: the built-in operations, and what Cannon Studio has published since."""

from __future__ import annotations

import asyncio

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.drift import ApiChange
from bot.catalogue.openapi import merge


class LiveCatalogue:
    """Holds the catalogue in force. Whatever lives longer than one call keeps this and reads `current` each time."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._current = catalogue

    @property
    def current(self) -> Catalogue:
        """The catalogue in force. It is immutable: what was read stays consistent while a newer one is adopted."""
        return self._current

    async def learn(self, document: object) -> list[ApiChange]:
        """Merge an OpenAPI document; return a change for each difference. One that cannot be read changes nothing."""
        # In a thread: the document comes from outside, and an unusual one takes long.
        self._current, drift = await asyncio.to_thread(merge, self._current, document)
        return drift
