"""A learned price as people read it. Pure."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from bot.domain import texts
from bot.domain.models import credits_text, credits_words
from bot.domain.price_model import LearnedPrice, Shape

_RESULT = "output"
_ROUNDED_TO = Decimal("0.01")


def learned_words(price: LearnedPrice, unit: str) -> str:
    """Return a price as `5.2 credits per second, up to 12% more (9 jobs)`; `unit` is what its size is counted in."""
    match price.shape:
        case Shape.FIXED:
            words = credits_words(_rounded(price.rate))
        case Shape.BY_OUTPUT:
            words = texts.price_per(credits_words(_rounded(price.rate)), _RESULT)
        case Shape.BY_SIZE:
            words = texts.price_per(credits_words(_rounded(price.rate)), unit)
        case Shape.BASE_AND_SIZE:
            rate = texts.price_per(credits_text(_rounded(price.rate)), unit)
            words = texts.base_and_rate(credits_words(_rounded(price.base)), rate)
    return texts.learned(words, math.ceil(round((price.bound - 1) * 100, 6)) / 100, price.jobs)


def _rounded(amount: float) -> Decimal:
    """Return credits with the digits that matter: cents, or for less than that three significant digits."""
    exact = Decimal(repr(amount))
    step = _ROUNDED_TO if exact >= 1 else Decimal("0.001")
    return exact.quantize(step, rounding=ROUND_HALF_UP)
