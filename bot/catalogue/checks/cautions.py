"""Cautions: doubts about an input that no documented rule forbids. Members may continue.

The API's docs leave much open. Where a rule is only deduced, or the live document no longer names an operation,
refusing would forbid what may work, and trying unasked may cost credits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalogue import texts
from bot.catalogue.checks.validation import refusal
from bot.catalogue.fields import GPT_IMAGE_RESOLUTIONS, NAMED_IDS, Field
from bot.catalogue.operation import End, Model, Operation, same_name
from bot.catalogue.operations import label_of
from bot.catalogue.operations.image import EDIT
from bot.language import Text


@dataclass(frozen=True, slots=True)
class Caution:
    """A doubt about an input. `key` identifies it for acceptance; `sentence` describes it.

    `unless_priced`: it is about the price, and none if that is known.
    """

    key: str
    sentence: str
    unless_priced: bool = False


def cautions_of(operation: Operation, taken: Mapping[str, Any], pending: Collection[str] = ()) -> list[Caution]:
    """Return the cautions about a checked input; `pending` fields are filled later."""
    return [
        *_withdrawn(operation),
        *_not_given(operation, {*taken, *pending}),
        *_unusual(operation, taken),
        *_undocumented(operation, taken),
        *_narrowed(operation, taken),
        *_unlikely_ids(operation, taken),
        *_largest(operation, taken),
    ]


def _largest(operation: Operation, taken: Mapping[str, Any]) -> Iterator[Caution]:
    """Flag an edit by GPT Image 2 without a resolution: it takes the largest legal size.

    Source: https://www.cannonstudio.app/developers/docs/operations/image-edit.
    """
    if operation.id == EDIT.id and not taken.get("resolution") and _is_gpt_image(operation, taken.get("model")):
        yield Caution(f"size:{operation.id}", str(texts.LARGEST_SIZE), unless_priced=True)


def _is_gpt_image(operation: Operation, model: object) -> bool:
    return any(each.id in GPT_IMAGE_RESOLUTIONS and _is_named(each, model) for each in operation.models)


def undocumented_key(operation: Operation, name: str) -> str:
    return f"field:{operation.id}:{name}"


def raw_caution(operation: Operation, reason: str | Text) -> Caution:
    """Return the caution about an input sent as typed; `reason` is the catalogue's objection."""
    return Caution(f"raw:{operation.id}", texts.sent_as_typed(operation.title, reason))


def with_end(cautions: Sequence[Caution], operation: Operation, taken: Mapping[str, Any], now: float) -> list[Caution]:
    """Return the cautions with that of the end that has passed at `now`, Unix seconds, instead of the withdrawal."""
    end = passed_end(operation, taken.get("model"), now)
    if end is None:
        return list(cautions)
    ended = Caution(f"ended:{end.product}", texts.ENDED(product=end.product, date=end.date))
    return [ended, *(each for each in cautions if each.key != _withdrawn_key(operation))]


def distinct(cautions: Iterable[Caution], accepted: Collection[str] = ()) -> tuple[Caution, ...]:
    """Deduplicate, without accepted ones."""
    return tuple({each.key: each for each in cautions if each.key not in accepted}.values())


def _withdrawn(operation: Operation) -> Iterator[Caution]:
    if not operation.offered:
        yield Caution(_withdrawn_key(operation), texts.NO_LONGER_OFFERED(operation=operation.title))


def _withdrawn_key(operation: Operation) -> str:
    return f"gone:{operation.id}"


def needed_key(operation: Operation, name: str) -> str:
    return f"needs:{operation.id}:{name}"


def _not_given(operation: Operation, given: Collection[str]) -> Iterator[Caution]:
    for field in operation.fields:
        if field.required and field.rule_inferred and field.name not in given:
            yield Caution(
                needed_key(operation, field.name), texts.PROBABLY_NEEDS(operation=operation.title, field=field.label)
            )


def _unusual(operation: Operation, taken: Mapping[str, Any]) -> Iterator[Caution]:
    for field in operation.fields:
        value = taken.get(field.name)
        if isinstance(value, int | float) and not isinstance(value, bool) and _is_unusual(field, value):
            sentence = texts.unusual(field.label, field.usual, field.unit, value)
            yield Caution(f"usual:{operation.id}:{field.name}:{value:g}", sentence)


def _undocumented(operation: Operation, taken: Mapping[str, Any]) -> Iterator[Caution]:
    known = {field.name for field in operation.fields if field.offered}
    for name in taken if known else ():
        if name not in known:
            yield Caution(
                undocumented_key(operation, name), texts.FIELD_NOT_DOCUMENTED(operation=operation.title, field=name)
            )


def _narrowed(operation: Operation, taken: Mapping[str, Any]) -> Iterator[Caution]:
    """Flag what only the live document rejects: it may be wrong."""
    for field in operation.fields:
        if (error := refusal(operation, field, taken)) is not None:
            key = f"said:{operation.id}:{field.name}:{str(taken[field.name])[:60]}"
            yield Caution(key, texts.DESCRIBED_OTHERWISE(reason=error.sentence))


def _unlikely_ids(operation: Operation, taken: Mapping[str, Any]) -> Iterator[Caution]:
    """Flag ids without digits, except voices, which providers name; flag spaces in all."""
    for name, value in taken.items():
        if not name.endswith("_id") or not isinstance(value, str):
            continue
        has_digit = any(letter.isdigit() for letter in value)
        if " " in value or not (has_digit or name in NAMED_IDS):
            label = label_of(name, operation)
            yield Caution(f"id:{operation.id}:{name}:{value[:60]}", texts.UNLIKELY_ID(field=label, given=value))


def _is_unusual(field: Field, value: float) -> bool:
    low, high = field.usual or (value, value)
    return field.judges_by_usual and not low <= value <= high


def passed_end(operation: Operation, model: object, now: float) -> End | None:
    """Return the end of the operation, else of its model named `model`, that has passed at `now`, Unix seconds."""
    if operation.end is not None and operation.end.has_passed(now):
        return operation.end
    named = [each.end for each in ended_models(operation, now) if _is_named(each, model)]
    return named[0] if named else None


def ended_models(operation: Operation, now: float) -> list[Model]:
    """Return the operation's models whose end has passed at `now`, Unix seconds."""
    return [each for each in operation.models if each.end is not None and each.end.has_passed(now)]


def _is_named(model: Model, named: object) -> bool:
    return isinstance(named, str) and any(same_name(named, each) for each in (model.id or "", model.name))
