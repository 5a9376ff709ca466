"""Sample inputs for Cannon Studio's estimate tool, one per operation and model.

Optional fields are left out, except the length that the price depends on and what the tool expects: a ratio, and a
model where an id is known (the tool's description names both for images and videos).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bot.account.api_keys import UsableKey
from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.operation import Operation
from bot.domain.models import MediaKind
from bot.domain.money.costs import PriceFactors
from bot.prices.estimates import USUAL_RATIO, EstimateTool
from bot.prices.factors import LENGTHS, SPOKEN
from bot.runtime.clock import Clock
from bot.runtime.pace import RateLimiter

TYPICAL_S: Final = 5.0
"""The samples' length in seconds, or the model's nearest."""
SPOKEN_CHARS: Final = 100
_TEXT: Final = "a lighthouse stands in fog "
_FILES: Final = {MediaKind.IMAGE: "sample.png", MediaKind.VIDEO: "sample.mp4", MediaKind.AUDIO: "sample.mp3"}
_FOLDER: Final = "https://example.com/"
"""Reserved for examples by RFC 2606: the tool creates nothing, so nothing is fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSample:
    """An input in wire form for an operation and model ('' for none)."""

    operation: str
    model: str
    input: Mapping[str, Any]


def price_samples(operation: Operation, default_model: str = "") -> list[PriceSample]:
    """Return an operation's samples: with `default_model` and each public id; without a model if there is none.

    None for a fixed price, or a required field that no sample can fill.
    """
    if operation.fixed_credits is not None or not operation.fields:
        return []
    takes_model = any(each.name == "model" for each in operation.fields)
    models = [each for each in (default_model, *(each.id for each in operation.models)) if each and takes_model] or [""]
    made = ((model, _input(operation, model)) for model in dict.fromkeys(models))
    return [PriceSample(operation=operation.id, model=model, input=each) for model, each in made if each is not None]


_USUAL = frozenset({("soundfx.generate", "prompt")})
"""Fields that are formally optional, but that every real request has."""


def _input(operation: Operation, model: str) -> dict[str, Any] | None:
    values: dict[str, Any] = {"model": model} if model else {}
    for field in operation.fields:
        if field.name == "model":
            continue
        if field.name == "aspect_ratio":
            values[field.name] = USUAL_RATIO
        elif field.required or (operation.id, field.name) in _USUAL:
            value = _needed(field)
            if value is None:
                return None
            values[field.name] = value
    for field in _lengths(operation):
        values[field.name] = _length(field, model)
    return values


def _needed(field: Field) -> str | None:
    """Return a value for a required field (any text or file); None if only a real one works."""
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


ASK_AGAIN_S: Final = 86_400.0
ASK_UNANSWERED_AGAIN_S: Final = 3600.0
ASKED_IN_AN_HOUR: Final = 20
AT_ONCE: Final = 4
SLOTS_MAX: Final = 1024
"""Keys cached, to bound memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolPrice:
    """The tool's price of a sample, in credits."""

    sample: PriceSample
    factors: PriceFactors
    credits: Decimal


@dataclass(frozen=True, slots=True)
class _Answer:
    credits: Decimal | None
    until: float
    """Expiry, in monotonic seconds."""


class ToolPrices:
    """Asks the tool for sample prices and caches them. `slot` is the key's name, as in UsableKey."""

    def __init__(self, tool: EstimateTool, clock: Clock) -> None:
        self._tool = tool
        self._clock = clock
        self._pace = RateLimiter(clock, ASKED_IN_AN_HOUR, 3600.0)
        self._answers: dict[str, dict[tuple[str, str], _Answer]] = {}
        self._pending: set[tuple[str, str, str]] = set()

    def expect(self) -> None:
        """Warm the tool: a price is about to be shown."""
        self._tool.expect()

    def estimated(self, slot: str, sample: PriceSample) -> Decimal | None:
        """Return a sample's price with this key, None without an answer within a day."""
        answer = self._fresh(slot, sample)
        return None if answer is None else answer.credits

    def unasked(self, slot: str, samples: Iterable[PriceSample]) -> list[PriceSample]:
        return [each for each in samples if self._fresh(slot, each) is None]

    async def ask(self, guild_id: int, key: UsableKey, samples: Sequence[PriceSample], *, most: int) -> None:
        """Request missing samples, at most `most` and the hour's rest; a few at once."""
        due = self.unasked(key.slot(guild_id), samples)[:most]
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(self._ask(guild_id, key, each) for each in due[start : start + AT_ONCE]))

    async def _ask(self, guild_id: int, key: UsableKey, sample: PriceSample) -> None:
        slot = key.slot(guild_id)
        asked = (slot, sample.operation, sample.model)
        if asked in self._pending or self._pace.wait_s(slot):
            return
        self._pending.add(asked)
        try:
            answer = await self._tool.ask_now(guild_id, key, sample.operation, sample.input)
            if answer is not None:
                self._keep(slot, sample, answer.credits)
        finally:
            self._pending.discard(asked)

    def _fresh(self, slot: str, sample: PriceSample) -> _Answer | None:
        answer = self._answers.get(slot, {}).get((sample.operation, sample.model))
        return answer if answer is not None and self._clock.monotonic() < answer.until else None

    def _keep(self, slot: str, sample: PriceSample, credits_: Decimal | None) -> None:
        lasts_s = ASK_UNANSWERED_AGAIN_S if credits_ is None else ASK_AGAIN_S
        answers = self._answers.pop(slot, {})
        while len(self._answers) >= SLOTS_MAX:
            self._answers.pop(next(iter(self._answers)))  # the oldest answer
        self._answers[slot] = answers
        answers[sample.operation, sample.model] = _Answer(credits_, self._clock.monotonic() + lasts_s)
