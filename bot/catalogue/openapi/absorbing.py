"""One operation as the catalogue has it, and what the document says about it, made one.

A document is not always right. Of a built-in operation it may widen what is taken; where it narrows, what was taken
before still is (`Field.known`), with a caution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.catalogue.fields import Field, FieldKind, Scalar
from bot.catalogue.openapi.described import RULED_KINDS, Described, field_of, fitting, open_ended
from bot.catalogue.openapi.entry import Entry, NamedModel
from bot.catalogue.operation import Model, Operation, same_name

_COMPATIBLE = (
    frozenset({FieldKind.TEXT, FieldKind.URL}),
    frozenset({FieldKind.URLS, FieldKind.JSON}),
    frozenset({FieldKind.OBJECTS, FieldKind.JSON}),
    frozenset({FieldKind.OBJECT, FieldKind.JSON}),
)
"""Kinds that a schema can hardly distinguish: ours is kept."""
_LIKE_SAMPLES = frozenset({FieldKind.INTEGER, FieldKind.NUMBER})
"""Kinds that a sample value cannot distinguish."""

_WORKFLOWS = {
    "image": "image",
    "video": "video",
    "prompt": "prompt",
    "sora2": "sora",
    "sora": "sora",
    "three_d": "3d",
    "music": "audio",
    "narration": "audio",
    "soundfx": "audio",
    "audio": "audio",
}


def absorbed(operation: Operation, entry: Entry) -> Operation:
    """Return the operation as the document has it. What the document says nothing about stays as it was."""
    fields = _merged_fields(operation.fields, entry)
    is_open = not operation.fields and bool(fields)
    present = replace(operation, id=entry.id, id_documented=True, offered=True, is_open=is_open)
    return replace(present, fields=fields, models=_merged_models(operation, entry))


def learned(entry: Entry) -> Operation:
    """Return an operation that is known only from the document."""
    title = entry.titles[0] if entry.titles else entry.id
    workflow = _WORKFLOWS.get(entry.id.split(".")[0], "finish")
    operation = Operation(id=entry.id, title=title, workflow=workflow)
    return replace(operation, fields=tuple(map(field_of, entry.fields)), models=_merged_models(operation, entry))


def _merged_fields(fields: Sequence[Field], entry: Entry) -> tuple[Field, ...]:
    by_name = {each.name: each for each in entry.fields}
    known = {field.name for field in fields}
    merged = [
        _merged_field(field, by_name[field.name])
        if field.name in by_name
        else replace(field, offered=not (entry.is_whole and entry.fields))
        for field in fields
    ]
    return (*merged, *(_new_field(each, is_first=not fields) for each in entry.fields if each.name not in known))


def _new_field(said: Described, *, is_first: bool) -> Field:
    """Return a field that only the document has. With `is_first` it is the first to describe the operation at all."""
    field = field_of(said)
    anything = replace(field, kind=FieldKind.JSON, choices=(), minimum=None, maximum=None, item_fields=())
    return replace(field, rule_inferred=field.required, known=anything if is_first else None)


def _merged_field(field: Field, said: Described) -> Field:
    """Return the field as the document has it, and `known` as it was where that is another."""
    merged = _described_field(field, said)
    return merged if merged == field else replace(merged, known=replace(field, known=None))


def _described_field(field: Field, said: Described) -> Field:
    merged = _with_values(_with_kind(field, said), said)
    if said.required is not None:
        is_news = said.required and (field.rule_inferred or not field.required)
        merged = replace(merged, required=said.required, rule_inferred=is_news)
    if (said.minimum, said.maximum) != (None, None):
        merged = replace(merged, minimum=said.minimum, maximum=said.maximum, usual=None)
    if said.max_length is not None:
        merged = replace(merged, max_length=said.max_length)
    inner = {item.name for item in merged.item_fields}
    new = tuple(field_of(item) for item in said.items if item.name not in inner)
    return replace(merged, item_fields=(*merged.item_fields, *new)) if merged.item_fields else merged


def _with_kind(field: Field, said: Described) -> Field:
    kind = said.kind
    if kind is None or kind is field.kind or field.name in RULED_KINDS or frozenset({kind, field.kind}) in _COMPATIBLE:
        return field
    if said.is_sample and {kind, field.kind} == _LIKE_SAMPLES:
        return field
    return replace(
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


def _with_values(field: Field, said: Described) -> Field:
    """Adopt listed values: as a closed list, or as suggestions where the list must stay open."""
    closed = fitting(field.kind, said.closed)
    seen = fitting(field.kind, said.seen)
    if closed and (open_ended(field.name) or field.choices_by_model):
        seen = (*closed, *seen)
    elif closed:
        field = replace(field, choices=closed)
    added = tuple(value for value in dict.fromkeys(seen) if value not in field.suggestions)
    if added and field.name != "model":  # models are learned with their names, see _merged_models
        field = replace(field, suggestions=(*field.suggestions, *added))
    return field


def _merged_models(operation: Operation, entry: Entry) -> tuple[Model, ...]:
    """Return the operation's models with the ids and names that the document has for them."""
    said = next((each for each in entry.fields if each.name == "model"), None)
    guessed = {value for field in operation.fields if field.name == "model" for value in field.suggestions}
    listed = [*entry.models, *(_models_of(said, said.closed) if said is not None else ())]
    seen = _models_of(said, tuple(value for value in said.seen if value not in guessed)) if said is not None else ()
    models = list(operation.models)
    for model in (*listed, *seen):
        _add(models, model)
    return tuple(replace(model, offered=_is_offered(model, listed)) for model in models)


def _models_of(said: Described, values: tuple[Scalar, ...]) -> list[NamedModel]:
    ids = [str(value) for value in fitting(FieldKind.TEXT, values)]
    return [NamedModel(id=each, name=said.titles.get(each) or each) for each in ids]


def _add(models: list[Model], named: NamedModel) -> None:
    """Add a model, or give its id to the one of that name."""
    if named.id is None:
        if not any(same_name(model.name, named.name) for model in models):
            models.append(Model(id=None, name=named.name))
        return
    if any(model.id == named.id for model in models):
        return
    nameless = [place for place, model in enumerate(models) if model.id is None]
    names = (named.name, named.id)
    place = next((i for i in nameless if any(same_name(models[i].name, name) for name in names)), None)
    if place is None:
        models.append(Model(id=named.id, name=named.name))
    else:
        models[place] = replace(models[place], id=named.id)


def _is_offered(model: Model, listed: Sequence[NamedModel]) -> bool:
    """Whether a document that lists models has this one. A name is missed only if every listed model has a name."""
    if not listed or any(each.id == model.id is not None or same_name(each.name, model.name) for each in listed):
        return True
    if model.id is not None:
        return all(each.id is None for each in listed)
    return any(each.name == each.id for each in listed)
