"""Text on images, in any script: two bundled fonts, chosen per character.

Raqm, in Pillow's wheels, shapes Arabic and right-to-left text. Pillow is imported with the first image.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable
from enum import Enum
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

FIRST_PLANE = 0xFFFF
"""The last character that the fonts have; those above it are mostly emoji."""
ELLIPSIS = "…"


class Typeface(Enum):
    """The fonts, by file in `bot/media/fonts/`."""

    MAIN = "wqy-microhei.ttc"
    OTHER = "unifont_jp.otf"


_MAIN_RANGES = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x391, 0x3CE),
    (0x400, 0x45F),
    (0x1EA0, 0x1EF9),
    (0x2013, 0x2014),
    (0x2018, 0x201E),
    (0x2026, 0x2026),
    (0x3001, 0x3003),
    (0x3008, 0x3011),
    (0x3041, 0x30FF),
    (0x4E00, 0x9FA5),
    (0xAC00, 0xD7A3),
    (0xFF01, 0xFF9F),
)
"""The main font's ranges, nearly without gaps; the other one has all of the first plane."""


def drawable(text: str) -> str:
    """Return one line of characters that the fonts have.

    Letter-like symbols, such as those of mathematics, become letters. Emoji are dropped; if nothing else is left,
    the first is spelled in words ("fox face"). '' if nothing is visible.
    """
    plain = unicodedata.normalize("NFKC", text)
    kept = " ".join("".join(each for each in plain if _is_drawn(each)).split())
    return kept or next((name for each in plain if (name := _spelled(each))), "")


def _is_drawn(character: str) -> bool:
    if character.isspace():
        return True
    is_mark = "\ufe00" <= character <= "\ufe0f"  # an emoji's variation selector
    return ord(character) <= FIRST_PLANE and not is_mark and unicodedata.category(character)[0] != "C"


def _spelled(character: str) -> str:
    return unicodedata.name(character, "").lower() if ord(character) > FIRST_PLANE else ""


class Lettering:
    """Measures and draws text. `scale`: pixels of the image per pixel of the caller."""

    def __init__(self, scale: int = 1) -> None:
        self._scale = scale
        self._fonts: dict[tuple[Typeface, int], FreeTypeFont] = {}

    def load(self, sizes: Iterable[int]) -> None:
        """Preload these sizes: a confined process can't read files later."""
        for face, size in itertools.product(Typeface, sizes):
            self._font(face, size)

    def width(self, text: str, size: int) -> float:
        return sum(self._font(face, size).getlength(run) for face, run in _runs(text)) / self._scale

    def fitted(self, text: str, size: int, room: float) -> str:
        """Return the part of a text that fits into `room`, with an ellipsis if cut."""
        while len(text) > 1 and self.width(text, size) > room:
            text = f"{text.rstrip(ELLIPSIS)[:-1].rstrip()}{ELLIPSIS}"
        return text

    def draw(
        self, on: ImageDraw, at: tuple[float, float], text: str, size: int, colour: str, *, anchor: str = "la"
    ) -> None:
        """Draw a text; `anchor` is two of Pillow's letters: `l`, `m`, `r`, then `a`, `m`, `s`."""
        across, down = anchor[0], anchor[1]
        ascent, descent = self._font(Typeface.MAIN, size).getmetrics()
        left = at[0] * self._scale - self.width(text, size) * self._scale * {"l": 0.0, "m": 0.5, "r": 1.0}[across]
        base = at[1] * self._scale + {"a": ascent, "m": (ascent - descent) / 2, "s": 0.0}[down]
        for face, run in _runs(text):
            font = self._font(face, size)
            on.text((left, base), run, font=font, fill=colour, anchor="ls")
            left += font.getlength(run)

    def _font(self, face: Typeface, size: int) -> FreeTypeFont:
        from PIL import ImageFont  # noqa: PLC0415 - 20 ms and 10 MB that only an image needs

        if (face, size) not in self._fonts:
            path = resources.files("bot.media").joinpath("fonts", face.value)
            self._fonts[face, size] = ImageFont.truetype(str(path), size * self._scale)
        return self._fonts[face, size]


def _runs(text: str) -> list[tuple[Typeface, str]]:
    """Split a text by font; spaces stay with the preceding run."""
    runs: list[tuple[Typeface, str]] = []
    for character in text:
        face = runs[-1][0] if runs and character == " " else _face_of(character)
        if runs and runs[-1][0] is face:
            runs[-1] = (face, runs[-1][1] + character)
        else:
            runs.append((face, character))
    return runs


def _face_of(character: str) -> Typeface:
    has_it = any(first <= ord(character) <= last for first, last in _MAIN_RANGES)
    return Typeface.MAIN if has_it else Typeface.OTHER
