"""Merges what the live document says about an operation's fields and models into the catalogue; reports the drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from bot.catalogue import texts
from bot.catalogue.fields import Field, FieldKind, Scalar
from bot.catalogue.json_schema import RULED_KINDS, Described, field_of, fitting, open_ended
from bot.catalogue.operation import Model, Operation, same_name

_COMPATIBLE = (
    frozenset({FieldKind.TEXT, FieldKind.URL}),
    frozenset({FieldKind.URLS, FieldKind.JSON}),
    frozenset({FieldKind.OBJECTS, FieldKind.JSON}),
    frozenset({FieldKind.OBJECT, FieldKind.JSON}),
)
"""Kinds that a schema can hardly distinguish: ours is kept."""


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
    """The operations' ids, the models' ids (or names, where they have none) or the fields' names."""
    sentence: str
    """The change in one line, for moderators and the log."""


def merged_fields(operation: Operation, described: Sequence[Described]) -> tuple[tuple[Field, ...], list[ApiChange]]:
    """Return the operation's fields as the document has them, and a change for each difference."""
    by_name = {each.name: each for each in described}
    known = {field.name for field in operation.fields}
    fields: list[Field] = []
    drift: list[ApiChange] = []
    for field in operation.fields:
        if field.name in by_name:
            merged, changes = _merged_field(field, by_name[field.name])
            fields.append(merged)
            drift += [
                _of_fields(ChangeKind.CHANGED, operation, [field.name], texts.of_operation(operation.id, change))
                for change in changes
            ]
        else:
            fields.append(field)
            sentence = texts.of_operation(operation.id, texts.not_listed(field.name))
            drift.append(_of_fields(ChangeKind.GONE, operation, [field.name], sentence))
    new = [field_of(each) for each in described if each.name not in known]
    if new:
        names = [field.name for field in new]
        drift.append(_of_fields(ChangeKind.CAME, operation, names, texts.new_fields(operation.id, names)))
    return (*fields, *new), drift


def merged_models(operation: Operation, described: Sequence[Described]) -> tuple[tuple[Model, ...], list[ApiChange]]:
    """Return the operation's models with the ids that the document lists, and a change if any is new."""
    models = list(operation.models)
    said = next((each for each in described if each.name == "model"), None)
    if said is None:
        return operation.models, []
    known = {model.id for model in models}
    new = [value for value in fitting(FieldKind.TEXT, said.closed) if value not in known]
    for value in new:
        name = said.titles.get(value) or str(value)
        place = next((i for i, model in enumerate(models) if model.id is None and _names(model, value, name)), None)
        if place is None:
            models.append(Model(id=str(value), name=name))
        else:
            models[place] = replace(models[place], id=str(value))
    if not new:
        return tuple(models), []
    ids = tuple(str(value) for value in new)
    sentence = texts.new_models(operation.id, ids)
    return tuple(models), [ApiChange(ChangeKind.CAME, Subject.MODEL, operation.id, ids, sentence)]


def _of_fields(kind: ChangeKind, operation: Operation, names: Sequence[str], sentence: str) -> ApiChange:
    return ApiChange(kind, Subject.FIELD, operation.id, tuple(names), sentence)


def _names(model: Model, value: Scalar, name: str) -> bool:
    return same_name(model.name, str(value)) or same_name(model.name, name)


def _merged_field(field: Field, said: Described) -> tuple[Field, list[str]]:
    merged, drift = _with_kind(field, said)
    if said.required is not None and said.required != field.required:
        merged = replace(merged, required=said.required)
        drift.append(texts.now_required(field.name, required=said.required))
    if said.required is not None:
        merged = replace(merged, rule_inferred=False)  # the document says it, so it is a guess no longer
    merged, changes = _with_values(merged, said)
    drift += changes
    limits = (said.minimum, said.maximum)
    if limits not in {(None, None), (merged.minimum, merged.maximum)}:
        merged = replace(merged, minimum=said.minimum, maximum=said.maximum)
        drift.append(texts.new_range(field.name, said.minimum, said.maximum))
    if said.max_length is not None and said.max_length != merged.max_length:
        merged = replace(merged, max_length=said.max_length)
        drift.append(texts.new_length(field.name, said.max_length))
    inner = {item.name for item in merged.item_fields}
    new = tuple(field_of(item) for item in said.items if item.name not in inner)
    if new and merged.item_fields:
        merged = replace(merged, item_fields=(*merged.item_fields, *new))
        drift.append(texts.new_keys(field.name, [item.name for item in new]))
    return merged, drift


def _with_kind(field: Field, said: Described) -> tuple[Field, list[str]]:
    kind = said.kind
    if kind is None or kind is field.kind or field.name in RULED_KINDS or frozenset({kind, field.kind}) in _COMPATIBLE:
        return field, []
    changed = replace(
        field,
        kind=kind,
        choices=fitting(kind, field.choices),
        choices_by_model=MappingProxyType(
            {model: values for model, values in field.choices_by_model.items() if fitting(kind, values) == values}
        ),
        suggestions=fitting(kind, field.suggestions),
        item_fields=tuple(field_of(item) for item in said.items),
        extra_keys=not said.items,
    )
    return changed, [texts.other_kind(field.name, kind, field.kind)]


def _with_values(field: Field, said: Described) -> tuple[Field, list[str]]:
    """Adopt listed values: as a closed list, or as suggestions where the list must stay open."""
    closed = fitting(field.kind, said.closed)
    seen = fitting(field.kind, said.seen)
    drift: list[str] = []
    if closed and (open_ended(field.name) or field.choices_by_model):
        seen = closed + seen
    elif closed and set(closed) != set(field.choices):
        field = replace(field, choices=closed)
        drift.append(texts.takes_only(field.name, closed))
    added = tuple(value for value in dict.fromkeys(seen) if value not in field.suggestions)
    if added and field.name != "model":  # listed models are learned with their names, see merged_models
        field = replace(field, suggestions=(*field.suggestions, *added))
    return field, drift
