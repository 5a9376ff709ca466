"""What determines a job's price, from its input: model and grade, size, number of results.

The API documents no prices: these are the fields that its pages, and those of the same models elsewhere, price by.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.catalogue.fields import Field
from bot.catalogue.operation import Operation, bare, same_name
from bot.domain.models import MediaKind
from bot.domain.money.costs import PriceFactors

GRADES: Final = frozenset(
    {
        "resolution", "quality", "target_resolution", "upscale_factor", "target_fps", "fps", "size", "image_size",
        "mode", "control_mode", "provider", "tier", "generate_audio", "with_audio",
    }
)  # fmt: skip
"""Fields whose values are priced separately, besides the model."""
LENGTHS: Final = ("duration", "duration_seconds", "video_duration", "audio_duration", "length", "seconds")
"""Fields with the result's length in seconds: the first given counts."""
COUNTS: Final = (
    "n",
    "count",
    "num_images",
    "num_videos",
    "num_outputs",
    "num_samples",
    "number_of_images",
    "batch_size",
)
SPOKEN: Final = "text"
"""The spoken field: an operation with it and without a length is priced by its characters."""
_MEASURE = re.compile(r"\d{1,5}(?:\.\d{1,3})?(?:p|k|x|fps)?")
_DIGEST_CHARS = 8


def price_factors(operation: Operation, values: Mapping[str, Any]) -> PriceFactors:
    words = [*_model(operation, values), *_grades(operation, values), *_attached(operation, values)]
    return PriceFactors(kind=" ".join(sorted(words)), size=_size(operation, values), outputs=_outputs(values))


def size_unit(operation: Operation) -> str:
    """Return the unit of the operation's size: `second`, `character`, or '' if none."""
    names = operation.names
    if names.intersection(LENGTHS):
        return "second"
    return "character" if SPOKEN in names else ""


def model_word(operation: Operation, model: str) -> str:
    """Return a model's word in a kind, by id or name; an unknown one as a digest."""
    for known in operation.models:
        if same_name(known.name, model) or (known.id is not None and same_name(known.id, model)):
            return bare(known.id or known.name)
    return _digest(model)


def _model(operation: Operation, values: Mapping[str, Any]) -> Iterator[str]:
    given = values.get("model")
    if not isinstance(given, str) or not given.strip():
        return
    yield f"model={model_word(operation, given)}"


def _grades(operation: Operation, values: Mapping[str, Any]) -> Iterator[str]:
    fields = {each.name: each for each in operation.fields}
    for name in values.keys() & GRADES:
        value = values[name]
        if isinstance(value, str | int | float) and value != "":
            yield f"{name}={_word(value, fields.get(name))}"


def _attached(operation: Operation, values: Mapping[str, Any]) -> Iterator[str]:
    """Return which optional videos and sounds are given: they cost the provider work, pictures hardly do."""
    for field in operation.fields:
        if field.required or MediaKind.IMAGE in field.media:
            continue
        if values.get(field.name):
            yield from (f"with={kind.value}" for kind in field.media)


def _size(operation: Operation, values: Mapping[str, Any]) -> float | None:
    for name in LENGTHS:
        if (seconds := _number(values.get(name))) is not None and seconds > 0:
            return round(seconds, 3)
    names = operation.names
    text = values.get(SPOKEN)
    if SPOKEN in names and not names.intersection(LENGTHS) and isinstance(text, str) and text:
        return float(len(text))
    return None


def _outputs(values: Mapping[str, Any]) -> int:
    counts = [_number(values.get(name)) for name in COUNTS]
    return max([1, *(int(count) for count in counts if count is not None)])


def _number(value: object) -> float | None:
    """Return a number as the API may read it, also from text; None if invalid."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number < 1e9 else None


def _word(value: str | float, field: Field | None) -> str:
    """Return a value as one word of a kind; a member's words as a digest: they must not outlive their job."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:g}" if isinstance(value, float) else str(value).strip().casefold()
    known = () if field is None else (*field.choices, *field.suggestions, *_by_model(field))
    is_known = any(str(each).casefold() == text for each in known)
    return text if (is_known and " " not in text) or _MEASURE.fullmatch(text) else _digest(text)


def _by_model(field: Field) -> Iterator[str | int | float]:
    for choices in field.choices_by_model.values():
        yield from choices


def _digest(text: str) -> str:
    return "~" + hashlib.sha256(bare(text).encode() or text.encode()).hexdigest()[:_DIGEST_CHARS]
