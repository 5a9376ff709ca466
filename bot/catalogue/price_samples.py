"""Inputs whose price Cannon Studio's estimate tool can be asked before any job: one for an operation and a model.

A sample leaves out whatever a member may leave out, but for the length that the price goes by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.operation import Operation
from bot.catalogue.price_factors import LENGTHS, SPOKEN
from bot.domain.models import MediaKind

TYPICAL_S: Final = 5.0
"""The length that samples have, in seconds, or the nearest that the model offers."""
SPOKEN_CHARS: Final = 100
"""How long the text is that a sample has spoken."""
_TEXT: Final = "a lighthouse stands in fog "
_FILES: Final = {MediaKind.IMAGE: "sample.png", MediaKind.VIDEO: "sample.mp4", MediaKind.AUDIO: "sample.mp3"}
_FOLDER: Final = "https://example.com/"
"""Reserved for examples by RFC 2606: the tool creates nothing, so nothing is fetched from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSample:
    """An input, as it goes over the wire, that stands for an operation with one of its models ('' for none)."""

    operation: str
    model: str
    input: Mapping[str, Any]


def price_samples(operation: Operation, default_model: str = "") -> list[PriceSample]:
    """Return the samples of an operation: without a model, with `default_model`, and with each whose id is public.

    None for one with a fixed price, or with a required field that no sample can fill.
    """
    if operation.fixed_credits is not None or not operation.fields:
        return []
    models = [""]
    if any(each.name == "model" for each in operation.fields):
        models += [default_model, *(each.id or "" for each in operation.models)]
    made = ((model, _input(operation, model)) for model in dict.fromkeys(models))
    return [PriceSample(operation=operation.id, model=model, input=each) for model, each in made if each is not None]


_USUAL = frozenset({("soundfx.generate", "prompt")})
"""Fields that are not required alone, but without which a sample is no request."""


def _input(operation: Operation, model: str) -> dict[str, Any] | None:
    values: dict[str, Any] = {"model": model} if model else {}
    for field in operation.fields:
        if field.name == "model":
            continue
        if field.required or (operation.id, field.name) in _USUAL:
            value = _needed(field)
            if value is None:
                return None
            values[field.name] = value
    for field in _lengths(operation):
        values[field.name] = _length(field, model)
    return values


def _needed(field: Field) -> str | None:
    """Return a value for a required field: any text or file would do; None where only a real one would."""
    if field.kind is FieldKind.TEXT and not field.name.endswith("_id"):
        text = _TEXT * SPOKEN_CHARS if field.name == SPOKEN else _TEXT.strip()
        return text[:SPOKEN_CHARS].strip()
    if field.kind is FieldKind.URL:
        return next((_FOLDER + _FILES[kind] for kind in _FILES if kind in field.media), None)
    return None


def _lengths(operation: Operation) -> Iterator[Field]:
    return (each for each in operation.fields if each.name in LENGTHS)


def _length(field: Field, model: str) -> int | float:
    offered = field.choices_for(model or None) or field.suggestions
    numbers = [each for each in offered if isinstance(each, int | float)]
    nearest = min(numbers, key=lambda each: abs(each - TYPICAL_S), default=TYPICAL_S)
    return int(nearest) if nearest == int(nearest) else nearest
