"""Makes a catalogue that has learned from a document."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.openapi.absorbing import absorbed, learned
from bot.catalogue.openapi.entries import entries_of
from bot.catalogue.openapi.entry import Entry
from bot.catalogue.openapi.identity import twins, words_of
from bot.catalogue.operation import Operation

LIST_MIN = 5
"""How many known operations a document must offer to be a list of them: a few may be examples."""
FAMILY_MIN = 2
"""How many operations of a guess's family a document must offer to contradict the guess."""


def merge(catalogue: Catalogue, document: object) -> Catalogue:
    """Return a catalogue that has learned from `document`; `catalogue` itself if it says nothing. Never raises.

    Operations that a list of all does not name stay, marked as no longer offered.
    """
    if not isinstance(document, Mapping):
        return catalogue
    operations = list(catalogue.operations.values())
    entries = entries_of(document, operations)
    if not entries:
        return catalogue
    is_list = _is_list(entries, catalogue.operations)
    missing = [operation for operation in operations if operation.id not in entries]
    new = [entry for entry in entries.values() if entry.id not in catalogue.operations]
    aliases = twins(operations, missing, new, is_list=is_list)
    present = [_present(operation, entries, aliases, is_list=is_list) for operation in operations]
    found = {operation.id for operation in present}
    present += [learned(entry) for entry in new if entry.id not in found]
    return catalogue.replaced(present, aliases)


def _present(
    operation: Operation, entries: Mapping[str, Entry], aliases: Mapping[str, str], *, is_list: bool
) -> Operation:
    entry = entries.get(aliases.get(operation.id, operation.id))
    if entry is not None:
        return absorbed(operation, entry)
    contradicted = not operation.id_documented and _has_family(operation.id, entries)
    return replace(operation, offered=operation.offered and not (is_list or contradicted))


def _is_list(entries: Mapping[str, Entry], known: Collection[str]) -> bool:
    """Whether the document lists the operations that there are, rather than shows a few."""
    listed = [key for key, entry in entries.items() if key in known and entry.is_listed]
    named = [key for key in entries if key in known]
    return len(listed) >= LIST_MIN or 2 * len(named) > len(known) > LIST_MIN


def _has_family(operation_id: str, entries: Mapping[str, Entry]) -> bool:
    """Whether the document offers several operations of the same family, such as those of `prompt.enhance`."""
    family = words_of(operation_id.split(".", maxsplit=1)[0])
    kin = [key for key, entry in entries.items() if entry.is_listed and words_of(key.split(".")[0]) == family]
    return len(kin) >= FAMILY_MIN
