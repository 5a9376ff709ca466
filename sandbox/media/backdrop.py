"""The parts of every backdrop: sky, ridges, mist and water, painted from the back to the front."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from sandbox.media.pen import Canvas, Colour, Pen, Point, Size, glow, mix
from sandbox.media.words import Scene

ROOM = 1.1
"""The width over which things are strewn, in widths of the frame: a clip's camera moves to the right."""
SUN_HEIGHTS = {"noon": 0.17, "dawn": 0.4, "sunset": 0.46, "dusk": 0.36}
"""By hour, as a share of the height from the top."""
WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where subjects are placed: shares of the height."""

    foot: float
    """Where what stands has its foot."""
    water: float | None = None
    """Where the water begins; None without any."""
    afloat: float | None = None
    """Where what floats has its waterline."""


class Painter:
    """Paints the parts of a scene's backdrop. Places and heights are shares of the frame."""

    def __init__(self, canvas: Canvas, scene: Scene) -> None:
        self.canvas, self.scene, self.light = canvas, scene, canvas.light
        self.dice = random.Random(f"layout:{scene.layout}")  # noqa: S311 - images, not secrets
        self.tall = canvas.high > canvas.wide
        self.side = self.dice.choice((-1, 1))
        """The side of the sun; the subject is on the other."""
        x, share = 0.5 + self.side * self.dice.uniform(0.12, 0.3), self.dice.uniform(-0.03, 0.03)
        self.sun = (x, share + (0.25 if self.light.moon else SUN_HEIGHTS.get(scene.hour, 0.3)))
        self.horizon = self.dice.uniform(0.58, 0.64) + (0.05 if self.tall else 0)
        self.view: Callable[[Canvas, float, float], None] | None = None
        """What a room's window shows: drawn with its foot at a place in pixels."""

    def fork(self) -> random.Random:
        """Return dice of their own for a row whose length depends on the picture's: what follows stays in place."""
        return random.Random(self.dice.random())  # noqa: S311 - images, not secrets

    def dice_for(self, part: str) -> random.Random:
        """Return dice for a part that only some hours or weathers have: an edit must not move the rest."""
        return random.Random(f"{part}:{self.scene.layout}")  # noqa: S311 - images, not secrets

    # ------------------------------------------------------------------ sky

    def sky(self, *, clouds: bool = True) -> None:
        """Paint the sky at a quarter of the size, soft as it is; then disc and stars on top."""
        picture, canvas = self.canvas.picture, self.canvas
        small = (max(4, picture.width // 4), max(4, picture.height // 4))
        sky = gradient(self.light.sky, small, self.horizon)
        scale = small[1] / picture.height
        x, y = self.sun[0] * canvas.wide, self.sun[1] * canvas.high
        warm = mix(self.light.sun, self.light.sky[2], 0.35)
        glow(sky, x * scale, y * scale, canvas.unit * 0.95 * scale, warm, 0.34 if self.light.dark else 0.6)
        if clouds:
            self._clouds(sky)
        canvas.picture = sky.resize(picture.size, Image.Resampling.BILINEAR)
        if self.light.dark and not self.scene.weather & {"rain", "fog"}:
            self._stars()
        if self.scene.hour != "dusk" and "rain" not in self.scene.weather:
            self._disc(x, y)

    def _clouds(self, sky: Image.Image) -> None:
        wide, high = sky.size
        dice = self.dice_for("clouds")
        veil = Image.new("L", (wide * 2, high * 2))
        draw = ImageDraw.Draw(veil)
        heavy = "rain" in self.scene.weather
        level = 46 if self.light.moon else 84
        for _ in range(9 if heavy else 6):
            x, y = dice.uniform(-0.1, 1.1), dice.uniform(0.05, self.horizon * 0.8)
            long = dice.uniform(0.16, 0.4) * (1.5 if heavy else 1)
            for _ in range(7):
                left = (x + dice.uniform(-0.5, 0.5) * long) * wide * 2
                half = long * wide * dice.uniform(0.3, 0.75)
                tall = half * dice.uniform(0.05, 0.13) * (1.6 if heavy else 1)
                top = y * high * 2 - tall * dice.uniform(0, 1.5)
                draw.ellipse((left - half, top - tall, left + half, top + tall), fill=level)
        veil = veil.filter(ImageFilter.GaussianBlur(max(0.6, wide / 150))).reduce(2)
        bright = mix(self.light.sky[2], WHITE, 0.1 if self.light.dark else 0.45)
        sky.paste(mix(self.light.sky[0], self.light.deep, 0.25) if heavy else bright, (0, 0), veil)

    def _stars(self) -> None:
        draw, canvas, dice = ImageDraw.Draw(self.canvas.picture), self.canvas, self.dice_for("stars")
        for _ in range(150 if self.light.moon else 50):
            x, y = dice.random() * ROOM, dice.random() ** 1.4 * self.horizon
            size = dice.choice((0.0006, 0.0006, 0.0009, 0.0015)) * canvas.unit
            tone = mix(self.light.sun, self.light.sky[0 if y < 0.3 else 1], dice.uniform(0.1, 0.75))
            px, py = x * canvas.wide, y * canvas.high
            if size < 0.75:
                draw.point((px, py), fill=tone)
            else:
                draw.ellipse((px - size, py - size, px + size, py + size), fill=tone)

    def _disc(self, x: float, y: float) -> None:
        """Draw the sun or moon; two moons, if the prompt has them."""
        canvas, light = self.canvas, self.light
        radius = canvas.unit * (0.05 if light.moon else 0.062)
        moons = [(x, y, radius)]
        if self.scene.moons > 1 and light.moon:
            moons.append((x - self.side * radius * 3.4, y - radius * 1.5, radius * 0.55))
        strength = 0.25 if "fog" in self.scene.weather else 1.0
        tone = mix(light.sky[1], light.sun, 0.55 + 0.45 * strength)
        for cx, cy, r in moons:
            canvas.glow(cx, cy, r * 3.6, light.sun, 0.5 * max(0.5, strength))
            wide, high = (r + 2) / canvas.wide, (r + 2) / canvas.high
            sx, sy = cx / canvas.wide, cy / canvas.high
            with canvas.shapes(sy - high, sy + high, sx - wide, sx + wide) as pen:
                pen.bright(cx, cy, r, tone)
                for dx, dy, size in MARE if light.moon else ():
                    pen.bright(cx + dx * r, cy + dy * r, size * r, mix(tone, light.sky[1], 0.09))

    # ------------------------------------------------------------------ land

    def outline(self, base: float, reach: float, *, sharp: bool = False, waves: float = 1.0) -> list[Point]:
        """Return the upper edge of a ridge in pixels, across the picture."""
        canvas, dice = self.canvas, self.dice
        shape = ((0.62, 1.3), (0.3, 3.1), (0.17, 6.7), (0.07, 15.0)) if sharp else ((0.6, 0.7), (0.3, 1.7), (0.1, 4.1))
        parts = [(reach * size, pitch * waves * dice.uniform(0.85, 1.2), dice.random() * 9) for size, pitch in shape]
        line = []
        for step in range(161):
            x = step / 160 * canvas.right
            if sharp:
                rise = sum(size * (1 - 2 * abs(math.sin(x * pitch * 1.96 + phase))) for size, pitch, phase in parts)
            else:
                rise = sum(size * math.sin(x * pitch * math.tau + phase) for size, pitch, phase in parts)
            line.append((x * canvas.wide, (base - rise) * canvas.high))
        return line

    def ridge(self, line: list[Point], colour: Colour, *, firs: float = 0.0, cap: Colour | None = None) -> None:
        """Fill below a line; with firs of that height (in units), or a snow cap."""
        canvas = self.canvas
        upper, lower = min(y for _, y in line), max(y for _, y in line)
        top = upper - firs * canvas.unit * 1.2
        low = lower + (0.12 * canvas.high if cap else 0)
        corners = [(canvas.picture.width, 9e3), (0.0, 9e3)]
        with canvas.shapes(top / canvas.high - 0.01, low / canvas.high + 0.01) as pen:
            pen.fill([*line, *corners], cap or colour)
            if cap:
                jag = []
                for n, (x, y) in enumerate(line):
                    tooth = 0.034 + 0.014 * math.sin(n * 1.1) + 0.012 * math.sin(n * 2.3 + 1) + 0.008 * (n % 2)
                    jag.append((x, y + canvas.high * tooth + max(0, y - upper) * 0.45))
                pen.fill([*jag, *corners], colour)
            dark = mix(mix(colour, self.light.haze, 0.3), self.light.deep, 0.5)
            tone = dark if "snow" in self.scene.weather else colour
            for x, y, high in self._firs(line, firs) if firs else ():
                pen.fill(list(_fir(x, y, high)), tone)
        start = max(0, math.ceil(low) + 1)
        if start < canvas.high:
            canvas.picture.paste(colour, (0, start, canvas.picture.width, canvas.high))

    def _firs(self, line: list[Point], high: float) -> Iterator[tuple[float, float, float]]:
        unit, dice = self.canvas.unit, self.fork()
        x = line[0][0]
        while x < line[-1][0]:
            at = min(len(line) - 1, int(x / line[-1][0] * (len(line) - 1)))
            tall = high * unit * dice.uniform(0.55, 1.15)
            yield x, line[at][1] + tall * 0.1, tall
            x += high * unit * dice.uniform(0.2, 0.62)

    def land(self, colour: Colour, depth: float) -> Colour:
        """Return a ground's colour at `depth`: 0 is far away, 1 is near."""
        light = self.light
        if "snow" in self.scene.weather:
            shade = mix(mix(light.haze, light.sky[0], 0.5), light.deep, 0.12)
            near = light.on(mix(colour, (246, 248, 252), 0.9))
            return mix(mix(light.haze, shade, min(1.0, depth * 2.2)), near, max(0.0, depth - 0.3) / 0.7)
        near = mix(light.on(colour), light.deep, 0.26 + 0.2 * depth)
        return mix(light.haze, near, depth**1.5 if light.fog > 0.9 else depth**0.9)

    def veil(self, top: float, strength: float, high: float = 0.14) -> None:
        """Lay mist over the foot of what is behind."""
        more = 1.55 if self.light.fog > 0.9 else 1.0
        self.canvas.mist(top, top + high, mix(self.light.haze, self.light.sky[2], 0.45), strength * more)

    # ------------------------------------------------------------------ water

    def water(self, top: float) -> None:
        """Mirror what is above the waterline, and let the sun glitter."""
        canvas, picture, light = self.canvas, self.canvas.picture, self.light
        start = round(top * canvas.high)
        depth = canvas.high - start
        if depth < 2:
            return
        mirror = ImageOps.flip(picture.crop((0, max(0, start - round(depth * 1.5)), picture.width, start)))
        mirror = mirror.resize((max(1, picture.width // 12), max(1, depth // 10)), Image.Resampling.BOX)
        tone = mix(mix(light.sky[0], light.sky[1], 0.5), light.deep, 0.3)
        mirror = Image.blend(mirror, Image.new("RGB", mirror.size, tone), 0.42)
        picture.paste(mirror.resize((picture.width, depth), Image.Resampling.BILINEAR), (0, start))
        canvas.mist(top, 1.0, mix(tone, light.deep, 0.6), 0.62)
        with canvas.shapes(top, 1.0) as pen:
            self._ripples(pen, start, depth)
            if "rain" not in self.scene.weather:
                self._glitter(pen, start, depth)

    def _ripples(self, pen: Pen, top: int, depth: int) -> None:
        canvas, light, dice = self.canvas, self.light, self.dice_for("ripples")
        bright, dark = mix(light.sky[2], light.sky[1], 0.45), mix(light.sky[0], light.deep, 0.5)
        for number in range(64):
            share = (number / 64) ** 1.7
            x, y = dice.random() * ROOM * canvas.wide, top + depth * share + 1
            reach = canvas.unit * (0.02 + 0.16 * share) * dice.uniform(0.5, 1.3)
            tone = mix(bright if number % 3 else dark, dark, share * 0.65)
            base = mix(light.sky[1], light.deep, 0.3 + 0.4 * share)
            _dash(pen, x, y, reach, 0.4 + canvas.unit * 0.0022 * (0.3 + share), mix(base, tone, 0.38))

    def _glitter(self, pen: Pen, top: int, depth: int) -> None:
        canvas, light, dice = self.canvas, self.light, self.dice_for("glitter")
        tone, base = mix(light.sun, light.sky[2], 0.25), mix(light.sky[1], light.deep, 0.3)
        for number in range(40):
            share = ((number + 0.5) / 40) ** 1.4
            spread = canvas.unit * (0.012 + 0.1 * share)
            reach = canvas.unit * (0.012 + 0.045 * share) * dice.uniform(0.5, 1.4)
            fade = 0.12 + 0.6 * share + (0.25 if light.fog > 0.5 else 0)
            at = self.sun[0] * canvas.wide + dice.uniform(-1, 1) * spread
            _dash(pen, at, top + depth * share + 1, reach, canvas.unit * 0.0022 * (0.5 + share), mix(tone, base, fade))


MARE = ((-0.3, -0.2, 0.24), (0.25, 0.3, 0.3), (0.3, -0.42, 0.14), (-0.35, 0.4, 0.15))
"""The dark plains of a moon: place and size, in its radii."""
_FIR = (
    (0.0, 1.0), (0.09, 0.8), (0.05, 0.8), (0.15, 0.58), (0.09, 0.58), (0.21, 0.34), (0.13, 0.34), (0.27, 0.1),
    (0.04, 0.1), (0.04, 0.0),
)  # fmt: skip


def _fir(x: float, y: float, high: float) -> Iterator[Point]:
    """Yield the outline of a fir with its foot at `y`."""
    for across, up in _FIR:
        yield x + across * high, y - up * high
    for across, up in reversed(_FIR):
        yield x - across * high, y - up * high


def _dash(pen: Pen, x: float, y: float, reach: float, thick: float, colour: Colour) -> None:
    near = reach * 0.4
    upper = [(x - reach, y), (x - near, y - thick), (x + near, y - thick), (x + reach, y)]
    pen.fill([*upper, (x + near, y + thick), (x - near, y + thick)], colour)


def gradient(stops: tuple[Colour, Colour, Colour], size: Size, reach: float) -> Image.Image:
    """Return a sky from its three colours; the last one is at `reach`, a share of the height."""
    top, centre, horizon = stops
    column = Image.new("RGB", (1, 64))
    for y in range(64):
        share = min(1.0, y / 63 / reach)
        tone = mix(top, centre, share / 0.55) if share < 0.55 else mix(centre, horizon, ((share - 0.55) / 0.45) ** 1.2)
        column.putpixel((0, y), tone)
    return column.resize((1, size[1]), Image.Resampling.BICUBIC).resize(size, Image.Resampling.NEAREST)
