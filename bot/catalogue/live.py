"""The live catalogue: built-in operations and Cannon Studio's published changes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.fields import Field
from bot.catalogue.openapi import merge
from bot.catalogue.operation import Model, Operation, same_name


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
    before = dict(former.operations)
    former_ids = {new: old for old, new in present.aliases.items() if old in before}
    found: list[ApiChange] = []
    for operation in present.operations.values():
        known = before.pop(operation.id, None) or before.pop(former_ids.get(operation.id, ""), None)
        found += _of_operation(known, operation)
    gone = (key for key, operation in before.items() if operation.offered)
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

    @property
    def other_ids(self) -> dict[str, str]:
        """The built-in ids by all other ids of the same operations, to be persisted."""
        now = {self._current.resolve(key).id: key for key in self._built_in.operations}
        former = {old: now[new] for old, new in self._current.aliases.items() if new in now}
        return {name: key for name, key in {**now, **former}.items() if name != key}

    def remember(self, other_ids: Mapping[str, str]) -> None:
        """Restore an earlier run's `other_ids`: jobs use them."""
        known = {name: key for name, key in other_ids.items() if key in self._built_in.operations}
        targets = {name: self._current.resolve(key).id for name, key in known.items()}
        aliases = {name: target for name, target in targets.items() if name not in self._current.operations}
        self._current = self._current.replaced(self._current.operations.values(), aliases)

    async def names_operations(self, document: object) -> bool:
        return await asyncio.to_thread(merge, self._built_in, document) is not self._built_in

    async def learn(self, *documents: object, kept: Collection[Operation] = ()) -> list[ApiChange]:
        """Adopt OpenAPI documents and tools' answers, replacing earlier ones; return the differences.

        Those without operations change nothing. Operations of `kept`, from earlier documents, that none names
        become no longer offered, unless one has them under another id.
        """
        # In a thread: an unusual outside document may take long.
        former = self._current
        present, found = await asyncio.to_thread(_learned, self._built_in, former, documents, kept)
        self._current = present
        return found


def _learned(
    built_in: Catalogue, former: Catalogue, documents: Sequence[object], kept: Collection[Operation]
) -> tuple[Catalogue, list[ApiChange]]:
    present = merge(built_in, *documents)
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
    """Return the current ids of earlier documents' operations, matched by title."""
    known = {*built_in.operations, *present.aliases.values(), *(each.id for each in kept)}
    new = [each for each in present.operations.values() if each.id not in known and each.title != each.id]
    found: dict[str, str] = {}
    for operation in missing:
        same = [each.id for each in new if same_name(each.title, operation.title)]
        if len(same) == 1:
            found[operation.id] = same[0]
    return found


def _former_ids(built_in: Catalogue, former: Catalogue, present: Catalogue) -> dict[str, str]:
    """Return the current ids by earlier documents' ids: jobs may use them."""
    found: dict[str, str] = {}
    for key in built_in.operations:
        now = present.resolve(key).id
        was = former.resolve(key).id
        names = {was, *(old for old, new in former.aliases.items() if new == was)}
        found |= {name: now for name in names if name != now and name not in present.operations}
    return found
