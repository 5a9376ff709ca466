"""Merges descriptions and tools' answers into a catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.fields import Field, FieldKind, Scalar
from bot.catalogue.openapi.document import entries_of
from bot.catalogue.openapi.entry import (
    RULED_KINDS,
    Described,
    Entry,
    NamedModel,
    combined,
    field_of,
    fitting,
    open_ended,
)
from bot.catalogue.openapi.tools import API_SURFACES, MARK, Answers
from bot.catalogue.operation import Model, Operation, same_name

_COMPATIBLE = (
    frozenset({FieldKind.TEXT, FieldKind.URL}),
    frozenset({FieldKind.URLS, FieldKind.JSON}),
    frozenset({FieldKind.OBJECTS, FieldKind.JSON}),
    frozenset({FieldKind.OBJECT, FieldKind.JSON}),
)
"""Kinds that a schema hardly distinguishes: ours is kept."""
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
    """Update the operation from the document; unstated facts stay."""
    fields = _merged_fields(operation.fields, entry)
    is_open = not operation.fields and bool(fields)
    present = replace(operation, id=entry.id, id_documented=True, offered=True, is_open=is_open)
    return replace(present, fields=fields, models=_merged_models(operation, entry))


def learned(entry: Entry) -> Operation:
    """Return an operation known only from the document."""
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
    """Return a field only the document has. `is_first`: it is the first to describe the operation."""
    field = field_of(said)
    anything = replace(field, kind=FieldKind.JSON, choices=(), minimum=None, maximum=None, item_fields=())
    return replace(field, rule_inferred=field.required, known=anything if is_first else None)


def _merged_field(field: Field, said: Described) -> Field:
    """Update the field from the document, keeping `known` facts on conflict."""
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
    """Adopt listed values as a closed list, or as suggestions of an open one."""
    closed = fitting(field.kind, said.closed)
    seen = fitting(field.kind, said.seen)
    if closed and (open_ended(field.name) or field.choices_by_model):
        seen = (*closed, *seen)
    elif closed:
        field = replace(field, choices=closed)
    added = tuple(value for value in dict.fromkeys(seen) if value not in field.suggestions)
    if added and field.name != "model":  # models come with their names, see _merged_models
        field = replace(field, suggestions=(*field.suggestions, *added))
    return field


def _merged_models(operation: Operation, entry: Entry) -> tuple[Model, ...]:
    said = next((each for each in entry.fields if each.name == "model"), None)
    guessed = {value for field in operation.fields if field.name == "model" for value in field.suggestions}
    listed = [*entry.models, *(_models_of(said, said.closed) if said is not None else ())]
    seen = _models_of(said, tuple(value for value in said.seen if value not in guessed)) if said is not None else ()
    models = list(operation.models)
    for model in (*listed, *seen):
        add_model(models, model)
    return tuple(replace(model, offered=_is_offered(model, listed)) for model in models)


def _models_of(said: Described, values: tuple[Scalar, ...]) -> list[NamedModel]:
    ids = [str(value) for value in fitting(FieldKind.TEXT, values)]
    return [NamedModel(id=each, name=said.titles.get(each) or each) for each in ids]


def add_model(models: list[Model], named: NamedModel) -> None:
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
    """Whether the document's list has this model. Names count only if every listed model has one."""
    if not listed or any(each.id == model.id is not None for each in listed):
        return True
    alike = [each for each in listed if same_name(each.name, model.name)]
    if alike:  # else another id has taken its place
        return model.id is None or any(each.id is None for each in alike)
    if model.id is not None:
        return all(each.id is None for each in listed)
    return any(each.name == each.id for each in listed)


def is_same_model(model: Model, named: NamedModel) -> bool:
    return any(same_name(one, other) for one in (model.id or "", model.name) for other in (named.id or "", named.name))


LIST_MIN = 5
"""Known operations a document must offer to count as a list: a few may be examples."""
FAMILY_MIN = 2
"""Operations of a guess's family a document must offer to contradict the guess."""


def merge(catalogue: Catalogue, *documents: object) -> Catalogue:
    """Return a catalogue updated from descriptions and tools' answers; `catalogue` itself if they say nothing.

    Never raises. Operations missing in a complete list stay, as no longer offered.
    """
    operations = list(catalogue.operations.values())
    read = [each for each in documents if isinstance(each, Mapping)]
    families = {operation.id.partition(".")[0] for operation in operations}
    described = [entries_of(each, families) for each in read if MARK not in each]
    answers = [Answers.of(each[MARK], operations) for each in read if MARK in each]
    entries = combined(entry for found in (*described, *(each.entries for each in answers)) for entry in found.values())
    if not entries and not any(each.surfaces for each in answers):
        return catalogue
    missing = [operation for operation in operations if operation.id not in entries]
    gone = {each.id for each in missing if any(_is_list(found, catalogue.operations) for found in described)}
    gone |= {each.id for each in missing if any(each.id in answer.unknown for answer in answers)}
    new = [entry for entry in entries.values() if entry.id not in catalogue.operations]
    aliases = _same_titles([each for each in missing if each.id in gone or not each.id_documented], new)
    present = [_present(operation, entries, aliases, gone) for operation in operations]
    found = {operation.id for operation in present}
    present += [learned(entry) for entry in new if entry.id not in found]
    available = [_available(each, answers) for each in present]
    return catalogue.replaced(_without_gone_products(available), aliases)


def _same_titles(missing: Sequence[Operation], new: Sequence[Entry]) -> dict[str, str]:
    """Return the true ids, by those of operations missing under theirs: of the only entry with the same title."""
    pairs = [
        (operation.id, entry.id)
        for operation in missing
        for entry in new
        if any(same_name(title, operation.title) for title in entry.titles)
    ]
    known, found = Counter(key for key, _ in pairs), Counter(key for _, key in pairs)
    return {own: true for own, true in pairs if known[own] == found[true] == 1}


def _without_gone_products(operations: Sequence[Operation]) -> list[Operation]:
    """Offer no unlisted model of a product with an end none of whose operations is offered."""
    ending = [each for each in operations if each.end is not None]
    gone = {each.end for each in ending} - {each.end for each in ending if each.offered}

    def without(model: Model) -> Model:
        return replace(model, offered=False) if model.id is None and model.end in gone else model

    return [replace(each, models=tuple(map(without, each.models))) if gone else each for each in operations]


def _present(
    operation: Operation, entries: Mapping[str, Entry], aliases: Mapping[str, str], gone: Collection[str]
) -> Operation:
    entry = entries.get(aliases.get(operation.id, operation.id))
    if entry is not None:
        return absorbed(operation, entry)
    contradicted = not operation.id_documented and _has_family(operation.id, entries)
    return replace(operation, offered=operation.offered and not (operation.id in gone or contradicted))


def _is_list(entries: Mapping[str, Entry], known: Mapping[str, Operation]) -> bool:
    return len(entries.keys() & known.keys()) >= LIST_MIN


def _has_family(operation_id: str, entries: Mapping[str, Entry]) -> bool:
    """Whether the document offers several operations of the family, such as `prompt.enhance`."""
    family = operation_id.partition(".")[0]
    return sum(key.partition(".")[0] == family for key in entries) >= FAMILY_MIN


def _available(operation: Operation, answers: Sequence[Answers]) -> Operation:
    """Take the ids of an operation's models from its surface.

    A surface lists models of several operations: those that it names for no operation are taken if the operation has
    them by name. One that has at least half of them is the list of all.
    """
    family = operation.id.partition(".")[0]
    said = [
        each
        for answer in answers
        for surface, listed in answer.surfaces.items()
        if family in API_SURFACES[surface]
        for each in listed
    ]
    own = [each.model for each in said if operation.id in each.operations]
    others = [each.model for each in said if not each.operations]
    listed = own or [each for each in others if any(is_same_model(model, each) for model in operation.models)]
    models = list(operation.models)
    for named in listed:
        add_model(models, named)
    known = [model for model in operation.models if any(is_same_model(model, each) for each in listed)]
    is_list = listed and 2 * len(known) >= len(operation.models)
    offered = [replace(each, offered=each.offered and (not is_list or _is_offered(each, listed))) for each in models]
    return replace(operation, models=tuple(offered))
