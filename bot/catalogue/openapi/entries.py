"""Collects what a document says about each operation, in whichever of the plausible shapes it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.catalogue.openapi.entry import Entry, FactSource, combined
from bot.catalogue.openapi.places import Names, at_paths, named_components
from bot.catalogue.openapi.requests import tied
from bot.catalogue.openapi.samples import shown
from bot.catalogue.openapi.schemas import Reader
from bot.catalogue.openapi.vendor import listed
from bot.catalogue.operation import Operation

NODE_LIMIT = 100_000
"""How many objects and lists of a document are read."""
OPERATION_LIMIT = 300
FOUND_LIMIT = 20 * OPERATION_LIMIT
"""How many mentions of operations are collected."""


def entries_of(document: Mapping[str, Any], operations: Sequence[Operation]) -> dict[str, Entry]:
    """Return what the document says, one entry for each operation by its id. The order of its keys plays no part."""
    reader = Reader(document)
    known = {operation.id for operation in operations}
    found: list[Entry] = []
    for node in _nodes(document):
        if len(found) >= FOUND_LIMIT:
            break
        found += [*tied(reader, node), *shown(reader, node), *listed(reader, node, known)]
    found += at_paths(reader, document, Names(_offered(found), operations))
    found += named_components(reader, document, _offered(found), operations)
    sure = known | set(_offered(found))
    entries = combined(each for each in found if each.id in sure or each.source is FactSource.SAMPLE)
    return {key: _tidy(entry) for key, entry in list(entries.items())[:OPERATION_LIMIT]}


def _offered(found: Sequence[Entry]) -> list[str]:
    return sorted({entry.id for entry in found if entry.is_listed})


def _tidy(entry: Entry) -> Entry:
    """Return the entry with its titles in the order in which they serve: words, then sentences, then schemas' names."""
    return replace(entry, titles=tuple(sorted(entry.titles, key=lambda title: (" " not in title, "." in title))))


def _nodes(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Walk the objects of the document, without recursion and up to a limit."""
    waiting: list[object] = [document]
    for _ in range(NODE_LIMIT):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, Mapping):
            yield node
            waiting += [value for value in reversed(list(node.values())) if isinstance(value, Mapping | list)]
        elif isinstance(node, list):
            waiting += [value for value in reversed(node) if isinstance(value, Mapping | list)]
