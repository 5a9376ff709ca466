"""Where a scene takes place: sea, hills, city, room …, each painted over its sky."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw, ImageFilter

from sandbox.media.air import fall
from sandbox.media.backdrop import ROOM, WHITE, Ground, Painter, gradient
from sandbox.media.pen import Colour, Pen, Point, mix

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
    _peak(painter, painter.horizon + 0.02)
    painter.ridge(painter.outline(painter.horizon - 0.08, 0.08, sharp=True), painter.land((92, 112, 118), 0.46))
    painter.veil(painter.horizon - 0.12, 0.5)
    painter.ridge(painter.outline(painter.horizon - 0.02, 0.03), painter.land((58, 92, 78), 0.7), firs=0.075)
    painter.water(painter.horizon + 0.01)
    return Ground(0.88, painter.horizon + 0.01, painter.horizon + 0.17)


def _mountains(painter: Painter) -> Ground:
    painter.sky()
    snow = mix(painter.light.sun, painter.light.haze, 0.38)
    for depth, base, reach in ((0.22, 0.44, 0.2), (0.42, 0.56, 0.15)):
        if depth > 0.4:
            _peak(painter, 0.72)
        cap = mix(snow, painter.light.haze, 0.5 - depth)
        painter.ridge(painter.outline(base, reach, sharp=True), painter.land((110, 116, 140), depth), cap=cap)
        painter.veil(base - 0.04, 0.62, 0.2)
    painter.ridge(painter.outline(0.68, 0.05), painter.land((74, 104, 92), 0.58), firs=0.06)
    painter.veil(0.66, 0.45)
    lone = painter.scene.subject in {None, "mountain"}
    painter.ridge(painter.outline(0.78, 0.04), painter.land((84, 116, 84), 0.78), firs=0.1 if lone else 0)
    painter.ridge(painter.outline(0.87, 0.03), painter.land((70, 98, 70), 0.98))
    return Ground(0.9)


def _peak(painter: Painter, foot: float) -> None:
    """Draw one great mountain, if the prompt names it."""
    if painter.scene.subject != "mountain":
        return
    canvas, light, dice = painter.canvas, painter.light, painter.dice_for("peak")
    x, high = (0.5 - painter.side * 0.1) * canvas.wide, canvas.unit * 0.56 * min(1.25, painter.scene.zoom)
    low = foot * canvas.high
    rock = painter.land(painter.scene.coat or (104, 110, 134), 0.5)
    dark, snow = mix(rock, light.deep, 0.34), mix(light.on((250, 248, 246)), light.haze, 0.12)

    def at(points: str) -> list[Point]:
        pairs = (pair.split(",") for pair in points.split())
        return [(x + painter.side * float(a) * high, low - float(b) * high) for a, b in pairs]

    shoulder = dice.uniform(0.4, 0.52)
    with canvas.shapes(foot - 1.02 * high / canvas.high, foot) as pen:
        left, right = f"-0.95,0 -0.62,0.3 -0.4,{shoulder}", "0.34,0.5 0.56,0.34 0.98,0"
        pen.fill(at(f"{left} -0.2,0.72 0,1 0.16,0.74 {right}"), rock)
        pen.fill(at(f"{left} -0.2,0.72 0,1 -0.05,0.76 0.05,0.6 -0.08,0.44 0.04,0.26 -0.1,0"), dark)
        pen.fill(at("0,1 0.16,0.74 0.25,0.62 0.18,0.6 0.14,0.66 0.08,0.52 0.03,0.62 -0.05,0.76"), snow)
        snow = mix(snow, light.deep, 0.24)
        pen.fill(at("0,1 -0.2,0.72 -0.27,0.63 -0.2,0.64 -0.16,0.56 -0.1,0.66 -0.02,0.6 -0.05,0.76"), snow)
    painter.veil(foot - 0.16, 0.75, 0.16)


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


def _snow(painter: Painter) -> Ground:
    painter.sky()
    light = painter.light
    cap = mix(light.on((246, 248, 252)), light.haze, 0.25)
    for depth, base, reach in ((0.24, 0.46, 0.18), (0.42, 0.57, 0.12)):
        rock = mix(painter.land((150, 168, 196), depth), light.deep, 0.16)
        painter.ridge(painter.outline(base, reach, sharp=True), rock, cap=mix(cap, light.haze, 0.4 - depth * 0.5))
        painter.veil(base - 0.03, 0.6, 0.2)
    painter.ridge(painter.outline(0.69, 0.035), mix(light.haze, light.deep, 0.42), firs=0.085)
    painter.veil(0.66, 0.5, 0.1)
    for depth, base in ((0.6, 0.73), (0.8, 0.8), (1.0, 0.9)):
        tone = mix(light.on((240, 244, 250)), light.sky[1], 0.34 * (1 - depth))
        painter.ridge(painter.outline(base, 0.03), tone)
        painter.canvas.mist(base, base + 0.12, mix(tone, light.sky[1], 0.4), 0.5)
    return Ground(0.9)


def _desert(painter: Painter) -> Ground:
    painter.sky(clouds=False)
    canvas, rock = painter.canvas, painter.land((178, 116, 92), 0.3)
    with canvas.shapes(painter.horizon - 0.24, painter.horizon + 0.02) as pen:
        for _ in range(3):
            _mesa(pen, painter, painter.dice.uniform(-0.05, 1.05 * ROOM), rock)
    painter.veil(painter.horizon - 0.12, 0.6, 0.13)
    for depth, base, reach in (
        (0.34, painter.horizon, 0.035), (0.56, painter.horizon + 0.07, 0.05), (0.78, 0.8, 0.05), (1.0, 0.92, 0.04),
    ):  # fmt: skip
        line = painter.outline(base, reach, waves=0.8)
        warm = mix(painter.light.on((238, 186, 126)), painter.light.haze, 0.5 * (1 - depth))
        bright = mix(painter.land((228, 168, 112), depth), warm, 0.2 if painter.light.dark else 0.55)
        painter.ridge(line, bright)
        _dune_shade(painter, line, mix(bright, painter.light.deep, 0.2 + 0.14 * depth))
    return Ground(0.88)


_MESA = (
    (-1.5, 0), (-1.15, 0.32), (-1.0, 0.36), (-0.96, 0.9), (-0.7, 1.0), (0.1, 0.98), (0.5, 0.97), (0.62, 0.84),
    (0.9, 0.8), (1.0, 0.34), (1.2, 0.3), (1.6, 0),
)  # fmt: skip


def _mesa(pen: Pen, painter: Painter, x: float, tone: Colour) -> None:
    canvas, dice = painter.canvas, painter.dice
    foot, high = (painter.horizon + 0.02) * canvas.high, canvas.unit * dice.uniform(0.08, 0.2)
    wide, left = canvas.unit * dice.uniform(0.05, 0.14), x * canvas.wide
    shape = [(left + a * wide, foot - b * high) for a, b in _MESA]
    pen.fill(shape, tone)
    pen.fill([*shape[5:], (left + wide * 0.3, foot)], mix(tone, painter.light.deep, 0.2))


def _dune_shade(painter: Painter, line: list[Point], tone: Colour) -> None:
    """Shade the side of each crest that faces away from the sun."""
    canvas, away = painter.canvas, -painter.side
    peaks = [n for n in range(4, len(line) - 4) if line[n][1] == min(y for _, y in line[n - 4 : n + 5])]
    top = min(y for _, y in line) / canvas.high
    with canvas.shapes(top, min(1.0, top + 0.34)) as pen:
        for peak in peaks:
            ends = range(peak, min(len(line), peak + 40)) if away > 0 else range(peak, max(0, peak - 40), -1)
            edge = [line[n] for n in ends]
            (ax, ay), (bx, by) = edge[0], edge[-1]
            deep, unit = 0.22 * canvas.high, canvas.unit
            spine = [
                (ax + away * unit * (0.05 * math.sin(step / 12 * 4.2) + 0.05 * step / 12), ay + deep * step / 12)
                for step in range(13)
            ]
            (sx, sy), foot = spine[-1], []
            for step in range(1, 12):
                share = step / 12
                foot.append((bx + (sx - bx) * share, by + (sy - by) * share**2.2))
            pen.fill([*edge, *foot, *reversed(spine)], tone)


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
                if light.dark and depth > 0.4:
                    painter.windows.append((left, up, step * 0.5, step * 0.7))


NEON = ((255, 70, 150), (70, 225, 235), (255, 180, 70), (170, 100, 255))


def _signs(painter: Painter) -> None:
    canvas, dice = painter.canvas, painter.dice_for("signs")
    for number in range(11):
        tone = NEON[number % len(NEON)]
        x = (0.04 + 0.092 * number + dice.uniform(-0.02, 0.02)) * canvas.wide
        y, tall, wide = (
            dice.uniform(0.42, 0.66) * canvas.high,
            canvas.unit * dice.uniform(0.06, 0.14),
            canvas.unit * 0.026,
        )
        canvas.glow(x + wide / 2, y + tall / 2, tall * 1.5, tone, 0.5)
        top, bottom = y / canvas.high, (y + tall) / canvas.high
        with canvas.shapes(top - 0.01, bottom + 0.01, x / canvas.wide - 0.01, x / canvas.wide + 0.05) as pen:
            pen.rect(x, y, x + wide, y + tall, mix(tone, painter.light.deep, 0.55))
            for row in range(int(tall / wide)):
                up = y + wide * (row + 0.2)
                pen.rect(
                    x + wide * 0.2,
                    up,
                    x + wide * 0.8,
                    up + wide * dice.choice((0.16, 0.5, 0.6)),
                    mix(tone, WHITE, 0.35),
                )


# ---------------------------------------------------------------------- space and sea floor


def _space(painter: Painter) -> Ground:
    painter.horizon = 1.0
    painter.sky(sun=False, clouds=False)
    canvas, light, dice = painter.canvas, painter.light, painter.dice
    for _ in range(4):
        tone = dice.choice(((150, 70, 160), (60, 110, 190), (200, 90, 110), (50, 150, 160)))
        x, y = dice.random() * canvas.wide, dice.uniform(0.05, 0.7) * canvas.high
        canvas.glow(x, y, canvas.unit * dice.uniform(0.3, 0.6), tone, 0.3)
    painter.stars(1.0)
    _planet(
        painter, (0.5 + painter.side * 0.24) * canvas.wide, 0.3 * canvas.high, canvas.unit * dice.uniform(0.13, 0.19)
    )
    grey = mix((150, 146, 160), light.sky[2], 0.3)
    for depth, base in ((0.4, 0.8), (0.7, 0.86), (1.0, 0.92)):
        painter.ridge(painter.outline(base, 0.03, sharp=depth < 0.5), mix(light.sky[1], grey, depth * 0.8))
    with canvas.shapes(0.86, 1.0) as pen:
        for _ in range(9):
            x, y = dice.random() * ROOM * canvas.wide, dice.uniform(0.91, 0.99) * canvas.high
            r = canvas.unit * dice.uniform(0.012, 0.05)
            pen.oval(x, y + r * 0.12, r * 2.2, r * 0.56, mix(grey, WHITE, 0.12))
            pen.oval(x, y, r * 2, r * 0.5, mix(grey, light.deep, 0.42))
    return Ground(0.93)


PLANETS = (
    ((232, 168, 116), (214, 132, 96), (244, 200, 150)), ((120, 170, 200), (92, 140, 180), (170, 206, 220)),
    ((206, 130, 150), (176, 96, 130), (232, 170, 170)),
)  # fmt: skip


def _planet(painter: Painter, x: float, y: float, r: float) -> None:
    canvas, dice = painter.canvas, painter.dice
    tones = dice.choice(PLANETS)
    canvas.glow(x, y, r * 2, tones[0], 0.35)
    side = max(4, round(r * 2)) * 2
    ball = Image.new("RGB", (side, side), tones[0])
    draw = ImageDraw.Draw(ball)
    for band in range(7):
        top, high = side * (band / 7 + dice.uniform(-0.03, 0.03)), side * dice.uniform(0.03, 0.1)
        lean = top - side * 0.12
        draw.polygon([(0, top), (side, lean), (side, lean + high), (0, top + side * 0.07)], fill=tones[1 + band % 2])
    mask, shade = Image.new("L", (side, side)), Image.new("L", (side, side), 190)
    ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
    off = side * 0.24 * -painter.side
    ImageDraw.Draw(shade).ellipse((-side * 0.08 - off, -side * 0.12, side * 0.98 - off, side * 0.94), fill=0)
    ball.paste(painter.light.deep, (0, 0), shade.filter(ImageFilter.GaussianBlur(side / 16)))
    canvas.picture.paste(ball.reduce(2), (round(x - r), round(y - r)), mask.reduce(2))
    turns = [(math.cos(a * math.pi / 24), math.sin(a * math.pi / 24)) for a in range(25)]
    ring = [(x + r * 1.9 * cos, y + r * 0.42 * sin - r * 0.35 * cos) for cos, sin in turns]
    ring += [(x + r * 1.44 * cos, y + r * 0.32 * sin - r * 0.265 * cos) for cos, sin in reversed(turns)]
    box = ((y - r) / canvas.high, (y + r * 1.2) / canvas.high, (x - r * 2.1) / canvas.wide, (x + r * 2.1) / canvas.wide)
    with canvas.shapes(*box) as pen:
        pen.fill(ring, mix(tones[2], painter.light.sky[1], 0.25))


def _underwater(painter: Painter) -> Ground:
    canvas, dice, light = painter.canvas, painter.dice, painter.light
    canvas.picture = gradient(light.sky, canvas.picture.size, 0.95)
    _rays(painter)
    for depth, base in ((0.25, 0.8), (0.5, 0.86), (0.8, 0.92)):
        sand = mix(light.sky[1], mix(light.deep, light.sky[2], 0.4), depth)
        painter.ridge(painter.outline(base, 0.05, waves=1.5), sand)
        with canvas.shapes(base - 0.34, 1.0) as pen:
            for _ in range(10):
                tone = mix(light.sky[1], light.deep, depth)
                _weed(pen, painter, dice.random() * ROOM * canvas.wide, (base + 0.04) * canvas.high, tone)
        if depth < 0.8:
            _corals(painter, base, depth)
    with canvas.shapes(0, 0.8) as pen:
        for _ in range(26):
            r, x = canvas.unit * dice.uniform(0.002, 0.007), dice.random() * canvas.wide
            pen.bright(x, dice.random() * canvas.high * 0.8, r, mix(light.sky[1], light.sun, 0.5))
    return Ground(0.62)


def _rays(painter: Painter) -> None:
    canvas, dice = painter.canvas, painter.dice
    wide, high = max(8, canvas.picture.width // 6), max(8, canvas.high // 6)
    rays = Image.new("L", (wide, high))
    draw = ImageDraw.Draw(rays)
    slant = 0.3 * wide * -painter.side
    for _ in range(7):
        x, across = dice.uniform(-0.1, 1.0) * wide, dice.uniform(0.03, 0.1) * wide
        draw.polygon([(x, -2), (x + across, -2), (x + across * 2.4 + slant, high), (x + slant, high)], fill=60)
    fade = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((wide, high))
    rays = Image.composite(rays, Image.new("L", (wide, high)), fade).filter(ImageFilter.GaussianBlur(wide / 50))
    canvas.picture.paste(painter.light.sun, (0, 0), rays.resize(canvas.picture.size, Image.Resampling.BILINEAR))


def _weed(pen: Pen, painter: Painter, x: float, foot: float, tone: Colour) -> None:
    dice, unit = painter.dice, painter.canvas.unit
    high, sway, phase = unit * dice.uniform(0.1, 0.28), unit * 0.014, dice.random() * 6
    left, right = [], []
    for step in range(13):
        share = step / 12
        centre, half = x + sway * math.sin(share * 7 + phase) * share * 1.6, unit * 0.008 * (1 - share) + 0.4
        left.append((centre - half, foot - high * share))
        right.append((centre + half, foot - high * share))
    pen.fill(left + right[::-1], tone)


def _corals(painter: Painter, base: float, depth: float) -> None:
    canvas, light, dice = painter.canvas, painter.light, painter.dice_for(f"coral:{depth}")
    with canvas.shapes(base - 0.12, 1.0) as pen:
        for _ in range(4):
            tone = mix(light.sky[1], light.on(dice.choice(((226, 110, 110), (236, 160, 90), (190, 110, 190)))), depth)
            x, y, r = (
                dice.random() * ROOM * canvas.wide,
                (base + 0.04) * canvas.high,
                canvas.unit * dice.uniform(0.014, 0.03),
            )
            for branch in range(5):
                lean = (branch - 2) * 0.9
                tip = (x + lean * r * 1.4, y - r * (3.4 - abs(lean)))
                pen.fill(
                    [(x - r * 0.3, y), (tip[0] - r * 0.3, tip[1]), (tip[0] + r * 0.3, tip[1]), (x + r * 0.3, y)], tone
                )
                pen.oval(*tip, r * 0.42, r * 0.42, tone)


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
        for row in range(4):
            y, high = (0.905 + row * 0.026) * canvas.high, canvas.high * 0.02
            x = -canvas.unit * 0.05 * (row % 2)
            while x < picture.width:
                wide = canvas.unit * dice.uniform(0.07, 0.13)
                pen.rect(x, y, x + wide * 0.95, y + high, mix(stone, light.deep, dice.uniform(0.02, 0.14)))
                x += wide
    return Ground(0.9)


_SETTINGS: Mapping[str, Callable[[Painter], Ground]] = {
    "sea": _sea, "lake": _lake, "mountains": _mountains, "hills": _hills, "forest": _forest, "desert": _desert,
    "snow": _snow, "city": _city, "space": _space, "underwater": _underwater, "interior": _interior, "wall": _wall,
}  # fmt: skip
