"""Landscapes drawn from a seed, for images and clips, with the prompt as a caption.

Only Pillow, no network and no model: a scene takes some tens of milliseconds; the same seed gives the same scene.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from bot.media.lettering import Lettering, drawable

Colour = tuple[int, int, int]
Size = tuple[int, int]
"""Width and height, in pixels."""

CAPTION_LINES = 4
"""A longer caption ends with an ellipsis."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one hour of the day."""

    top: Colour
    middle: Colour
    horizon: Colour
    sun: Colour
    far: Colour
    near: Colour
    night: bool = False


PALETTES = (
    Palette((38, 52, 110), (201, 92, 120), (255, 190, 120), (255, 236, 190), (150, 92, 128), (28, 22, 48)),
    Palette((74, 144, 214), (150, 200, 236), (238, 244, 240), (255, 250, 226), (126, 164, 186), (24, 66, 62)),
    Palette((8, 12, 40), (30, 44, 96), (88, 104, 158), (240, 242, 255), (52, 64, 116), (6, 10, 26), night=True),
    Palette((252, 176, 132), (250, 208, 160), (255, 240, 208), (255, 255, 240), (222, 158, 130), (96, 48, 56)),
    Palette((22, 92, 100), (76, 164, 148), (226, 226, 172), (255, 248, 206), (74, 138, 130), (10, 44, 48)),
    Palette((66, 38, 108), (160, 84, 160), (248, 158, 164), (255, 224, 214), (116, 76, 142), (30, 16, 54)),
)


@dataclass(frozen=True, slots=True)
class Ridge:
    """One line of hills: the sum of a few waves."""

    base: float
    """Its distance from the top, as a share of the height."""
    waves: tuple[tuple[float, float, float], ...]
    """Amplitude (share of the height), frequency (waves per width) and phase (radians) of each wave."""
    colour: Colour
    pace: float
    """Its drift in widths per second."""

    def height(self, x: float, seconds: float) -> float:
        """Return the ridge's height at `x` (share of the width), as a share of the image's height."""
        at = (x + seconds * self.pace) * math.tau
        return self.base - sum(reach * math.sin(at * pitch + phase) for reach, pitch, phase in self.waves)


class Scene:
    """One landscape. `frame()` draws it at a moment of a clip; an image is its first frame."""

    def __init__(self, seed: int | str) -> None:
        dice = random.Random(f"scene:{seed}")  # noqa: S311 - images, not secrets
        self.palette = dice.choice(PALETTES)
        self.sun = (dice.uniform(0.22, 0.78), dice.uniform(0.2, 0.42), dice.uniform(0.045, 0.075))
        self.water = dice.choice((True, False))
        layers = 3 if self.water else 5
        self.ridges = tuple(self._ridge(dice, step, layers) for step in range(layers))
        self.stars = tuple((dice.random(), dice.random() * 0.6, dice.choice((1, 1, 2))) for _ in range(90))
        self.clouds = tuple(
            (dice.random(), dice.uniform(0.08, 0.4), dice.uniform(0.1, 0.26), dice.uniform(0.002, 0.008))
            for _ in range(5)
        )
        # Two groups at the sides, so that the centre stays open.
        self.trees = tuple((dice.choice((0.0, 0.86)) + 0.2 * dice.random(), dice.uniform(0.1, 0.3)) for _ in range(14))
        self._skies: dict[Size, Image.Image] = {}

    def _ridge(self, dice: random.Random, step: int, layers: int) -> Ridge:
        share = step / (layers - 1)
        floor = 0.66 if self.water else 0.84
        reach = 0.07 * (1 - 0.35 * share)
        waves = ((reach, 0.7), (reach * 0.45, 1.9), (reach * 0.22, 4.3), (reach * 0.08, 11.0))
        return Ridge(
            base=0.5 + (floor - 0.5) * share,
            waves=tuple((size, pitch * dice.uniform(0.8, 1.25), dice.random() * math.tau) for size, pitch in waves),
            colour=mix(self.palette.far, self.palette.near, share**1.3),
            pace=0.006 + 0.03 * share,
        )

    def frame(self, size: Size, seconds: float = 0.0) -> Image.Image:
        """Draw the scene after `seconds` of drift, `size` in pixels, without a caption."""
        picture = self._sky(size).copy()
        self._draw_clouds(picture, seconds)
        draw = ImageDraw.Draw(picture)
        for ridge in self.ridges:
            self._draw_ridge(draw, size, ridge, seconds)
        if self.water:
            self._draw_water(picture, seconds)
        self._draw_trees(ImageDraw.Draw(picture), size, seconds)
        return picture

    def _sky(self, size: Size) -> Image.Image:
        if size not in self._skies:
            ramp = Image.linear_gradient("L").resize(size)
            colours = self.palette
            sky = ImageOps.colorize(ramp, colours.top, colours.horizon, colours.middle, midpoint=100)
            if colours.night:
                draw = ImageDraw.Draw(sky)
                for x, y, radius in self.stars:
                    draw.circle((x * size[0], y * size[1]), radius * size[0] / 1200, fill=colours.sun)
            self._draw_sun(sky)
            self._skies[size] = sky
        return self._skies[size]

    def _draw_sun(self, sky: Image.Image) -> None:
        width, height = sky.size
        x, y, share = self.sun
        radius = max(2, round(share * min(width, height)))
        # The gradient has 74 levels left at the centre of its edges; without them the glow would end in a square.
        glow = ImageOps.invert(Image.radial_gradient("L")).point(lambda level: max(0, level - 74) * 0.8)
        glow = glow.resize((radius * 10, radius * 10))
        corner = (round(x * width) - radius * 5, round(y * height) - radius * 5)
        sky.paste(self.palette.sun, corner, glow)
        ImageDraw.Draw(sky).circle((x * width, y * height), radius, fill=self.palette.sun)

    def _draw_clouds(self, picture: Image.Image, seconds: float) -> None:
        width, height = picture.size
        # Drawn at a fifth of the size and blurred: soft, and almost free.
        small = (max(8, width // 5), max(8, height // 5))
        veil = Image.new("L", small)
        draw = ImageDraw.Draw(veil)
        for x, y, length, pace in self.clouds:
            left = ((x + seconds * pace * 3) % 1.3 - 0.2) * small[0]
            for puff in range(4):
                start = left + length * small[0] * puff / 5
                tall = length * small[1] * (0.16 - 0.03 * abs(puff - 1.5))
                box = (start, y * small[1] - tall, start + length * small[0] / 2, y * small[1] + tall)
                draw.ellipse(box, fill=26 if self.palette.night else 96)
        veil = veil.filter(ImageFilter.GaussianBlur(max(1, small[0] / 70))).resize(picture.size)
        picture.paste(mix(self.palette.horizon, (255, 255, 255), 0.5), (0, 0), veil)

    @staticmethod
    def _draw_ridge(draw: ImageDraw.ImageDraw, size: Size, ridge: Ridge, seconds: float) -> None:
        width, height = size
        stride = max(1, width // 160)
        line = [(x, ridge.height(x / width, seconds) * height) for x in range(0, width + stride, stride)]
        draw.polygon([(0, height), *line, (width + stride, height)], fill=ridge.colour)

    def _draw_water(self, picture: Image.Image, seconds: float) -> None:
        width, height = picture.size
        shore = round(height * 0.7)
        depth = height - shore
        mirror = ImageOps.flip(picture.crop((0, max(0, shore - 2 * depth), width, shore))).resize((width, depth))
        tint = Image.new("RGB", mirror.size, mix(self.palette.middle, self.palette.near, 0.35))
        mirror = Image.blend(mirror, tint, 0.38)
        draw = ImageDraw.Draw(mirror)
        light = mix(self.palette.horizon, self.palette.middle, 0.35)
        for row in range(14):
            y = depth * (row / 14) ** 1.5
            sway = math.sin(seconds * 1.7 + row * 2.1)
            middle = (self.sun[0] + 0.03 * sway * row / 7) * width
            reach = width * (0.02 + 0.012 * row + 0.012 * sway)
            draw.line((middle - reach, y, middle + reach, y), fill=light, width=max(1, height // 300))
        picture.paste(mirror, (0, shore))

    def _draw_trees(self, draw: ImageDraw.ImageDraw, size: Size, seconds: float) -> None:
        width, height = size
        colour = mix(self.palette.near, (0, 0, 0), 0.25)
        floor = 1.02
        for x, tall in self.trees:
            left = ((x - seconds * 0.036) % 1.2 - 0.1) * width
            top = (floor - tall * 1.5) * height
            half = tall * height * 0.22
            for tier in range(3):
                peak = top + tier * tall * height * 0.36
                foot = peak + tall * height * 0.62
                spread = half * (0.6 + 0.3 * tier)
                draw.polygon([(left, peak), (left - spread, foot), (left + spread, foot)], fill=colour)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour at `share` (0 to 1) between `first` and `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def cover(picture: Image.Image, size: Size) -> Image.Image:
    """Return `picture` cut and scaled to fill `size`."""
    return ImageOps.fit(picture.convert("RGB"), size)


def tinted(picture: Image.Image, seed: int | str) -> Image.Image:
    """Return `picture` in the colours of `seed`'s scene: a simulated edit."""
    colours = Scene(seed).palette
    toned = ImageOps.colorize(picture.convert("L"), colours.near, colours.sun, colours.middle)
    return Image.blend(picture.convert("RGB"), toned, 0.6)


def drift(picture: Image.Image, size: Size, share: float) -> Image.Image:
    """Return a camera's view zooming in on `picture`, at `share` (0 to 1) of the move, in `size`."""
    width, height = picture.size
    margin = 0.07 * share
    box = (width * margin * 1.3, height * margin * 0.7, width * (1 - margin * 0.7), height * (1 - margin * 1.3))
    return picture.resize(size, Image.Resampling.BILINEAR, box=box)


def caption_card(size: Size, text: str, label: str, *, above: bool = False) -> Image.Image:
    """Return a transparent layer of `size` with `text` on a dark panel at the bottom and `label` small above it.

    `above` puts it at the top and darkens it: a source made here has its own caption at the bottom.
    """
    width, height = size
    layer = Image.new("RGBA", size)
    unit = max(6.0, min(width, height * 1.6) / 34)
    letters, font, small = Lettering(), round(unit), max(4, round(unit * 0.6))
    pad, gap = unit * 0.9, unit * 1.32
    lines = wrap(drawable(text), letters, font, width - 4 * pad)
    panel = pad * 1.5 + unit * 0.75 + gap * len(lines)
    top = pad if above else height - pad - panel
    draw = ImageDraw.Draw(layer)
    draw.rounded_rectangle(
        (pad, top, width - pad, top + panel), radius=unit * 0.7, fill=(10, 12, 24, 238 if above else 150)
    )
    letters.draw(draw, (2 * pad, top + pad * 0.7), drawable(label), small, "#FFFFFFAA")
    for number, line in enumerate(lines):
        letters.draw(draw, (2 * pad, top + pad * 0.7 + unit + gap * number), line, font, "#FFFFFFF0")
    return layer


def wrap(text: str, letters: Lettering, font: int, room: float) -> list[str]:
    """Break `text` into at most CAPTION_LINES lines of `room` pixels; between letters without spaces."""
    lines: list[str] = []
    for word in _words(text, letters, font, room):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and letters.width(joined, font) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    if len(lines) > CAPTION_LINES:
        lines = lines[:CAPTION_LINES]
        lines[-1] = letters.fitted(lines[-1] + "…", font, room)
    return lines or [""]


def _words(text: str, letters: Lettering, font: int, room: float) -> Iterator[str]:
    """Yield the words, too wide ones in parts: Japanese has no spaces."""
    for word in text.split():
        part = ""
        for letter in word:
            if part and letters.width(part + letter, font) > room:
                yield part
                part = ""
            part += letter
        yield part
