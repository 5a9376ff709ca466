"""The sandbox's prices. Invented: Cannon Studio publishes no price list, only a few samples.

A test may set other price functions (`fixed`, `by_second`, `by_resolution`, `by_both`), with noise.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Input = Mapping[str, Any]
PriceFunction = Callable[[Input], float]
"""Returns a run's price in credits, before rounding up."""

CLIP_DEFAULT_S = 5.0
TRACK_DEFAULT_S = 30.0
_PICTURE = {"1K": 12, "2K": 20, "4K": 28}
_CLIP_RATES = {"seedance2": 4.8, "wan27video": 4.0, "sora-2-pro": 12.0}
_SORA_RATE = 8.0
_SHARPNESS = {"480P": 0.5, "1080P": 1.5, "2K": 2.0, "4K": 3.0}
"""Price factors of clip resolutions; others count once."""


class Tariff:
    """Each operation's price function, which tests may replace."""

    def __init__(self, seed: int = 0) -> None:
        self._set: dict[str, tuple[PriceFunction, float]] = {}
        self._hidden: set[str] = set()
        self._dice = random.Random(f"tariff:{seed}")  # noqa: S311 - for the noise of prices, not for secrets

    def hide(self, operation: str) -> None:
        """Hide an operation's price from the estimate tool."""
        self._hidden.add(operation)

    def set(self, operation: str, function: PriceFunction, *, noise: float = 0.0) -> None:
        """Price an operation by `function`; each charge varies by up to `noise` (a share)."""
        self._set[operation] = (function, noise)

    def estimate(self, operation: str, given: Input, fixed_price: Decimal | None = None) -> Decimal:
        """Return a run's average price, in whole credits.

        `fixed_price` is the catalogue's price, if any.
        """
        function, _ = self._function(operation, fixed_price)
        return _whole(function(given))

    def shown_price(self, operation: str, given: Input, fixed_price: Decimal | None = None) -> Decimal | None:
        """Return the estimate tool's price, None for a hidden one."""
        return None if operation in self._hidden else self.estimate(operation, given, fixed_price)

    def charge(self, operation: str, given: Input, fixed_price: Decimal | None = None) -> Decimal:
        """Return this run's price, with noise."""
        function, noise = self._function(operation, fixed_price)
        return _whole(function(given) * (1 + noise * self._dice.uniform(-1, 1) if noise else 1))

    def _function(self, operation: str, fixed_price: Decimal | None) -> tuple[PriceFunction, float]:
        usual = _PRICES.get(operation, fixed(10)) if fixed_price is None else fixed(float(fixed_price))
        return self._set.get(operation, (usual, 0.0))


def seconds_of(given: Input, default: float) -> float:
    """Return the first duration in the input, in seconds, else `default`."""
    for name in ("duration", "duration_seconds", "video_duration"):
        value = given.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
    return default


def fixed(amount: float) -> PriceFunction:
    """Charge each run `amount` credits."""
    return lambda _given: amount


def by_second(rate: float, default_s: float = CLIP_DEFAULT_S) -> PriceFunction:
    """Charge `rate` credits per second; without a duration, for `default_s` seconds."""
    return lambda given: seconds_of(given, default_s) * rate


def by_resolution(amounts: Mapping[str, float], default: str) -> PriceFunction:
    """Charge by the input's resolution, in any case; `default` if missing or unknown."""
    return lambda given: amounts.get(str(given.get("resolution", default)).upper(), amounts[default])


def by_both(rate: float, shares: Mapping[str, float], default_s: float = CLIP_DEFAULT_S) -> PriceFunction:
    """Charge `rate` credits per second, times the resolution's share; 1 if not listed."""
    seconds = by_second(rate, default_s)
    return lambda given: seconds(given) * shares.get(str(given.get("resolution", "")).upper(), 1.0)


def _whole(amount: float) -> Decimal:
    # Rounded first: 10 x 4.8 must not become 48.000000001 and then 49.
    return Decimal(math.ceil(round(amount, 6)))


def _clip(given: Input) -> float:
    model = str(given.get("model", ""))
    fallback = _SORA_RATE if "sora" in model.casefold() else 4.0
    return by_both(_CLIP_RATES.get(model, fallback), _SHARPNESS)(given)


def _speech(given: Input) -> float:
    return 1 + len(str(given.get("text", ""))) / 100


_PRICES: Mapping[str, PriceFunction] = {
    "image.generate": by_resolution(_PICTURE, "1K"),
    "image.edit": by_resolution(_PICTURE, "1K"),
    "video.generate": _clip,
    "sora2.character.create": fixed(20),
    "sora2.character.generate": by_second(_SORA_RATE),
    "sora2.video.edit": _clip,
    "sora2.video.extend": _clip,
    "sora2.video.remix": _clip,
    "three_d.location.generate": fixed(60),
    "three_d.model.generate": fixed(40),
    "music.generate": by_second(0.4, TRACK_DEFAULT_S),
    "narration.generate": _speech,
    "soundfx.generate": by_second(0.5, 8.0),
    "lipsync.generate": by_second(2.7),
    "subtitles.generate": by_second(0.2, 10.0),
    "smartmotion.generate": by_second(3.0),
    "video.upscale": by_second(2.3),
}
