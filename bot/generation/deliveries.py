"""Another delivery of a spoken text: its words stay, its pace, its evenness and its tone change."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.catalogue import Field, Operation

SPOKEN: Final = "text"
"""The field of the words that are spoken."""
TONE: Final = "tone"
TONES: Final = ("calm", "warm", "excited", "serious", "whispering")
"""A tone is free text to Cannon Studio; these are plain enough for any voice."""


@dataclass(frozen=True, slots=True)
class _Knob:
    """A number of a voice: what it is if nothing is given, its range, and how far a variant turns it."""

    usual: float
    low: float
    high: float
    steps: Mapping[str, float]


_KNOBS: Final = {
    "stability": _Knob(0.7, 0.0, 1.0, {"subtle": 0.15, "strong": 0.4}),
    "speed": _Knob(1.0, 0.7, 1.2, {"subtle": 0.05, "strong": 0.15}),
}
"""What the operation's page gives as samples; that stability ends at 0 and 1 is deduced from them."""


def is_spoken(operation: Operation, values: Mapping[str, Any]) -> bool:
    """Whether the operation speaks a text that can be delivered in another way."""
    names = {field.name for field in operation.fields}
    return bool(values.get(SPOKEN)) and SPOKEN in names and "prompt" not in names and bool(names & {TONE, *_KNOBS})


def delivered_otherwise(
    operation: Operation, values: Mapping[str, Any], strength: str, dice: random.Random
) -> dict[str, Any]:
    """Return the input of another delivery of the same words; `strength`: subtle or strong."""
    fields = {field.name: field for field in operation.fields}
    turned: dict[str, Any] = {
        name: _turned(fields[name], knob, values, strength, dice) for name, knob in _KNOBS.items() if name in fields
    }
    if TONE in fields and (strength == "strong" or not turned):
        tones = [str(each) for each in fields[TONE].choices or TONES]
        turned[TONE] = dice.choice([tone for tone in tones if tone != values.get(TONE)] or tones)
    return {**values, **turned}


def _turned(field: Field, knob: _Knob, values: Mapping[str, Any], strength: str, dice: random.Random) -> float:
    given = values.get(field.name)
    now = float(given) if isinstance(given, int | float) else knob.usual
    low = knob.low if field.minimum is None else max(knob.low, field.minimum)
    high = knob.high if field.maximum is None else min(knob.high, field.maximum)
    step = knob.steps[strength] * dice.choice((-1, 1))
    wanted = now + step if low <= now + step <= high else now - step
    return round(min(max(wanted, low), high), 2)
