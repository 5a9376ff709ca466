"""The differences between what was known of the API and what the live document says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.catalogue import texts
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.fields import Field
from bot.catalogue.operation import Model, Operation


class ChangeKind(StrEnum):
    """What became of something that the live document names."""

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
    """One difference between what was known of the API and what the live document says."""

    kind: ChangeKind
    subject: Subject
    operation: str
    """The id of the operation that it is, or that the models or fields belong to."""
    names: tuple[str, ...]
    """Ids of operations (of a changed one the former, then the present), ids or names of models, names of fields."""
    sentence: str
    """The change in one line, for moderators and the log."""


def changes(former: Catalogue, present: Catalogue) -> list[ApiChange]:
    """Return what differs: the operations in their present order, then those that are in `present` no more."""
    before = dict(former.operations)
    found: list[ApiChange] = []
    seen: set[str] = set()
    for operation in present.operations.values():
        known = before.get(operation.id) or _renamed(operation.id, former, present)
        if known is None:
            found += _came(operation)
        else:
            seen.add(known.id)
            found += _of_operation(known, operation)
    for key, operation in before.items():
        if key not in seen and operation.offered:
            found.append(_change(ChangeKind.GONE, key, [key], texts.gone_operation(operation.title, key)))
    return found


def _renamed(present_id: str, former: Catalogue, present: Catalogue) -> Operation | None:
    """Return the former operation that has the id `present_id` now."""
    names = [old for old, new in present.aliases.items() if new == present_id]
    return next((former.operations[name] for name in names if name in former.operations), None)


def _came(operation: Operation) -> Iterator[ApiChange]:
    if operation.offered:
        yield _change(ChangeKind.CAME, operation.id, [operation.id], texts.new_operation(operation.id))


def _of_operation(former: Operation, present: Operation) -> Iterator[ApiChange]:
    key = present.id
    if former.id != key:
        sentence = texts.other_id(present.title, key, former.id)
        yield _change(ChangeKind.CHANGED, key, [former.id, key], sentence)
    if former.offered and not present.offered:
        yield _change(ChangeKind.GONE, key, [key], texts.gone_operation(present.title, key))
    if present.offered and not former.offered:
        yield _change(ChangeKind.CAME, key, [key], texts.operation_is_back(present.title, key))
    yield from _of_fields(former, present)
    yield from _of_models(former, present)


def _of_fields(former: Operation, present: Operation) -> Iterator[ApiChange]:
    before = {field.name: field for field in former.fields}
    now = {field.name for field in present.fields if field.offered}
    for field in present.fields:
        if field.offered and field.name in before:
            for words in _field_changes(before[field.name], field):
                sentence = texts.of_operation(present.id, words)
                yield ApiChange(ChangeKind.CHANGED, Subject.FIELD, present.id, (field.name,), sentence)
    for field in former.fields:
        if field.offered and field.name not in now:
            sentence = texts.of_operation(present.id, texts.not_listed(field.name))
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
        yield texts.other_kind(present.name, present.kind, former.kind)
    if present.required != former.required:
        yield texts.now_required(present.name, required=present.required)
    if set(present.choices) != set(former.choices):
        yield texts.takes_only(present.name, present.choices) if present.choices else texts.takes_any(present.name)
    if (present.minimum, present.maximum) != (former.minimum, former.maximum):
        yield texts.new_range(present.name, present.minimum, present.maximum)
    if present.max_length != former.max_length:
        yield texts.new_length(present.name, present.max_length)
    inner = {item.name for item in former.item_fields}
    new = [item.name for item in present.item_fields if item.name not in inner]
    if new and present.kind is former.kind:
        yield texts.new_keys(present.name, new)


def _change(kind: ChangeKind, key: str, names: Sequence[str], sentence: str) -> ApiChange:
    return ApiChange(kind, Subject.OPERATION, key, tuple(names), sentence)
