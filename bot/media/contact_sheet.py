"""A contact sheet: one image of many, with numbers and captions; drawn in a separate process.

`draw` runs this module as `python -m bot.media.contact_sheet` (`main`), confined by `bot.media.caged`.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import math
import sys
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from bot.media.caged import INSTALLED, MIB, CageLimits, command, confine, made
from bot.media.lettering import Lettering

if TYPE_CHECKING:
    from PIL.Image import Image

SHEET_NAME = "contact-sheet.jpg"
TIMEOUT_S = 30.0
"""From the start of the process to its end, idle time included."""
LIMITS = CageLimits(cpu_s=20, data=208 * MIB, memory=384 * MIB, file=32 * MIB)
"""With Python's and Pillow's code less than 256 MiB of memory in total."""
PIXELS_MAX = 40_000_000
"""The largest decoded image, if it fits: a pixel takes 4 bytes, but 9 as AVIF and 16 as WebP."""
AT_ONCE = 2
"""Sheets drawn at once; further ones wait."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
"""Allowed decoders; Pillow has many more, some of them old."""
LOADED = (
    "PIL.ImageDraw",
    "PIL.ImageFont",
    *(f"PIL.{name}ImagePlugin" for name in ("Bmp", "Gif", "Jpeg", "Ppm", "Png", "Mpo", "WebP", "Avif")),
)
"""Modules Pillow would import with the first image, and those for text."""
TILES_MAX = 20
COLUMNS_MAX = 5
TILE, GAP, CAPTION_HEIGHT, TEXT_SIZE, NUMBER_SIZE = 256, 16, 44, 18, 22
"""In pixels."""
BACKGROUND, EMPTY, TEXT, NUMBER_BACK = "#1E1F22", "#34363C", "#F2F3F5", "#000000"
QUALITY = 88
COMMAND = command("bot.media.contact_sheet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A sheet's tile. `file` is its name in the folder, None without an image."""

    number: int
    caption: str
    file: str | None


_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
"""By event loop: a process has one, the tests many."""


async def draw(folder: Path, tiles: Sequence[Tile], *, timeout_s: float = TIMEOUT_S) -> Path:
    """Draw the images in `folder` and return the sheet's path, in that folder. Raises CagedError, also if none is one.

    `timeout_s` excludes the wait for a slot.
    """
    places = _places.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    async with places:
        wanted = [asdict(tile) for tile in tiles]
        return await made(COMMAND, folder, wanted, SHEET_NAME, timeout_s=timeout_s, installed=INSTALLED)


# ---------------------------------------------------------------------- in the separate process


def main() -> int:
    """Draw stdin's tiles in the working directory; return the exit code."""
    letters = load()
    confine(LIMITS)
    tiles = [Tile(**each) for each in json.load(sys.stdin)][:TILES_MAX]
    sheet = drawn(tiles, Path(), letters)
    if sheet is None:
        print("none of the pictures can be read", file=sys.stderr)  # noqa: T201 - its only way to report
        return 1
    sheet.save(SHEET_NAME, "JPEG", quality=QUALITY)
    return 0


def load() -> Lettering:
    """Preload code and the font, which are unreadable once restricted."""
    for name in LOADED:
        importlib.import_module(name)
    from PIL import AvifImagePlugin  # noqa: PLC0415 - the bot's own process never needs it

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # by default one per core, and their stacks count as memory
    return Lettering()


def drawn(tiles: Sequence[Tile], folder: Path, letters: Lettering | None = None) -> Image | None:
    """Return the sheet; an unreadable image leaves its tile empty. None if all are."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - the bot's own process never needs it

    columns = min(COLUMNS_MAX, math.ceil(math.sqrt(len(tiles))) if len(tiles) > 3 else len(tiles))
    rows = math.ceil(len(tiles) / columns) if columns else 0
    size = (GAP + columns * (TILE + GAP), GAP + rows * (TILE + CAPTION_HEIGHT + GAP))
    sheet = Image.new("RGB", size, BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    letters = letters or Lettering()
    read = 0
    for place, tile in enumerate(tiles):
        left = GAP + place % columns * (TILE + GAP)
        top = GAP + place // columns * (TILE + CAPTION_HEIGHT + GAP)
        pen.rectangle((left, top, left + TILE - 1, top + TILE - 1), fill=EMPTY)
        picture = None if tile.file is None else _picture(folder / Path(tile.file).name)
        if picture is not None:
            read += 1
            sheet.paste(picture, (left + (TILE - picture.width) // 2, top + (TILE - picture.height) // 2))
        number = str(tile.number)
        pen.rectangle((left, top, left + 16 + letters.width(number, NUMBER_SIZE), top + 32), fill=NUMBER_BACK)
        letters.draw(pen, (left + 8, top + 16), number, NUMBER_SIZE, TEXT, anchor="lm")
        caption = letters.fitted(letters.drawable(tile.caption), TEXT_SIZE, TILE)
        letters.draw(pen, (left, top + TILE + 10), caption, TEXT_SIZE, TEXT)
    return sheet if read else None


def _picture(path: Path) -> Image | None:
    """Return the image in a tile's size, None if too large or unreadable."""
    from PIL import Image  # noqa: PLC0415 - as above

    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as picture:
                picture.draft("RGB", (TILE * 2, TILE * 2))  # decode JPEGs at a smaller size
                picture.thumbnail((TILE, TILE))
                return _flat(picture)
    except Exception:  # noqa: BLE001 - decoders fail in any way on a broken file, and the other tiles are good
        return None


def _flat(picture: Image) -> Image:
    from PIL import Image  # noqa: PLC0415 - as above

    clear = picture.convert("RGBA")
    ground = Image.new("RGBA", clear.size, EMPTY)
    ground.alpha_composite(clear)
    return ground.convert("RGB")


if __name__ == "__main__":
    sys.exit(main())
