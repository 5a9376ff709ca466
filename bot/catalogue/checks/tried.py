"""Values the API accepted or rejected on one account, and the fields recorded. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.operation import Operation, model_id, same_name

VALUE_CHARS: Final = 64
"""The longest value that is kept."""
OWN_IDS: Final = frozenset({"model", "voice_id", "persona_id"})
"""Fields with account or API ids that no document need list."""
_WORDS: Final = frozenset({"prompt", "text", "title", "name", "tags", "lyrics", "description", "words", "message"})
"""Name parts of fields with members' own words, whatever a document's examples."""
_ID = re.compile(r"[A-Za-z0-9][\w.:+/-]*(?: [\w.:+/-]+){0,4}", re.ASCII)
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


def candidate_ids(name: str) -> tuple[str, ...]:
    """Return likely ids of a model of this name, best first: `flux2`, `flux-2`, `flux_2`, `Flux 2`.

    Documented ids have the first form: `gptimage2`, `seedream5`, `wan27video`.
    """
    parts = _NAME_PART.findall(name.casefold())
    forms = ("".join(parts).replace(".", ""), "-".join(parts), "_".join(parts).replace(".", "_"), name)
    return tuple(dict.fromkeys(each for each in forms if each))


def untried_id(name: str, refused: Collection[str]) -> str | None:
    """Return the likeliest unrejected id of a model of this name; None if all were."""
    return next((each for each in candidate_ids(name) if each not in refused), None)


def resolved_model(operation: Operation, typed: str, tried: Sequence[Tried]) -> str:
    """Return the id to send for a model's id or documented name.

    The known one, else a similar one that worked, else, for a name, the likeliest unrejected one; a typed id is
    sent as it is.
    """
    known = model_id(operation, typed)
    if any(model.id == known for model in operation.models):
        return known
    works = [each.value for each in tried if each.works]
    alike = [each for each in works if each == typed] or [each for each in works if same_name(each, typed)]
    if alike:
        return alike[0]
    if any(model.name.casefold() == typed.casefold() for model in operation.models):
        refused = {each.value for each in tried if not each.works}
        return untried_id(typed, refused) or candidate_ids(typed)[0]
    return typed
