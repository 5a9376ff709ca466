"""The live catalogue: built-in operations and Cannon Studio's published changes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.catalogue import texts
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


@dataclass(frozen=True, slots=True)
class ApiChange:
    """A difference between the known API and the live document."""

    kind: ChangeKind
    subject: Subject
    operation: str
    """The operation's id, also of the models' or fields' operation."""
    names: tuple[str, ...]
    """Ids of operations (of a changed one the former, then the present), ids or names of models, names of fields."""
    sentence: str
    """The change in one line, for moderators and the log."""


def changes(former: Catalogue, present: Catalogue) -> list[ApiChange]:
    """Return the differences: current operations in order, then removed ones."""
    before = dict(former.operations)
    found: list[ApiChange] = []
    seen: set[str] = set()
    for operation in present.operations.values():
        known = before.get(operation.id) or _drift_renamed(operation.id, former, present)
        if known is None:
            found += _came(operation)
        else:
            seen.add(known.id)
            found += _of_operation(known, operation)
    for key, operation in before.items():
        if key not in seen and operation.offered:
            found.append(
                _change(ChangeKind.GONE, key, [key], texts.GONE_OPERATION(title=operation.title, operation_id=key))
            )
    return found


def _drift_renamed(present_id: str, former: Catalogue, present: Catalogue) -> Operation | None:
    """Return the former operation that now has the id `present_id`."""
    names = [old for old, new in present.aliases.items() if new == present_id]
    return next((former.operations[name] for name in names if name in former.operations), None)


def _came(operation: Operation) -> Iterator[ApiChange]:
    if operation.offered:
        yield _change(ChangeKind.CAME, operation.id, [operation.id], texts.NEW_OPERATION(operation_id=operation.id))


def _of_operation(former: Operation, present: Operation) -> Iterator[ApiChange]:
    key = present.id
    if former.id != key:
        sentence = texts.OTHER_ID(title=present.title, present=key, former=former.id)
        yield _change(ChangeKind.CHANGED, key, [former.id, key], sentence)
    if former.offered and not present.offered:
        yield _change(ChangeKind.GONE, key, [key], texts.GONE_OPERATION(title=present.title, operation_id=key))
    if present.offered and not former.offered:
        yield _change(ChangeKind.CAME, key, [key], texts.OPERATION_IS_BACK(title=present.title, operation_id=key))
    yield from _of_fields(former, present)
    yield from _of_models(former, present)


def _of_fields(former: Operation, present: Operation) -> Iterator[ApiChange]:
    before = {field.name: field for field in former.fields}
    now = {field.name for field in present.fields if field.offered}
    for field in present.fields:
        if field.offered and field.name in before:
            for words in _field_changes(before[field.name], field):
                sentence = texts.OF_OPERATION(operation_id=present.id, change=words)
                yield ApiChange(ChangeKind.CHANGED, Subject.FIELD, present.id, (field.name,), sentence)
    for field in former.fields:
        if field.offered and field.name not in now:
            sentence = texts.OF_OPERATION(operation_id=present.id, change=texts.NOT_LISTED(field=field.name))
            yield ApiChange(ChangeKind.GONE, Subject.FIELD, present.id, (field.name,), sentence)
    offered = {field.name for field in former.fields if field.offered}
    new = tuple(field.name for field in present.fields if field.offered and field.name not in offered)
    if new:
        yield ApiChange(ChangeKind.CAME, Subject.FIELD, present.id, new, texts.new_fields(present.id, new))


def _of_models(former: Operation, present: Operation) -> Iterator[ApiChange]:
    before = {_key(model) for model in former.models if model.offered}
    now = {_key(model) for model in present.models if model.offered}
    came = tuple(_key(model) for model in present.models if model.offered and _key(model) not in before)
    gone = tuple(
        _key(model)
        for model in former.models
        if model.offered and _key(model) not in now and (model.id is not None or not _has_id(model.name, present))
    )
    if came:
        yield ApiChange(ChangeKind.CAME, Subject.MODEL, present.id, came, texts.new_models(present.id, came))
    if gone:
        yield ApiChange(ChangeKind.GONE, Subject.MODEL, present.id, gone, texts.gone_models(present.id, gone))


def _key(model: Model) -> str:
    return model.id or model.name


def _has_id(name: str, operation: Operation) -> bool:
    return any(model.name == name and model.id is not None and model.offered for model in operation.models)


def _field_changes(former: Field, present: Field) -> Iterator[str]:
    if present.kind is not former.kind:
        yield texts.OTHER_KIND(field=present.name, present=present.kind, former=former.kind)
    if present.required != former.required:
        yield texts.now_required(present.name, required=present.required)
    if set(present.choices) != set(former.choices):
        yield (
            texts.takes_only(present.name, present.choices) if present.choices else texts.TAKES_ANY(field=present.name)
        )
    if (present.minimum, present.maximum) != (former.minimum, former.maximum):
        yield texts.new_range(present.name, present.minimum, present.maximum)
    if present.max_length != former.max_length:
        yield texts.NEW_LENGTH(field=present.name, limit=present.max_length)
    inner = {item.name for item in former.item_fields}
    new = [item.name for item in present.item_fields if item.name not in inner]
    if new and present.kind is former.kind:
        yield texts.new_keys(present.name, new)


def _change(kind: ChangeKind, key: str, names: Sequence[str], sentence: str) -> ApiChange:
    return ApiChange(kind, Subject.OPERATION, key, tuple(names), sentence)


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
