"""Merges descriptions and tools' answers into a catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.openapi.document import entries_of
from bot.catalogue.openapi.entry import Entry, NamedModel, combined
from bot.catalogue.openapi.schemas import examples_of, fields_of, fitting, values_of
from bot.catalogue.openapi.tools import API_SURFACES, MARK, Answers
from bot.catalogue.operation import Model, Operation, same_name

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
    is_open, names = not operation.fields and bool(entry.fields), operation.names
    fields = fields_of(entry.schema, operation.fields, is_whole=entry.is_whole)
    return replace(
        operation,
        id=entry.id,
        id_documented=True,
        offered=True,
        is_open=is_open,
        fields=tuple(each if each.name in names else _doubted(each, is_open=is_open) for each in fields),
        models=_merged_models(operation, entry),
    )


def _doubted(new: Field, *, is_open: bool) -> Field:
    """Return a field that forbids nothing. `is_open`: it is of the first to describe the operation."""
    anything = replace(new, kind=FieldKind.JSON, choices=(), minimum=None, maximum=None, item_fields=())
    return replace(new, rule_inferred=new.required, known=anything if is_open else None)


def learned(entry: Entry) -> Operation:
    """Return an operation known only from the document."""
    title = entry.titles[0] if entry.titles else entry.id
    workflow = _WORKFLOWS.get(entry.id.split(".")[0], "finish")
    operation = Operation(id=entry.id, title=title, workflow=workflow, fields=fields_of(entry.schema))
    return replace(operation, models=_merged_models(replace(operation, fields=()), entry))


def _merged_models(operation: Operation, entry: Entry) -> tuple[Model, ...]:
    said = entry.fields.get("model", {})
    guessed = {value for field in operation.fields if field.name == "model" for value in field.suggestions}
    titles = {str(each): title for each, title in values_of(said).items() if isinstance(each, str)}
    listed = [*entry.models, *(NamedModel(id=each, name=title or each) for each, title in titles.items())]
    seen = [str(each) for each in fitting(FieldKind.TEXT, examples_of(said)) if each not in guessed]
    models = list(operation.models)
    for model in (*listed, *(NamedModel(id=each, name=each) for each in seen)):
        add_model(models, model)
    return tuple(replace(model, offered=_is_offered(model, listed)) for model in models)


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
    present = []
    for operation in operations:
        entry = entries.get(aliases.get(operation.id, operation.id))
        is_offered = operation.offered and operation.id not in gone
        present.append(replace(operation, offered=is_offered) if entry is None else absorbed(operation, entry))
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


def _is_list(entries: Mapping[str, Entry], known: Mapping[str, Operation]) -> bool:
    return len(entries.keys() & known.keys()) >= LIST_MIN


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
