"""The live catalogue: built-in operations and Cannon Studio's published changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.fields import Field
from bot.catalogue.openapi import merge
from bot.catalogue.operation import Model, Operation


class ChangeKind(StrEnum):
    """How an item of the live document changed."""

    CAME = "came"
    GONE = "gone"
    CHANGED = "changed"


class Subject(StrEnum):
    """What a change is of."""

    OPERATION = "operation"
    MODEL = "model"
    FIELD = "field"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiChange:
    """A difference between the known API and the live document."""

    kind: ChangeKind
    subject: Subject
    operation: str
    name: str = ""
    """The model or field; of an operation its former id, '' if it has none."""
    rules: str = ""
    """The present rules of a changed field, in one line for the log."""


def changes(former: Catalogue, present: Catalogue) -> list[ApiChange]:
    """Return the differences: current operations in order, then removed ones."""
    former_ids = {new: old for old, new in present.aliases.items()}
    found, left = list[ApiChange](), dict(former.operations)
    for operation in present.operations.values():
        known = former.find(operation.id) or former.find(former_ids.get(operation.id, ""))
        found += _of_operation(known, operation)
        left.pop("" if known is None else known.id, None)
    gone = (key for key, operation in left.items() if operation.offered)
    return [*found, *(ApiChange(kind=ChangeKind.GONE, subject=Subject.OPERATION, operation=key) for key in gone)]


def _of_operation(former: Operation | None, present: Operation) -> Iterator[ApiChange]:
    if former is not None and former.id != present.id:
        kind, subject = ChangeKind.CHANGED, Subject.OPERATION
        yield ApiChange(kind=kind, subject=subject, operation=present.id, name=former.id)
    was_offered = former is not None and former.offered
    if former is None or was_offered != present.offered:
        if was_offered != present.offered:
            kind = ChangeKind.CAME if present.offered else ChangeKind.GONE
            yield ApiChange(kind=kind, subject=Subject.OPERATION, operation=present.id)
        return
    yield from _compared(Subject.FIELD, present.id, _fields(former), _fields(present))
    named = {model.name for model in present.models if model.offered and model.id is not None}
    models = [model for model in former.models if model.id is not None or model.name not in named]
    yield from _compared(Subject.MODEL, present.id, _models(models), _models(present.models))


def _compared(
    subject: Subject, operation_id: str, before: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[ApiChange]:
    for name, rules in now.items():
        if name not in before:
            yield ApiChange(kind=ChangeKind.CAME, subject=subject, operation=operation_id, name=name)
        elif before[name] != rules:
            yield ApiChange(kind=ChangeKind.CHANGED, subject=subject, operation=operation_id, name=name, rules=rules)
    for name in before:
        if name not in now:
            yield ApiChange(kind=ChangeKind.GONE, subject=subject, operation=operation_id, name=name)


def _fields(operation: Operation) -> dict[str, str]:
    return {field.name: _rules(field) for field in operation.fields if field.offered}


def _models(models: Iterable[Model]) -> dict[str, str]:
    return {model.id or model.name: "" for model in models if model.offered}


def _rules(field: Field) -> str:
    parts = {
        "required": field.required,
        "values": sorted(map(str, field.choices)),
        "minimum": field.minimum,
        "maximum": field.maximum,
        "length": field.max_length,
        "keys": [item.name for item in field.item_fields],
    }
    return ", ".join([field.kind.value, *(f"{word} {part}" for word, part in parts.items() if part)])


class LiveCatalogue:
    """Holds the current catalogue. Long-lived objects keep this and read `current` each time."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._built_in = catalogue
        self._current = catalogue
        self.read_at: float | None = None
        """When the description was last read or found unchanged in this run, Unix seconds."""

    @property
    def current(self) -> Catalogue:
        return self._current

    async def names_operations(self, document: object) -> bool:
        return await asyncio.to_thread(merge, self._built_in, document) is not self._built_in

    async def learn(self, *documents: object) -> list[ApiChange]:
        """Adopt OpenAPI documents and tools' answers, replacing earlier ones; return the differences.

        Those without operations change nothing.
        """
        # In a thread: an unusual outside document may take long.
        former, present = self._current, await asyncio.to_thread(merge, self._built_in, *documents)
        if present is self._built_in:
            return []
        self._current = present
        return await asyncio.to_thread(changes, former, present)
