"""What the sandbox charges. Invented: Cannon Studio publishes no price list, only the few samples named here.

The samples are matched on purpose, so that the numbers look like its own: 28 for an image by GPT Image 2 in 4K, 48 for
10 seconds of Seedance 2.0, 17 for lip sync of 6.2 s and 17 for an upscale of 7.2 s to 4k.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Input = Mapping[str, Any]

CLIP_DEFAULT_S = 5.0
TRACK_DEFAULT_S = 30.0
_PICTURE = {"1K": 12, "2K": 20, "4K": 28}
_CLIP_RATES = {"seedance2": 4.8, "wan27video": 4.0, "sora-2-pro": 12.0}
_SORA_RATE = 8.0


def price(operation: str, given: Input, fixed: Decimal | None = None) -> Decimal:
    """Return what a run of `operation` with this input costs, in credits. `fixed` is the catalogue's price, if any."""
    if fixed is not None:
        return fixed
    return Decimal(math.ceil(_PRICES.get(operation, _flat(10))(given)))


def seconds_of(given: Input, default: float) -> float:
    """Return the result's requested duration in seconds: the first duration in the input, else `default`."""
    for name in ("duration", "duration_seconds", "video_duration"):
        value = given.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
    return default


def _flat(amount: float) -> Callable[[Input], float]:
    return lambda _given: amount


def _rate(per_second: float, default_s: float = CLIP_DEFAULT_S) -> Callable[[Input], float]:
    # Rounded first: 10 x 4.8 must not become 48.000000001 and then 49.
    return lambda given: round(seconds_of(given, default_s) * per_second, 6)


def _picture(given: Input) -> float:
    return _PICTURE.get(str(given.get("resolution", "1K")).upper(), 12)


def _clip(given: Input) -> float:
    model = str(given.get("model", ""))
    fallback = _SORA_RATE if "sora" in model.casefold() else 4.0
    return _rate(_CLIP_RATES.get(model, fallback))(given)


def _speech(given: Input) -> float:
    return 1 + len(str(given.get("text", ""))) / 100


_PRICES: Mapping[str, Callable[[Input], float]] = {
    "image.generate": _picture,
    "image.edit": _picture,
    "video.generate": _clip,
    "sora2.character.create": _flat(20),
    "sora2.character.generate": _rate(_SORA_RATE),
    "sora2.video.edit": _clip,
    "sora2.video.extend": _clip,
    "sora2.video.remix": _clip,
    "three_d.location.generate": _flat(60),
    "three_d.model.generate": _flat(40),
    "music.generate": _rate(0.4, TRACK_DEFAULT_S),
    "narration.generate": _speech,
    "soundfx.generate": _rate(0.5, 8.0),
    "lipsync.generate": _rate(2.7),
    "subtitles.generate": _rate(0.2, 10.0),
    "smartmotion.generate": _rate(3.0),
    "video.upscale": _rate(2.3),
}
