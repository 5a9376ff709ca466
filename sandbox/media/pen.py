"""Flat shapes with smooth edges: on a picture, or as a sprite of their own that is lit and then placed."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from PIL import Image, ImageChops, ImageDraw

Colour = tuple[int, int, int]
Size = tuple[int, int]
"""Width and height, in pixels."""
Point = tuple[float, float]

FINE = 2
"""Shapes are drawn this much larger and scaled down: Pillow's own edges are jagged."""
CURVE_STEPS = 6


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour at `share` (0 to 1) between `first` and `second`."""
    share = min(1.0, max(0.0, share))
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


@functools.cache
def rgb(code: str) -> Colour:
    """Return the colour of a hexadecimal code such as 'e8e0d0'."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """The colours of one hour and weather."""

    sky: tuple[Colour, Colour, Colour]
    """At the top, in the middle and at the horizon."""
    haze: Colour
    """Of the air: what is far away takes it on."""
    deep: Colour
    """Of what is near and unlit."""
    sun: Colour
    """Of the sun or moon."""
    ambient: tuple[float, float, float]
    """What is left of a daylight colour, for red, green and blue."""
    dark: bool = False
    """Whether windows and lamps shine."""
    moon: bool = False
    fog: float = 0.0
    """How much of everything the air hides, 0 to 1."""

    def on(self, colour: Colour, far: float = 0.0) -> Colour:
        """Return a daylight colour in this light; `far` (0 to 1) mixes in the air."""
        red, green, blue = (min(255, round(part * share)) for part, share in zip(colour, self.ambient, strict=True))
        return mix((red, green, blue), self.haze, min(0.96, far + self.fog * 0.3))


@functools.lru_cache(maxsize=2048)
def points_of(path: str) -> tuple[Point, ...]:
    """Return the points of 'x,y x,y …'."""
    return tuple((float(x), float(y)) for x, _, y in (pair.partition(",") for pair in path.split()))


@functools.lru_cache(maxsize=2048)
def curve(points: tuple[Point, ...], *, closed: bool = True) -> tuple[Point, ...]:
    """Return a smooth line through all points (Catmull-Rom)."""
    count = len(points)
    if count < 3:
        return points
    found: list[Point] = []
    for at in range(count if closed else count - 1):
        near = [at - 1, at, at + 1, at + 2]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = (
            points[n % count if closed else min(max(n, 0), count - 1)] for n in near
        )
        for step in range(CURVE_STEPS):
            t = step / CURVE_STEPS
            one, two, three = t, t * t, t * t * t
            weights = (-one + 2 * two - three, 2 - 5 * two + 3 * three, one + 4 * two - 3 * three, three - two)
            found.append(
                (
                    sum(w * v for w, v in zip(weights, (ax, bx, cx, dx), strict=True)) / 2,
                    sum(w * v for w, v in zip(weights, (ay, by, cy, dy), strict=True)) / 2,
                )
            )
    return tuple(found) if closed else (*found, points[-1])


@dataclass(slots=True)
class Pen:
    """Draws shapes in units, on an image `scale` pixels a unit, shifted by `left` and `top` units."""

    draw: ImageDraw.ImageDraw
    light: Light
    scale: float
    left: float = 0.0
    top: float = 0.0
    far: float = 0.0
    coat: Colour | None = None
    """The colour that replaces a subject's own main colour."""
    lamps: list[tuple[float, float, float, Colour]] = field(default_factory=list)
    """Place (units), radius (units) and colour of each light, see `lamp`."""

    def tone(self, colour: str | Colour) -> Colour:
        return self.light.on(rgb(colour) if isinstance(colour, str) else colour, self.far)

    def main(self, code: str, shade: float = 0.0) -> Colour:
        """Return the subject's main colour, its own or mostly the requested one; `shade` darkens it."""
        colour = mix(rgb(code), self.coat, 0.75) if self.coat else rgb(code)
        return mix(colour, (24, 20, 40), shade)

    def at(self, points: Sequence[Point]) -> list[Point]:
        scale, left, top = self.scale, self.left, self.top
        return [((x + left) * scale, (y + top) * scale) for x, y in points]

    def poly(self, path: str | Sequence[Point], colour: str | Colour) -> None:
        points = points_of(path) if isinstance(path, str) else path
        self.draw.polygon(self.at(points), fill=self.tone(colour))

    def fill(self, points: Sequence[Point], colour: Colour) -> None:
        """Draw a polygon in a colour that is lit already."""
        self.draw.polygon(self.at(points), fill=colour)

    def rect(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Draw a rectangle in a colour that is lit already."""
        start, end = self.at([(left, top), (right, bottom)])
        if end[0] >= start[0] and end[1] >= start[1]:
            self.draw.rectangle((*start, *end), fill=colour)

    def blob(self, path: str, colour: str | Colour) -> None:
        self.poly(curve(points_of(path)), colour)

    def stroke(self, path: str, width: float, colour: str | Colour) -> None:
        """Draw a smooth line with round ends."""
        points = self.at(curve(points_of(path), closed=False))
        thick, fill = max(1, round(width * self.scale)), self.tone(colour)
        self.draw.line(points, fill=fill, width=thick, joint="curve")
        for x, y in (points[0], points[-1]):
            self.draw.circle((x, y), thick / 2, fill=fill)

    def disc(self, x: float, y: float, radius: float, colour: str | Colour, high: float | None = None) -> None:
        (cx, cy), wide, tall = self.at([(x, y)])[0], radius * self.scale, (high or radius) * self.scale
        self.draw.ellipse((cx - wide, cy - tall, cx + wide, cy + tall), fill=self.tone(colour))

    def ring(self, x: float, y: float, radius: float, width: float, colour: str | Colour) -> None:
        (cx, cy), wide = self.at([(x, y)])[0], radius * self.scale
        thick = max(1, round(width * self.scale))
        self.draw.ellipse((cx - wide, cy - wide, cx + wide, cy + wide), outline=self.tone(colour), width=thick)

    def box(self, x: float, y: float, wide: float, high: float, colour: str | Colour, round_by: float = 0) -> None:
        (ax, ay), (bx, by) = self.at([(x, y), (x + wide, y + high)])
        if bx - ax >= 1 and by - ay >= 1:
            self.draw.rounded_rectangle((ax, ay, bx - 1, by - 1), round_by * self.scale, fill=self.tone(colour))

    def window(self, x: float, y: float, wide: float, high: float, round_by: float = 0) -> None:
        """Draw a pane: lit when it is dark outside."""
        if not self.light.dark:
            self.box(x, y, wide, high, "5a6c7c", round_by)
            return
        (ax, ay), (bx, by) = self.at([(x, y), (x + wide, y + high)])
        warm = mix((255, 206, 120), self.light.haze, self.far * 0.5)
        self.draw.rounded_rectangle((ax, ay, max(ax, bx - 1), max(ay, by - 1)), round_by * self.scale, fill=warm)
        self.lamps.append((x + wide / 2, y + high / 2, max(wide, high) * 2.2, (255, 190, 100)))

    def lamp(self, x: float, y: float, radius: float, colour: Colour = (255, 220, 150)) -> None:
        """Let a light shine here; what is drawn is its glow, when it is dark or foggy."""
        if self.light.dark or self.light.fog > 0.3:
            self.lamps.append((x, y, radius, colour))

    def bright(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Draw a disc that no shadow dims."""
        cx, cy = self.at([(x, y)])[0]
        self.draw.circle((cx, cy), radius * self.scale, fill=colour)


@functools.cache
def _radial() -> Image.Image:
    """Return a soft spot, 128 × 128: white in the centre, black well before the edge."""
    spot = Image.new("L", (128, 128))
    spot.putdata(
        [round(255 * max(0.0, 1 - math.hypot(x - 63.5, y - 63.5) / 63) ** 2.2) for y in range(128) for x in range(128)]
    )
    return spot


@functools.cache
def ramp() -> Image.Image:
    """Return a gradient, 1 × 256: black at the top, white at the bottom."""
    return Image.linear_gradient("L").resize((1, 256))


class Canvas:
    """A picture in the making: a frame of `size`, drawn on to the right by `more` of its width, for a pan."""

    def __init__(self, size: Size, light: Light, more: float = 0.0) -> None:
        self.wide, self.high = size
        self.light = light
        self.right = 1 + more
        """Where the picture ends, in widths of the frame."""
        self.picture = Image.new("RGB", (round(self.wide * self.right), self.high), None)
        self.unit = min(self.wide, self.high * 1.2)
        """The length by which things are measured, in pixels."""

    @contextmanager
    def shapes(self, top: float, bottom: float, left: float = 0.0, right: float = 9.0) -> Iterator[Pen]:
        """Yield a pen for a part of the picture, in shares of the frame, with units of one pixel."""
        ax, bx = max(0, round(left * self.wide)), min(self.picture.width, round(right * self.wide))
        ay, by = max(0, math.floor(top * self.high)), min(self.high, math.ceil(bottom * self.high))
        if bx <= ax or by <= ay:
            ax, ay, bx, by = 0, 0, 1, 1
        part = self.picture.crop((ax, ay, bx, by))
        part = part.resize((part.width * FINE, part.height * FINE), Image.Resampling.NEAREST)
        yield Pen(ImageDraw.Draw(part), self.light, FINE, -ax, -ay)
        self.picture.paste(part.reduce(FINE), (ax, ay))

    def mist(self, top: float, bottom: float, colour: Colour, strength: float, *, up: bool = False) -> None:
        """Lay a veil that thickens downwards (upwards: `up`), from `top` to `bottom` in heights."""
        ay, by = max(0, round(top * self.high)), min(self.high, round(bottom * self.high))
        if by <= ay or strength <= 0:
            return
        veil = ramp().transpose(Image.Transpose.FLIP_TOP_BOTTOM) if up else ramp()
        veil = veil.point(lambda level: round(level * min(1.0, strength)))
        veil = veil.resize((1, by - ay)).resize((self.picture.width, by - ay), Image.Resampling.NEAREST)
        self.picture.paste(colour, (0, ay), veil)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """Let light shine around a point, all in pixels."""
        glow(self.picture, x, y, radius, colour, strength)


def glow(picture: Image.Image, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
    """Let light shine around a point of `picture`, all in pixels."""
    side = round(radius * 2)
    if side < 2:
        return
    level = min(1.0, strength)
    spot = _radial().point(lambda value: round(value * level)).resize((side, side), Image.Resampling.BILINEAR)
    picture.paste(colour, (round(x - radius), round(y - radius)), spot)


@dataclass(slots=True)
class Sprite:
    """A drawn subject: its pixels with transparency, and its lamps in pixels of them."""

    image: Image.Image
    lamps: list[tuple[float, float, float, Colour]]


def lit(image: Image.Image, light: Light, *, from_left: bool, haze: float) -> Image.Image:
    """Return a sprite with a shaded side, a bright rim towards the sun, and the air before its foot."""
    alpha = image.getchannel("A")
    colours = image.convert("RGB")
    size = image.size
    turned = ramp().transpose(Image.Transpose.ROTATE_90 if from_left else Image.Transpose.ROTATE_270)
    side = turned.resize((size[0], 1)).resize(size, Image.Resampling.NEAREST)
    shade = ImageChops.multiply(alpha, side).point(lambda level: round(level * 0.34))
    colours.paste(mix(light.deep, (16, 12, 40), 0.3), (0, 0), shade)
    width = max(1, round(min(size) / 140))
    inner = ImageChops.offset(alpha, width if from_left else -width, width)
    rim = ImageChops.subtract(alpha, inner).point(lambda level: round(level * (0.5 if light.dark else 0.62)))
    colours.paste(light.sun, (0, 0), rim)
    if haze > 0:
        veil = ramp().point(lambda level: round(level * min(1.0, haze))).resize((1, size[1]))
        veil = veil.resize(size, Image.Resampling.NEAREST)
        colours.paste(light.haze, (0, 0), veil)
    colours.putalpha(alpha)
    return colours
