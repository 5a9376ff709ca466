"""Text on images, in the bundled font. Pillow is imported with the first image."""

from __future__ import annotations

import io
import lzma
import unicodedata
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

FONT = "letters.ttf.xz"
ELLIPSIS = "…"
NO_CHARACTER = "\U000f0000"
"""Private use: the font draws its sign for a missing character."""
CHECK_SIZE = 20


class Lettering:
    """Measures and draws text; reads no file later. `scale`: pixels of the image per pixel of the caller."""

    def __init__(self, scale: int = 1) -> None:
        self._scale = scale
        self._file = lzma.decompress(resources.files("bot.media").joinpath("fonts", FONT).read_bytes())
        self._fonts: dict[int, FreeTypeFont] = {}

    def drawable(self, text: str) -> str:
        """Return one line of the characters that the font has; letter-like symbols become letters."""
        plain = unicodedata.normalize("NFKC", text)
        return " ".join("".join(each for each in plain if each.isspace() or self._has(each)).split())

    def is_readable(self, text: str) -> bool:
        """Whether the font has each letter and digit of a text, and at least one visible character."""
        plain = unicodedata.normalize("NFKC", text)
        return bool(self.drawable(text)) and all(self._has(each) for each in plain if each.isalnum())

    def width(self, text: str, size: int) -> float:
        return self._font(size).getlength(text) / self._scale

    def fitted(self, text: str, size: int, room: float) -> str:
        """Return the part of a text that fits into `room`, with an ellipsis if cut."""
        while len(text) > 1 and self.width(text, size) > room:
            text = f"{text.rstrip(ELLIPSIS)[:-1].rstrip()}{ELLIPSIS}"
        return text

    def draw(
        self, on: ImageDraw, at: tuple[float, float], text: str, size: int, colour: str, *, anchor: str = "la"
    ) -> None:
        """Draw a text; `anchor` is two of Pillow's letters: `l`, `m`, `r`, then `a`, `m`, `s`."""
        place = (at[0] * self._scale, at[1] * self._scale)
        on.text(place, text, font=self._font(size), fill=colour, anchor=anchor)

    def _has(self, character: str) -> bool:
        if unicodedata.category(character)[0] == "C":
            return False
        font = self._font(CHECK_SIZE)
        return bytes(font.getmask(character)) != bytes(font.getmask(NO_CHARACTER))

    def _font(self, size: int) -> FreeTypeFont:
        from PIL import ImageFont  # noqa: PLC0415 - 20 ms and 10 MB that only an image needs

        if size not in self._fonts:
            self._fonts[size] = ImageFont.truetype(io.BytesIO(self._file), size * self._scale)
        return self._fonts[size]
