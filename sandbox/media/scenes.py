"""A scene composed: subjects before their setting, with weather and light; as a picture, or in motion."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from sandbox.media import creatures, things
from sandbox.media.air import beams, fall, fog_bank, shimmer
from sandbox.media.backdrop import Painter
from sandbox.media.lights import light_of, on_stage
from sandbox.media.pen import FINE, Canvas, Colour, Pen, Size, Sprite, glow, lit, mix, ramp
from sandbox.media.settings import paint
from sandbox.media.words import Scene

PAD = 8
"""Units around a sprite's box, for what reaches beyond it."""
PAN = 0.07
"""How far the camera of a clip moves, in widths."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How a subject is drawn and placed."""

    draw: Callable[[Pen], None]
    wide: float
    high: float
    """Its box, in its own units."""
    size: float
    """Its height as a share of the canvas's unit."""
    place: str = "ground"
    """ground, water, air, wall, or across (the whole frame)."""
    sink: float = 0.0
    """The share of its height below the waterline."""
    outdoors: bool = False
    """Whether a room shows it through its window."""


FIGURES: Mapping[str, Figure] = {
    "lighthouse": Figure(things.lighthouse, 68, 122, 0.6, outdoors=True),
    "village": Figure(things.village, 110, 84, 0.4, outdoors=True),
    "market": Figure(things.market, 146, 84, 0.44, outdoors=True),
    "door": Figure(things.door, 80, 100, 0.74),
    "desk": Figure(things.desk, 70, 92, 0.36),
    "boat": Figure(things.boat, 100, 94, 0.4, "water", 0.05, outdoors=True),
    "fishing boat": Figure(things.fishing_boat, 106, 80, 0.28, "water", 0.09, outdoors=True),
    "train": Figure(things.train, 264, 66, 0.2, "across", outdoors=True),
    "balloon": Figure(things.balloon, 80, 110, 0.42, "air"),
    "poster": Figure(things.poster, 80, 110, 0.4, "wall"),
    "fox": Figure(creatures.fox, 70, 80, 0.38),
    "cat": Figure(creatures.cat, 66, 81, 0.36),
    "owl": Figure(creatures.owl, 68, 82, 0.4, "air"),
    "robot": Figure(creatures.robot, 64, 104, 0.5),
    "wanderer": Figure(creatures.wanderer, 42, 93, 0.32),
}
PACES = {"train": 0.03, "boat": 0.012, "fishing boat": 0.008, "balloon": 0.008}
"""How fast subjects move on in a clip, in widths a second."""
REACH = 0.14
"""How far they get, in widths."""


@dataclass(slots=True)
class Placed:
    """A sprite in its place: the left upper corner in pixels, and how near it is (pan and sway follow)."""

    sprite: Sprite
    x: float
    y: float
    near: float = 1.0
    mirror: Image.Image | None = None
    sways: bool = False
    pace: float = 0.0
    """How fast it moves on in a clip, in widths a second."""
    lamp: tuple[float, float] | None = None
    """Where a lighthouse's beams start, in pixels of the sprite."""


class Composition:
    """A scene at one size. `more` is room at the right for a pan, in widths."""

    def __init__(self, scene: Scene, size: Size, more: float = 0.0) -> None:
        self.scene, self.size = scene, size
        self.light = light_of(scene)
        self.canvas = Canvas(size, self.light, more)
        self._painter = Painter(self.canvas, scene)
        self._dice = random.Random(f"stage:{scene.layout}")  # noqa: S311 - images, not secrets
        names = [name for name in (scene.companion, scene.subject) if name is not None and name in FIGURES]
        if scene.setting == "interior":
            seen = next((name for name in names if FIGURES[name].outdoors), None)
            if seen is not None:
                self._painter.view = lambda canvas, x, foot: self._in_window(canvas, FIGURES[seen], x, foot)
            names = [name for name in names if name != seen] or ["desk"]
        self.ground = paint(self._painter)
        self._actors: list[Placed] = []
        self._cast(names)
        self._near = self._foreground(more)

    # ------------------------------------------------------------------ subjects

    def _cast(self, names: list[str]) -> None:
        """Put the subjects in their places; the last one is the main one."""
        side, tall = self._painter.side, self.size[1] >= self.size[0]
        offset = self._dice.uniform(0.02, 0.1) if tall else self._dice.uniform(0.06, 0.22)
        scale = self._dice.uniform(0.84, 1.14) * self.scene.zoom
        for name in names[:-1]:
            self._put(name, 0.5 + side * (offset + 0.16), scale * 0.62, far=0.18)
        for name in names[-1:]:
            for number in range(3 if name == "balloon" else 0):
                far = 0.4 - 0.06 * number
                x = 0.5 + side * self._dice.uniform(0.02, 0.36)
                self._put(name, x, scale * self._dice.uniform(0.16, 0.34), far=far, lift=self._dice.uniform(0.02, 0.2))
            self._put(name, 0.5 - side * offset, scale)

    def _put(self, name: str, x: float, scale: float, far: float = 0.0, lift: float = 0.0) -> None:
        figure, canvas = FIGURES[name], self.canvas
        wide, high = self.size
        if figure.place == "wall" and self.scene.setting == "interior":
            x = 0.5 - self._painter.side * 0.3
        unit = min(figure.size * scale * canvas.unit / figure.high, wide * 0.84 / figure.wide)
        if figure.place == "across":
            x, unit = 0.5, wide * 0.86 / figure.wide
        sprite = self._sprite(figure, unit, far, self.scene.coat if far == 0 else None)
        foot, afloat = self._foot(figure, scale)
        foot -= lift + far * (0.1 if afloat else 0.2)
        top = foot * high - (figure.high + PAD) * unit
        self._set_up(name, figure, (x, foot), unit, afloat=afloat)
        placed = Placed(sprite, x * wide - sprite.image.width / 2, top, 1.0 - far)
        placed.sways = afloat or name == "balloon"
        placed.pace = PACES.get(name, 0.0)
        if afloat:
            placed.y += figure.sink * figure.high * unit
            cut = round((PAD + figure.high * (1 - figure.sink)) * unit)
            sprite.image = sprite.image.crop((0, 0, sprite.image.width, cut))
            placed.mirror = self._mirror(sprite.image)
        if name == "lighthouse" and (self.light.dark or self.light.fog > 0.3):
            placed.lamp = (
                sprite.image.width / 2 + (30 - figure.wide / 2) * unit * self._painter.side,
                (29 + PAD) * unit,
            )
        self._actors.append(placed)

    def _set_up(self, name: str, figure: Figure, at: tuple[float, float], unit: float, *, afloat: bool) -> None:
        """Draw what a subject stands on."""
        (x, foot), wide = at, figure.wide * unit
        if figure.place == "ground" and self.ground.water is not None:
            self._bank(x, foot, wide)
        if name == "train":
            _rails(self._painter, foot, unit)
        if name == "owl":
            _branch(self._painter, x, foot, unit)
        if not afloat and figure.place == "ground" and self.scene.setting != "wall":
            _shadow(self._painter, x * self.size[0], foot * self.size[1], wide)

    def _sprite(self, figure: Figure, unit: float, far: float = 0.0, coat: Colour | None = None) -> Sprite:
        size = (max(2, round((figure.wide + 2 * PAD) * unit)), max(2, round((figure.high + PAD * 1.4) * unit)))
        image = Image.new("RGBA", (size[0] * FINE, size[1] * FINE))
        pen = Pen(ImageDraw.Draw(image), on_stage(self.light), unit * FINE, PAD, PAD, far, coat)
        figure.draw(pen)
        image = image.reduce(FINE)
        faces_left = self._painter.side < 0
        if faces_left:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        haze = 0.5 if "fog" in self.scene.weather else 0.2 if self.light.fog else 0.08
        image = lit(image, self.light, from_left=faces_left, haze=haze)
        lamps = [((x + PAD) * unit, (y + PAD) * unit, radius * unit, tone) for x, y, radius, tone in pen.lamps]
        if faces_left:
            lamps = [(size[0] - x, y, radius, tone) for x, y, radius, tone in lamps]
        return Sprite(image, lamps)

    def _foot(self, figure: Figure, scale: float) -> tuple[float, bool]:
        """Return where a subject's foot is, and whether it floats."""
        ground, place = self.ground, figure.place
        foot, afloat = ground.foot, False
        if place == "air":
            foot = 0.38 + figure.size * scale * self.canvas.unit / self.size[1] / 2
        elif place == "wall" and self.scene.setting == "interior":
            foot = 0.56
        elif place == "water" and ground.afloat is not None:
            foot, afloat = ground.afloat, True
        elif place == "across" and ground.water is not None:
            foot = ground.water + 0.02
        return foot, afloat

    def _in_window(self, canvas: Canvas, figure: Figure, x: float, foot: float) -> None:
        """Draw a subject small, as a room's window shows it."""
        unit = 0.3 * canvas.unit / figure.high
        sprite = self._sprite(figure, min(unit, 0.4 * canvas.wide / figure.wide), 0.12, self.scene.coat)
        left, top = round(x - sprite.image.width / 2), round(foot - sprite.image.height)
        canvas.picture.paste(sprite.image, (left, top), sprite.image)
        for lx, ly, radius, tone in sprite.lamps:
            canvas.glow(left + lx, top + ly, radius, tone, 0.5)

    def _mirror(self, image: Image.Image) -> Image.Image:
        """Return a sprite's reflection: upside down, faint, and broken by waves."""
        size = (image.width, max(1, round(image.height * 0.72)))
        flat = ImageOps.flip(image).resize(size, Image.Resampling.BOX)
        faint = flat.getchannel("A").point(lambda level: round(level * 0.42))
        fade = ramp().transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((1, size[1]))
        fade = fade.resize(size, Image.Resampling.NEAREST)
        faint = Image.composite(faint, Image.new("L", flat.size), fade)
        tone = Image.new("RGB", flat.size, mix(self.light.sky[1], self.light.deep, 0.55))
        colours = Image.blend(flat.convert("RGB"), tone, 0.35)
        colours.putalpha(faint)
        waves = Image.new("RGBA", flat.size)
        step = max(2, flat.height // 26)
        for number, y in enumerate(range(0, flat.height, step)):
            shift = round(math.sin(number * 1.9) * step * (0.25 + 0.9 * y / flat.height))
            waves.paste(colours.crop((0, y, flat.width, y + step)), (shift, y))
        return waves

    # ------------------------------------------------------------------ what subjects stand on

    def _bank(self, x: float, foot: float, wide: float) -> None:
        """Draw the land that a subject stands on, where there is water: from its side of the frame."""
        canvas, painter = self.canvas, self._painter
        tone = mix(painter.land((92, 112, 84), 0.95), self.light.deep, 0.25)
        edge = -1 if x < 0.5 else 1
        reach = edge * (wide / 2 + canvas.unit * 0.2) / canvas.wide
        shape = [(x + edge * 1.2, 1.3), (x + edge * 1.2, foot - 0.06), (x + reach * 1.2, foot - 0.035)]
        shape += [
            (x + reach * 0.5, foot - 0.008),
            (x, foot - 0.004),
            (x - reach * 0.5, foot),
            (x - reach * 0.8, foot + 0.03),
        ]
        shape += [(x - reach * 1.3, foot + 0.05), (x - reach * 1.9, 1.1)]
        with canvas.shapes(foot - 0.08, 1.0) as pen:
            pen.fill([(a * canvas.wide, b * canvas.high) for a, b in shape], tone)
            low = [(a * canvas.wide, (b + 0.035 + 0.02 * (n % 2)) * canvas.high) for n, (a, b) in enumerate(shape)]
            pen.fill(low, mix(tone, self.light.deep, 0.4))

    def _foreground(self, more: float) -> tuple[Image.Image, int] | None:
        """Return what frames the picture in front, such as grass, and where it begins, in pixels from the top."""
        paint_it = _FOREGROUNDS.get(self.scene.setting)
        if paint_it is None or (paint_it is _grass and "snow" in self.scene.weather):
            return None
        wide, high = round(self.size[0] * (1 + more * 2)), self.size[1]
        image = Image.new("RGBA", (wide * FINE, (high - high * 2 // 3) * FINE))
        pen = Pen(ImageDraw.Draw(image), self.light, FINE, 0, -(high * 2 // 3))
        base = (122, 80, 62) if self.scene.setting == "desert" else (54, 78, 58)
        tone = mix(self._painter.land(base, 1.0), self.light.deep, 0.6)
        paint_it(pen, self.size, wide, self._dice, mix(tone, self.light.haze, 0.18 if self.light.fog > 0.9 else 0))
        box = image.getbbox()
        if box is None:
            return None
        top = box[1] // FINE
        return image.crop((0, top * FINE, *image.size)).reduce(FINE), high * 2 // 3 + top

    # ------------------------------------------------------------------ pictures

    def picture(self) -> Image.Image:
        """Return the scene as a still."""
        return self.frame(0.0, 0.0)

    def frame(self, share: float, seconds: float) -> Image.Image:
        """Return the scene at `share` (0 to 1) of the camera's move, after `seconds`."""
        scene, light = self.scene, self.light
        pan = share * PAN * self.size[0] if self.canvas.right > 1 else 0.0
        picture = self.canvas.picture.crop((round(pan), 0, round(pan) + self.size[0], self.size[1]))
        if seconds and self.ground.water is not None:
            shimmer(picture, light, self.ground.water, self._painter.sun[0] * self.size[0] - pan, seconds)
        if "fog" in scene.weather:
            fog_bank(picture, scene, light, 0.62, 0.62, seconds)
        for actor in self._actors:
            self._act(picture, actor, pan, seconds)
        if "fog" in scene.weather:
            fog_bank(picture, scene, light, 0.88, 0.5, seconds)
        if self._near is not None:
            image, top = self._near
            picture.paste(image, (-round(pan * 1.9), top), image)
        if scene.setting != "interior":
            fall(picture, scene, light, seconds)
        return picture

    def _act(self, picture: Image.Image, actor: Placed, pan: float, seconds: float) -> None:
        sprite = actor.sprite
        sway = math.sin(seconds * 1.6) * self.canvas.unit * 0.006 if actor.sways else 0.0
        # It slows down, so that a long clip does not lose its subject.
        gone = REACH * (1 - math.exp(-actor.pace * seconds / REACH)) * self.size[0] * self._painter.side
        x, y = round(actor.x - pan * 1.25 * actor.near + gone), round(actor.y + sway)
        if actor.mirror is not None:
            picture.paste(actor.mirror, (x, y + sprite.image.height - 1), actor.mirror)
        picture.paste(sprite.image, (x, y), sprite.image)
        for lx, ly, radius, tone in sprite.lamps:
            flicker = 0.5 + 0.06 * math.sin(seconds * 7 + lx)
            glow(picture, x + lx, y + ly, radius, tone, flicker)
        if actor.lamp is not None:
            beams(picture, self.light, (x + actor.lamp[0], y + actor.lamp[1]), self._painter.side, seconds)


# ---------------------------------------------------------------------- what subjects are on


def _rails(painter: Painter, foot: float, unit: float) -> None:
    canvas, wide = painter.canvas, painter.canvas.picture.width
    bed = mix(painter.land((140, 116, 100), 0.8), painter.light.deep, 0.3)
    y, steel = foot * canvas.high, mix(painter.light.on((150, 140, 140)), painter.light.deep, 0.3)
    with canvas.shapes(foot - 0.03, foot + 0.1) as pen:
        pen.fill([(0, y - unit), (wide, y - unit), (wide, y + unit * 9), (0, y + unit * 7)], bed)
        x = 0.0
        while x < wide:
            pen.rect(x, y + unit * 1.4, x + unit * 5, y + unit * 3.4, mix(bed, painter.light.deep, 0.5))
            x += unit * 9
        pen.rect(0, y, wide, y + unit * 1.4, steel)


def _branch(painter: Painter, x: float, foot: float, unit: float) -> None:
    """Draw the branch that an owl sits on, from its side of the frame."""
    canvas, edge = painter.canvas, -1 if x < 0.5 else 1
    tone = mix(painter.land((70, 54, 46), 0.9), painter.light.deep, 0.4)
    y, start, end = foot * canvas.high - unit * 3, x * canvas.wide + edge * 0.8 * canvas.wide, x * canvas.wide
    tip = end - edge * unit * 60
    with canvas.shapes(foot - 0.2, foot + 0.12) as pen:
        pen.fill(
            [(start, y - unit * 3), (end, y), (tip, y - unit * 10), (end, y + unit * 5), (start, y + unit * 10)],
            tone,
        )
        for at, up in ((0.3, -1), (0.55, 1), (0.85, -1)):
            root = end + (tip - end) * at if up < 0 else end + edge * unit * 40 * at
            pen.fill(
                [(root, y), (root - edge * unit * 14, y + up * unit * 12), (root - edge * unit * 4, y + unit)], tone
            )


def _shadow(painter: Painter, x: float, y: float, wide: float) -> None:
    size = (max(2, round(wide * 1.25)), max(2, round(wide * 0.13)))
    spot = Image.radial_gradient("L").resize(size).point(lambda level: max(0, 150 - level))
    shift = -painter.side * wide * 0.08
    corner = (round(x + shift - size[0] / 2), round(y - size[1] / 2))
    painter.canvas.picture.paste(painter.light.deep, corner, spot)


# ---------------------------------------------------------------------- foregrounds


def _grass(pen: Pen, size: Size, wide: int, dice: random.Random, tone: Colour) -> None:
    unit, high = min(size[0], size[1] * 1.2), size[1]
    x = 0.0
    while x < wide:
        edge = min(1.2, abs(x / size[0] - 0.5) * 2)
        long = unit * 0.07 * dice.uniform(0.4, 1.0) * (0.35 + 0.9 * edge**2)
        tip = x + dice.uniform(-0.4, 0.4) * long
        pen.fill([(x - unit * 0.005, high + 2), (tip, high - long), (x + unit * 0.005, high + 2)], tone)
        x += unit * dice.uniform(0.004, 0.014)


def _rocks(pen: Pen, size: Size, wide: int, dice: random.Random, tone: Colour) -> None:
    unit, high = min(size[0], size[1] * 1.2), size[1]
    for centre in (-0.02, 0.08, 0.9, wide / size[0] + 0.02):
        x, half, up = centre * size[0], unit * dice.uniform(0.08, 0.16), unit * dice.uniform(0.03, 0.08)
        shape = ((-1, -0.1), (-0.7, 0.6), (-0.2, 1.0), (0.3, 0.8), (0.8, 0.3), (1.0, -0.1))
        pen.fill([(x + a * half, high - b * up) for a, b in shape], tone)


_FOREGROUNDS: Mapping[str, Callable[[Pen, Size, int, random.Random, Colour], None]] = {
    "hills": _grass, "forest": _grass, "mountains": _grass, "lake": _grass, "sea": _rocks, "desert": _rocks,
}  # fmt: skip
