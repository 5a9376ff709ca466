"""Where a scene takes place: sea, hills, city, room …, each painted over its sky."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw, ImageFilter

from sandbox.media.air import fall
from sandbox.media.backdrop import WHITE, Ground, Painter
from sandbox.media.pen import Colour, Pen, mix

Box = tuple[float, float, float, float]
"""Left, top, width and height, in pixels."""


def paint(painter: Painter) -> Ground:
    """Paint a scene's backdrop; return where subjects go."""
    return _SETTINGS[painter.scene.setting](painter)


# ---------------------------------------------------------------------- water and land


def _sea(painter: Painter) -> Ground:
    painter.sky()
    shore = painter.horizon + 0.012
    painter.ridge(painter.outline(painter.horizon - 0.01, 0.05), painter.land((120, 140, 130), 0.16))
    painter.ridge(painter.outline(shore, 0.045, sharp=True, waves=0.8), painter.land((96, 122, 110), 0.34))
    painter.veil(painter.horizon - 0.08, 0.5, 0.09)
    painter.water(shore)
    return Ground(0.86, shore, painter.horizon + 0.17)


def _lake(painter: Painter) -> Ground:
    painter.sky()
    snow = mix(painter.light.sun, painter.light.haze, 0.45)
    far = painter.outline(painter.horizon - 0.2, 0.16, sharp=True)
    painter.ridge(far, painter.land((118, 126, 150), 0.26), cap=snow)
    painter.veil(painter.horizon - 0.22, 0.6, 0.2)
    painter.ridge(painter.outline(painter.horizon - 0.08, 0.08, sharp=True), painter.land((92, 112, 118), 0.46))
    painter.veil(painter.horizon - 0.12, 0.5)
    painter.ridge(painter.outline(painter.horizon - 0.02, 0.03), painter.land((58, 92, 78), 0.7), firs=0.075)
    painter.water(painter.horizon + 0.01)
    return Ground(0.88, painter.horizon + 0.01, painter.horizon + 0.17)


def _mountains(painter: Painter) -> Ground:
    painter.sky()
    snow = mix(painter.light.sun, painter.light.haze, 0.38)
    for depth, base, reach in ((0.22, 0.44, 0.2), (0.42, 0.56, 0.15)):
        cap = mix(snow, painter.light.haze, 0.5 - depth)
        painter.ridge(painter.outline(base, reach, sharp=True), painter.land((110, 116, 140), depth), cap=cap)
        painter.veil(base - 0.04, 0.62, 0.2)
    painter.ridge(painter.outline(0.68, 0.05), painter.land((74, 104, 92), 0.58), firs=0.06)
    painter.veil(0.66, 0.45)
    painter.ridge(
        painter.outline(0.78, 0.04), painter.land((84, 116, 84), 0.78), firs=0 if painter.scene.subject else 0.1
    )
    painter.ridge(painter.outline(0.87, 0.03), painter.land((70, 98, 70), 0.98))
    return Ground(0.9)


def _hills(painter: Painter) -> Ground:
    painter.sky()
    for depth, base, reach, firs in (
        (0.14, 0.56, 0.07, 0), (0.3, 0.61, 0.06, 0.022), (0.5, 0.67, 0.05, 0.035), (0.72, 0.75, 0.045, 0),
    ):  # fmt: skip
        tone = mix((120, 160, 96), (166, 168, 92), painter.dice.random())
        painter.ridge(painter.outline(base, reach), painter.land(tone, depth), firs=firs)
        painter.veil(base - 0.02, 0.4 * (1 - depth))
    painter.ridge(painter.outline(0.86, 0.03), painter.land((96, 132, 76), 0.96))
    return Ground(0.9)


def _forest(painter: Painter) -> Ground:
    painter.horizon = 0.72
    painter.sky()
    for depth, base, firs in ((0.16, 0.6, 0.17), (0.34, 0.66, 0.24), (0.56, 0.73, 0.32)):
        painter.ridge(painter.outline(base, 0.035), painter.land((66, 104, 88), depth), firs=firs)
        painter.veil(base - 0.14, 0.62 * (1 - depth * 0.7), 0.2)
    canvas, bark = painter.canvas, painter.land((50, 70, 62), 0.84)
    tone = mix(painter.light.haze, painter.light.deep, 0.72) if "snow" in painter.scene.weather else bark
    with canvas.shapes(0, 0.86) as pen:
        for low, high in ((0.0, 0.1), (0.16, 0.22), (0.8, 0.86), (0.92, 1.0)):
            _trunk(pen, painter, painter.dice.uniform(low, high) * canvas.wide, tone)
    painter.veil(0.68, 0.4, 0.14)
    painter.ridge(painter.outline(0.83, 0.025), painter.land((84, 112, 74), 0.92))
    return Ground(0.9)


def _trunk(pen: Pen, painter: Painter, x: float, tone: Colour) -> None:
    canvas, dice = painter.canvas, painter.dice
    thick, high = canvas.unit * dice.uniform(0.018, 0.034), canvas.high
    pen.fill([(x - thick * 0.6, -5), (x + thick * 0.6, -5), (x + thick, high), (x - thick, high)], tone)
    for _ in range(4):
        y, side = dice.uniform(0.03, 0.42) * high, dice.choice((-1, 1))
        long = canvas.unit * dice.uniform(0.06, 0.14)
        pen.fill([(x, y), (x + side * long, y - long * 0.4), (x, y + thick * 0.7)], tone)


def _desert(painter: Painter) -> Ground:
    painter.sky(clouds=False)
    painter.ridge(painter.outline(painter.horizon - 0.04, 0.09, sharp=True), painter.land((178, 116, 92), 0.3))
    painter.veil(painter.horizon - 0.12, 0.6, 0.13)
    for depth, base, reach in (
        (0.34, painter.horizon, 0.035), (0.56, painter.horizon + 0.07, 0.05), (0.78, 0.8, 0.05), (1.0, 0.92, 0.04),
    ):  # fmt: skip
        warm = mix(painter.light.on((238, 186, 126)), painter.light.haze, 0.5 * (1 - depth))
        bright = mix(painter.land((228, 168, 112), depth), warm, 0.2 if painter.light.dark else 0.55)
        painter.ridge(painter.outline(base, reach, waves=0.8), bright)
    return Ground(0.88)


# ---------------------------------------------------------------------- city


def _city(painter: Painter) -> Ground:
    painter.horizon = 0.74
    painter.sky()
    canvas, light = painter.canvas, painter.light
    for depth, low, high in ((0.2, 0.28, 0.52), (0.42, 0.2, 0.42), (0.68, 0.1, 0.32)):
        _row(painter, depth, low, high)
        painter.veil(0.62, 0.62 * (1 - depth * 0.6), 0.2)
    if "neon" in painter.scene.weather:
        _signs(painter)
    street = mix(painter.land((86, 88, 102), 1.0), light.deep, 0.3)
    canvas.picture.paste(street, (0, round(0.8 * canvas.high), canvas.picture.width, canvas.high))
    if "rain" in painter.scene.weather or light.dark:
        painter.water(0.815)
        canvas.mist(0.8, 1.0, street, 0.75, up=True)
        canvas.mist(0.82, 1.0, street, 0.3)
    with canvas.shapes(0.79, 0.83) as pen:
        kerb = mix(street, light.haze, 0.3)
        pen.rect(0, 0.803 * canvas.high, canvas.picture.width, 0.815 * canvas.high, kerb)
    return Ground(0.9)


def _row(painter: Painter, depth: float, low: float, high: float) -> None:
    """Draw a row of towers, taller at the sides than in the middle."""
    canvas, dice, tone = painter.canvas, painter.fork(), painter.land((120, 122, 140), depth)
    with canvas.shapes(0.8 - high - 0.16, 0.82) as pen:
        x = -0.02 * canvas.wide
        while x < canvas.picture.width:
            wide = canvas.unit * dice.uniform(0.05, 0.12) * (0.8 + depth)
            aside = min(0.5, abs((x + wide / 2) / canvas.wide - 0.5))
            tall = canvas.high * dice.uniform(low, high) * (0.75 + 0.5 * aside)
            _tower(pen, painter, (x, 0.82 * canvas.high - tall, wide, tall), tone, depth, dice)
            x += wide * dice.uniform(0.86, 1.12)


def _tower(pen: Pen, painter: Painter, box: Box, tone: Colour, depth: float, dice: random.Random) -> None:
    x, y, wide, tall = box
    pen.rect(x, y, x + wide, y + tall, tone)
    pen.rect(x + wide * 0.62, y, x + wide, y + tall, mix(tone, painter.light.deep, 0.1))
    top = dice.randrange(4)
    if top == 0:
        pen.rect(x + wide * 0.46, y - wide * 0.5, x + wide * 0.5, y, tone)
    elif top == 1:
        pen.rect(x + wide * 0.2, y - wide * 0.16, x + wide * 0.7, y, tone)
    elif top == 2:
        pen.fill([(x, y), (x + wide, y - wide * 0.3), (x + wide, y)], tone)
    light, step = painter.light, painter.canvas.unit * 0.0155 * (0.7 + 0.5 * depth)
    warm, cool = (mix(pane, light.haze, 0.72 - 0.6 * depth) for pane in ((255, 208, 130), (190, 220, 240)))
    pane = mix(tone, light.sky[2], 0.2)
    for row in range(int((tall - step) / (step * 1.5))):
        for column in range(int((wide - step * 0.6) / step)):
            if dice.random() < (0.36 if light.dark else 0.55):
                left, up = x + step * (0.5 + column), y + step * (0.9 + row * 1.5)
                fill = (cool if dice.random() < 0.22 else warm) if light.dark else pane
                pen.rect(left, up, left + step * 0.5, up + step * 0.7, fill)


NEON = ((255, 70, 150), (70, 225, 235), (255, 180, 70), (170, 100, 255))


def _signs(painter: Painter) -> None:
    canvas, dice = painter.canvas, painter.dice_for("signs")
    wide = canvas.unit * 0.026
    for number in range(11):
        tone = NEON[number % len(NEON)]
        x = (0.04 + 0.092 * number + dice.uniform(-0.02, 0.02)) * canvas.wide
        y, tall = dice.uniform(0.42, 0.66) * canvas.high, canvas.unit * dice.uniform(0.06, 0.14)
        canvas.glow(x + wide / 2, y + tall / 2, tall * 1.5, tone, 0.5)
        top, bottom = y / canvas.high, (y + tall) / canvas.high
        with canvas.shapes(top - 0.01, bottom + 0.01, x / canvas.wide - 0.01, x / canvas.wide + 0.05) as pen:
            pen.rect(x, y, x + wide, y + tall, mix(tone, painter.light.deep, 0.55))
            for row in range(int(tall / wide)):
                up, high = y + wide * (row + 0.2), wide * dice.choice((0.16, 0.5, 0.6))
                pen.rect(x + wide * 0.2, up, x + wide * 0.8, up + high, mix(tone, WHITE, 0.35))


# ---------------------------------------------------------------------- rooms and walls


def _interior(painter: Painter) -> Ground:
    """A room with a large window; outside it are hills under the hour's sky."""
    canvas, light = painter.canvas, painter.light
    painter.horizon = 0.5
    painter.sun = (painter.sun[0], 0.27)
    painter.sky()
    for depth, base, firs in ((0.2, 0.47, 0.0), (0.42, 0.52, 0.02), (0.66, 0.57, 0.04)):
        painter.ridge(painter.outline(base, 0.04, waves=1.4), painter.land((110, 140, 110), depth), firs=firs)
        painter.veil(base - 0.03, 0.4 * (1 - depth), 0.1)
    middle, half = 0.5 + painter.side * 0.1, 0.36 if painter.tall else 0.27
    left, right = (middle - half) * canvas.wide, (middle + half) * canvas.wide
    if painter.view is not None:
        painter.view(canvas, middle * canvas.wide, 0.585 * canvas.high)
    fall(canvas.picture, painter.scene, light, 0.0)
    _room(painter, (left, 0.09 * canvas.high, right, 0.62 * canvas.high))
    if light.dark:
        x = (0.5 - painter.side * 0.28) * canvas.wide
        canvas.glow(x, 0.5 * canvas.high, canvas.unit * 0.62, (255, 176, 96), 0.4)
    return Ground(0.9)


WALLS = ((216, 196, 172), (150, 172, 166), (196, 160, 142), (126, 140, 164))


def _room(painter: Painter, window: Box) -> None:
    """Paint walls and floor around a window: left, top, right and bottom in pixels."""
    canvas, light = painter.canvas, painter.light
    left, top, right, bottom = window
    picture, edge, high = canvas.picture, canvas.unit * 0.016, canvas.high
    wall = mix(light.on(painter.dice.choice(WALLS)), light.deep, 0.34 if light.dark else 0.18)
    frame = mix(light.on((240, 232, 220)), light.deep, 0.1)
    floor = mix(light.on((150, 108, 78)), light.deep, 0.3)
    wide = picture.width
    for x, y, to_x, to_y in ((0, 0, wide, top), (0, bottom, wide, high), (0, 0, left, high), (right, 0, wide, high)):
        picture.paste(wall, (round(x), round(y), round(to_x), round(to_y)))
    picture.paste(floor, (0, round(0.8 * high), wide, high))
    with canvas.shapes(0.05, 1.0) as pen:
        _window_frame(pen, window, edge, frame, mix(wall, light.deep, 0.35))
        pen.rect(0, 0.785 * high, wide, 0.8 * high, mix(wall, WHITE, 0.2))
        lean, near = painter.side * canvas.unit, 0.97 * high
        patch = [
            (left + edge, 0.83 * high),
            (right - edge, 0.83 * high),
            (right - lean * 0.22, near),
            (left - lean * 0.3, near),
        ]
        pen.fill(patch, mix(floor, light.sun, 0.1 if light.dark else 0.26))
        _plant(pen, painter, (0.5 - painter.side * 0.4) * canvas.wide, 0.86 * high)
    canvas.mist(0.0, 0.2, mix(wall, light.deep, 0.5), 0.3, up=True)


def _window_frame(pen: Pen, window: Box, edge: float, frame: Colour, shade: Colour) -> None:
    left, top, right, bottom = window
    pen.rect(left - edge, top - edge, right + edge, top + edge * 0.3, frame)
    pen.rect(left - edge, top, left + edge * 0.3, bottom, frame)
    pen.rect(right - edge * 0.3, top, right + edge, bottom, frame)
    for share in (1 / 3, 2 / 3):
        x = left + (right - left) * share
        pen.rect(x - edge * 0.34, top, x + edge * 0.34, bottom, frame)
    bar = top + (bottom - top) * 0.4
    pen.rect(left, bar, right, bar + edge * 0.6, frame)
    pen.rect(left - edge * 2.2, bottom - edge * 0.4, right + edge * 2.2, bottom + edge * 0.9, frame)
    pen.rect(left - edge * 1.8, bottom + edge * 0.9, right + edge * 1.8, bottom + edge * 1.5, shade)


def _plant(pen: Pen, painter: Painter, x: float, foot: float) -> None:
    unit, light = painter.canvas.unit, painter.light
    leaf = mix(light.on((78, 124, 86)), light.deep, 0.2)
    for number in range(9):
        lean = (number - 4) / 4
        high = unit * (0.3 - 0.1 * abs(lean)) * painter.dice.uniform(0.85, 1.1)
        tip = (x + lean * unit * 0.13, foot - unit * 0.1 - high)
        hip, up = x + lean * unit * 0.085, foot - unit * 0.1 - high * 0.66
        shape = [(x, foot - unit * 0.09), (hip - unit * 0.022, up), tip, (hip + unit * 0.022, up + unit * 0.02)]
        pen.fill(shape, mix(leaf, light.deep, 0.22 * (number % 2)))
    top, pot = foot - unit * 0.11, mix(light.on((196, 112, 78)), light.deep, 0.15)
    pen.fill([(x - unit * 0.06, top), (x + unit * 0.06, top), (x + unit * 0.045, foot), (x - unit * 0.045, foot)], pot)


def _wall(painter: Painter) -> Ground:
    """A whitewashed wall in the sun, with the shadow of leaves."""
    canvas, light, dice = painter.canvas, painter.light, painter.dice
    picture = canvas.picture
    white = mix(light.on((244, 238, 226)), light.haze, 0.12)
    picture.paste(white, (0, 0, *picture.size))
    warm = mix(white, light.sun, 0.6)
    canvas.glow((0.5 + painter.side * 0.4) * canvas.wide, 0.1 * canvas.high, canvas.unit * 1.1, warm, 0.7)
    canvas.mist(0.5, 0.9, mix(white, light.deep, 0.25), 0.35)
    shadow = Image.new("L", (max(8, canvas.wide // 6), max(8, canvas.high // 6)))
    draw = ImageDraw.Draw(shadow)
    for _ in range(70):
        x = (0.5 + painter.side * dice.uniform(0.14, 0.62)) * shadow.width
        y, r = dice.uniform(-0.05, 0.5) * shadow.height, shadow.width * dice.uniform(0.012, 0.03)
        draw.ellipse((x - r * 2, y - r * 0.7, x + r * 2, y + r * 0.7), fill=64)
    shadow = shadow.filter(ImageFilter.GaussianBlur(max(0.6, shadow.width / 130)))
    picture.paste(
        mix(light.deep, light.sky[0], 0.4), (0, 0), shadow.resize((canvas.wide, canvas.high), Image.Resampling.BILINEAR)
    )
    stone = mix(light.on((196, 184, 168)), light.deep, 0.16)
    picture.paste(stone, (0, round(0.89 * canvas.high), picture.width, canvas.high))
    with canvas.shapes(0.88, 1.0) as pen:
        pen.rect(0, 0.885 * canvas.high, picture.width, 0.895 * canvas.high, mix(stone, light.deep, 0.25))
    return Ground(0.9)


_SETTINGS: Mapping[str, Callable[[Painter], Ground]] = {
    "sea": _sea, "lake": _lake, "mountains": _mountains, "hills": _hills, "forest": _forest, "desert": _desert,
    "city": _city, "interior": _interior, "wall": _wall,
}  # fmt: skip
