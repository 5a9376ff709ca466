"""Values the API accepted or rejected on one account, and the fields recorded. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.operation import Model, Operation, bare, model_id, same_name
from bot.catalogue.texts import no_id_of
from bot.errors import InputError

VALUE_CHARS: Final = 64
"""The longest value that is kept."""
OWN_IDS: Final = frozenset({"model", "voice_id", "persona_id"})
"""Fields with account or API ids that no document need list."""
_WORDS: Final = frozenset({"prompt", "text", "title", "name", "tags", "lyrics", "description", "words", "message"})
"""Name parts of fields with members' own words, whatever a document's examples."""
_ID = re.compile(r"[A-Za-z0-9][\w.:+/-]*(?: [\w.:+/-]+){0,4}", re.ASCII)
_POINT_ZERO = re.compile(r"(?<=\d)\.0(?![\d.])")
_MEDIA = frozenset({"image", "video"})
_NAME_PART = re.compile(r"[a-z]+|[0-9.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A field's value sent from one account: `works`, or rejected because `said`."""

    value: str
    works: bool
    said: str = ""
    label: str = ""
    """What moderators call it, '' for nothing."""


def is_telling(field: Field) -> bool:
    """Whether the field's values are account facts worth recording.

    That is a model, a voice, or a text with some listed values; never a member's own words or a link.
    """
    if field.kind is not FieldKind.TEXT or _WORDS.intersection(field.name.casefold().split("_")):
        return False
    return field.name in OWN_IDS or bool(field.choices or field.choices_by_model or field.suggestions)


def telling_values(operation: Operation, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the recordable values of a wire input, by field."""
    inputs = {field.name: values.get(field.name) for field in operation.fields if is_telling(field)}
    return {name: value for name, value in inputs.items() if isinstance(value, str) and _is_kept(value)}


def _is_kept(value: str) -> bool:
    return len(value) <= VALUE_CHARS and _ID.fullmatch(value) is not None and "//" not in value


def blamed(
    inputs: Mapping[str, str], said: str, faults: Mapping[str, str], proven: Collection[tuple[str, str]] | None
) -> dict[str, str]:
    """Return the rejected fields, each with the API's word; {} if unclear.

    `inputs` are the recorded values that were sent, `said` is the API's sentence, `faults` its errors by field.
    `proven` are (field, value) pairs accepted before: where it names no field, the only new value is blamed; None:
    none is.
    """
    if faults:
        return {name: reason or said for name, reason in faults.items() if name in inputs}
    sentence = said.casefold()
    named = [name for name, value in inputs.items() if _is_in(name, sentence) or _is_in(value, sentence)]
    if not named and proven is not None and len(inputs) == 1:
        named = [name for name, value in inputs.items() if (name, value) not in proven]
    return {named[0]: said} if len(named) == 1 else {}


def _is_in(word: str, sentence: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word.casefold())}(?![\w-])", sentence) is not None


def candidate_ids(operation: Operation, model: Model) -> tuple[str, ...]:
    """Return likely ids of a model without a public one, best first; none that another model of the operation has.

    Documented ids are the name without spaces and points, ".0" left out: `gptimage2`, `seedance2`; or the words up to
    the version, `seedream5` for Seedream 5.0 Lite; or with what it makes, `wan27video`.
    """
    word = model.name.casefold()
    parts, whole = _NAME_PART.findall(_POINT_ZERO.sub("", word)), _NAME_PART.findall(word)
    joined, medium = _joined(parts), operation.id.partition(".")[0]
    version = next((place for place, part in enumerate(parts) if part[0].isdigit()), len(parts))
    made = [f"{joined}{medium}"] if joined and medium in _MEDIA and medium not in joined else []
    forms = (joined, _joined(parts[: version + 1]), *made, _joined(whole))
    spelled = ("-".join(parts), "_".join(parts).replace(".", "_"), "-".join(whole), model.name)
    others = {bare(name) for each in operation.models if each.name != model.name for name in (each.id or "", each.name)}
    found = dict.fromkeys(each for each in (*model.likely, *forms, *spelled) if each)
    return tuple(each for each in found if bare(each) not in others)


def _joined(parts: Sequence[str]) -> str:
    return "".join(parts).replace(".", "")


def untried_id(operation: Operation, model: Model, refused: Collection[str]) -> str | None:
    """Return the likeliest unrejected id of a model; None if all were rejected."""
    return next((each for each in candidate_ids(operation, model) if each not in {*refused, *model.refused}), None)


def guessed_model(operation: Operation, value: object) -> Model | None:
    """Return the model without a public id of which `value` is a likely one; None if it is no guess."""
    nameless = [each for each in operation.models if each.id is None]
    return next((each for each in nameless if value in candidate_ids(operation, each)), None)


def resolved_model(operation: Operation, typed: str, tried: Sequence[Tried]) -> str:
    """Return the id to send for a model's id or documented name.

    The known one, else a similar one that worked, else, for a name, the likeliest unrejected one; a typed id is
    sent as it is. Raises InputError for a name of which every likely id was rejected.
    """
    known = model_id(operation, typed)
    if any(model.id == known for model in operation.models):
        return known
    works = [each.value for each in tried if each.works]
    alike = [each for each in works if each == typed] or [each for each in works if same_name(each, typed)]
    if alike:
        return alike[0]
    named = next((model for model in operation.models if model.name.casefold() == typed.casefold()), None)
    if named is None:
        return typed
    likely = untried_id(operation, named, {each.value for each in tried if not each.works})
    if likely is None:
        raise InputError(no_id_of(named.name, candidate_ids(operation, named)), "model")
    return likely
