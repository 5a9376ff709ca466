"""Which operations besides the built-in ones a document has named within the last week: a flap makes none forgotten."""

from __future__ import annotations

import json
from typing import Any

import structlog

from bot.catalogue import OPERATIONS, Catalogue, Operation, describe, merge
from bot.runtime.clock import Clock
from bot.store import Store

log = structlog.get_logger(__name__)

KEEP_S = 7 * 24 * 3600.0
NAMED_META = "openapi_named"
"""The name in the table `meta` under which they are: when each was last named, and what was said of it."""

_BUILT_IN = frozenset(operation.id for operation in OPERATIONS)


class NamedOperations:
    """Remembers in the store what documents have said of operations that are not built in."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def recent(self) -> list[Operation]:
        """Return the operations that a document has named within the last week."""
        return recent_operations(await self._store.meta.get(NAMED_META), self._clock.wall())

    async def note(self, catalogue: Catalogue) -> None:
        """Note which operations the catalogue's document names now."""
        renamed = set(catalogue.aliases.values())
        now = self._clock.wall()
        new = {
            operation.id: {"named_at": now, "document": describe(Catalogue([operation]))}
            for operation in catalogue.operations.values()
            if operation.offered and operation.id not in _BUILT_IN and operation.id not in renamed
        }
        former = _within_a_week(await self._store.meta.get(NAMED_META), now)
        if new or former:
            await self._store.meta.set(NAMED_META, json.dumps({**former, **new}))


def recent_operations(stored: str | None, now: float) -> list[Operation]:
    """Return those of what is `stored` that were named within a week before `now`, a Unix time."""
    return [
        operation
        for each in _within_a_week(stored, now).values()
        for operation in merge(Catalogue([]), each["document"]).operations.values()
    ]


def _within_a_week(stored: str | None, now: float) -> dict[str, Any]:
    """Return what is stored and not older than a week, by the operation's id; {} if it cannot be read."""
    try:
        found = json.loads(stored or "{}")
        return {key: each for key, each in found.items() if each["named_at"] > now - KEEP_S and "document" in each}
    except (ValueError, TypeError, KeyError, AttributeError):
        log.exception("catalogue.named_operations_dropped")
        return {}
