"""Buildings, vehicles, plants and objects, as flat shapes. Each stands on the lower edge of a box of its own units."""

from __future__ import annotations

import itertools
import math

from sandbox.media.pen import Pen, curve, mix, points_of, rgb

INK = "1f1b26"
WOOD, DARK_WOOD = "7d5a40", "4c372c"


def lighthouse(pen: Pen) -> None:
    stripe = pen.main("c2413a")
    for path, tone in (
        ("-7,124 -3,117 5,112 14,110 20,124", "4a4652"), ("10,124 14,110 22,107 34,108 40,116 42,124", "625c68"),
        ("34,124 38,109 48,107 60,110 66,117 70,124", "56515d"), ("62,124 66,114 71,116 75,124", "45414e"),
        ("-7,124 -3,117 2,119 4,124", "625c68"), ("26,124 30,116 38,114 46,119 50,124", "45414e"),
    ):  # fmt: skip
        pen.poly(path, tone)
    pen.box(44, 98, 20, 12, "e9e2d4")
    pen.poly("42,99 54,90 66,99", "8a4a3e")
    pen.window(51, 101, 4, 5)
    pen.poly("20,112 40,112 36.4,38 23.6,38", "f4eee2")
    for top, bottom in ((50, 63), (78, 92)):
        left = [3.6 * (112 - y) / 74 for y in (top, bottom)]
        pen.poly([(20 + left[0], top), (40 - left[0], top), (40 - left[1], bottom), (20 + left[1], bottom)], stripe)
    pen.poly("18.6,38 41.4,38 38,42 22,42", "34303c")
    pen.box(18.6, 35.2, 22.8, 3.2, "34303c")
    for x in range(19, 43, 4):
        pen.box(x, 31, 0.7, 5, "34303c")
    pen.box(18.6, 30.6, 22.8, 0.9, "34303c")
    pen.box(24.6, 23, 10.8, 12.4, "ffe9b0" if pen.light.dark or pen.light.fog > 0.3 else "9fb6bf")
    if pen.light.dark or pen.light.fog > 0.3:
        pen.bright(30, 29, 3.6, (255, 246, 214))
    for bar in (24.4, 27.8, 31.4, 34.8):
        pen.box(bar, 23, 0.9, 12.4, "34303c")
    pen.poly("22.6,23.4 37.4,23.4 34,18 30,15.4 26,18", stripe)
    pen.disc(30, 14.6, 1.5, "34303c")
    pen.box(29.6, 9, 0.8, 5, "34303c")
    pen.lamp(30, 29, 30, (255, 232, 170))
    for y in (69, 45):
        pen.window(28.6, y, 2.8, 5, 1.2)
    pen.box(27, 101, 6, 11, "3f3338", 2.6)


def castle(pen: Pen) -> None:
    wall, dark, roof = "a79c98", "877c80", pen.main("5c6d94")
    pen.blob("-12,102 0,92 24,86 60,84 96,87 120,94 132,102", "5a5a56")

    def tower(x: float, top: float, wide: float, peak: float, colour: str) -> None:
        pen.box(x, top, wide, 94 - top, colour)
        pen.box(x - 1.5, top - 2.5, wide + 3, 4, dark)
        pen.poly(f"{x - 2.6},{top - 2} {x + wide + 2.6},{top - 2} {x + wide / 2},{peak}", roof)
        pen.box(x + wide / 2 - 0.4, peak - 7, 0.8, 8, INK)
        pen.poly(f"{x + wide / 2},{peak - 7} {x + wide / 2 + 7},{peak - 5} {x + wide / 2},{peak - 3}", "c2413a")
        pen.window(x + wide / 2 - 1.4, top + 7, 2.8, 6, 1.4)

    tower(52, 34, 15, 8, dark)
    tower(30, 44, 11, 20, dark)
    tower(82, 42, 12, 18, dark)
    pen.box(20, 62, 82, 34, wall)
    for x in range(20, 100, 6):
        pen.box(x, 58.6, 3.6, 4, wall)
    tower(10, 54, 15, 30, wall)
    tower(96, 52, 15, 28, wall)
    tower(42, 50, 12, 26, wall)
    for x in (33, 65, 74, 86):
        pen.window(x, 70, 2.6, 6, 1.3)
    pen.box(53, 74, 14, 22, "3a3036", 7)
    pen.box(53, 86, 14, 10, "3a3036")
    for bar in (56, 59.5, 63):
        pen.box(bar, 76, 0.7, 20, "5c4f52")
    pen.poly("50,96 70,96 84,102 40,102", "7a726a")


def house(pen: Pen) -> None:
    wall, roof = pen.main("e6d8c2"), "8a4038"
    pen.box(62, 20, 7, 18, "7b5a52")
    pen.box(61, 18.5, 9, 3, "5f4642")
    pen.box(12, 42, 66, 38, wall)
    pen.poly("4,45 20,18 70,18 86,45", roof)
    pen.poly("4,45 86,45 84.6,42.4 5.4,42.4", mix(rgb(roof), (20, 14, 24), 0.35))
    pen.poly("28,46 44,22 60,46", wall)
    pen.poly("24.6,46 44,18.4 63.4,46 59.4,46 44,24.4 28.6,46", roof)
    pen.window(39, 33, 10, 9, 5)
    for x in (18, 60):
        pen.box(x - 1, 51, 14, 14, "f7f1e4")
        pen.window(x, 52, 12, 12)
        pen.box(x + 5.5, 52, 1, 12, "f7f1e4")
        pen.box(x, 57.5, 12, 1, "f7f1e4")
        pen.box(x - 2, 65, 16, 2, "f7f1e4")
    pen.box(37, 54, 14, 26, "51403c", 1)
    pen.window(40, 58, 8, 7, 1)
    pen.disc(48.6, 69, 0.9, "e8c25a")
    pen.box(33, 79, 22, 3, "9a8f86")
    for x, size in ((8, 6), (15, 4.5), (74, 6.4), (81, 4.6)):
        pen.disc(x, 79, size, "4f7048", size * 0.8)


def village(pen: Pen) -> None:
    for x, wide, top, roof, wall in (
        (4, 22, 44, "7a4038", "d8c8b2"),
        (24, 18, 36, "5a5666", "cfc3b4"),
        (62, 20, 40, "8a4a3a", "e0d2bc"),
        (82, 24, 46, "64485a", "d6c6b4"),
        (42, 22, 50, "9a5240", "e8dcc8"),
        (12, 20, 58, "55607a", "dccdb8"),
        (68, 20, 60, "8a4038", "e4d8c4"),
    ):
        pen.box(x, top, wide, 84 - top, wall)
        pen.poly(f"{x - 2},{top + 1} {x + wide / 2},{top - wide * 0.5} {x + wide + 2},{top + 1}", roof)
        for row in range(int(top) + 5, 76, 11):
            for at in (0.22, 0.6):
                pen.window(x + wide * at, row, wide * 0.18, 5)
    pen.box(48, 18, 8, 34, "d8ccbc")
    pen.poly("46.4,19 52,2 57.6,19", "55607a")
    pen.window(50.6, 26, 2.8, 5, 1.4)


def windmill(pen: Pen) -> None:
    cap = pen.main("7c3f38")
    pen.poly("30,110 62,110 56,50 36,50", "e8dfcf")
    pen.poly("28,110 64,110 65,113 27,113", "8a7d74")
    pen.blob("34,51 36,42 46,37 56,42 58,51", cap)
    for y in (62, 80):
        pen.window(44, y, 4.4, 6.4, 2.2)
    pen.box(42, 97, 8.6, 13, "4b3a36", 4)
    turn = pen.turn
    for blade in range(4):
        angle = turn + blade * math.pi / 2
        cos, sin = math.cos(angle), math.sin(angle)
        arm = [
            (46 + cos * reach - sin * side, 46 + sin * reach + cos * side)
            for reach, side in ((7, 0.4), (44, 0.4), (44, 9.4), (11, 7.4))
        ]
        pen.poly(arm, "f3ead8")
        for reach in (15, 22, 29, 36):
            line = [
                (46 + cos * r - sin * side, 46 + sin * r + cos * side)
                for r, side in ((reach, 0), (reach + 0.8, 0), (reach + 0.8, 9), (reach, 9))
            ]
            pen.poly(line, "8f7d6c")
        pole = [
            (46 - sin * s + cos * r, 46 + cos * s + sin * r) for r, s in ((0, -0.9), (45, -0.7), (45, 0.7), (0, 0.9))
        ]
        pen.poly(pole, DARK_WOOD)
    pen.disc(46, 46, 2.8, DARK_WOOD)


def greenhouse(pen: Pen) -> None:
    frame = pen.main("e9efe8")
    pane = "ffdf9a" if pen.light.dark else "a9cdc6"
    pen.poly("8,36 22,14 60,2 98,14 112,36 112,86 8,86", pane)
    if pen.light.dark:
        pen.lamps.append((60, 56, 70, (255, 206, 120)))
    for x, high, tone in (
        (16, 30, "3f7a52"),
        (30, 42, "2f6547"),
        (44, 26, "55905a"),
        (80, 36, "2f6547"),
        (96, 28, "4c8656"),
    ):
        for lean in (-8, -3, 3, 8):
            pen.stroke(f"{x},84 {x + lean * 0.4},{84 - high * 0.6} {x + lean},{84 - high}", 3.4, tone)
        pen.disc(x, 84, 7, tone, 8)
    for x in (26, 84):
        pen.disc(x, 60, 2.4, "e2674a")
        pen.disc(x + 6, 66, 2.2, "f0c04a")
    pen.box(8, 78, 104, 8, "6d7f78")
    for path in (
        "8,86 8,36",
        "25,86 25,13",
        "42,78 42,8",
        "60,48 60,2",
        "78,78 78,8",
        "95,86 95,13",
        "112,86 112,36",
        "8,36 112,36",
        "8,57 47,57",
        "73,57 112,57",
        "8,36 22,14",
        "98,14 112,36",
    ):
        pen.stroke(path, 1.5, frame)
    pen.stroke("22,14 60,2", 2.2, frame)
    pen.stroke("60,2 98,14", 2.2, frame)
    pen.box(47, 46, 26, 40, pane)
    for post in (47, 59.2, 71.6):
        pen.box(post, 46, 1.6, 40, frame)
    for y in (46, 66):
        pen.box(47, y, 26, 1.6, frame)


def market(pen: Pen) -> None:
    """Three stalls under striped awnings."""
    for x, first in ((0, "c2413a"), (96, "3c7a76"), (46, "d98c2e")):
        colour = pen.main(first)
        for post in (x + 3, x + 45):
            pen.box(post, 34, 1.8, 46, DARK_WOOD)
        pen.box(x + 2, 36, 46, 26, "4a3a40")
        pen.lamp(x + 25, 42, 26, (255, 190, 100))
        if pen.light.dark:
            pen.bright(x + 25, 41, 1.9, (255, 226, 160))
        pen.box(x + 1, 60, 48, 20, WOOD)
        pen.box(x + 1, 58.6, 48, 2.6, "a37b56")
        for at, tone in enumerate(("d9a03a", "b5432e", "8a9a3c", "c9702c", "6d4a78")):
            pen.poly(f"{x + 3 + at * 9},59 {x + 7.5 + at * 9},50.5 {x + 12 + at * 9},59", tone)
            pen.box(x + 2.6 + at * 9, 59, 9, 4, DARK_WOOD, 1)
        for stripe in range(8):
            left, upper = x - 2 + stripe * 6.75, x + 4 + stripe * 5.25
            band = colour if stripe % 2 == 0 else "f3e8d4"
            pen.poly([(upper, 16), (upper + 5.25, 16), (left + 6.75, 36), (left, 36)], band)
            pen.disc(left + 3.37, 36, 3.37, band, 3.0)
    for x, coat in ((40, "35405c"), (92, "7a4858")):
        pen.blob(f"{x},60 {x + 5},54 {x + 10},60 {x + 11},84 {x - 1},84", coat)
        pen.disc(x + 5, 50, 4.2, "3a2c2c")


def bridge(pen: Pen) -> None:
    steel, dark = pen.main("b3483a"), pen.main("b3483a", 0.3)
    for x in (46, 146):
        pen.box(x - 5, 76, 18, 18, "6d6870")
    pen.box(-10, 64, 220, 3.4, dark)
    pen.box(-10, 67.4, 220, 2.4, mix(dark, (10, 10, 20), 0.4))
    for left, right, low in ((-56, 50, 60), (50, 150, 56), (150, 256, 60)):
        line = [(left + (right - left) * t / 24, low - (low - 12) * (2 * t / 24 - 1) ** 2) for t in range(25)]
        for at, up in line[::2]:
            if -10 < at < 210:
                pen.box(at - 0.3, up, 0.6, 64 - up, dark)
        for (ax, ay), (bx, by) in itertools.pairwise(line):
            if -12 < ax < 210:
                pen.poly([(ax, ay - 1), (bx, by - 1), (bx, by + 0.8), (ax, ay + 0.8)], steel)
    for x in (46, 146):
        for leg in (x, x + 5.6):
            pen.box(leg, 8, 2.6, 80, steel)
        for y in (10, 26, 42):
            pen.box(x, y, 8, 3, steel)
        pen.bright(x + 4, 7, 1.2, (255, 120, 90))
        pen.lamp(x + 4, 7, 10, (255, 120, 90))


def door(pen: Pen) -> None:
    """A door in a white wall, with bougainvillea."""
    leaf, dark = pen.main("2f6fb0"), pen.main("2f6fb0", 0.3)
    pen.box(18, 14, 44, 84, "ddd3c4", 22)
    pen.box(18, 50, 44, 48, "ddd3c4")
    pen.box(22, 18, 36, 80, leaf, 18)
    pen.box(22, 50, 36, 48, leaf)
    pen.box(39.4, 19, 1.2, 79, dark)
    for x in (25.5, 43):
        for y, high in ((40, 22), (68, 24)):
            pen.box(x, y, 11.5, high, dark, 1.2)
            pen.box(x + 1.2, y + 1.2, 9.1, high - 2.4, leaf, 1)
    pen.disc(37, 63, 1.6, "e8c25a")
    pen.disc(43, 63, 1.6, "e8c25a")
    pen.box(12, 97, 56, 4, "b9afa2", 1)
    for number in range(70):
        t = number / 70
        at = -3 + 86 * t + 4 * math.sin(number * 2.4)
        up = 10 - 9 * math.sin(t * math.pi) + 5 * math.sin(number * 1.7) + 26 * max(0, 0.22 - t) / 0.22
        if t > 0.8:
            up += (t - 0.8) * 190 * (0.5 + 0.5 * math.sin(number * 3.3))
        pen.disc(at, up, 2.6 + math.sin(number) * 1.1, ("c43a7c", "dd5a94", "4f7a48", "a82c68", "e58ab4")[number % 5])
    for x in (0, 74):
        pen.poly(f"{x - 2},84 {x + 10},84 {x + 8},99 {x},99", "b8643e")
        for lean in (-8, -3, 2, 7):
            pen.stroke(f"{x + 4},84 {x + 4 + lean * 0.6},76 {x + 4 + lean},66", 2.2, "4f7a48")


def desk(pen: Pen) -> None:
    """A desk with books and a lamp."""
    pen.box(0, 52, 70, 4, WOOD, 1)
    pen.box(5, 56, 4, 36, DARK_WOOD)
    pen.box(60, 56, 4, 36, DARK_WOOD)
    pen.box(40, 56, 20, 12, "6a4a36", 1)
    for y, wide, tone in ((48, 20, "8a3c3a"), (44.4, 17, "3c5f78"), (41, 19, "c9a24a")):
        pen.box(8, y, wide, 3.4, tone, 0.6)
    lamp(pen, 46, 52)


def lamp(pen: Pen, x: float = 20, foot: float = 60) -> None:
    shade = pen.main("d9a441")
    pen.disc(x, foot - 1.4, 8, "3a343c", 1.8)
    pen.box(x - 0.8, foot - 20, 1.6, 19, "3a343c")
    pen.poly([(x - 6, foot - 34), (x + 6, foot - 34), (x + 11, foot - 18), (x - 11, foot - 18)], shade)
    if pen.light.dark:
        pen.draw.polygon(
            pen.at([(x - 6, foot - 34), (x + 6, foot - 34), (x + 11, foot - 18), (x - 11, foot - 18)]),
            fill=(255, 214, 134),
        )
    pen.lamp(x, foot - 22, 46, (255, 196, 110))


def boat(pen: Pen) -> None:
    hull, dark = pen.main("b5483b"), pen.main("b5483b", 0.4)
    pen.box(47.2, 4, 1.8, 74, DARK_WOOD)
    pen.poly("50.5,8 51,70 92,68", "f6eddd")
    pen.poly("50.7,40 50.9,70 92,68 76,46", "e6d8c2")
    pen.poly("46,12 45.6,70 16,70", "ece0cb")
    pen.poly("48,4 48,9 40,6.4", "c2413a")
    pen.poly("8,78 96,75 88,92 18,93", hull)
    pen.poly("11,84 92,82 88,92 18,93", dark)
    pen.poly("7,78 97,75 96.4,78 8,81", "f1e6d2")
    pen.window(58, 72, 6, 3.4, 1)


def fishing_boat(pen: Pen) -> None:
    hull, dark = pen.main("2f6a78"), pen.main("2f6a78", 0.4)
    pen.box(27, 12, 1.6, 50, DARK_WOOD)
    pen.stroke("28,14 6,58", 0.5, INK)
    pen.stroke("28,14 64,44", 0.5, INK)
    pen.box(44, 36, 26, 26, "efe6d6", 2)
    pen.box(41, 33, 32, 4, "b5483b", 1)
    for x in (48, 59):
        pen.window(x, 42, 8, 7, 1)
    pen.box(62, 22, 1.4, 12, DARK_WOOD)
    pen.blob("2,58 20,62 60,62 100,54 104,53 96,68 88,79 18,80 8,74", hull)
    pen.blob("6,70 40,72 92,70 88,79 18,80 9,76", dark)
    pen.stroke("2,59 20,63 60,63 103,54", 2.0, "f1e6d2")
    if pen.light.dark:
        pen.bright(28, 26, 2.4, (255, 214, 130))
        pen.bright(97, 50, 1.8, (255, 214, 130))
    pen.lamp(28, 26, 26, (255, 190, 100))
    pen.lamp(97, 50, 16, (255, 190, 100))


def ship(pen: Pen) -> None:
    """A tall ship under sail."""
    hull, dark = pen.main("4a3530"), pen.main("4a3530", 0.4)
    for x, top, widths in ((34, 20, (17, 22, 25)), (66, 8, (19, 26, 31)), (98, 24, (15, 20, 23))):
        pen.box(x - 0.9, top - 6, 1.8, 96 - top, DARK_WOOD)
        step = (88 - top) / 3
        for number, wide in enumerate(widths):
            y = top + number * step
            edges = ((-0.42, 0), (0.42, 0), (0.62, 0.5), (0.5, 1), (-0.5, 1), (-0.32, 0.5))
            sail = [(x + side * wide, y + down * (step - 2.4)) for side, down in edges]
            pen.poly(sail, ("f4ead6", "eadcc2", "e0d0b2")[number])
            pen.box(x - wide * 0.46, y - 1, wide * 0.92, 1.3, DARK_WOOD)
        pen.poly(f"{x},{top - 6} {x + 10},{top - 4} {x},{top - 2}", "c2413a")
    pen.stroke("110,88 134,72", 1.8, DARK_WOOD)
    pen.poly("102,40 130,74 106,84", "f4ead6")
    pen.poly("8,78 20,80 20,88 106,90 118,86 110,104 100,110 24,110 14,100", hull)
    pen.poly("12,96 112,98 108,106 100,110 24,110 15,102", dark)
    pen.box(20, 92, 88, 1.8, "c9a24a")
    for x in range(28, 104, 11):
        pen.window(x, 95.5, 3.4, 3)
    pen.lamp(12, 76, 18, (255, 190, 100))


def train(pen: Pen) -> None:
    engine, dark = pen.main("2f4a52"), pen.main("2f4a52", 0.42)
    for number in range(3):
        x = 2 + number * 58
        pen.box(x, 26, 54, 30, pen.main("9a3f3a") if pen.coat is None else mix(engine, (255, 255, 255), 0.12), 3)
        pen.box(x - 1, 22, 56, 6, "3a3640", 3)
        pen.box(x, 46, 54, 2.2, "e2c27a")
        for at in range(4):
            pen.window(x + 5 + at * 12, 31, 8.4, 10, 1.6)
        for wheel in (10, 20, 34, 44):
            pen.disc(x + wheel, 59, 5, "26222c")
            pen.disc(x + wheel, 59, 1.8, "8a8490")
        pen.box(x + 52, 50, 8, 3, "26222c")
    pen.box(178, 12, 24, 42, engine, 2)
    pen.box(175, 8, 30, 5.4, dark, 2)
    pen.window(183, 18, 13, 12, 1.4)
    pen.box(200, 24, 50, 26, engine, 9)
    for x in (210, 224, 238):
        pen.box(x, 24, 1.8, 26, "c9a24a")
    pen.poly("236,24 234,6 246,6 244,24", dark)
    pen.box(232.6, 3.4, 14.8, 4, dark, 1.4)
    pen.disc(217, 22, 5, "c9a24a", 5)
    pen.box(178, 50, 76, 6, dark, 1)
    pen.poly("250,52 264,64 248,64", "9a3f3a")
    pen.bright(250, 33, 3.2, (255, 240, 196))
    pen.lamp(251, 33, 34, (255, 226, 150))
    for x, radius in ((189, 7.6), (208, 7.6), (227, 7.6), (243, 5)):
        pen.disc(x, 64 - radius, radius, "26222c")
        pen.ring(x, 64 - radius, radius * 0.72, 1.3, "b5483b")
        pen.disc(x, 64 - radius, 1.6, "c9a24a")
    pen.box(186, 55.6, 44, 1.8, "c9a24a", 0.8)


def car(pen: Pen) -> None:
    body, dark = pen.main("c8553d"), pen.main("c8553d", 0.32)
    pen.blob("22,26 32,8 44,4 68,4 80,10 90,26", body)
    pen.poly("31,24 37,11.4 52,9.4 52,24", "9fc0cc" if not pen.light.dark else "33415c")
    pen.poly("55.4,24 55.4,9.4 69,9.6 80,24", "9fc0cc" if not pen.light.dark else "33415c")
    pen.blob("4,40 4,30 12,25 40,23 88,23 106,28 113,36 112,44 90,46 20,46", body)
    pen.box(5, 38, 107, 5.4, dark, 2.4)
    pen.box(1, 39, 10, 4, "d9d5cf", 1.8)
    pen.box(107, 39, 9, 4, "d9d5cf", 1.8)
    pen.box(53.2, 24, 0.8, 18, dark)
    pen.box(57, 27.6, 6, 1.4, "e9e2d4", 0.7)
    pen.bright(110, 33, 3.0, (255, 242, 206))
    pen.lamp(112, 33, 26, (255, 236, 180))
    pen.bright(5.4, 33, 2.0, (226, 70, 60))
    for x in (28, 88):
        pen.disc(x, 45, 10.6, dark)
        pen.disc(x, 46, 9, "26222c")
        pen.disc(x, 46, 4.6, "cfcad0")
        pen.disc(x, 46, 1.6, "26222c")


def bicycle(pen: Pen) -> None:
    frame = pen.main("c8553d")
    for x in (20, 80):
        for spoke in range(6):
            angle = spoke * math.pi / 6 + pen.turn
            cos, sin = 17 * math.cos(angle), 17 * math.sin(angle)
            pen.stroke(f"{x - cos:.2f},{50 - sin:.2f} {x + cos:.2f},{50 + sin:.2f}", 0.4, "b9b3ac")
        pen.ring(x, 50, 18.5, 2.2, "2c2832")
        pen.disc(x, 50, 2, "2c2832")
    for path in ("20,50 36,22", "36,22 66,20", "66,20 46,50", "36,22 46,50", "20,50 46,50", "64,12 80,50"):
        pen.stroke(path, 2.3, frame)
    pen.stroke("36,22 34,14", 1.8, "2c2832")
    pen.blob("26,12 36,10.6 43,12.4 36,15.4 28,15", "5b3a2c")
    pen.stroke("64,12 62,7 68,5 75,8", 2.0, "2c2832")
    pen.ring(46, 50, 5, 1.4, "8a8490")
    pen.stroke("46,50 50,58", 1.4, "2c2832")
    pen.box(70, 12, 18, 11, "a9794a", 2)
    for x in (74, 79, 84):
        pen.box(x, 12, 0.7, 11, "7d5634")
    for x, tone in ((73, "e2674a"), (79, "f0c04a"), (85, "dd5a94")):
        pen.disc(x, 9, 3.1, tone)
        pen.disc(x, 9, 1.1, "fdf3e2")


def rocket(pen: Pen) -> None:
    fin, dark = pen.main("c8453b"), pen.main("c8453b", 0.35)
    pen.poly("16,62 4,84 6,94 18,84", fin)
    pen.poly("44,62 56,84 54,94 42,84", dark)
    pen.blob("30,2 22,13 16,30 14,52 16,74 20,88 40,88 44,74 46,52 44,30 38,13", "eceae4")
    pen.blob("30,2 23,12 20,20 40,20 37,12", fin)
    pen.disc(30, 40, 8, "8a8e98")
    pen.disc(30, 40, 6, "3d6f96" if not pen.light.dark else "ffe1a0")
    pen.blob("26,38 29,35 33,35.6 29,38", "dce9f0")
    pen.box(17, 58, 26, 2.4, fin)
    pen.poly("28,62 32,62 33.6,94 26.4,94", fin)
    pen.poly("22,88 38,88 40,93 20,93", "4a4650")
    for path, tone in (
        ("21,93 39,93 44,108 36,120 30,132 24,120 16,108", (255, 150, 70)),
        ("24,93 36,93 39,105 33,115 30,122 27,115 21,105", (255, 206, 110)),
        ("27,93 33,93 34,102 30,110 26,102", (255, 248, 220)),
    ):
        pen.draw.polygon(pen.at(curve(points_of(path))), fill=tone)
    pen.lamps.append((30, 108, 60, (255, 170, 90)))


def balloon(pen: Pen) -> None:
    first, second = pen.main("d2553f"), "f3e3c4"
    for at in range(6):
        near, far = at / 6, (at + 1) / 6
        gore = []
        for share in (near, far):
            side = math.sin((share - 0.5) * math.pi)
            edge = [
                (40 + side * wide, y)
                for wide, y in ((3, 2.4), (17, 6), (28, 15), (34, 28), (34, 42), (29, 56), (20, 70), (9, 82))
            ]
            gore.append(edge if share == near else edge[::-1])
        tone = first if at % 2 == 0 else second
        pen.poly(gore[0] + gore[1], tone)
    for at in (1, 3, 5):
        pen.box(38 + (at - 3) * 3.4, 82, 0.6, 16, DARK_WOOD)
    pen.box(31, 82, 18, 2.6, mix(first, (20, 14, 24), 0.3), 1)
    pen.box(32.5, 97, 15, 11, "8f6640", 2.4)
    pen.box(31.6, 96, 16.8, 2.8, "5f4430", 1)
    pen.lamp(40, 88, 30, (255, 190, 100))


def plane(pen: Pen) -> None:
    body, dark = pen.main("eef0f2"), pen.main("eef0f2", 0.35)
    pen.poly("58,24 40,4 48,3 76,22", dark)
    pen.poly("12,24 2,4 12,4 26,22", "3c6f96")
    pen.blob("6,26 20,20 70,18 96,22 108,28 98,34 66,37 24,33", body)
    pen.poly("64,30 34,54 44,55 84,32", mix(body, dark, 0.6))
    pen.poly("12,26 2,34 8,35 24,29", dark)
    for x in range(34, 88, 7):
        pen.window(x, 24.4, 3.2, 3.4, 1.4)
    pen.poly("94,23 101,26 94,27", "3d5068")


def tent(pen: Pen) -> None:
    cloth, dark = pen.main("d98c2e"), pen.main("d98c2e", 0.32)
    pen.poly("6,62 36,8 92,62", dark)
    pen.poly("36,8 64,14 104,62 62,62", cloth)
    inside = (255, 206, 120) if pen.light.dark else (70, 52, 50)
    pen.draw.polygon(pen.at([(24, 62), (36, 22), (50, 62)]), fill=inside)
    pen.lamp(37, 50, 44, (255, 190, 100))
    pen.poly("36,22 38,62 50,62", mix(cloth, (30, 20, 30), 0.2))
    pen.stroke("36,8 34,4", 1.6, DARK_WOOD)


def tree(pen: Pen) -> None:
    leaf = pen.main("5d8a4c")
    dark = mix(leaf, (20, 40, 46), 0.4)
    pen.poly("45,100 47,60 40,44 43,43 49,54 52,40 55,41 54,56 62,46 65,48 56,62 58,100 64,104 38,104", "5a4234")
    for x, y, radius in ((30, 48, 17), (72, 46, 17), (50, 52, 15)):
        pen.disc(x, y, radius, dark)
    for x, y, radius in ((26, 40, 16), (44, 28, 19), (64, 30, 18), (76, 40, 14), (52, 42, 15)):
        pen.disc(x, y, radius, leaf)
    for x, y, radius in ((40, 22, 11), (60, 24, 9), (24, 36, 8), (74, 36, 6)):
        pen.disc(x, y, radius, mix(leaf, (255, 244, 190), 0.18))


def flower(pen: Pen) -> None:
    petal = pen.main("d9536f")
    dark = mix(petal, (60, 10, 50), 0.3)
    pen.stroke("40,48 42,74 39,104", 2.6, "4c7a4a")
    pen.blob("41,82 52,70 66,68 60,80 46,88", "5b8f54")
    pen.blob("40,92 28,80 15,80 22,91 36,97", "4c7a4a")
    for ring, radius, size, tone in (
        (0, 19, 13, dark),
        (0.4, 14, 11.5, petal),
        (0.8, 8, 9, mix(petal, (255, 230, 220), 0.25)),
    ):
        for at in range(8 if ring == 0 else 6):
            angle = ring + at * math.tau / (8 if ring == 0 else 6)
            pen.disc(40 + radius * math.cos(angle), 32 + radius * math.sin(angle), size, tone)
    pen.disc(40, 32, 7, "f0c04a")
    for at in range(7):
        angle = at * math.tau / 7
        pen.disc(40 + 4 * math.cos(angle), 32 + 4 * math.sin(angle), 1.1, "b9702a")


def piano(pen: Pen) -> None:
    body, dark = pen.main("2b2630"), pen.main("2b2630", 0.4)
    for x in (16, 58, 92):
        pen.poly(f"{x},66 {x + 6},66 {x + 4.6},92 {x + 1.4},92", dark)
        pen.disc(x + 3, 93, 2, "c9a24a")
    pen.poly("24,46 30,4 96,18 104,46", mix(body, (255, 255, 255), 0.1))
    pen.poly("27,46 33,9 92,21 99,46", dark)
    pen.stroke("66,48 58,16", 1.2, "c9a24a")
    pen.box(20, 46, 86, 14, body, 3)
    pen.box(20, 46, 86, 2, "6f5a4a")
    pen.poly("6,52 26,46 26,70 6,66", body)
    pen.box(4, 52, 24, 14, body, 2)
    pen.box(2, 52, 18, 4, "f6f1e6", 1)
    for x in range(4, 19, 3):
        pen.box(x, 52, 1.3, 2.4, INK)
    pen.box(46, 60, 8, 26, dark)


def guitar(pen: Pen) -> None:
    body, dark = pen.main("c98845"), pen.main("c98845", 0.4)
    pen.box(27.4, 4, 5.2, 56, "4c372c", 1)
    pen.poly("25.6,-6 34.4,-6 33.4,6 26.6,6", "33262a")
    for y in (-4, -1, 2):
        pen.box(23.4, y, 2.4, 1.4, "d9d2c4", 0.6)
        pen.box(34.2, y, 2.4, 1.4, "d9d2c4", 0.6)
    pen.blob(
        "30,50 20,50 13,57 14,66 17,72 12,80 8,90 12,100 22,105 30,106 38,105 48,100 52,90 48,80 43,72 46,66 47,57 "
        "40,50",
        dark,
    )
    pen.blob(
        "30,52 21,52 15.4,58 16.4,66 19.4,72 14,81 10.6,90 14.4,98.6 23,103 30,104 37,103 45.6,98.6 49.4,90 46,81 "
        "40.6,72 43.6,66 44.6,58 39,52",
        body,
    )
    pen.disc(30, 72, 7.4, dark)
    pen.disc(30, 72, 6, "2c2022")
    pen.box(27.4, 40, 5.2, 27, "4c372c")
    pen.box(23, 89, 14, 3, "33262a", 1)
    for x in (28.4, 29.5, 30.6, 31.7):
        pen.box(x - 0.15, 2, 0.35, 88, "efe6d2")
    for y in range(10, 64, 7):
        pen.box(27.4, y, 5.2, 0.5, "c9b48a")


def cup(pen: Pen) -> None:
    body, dark = pen.main("f0e9de"), pen.main("f0e9de", 0.3)
    pen.disc(40, 78, 34, dark, 5.4)
    pen.disc(40, 76.4, 34, body, 5.2)
    pen.disc(40, 76, 22, dark, 3)
    pen.ring(66, 54, 10.5, 4.2, body)
    pen.blob("14,38 66,38 65,54 58,70 50,76 30,76 22,70 15,54", body)
    pen.poly("14,38 66,38 65,42 15,42", body)
    pen.disc(40, 38, 26, body, 6)
    pen.disc(40, 38.6, 23.4, "5b3826", 4.8)
    pen.disc(40, 39, 15, "b98358", 2.9)
    pen.disc(40, 39, 7, "efd9b8", 1.5)
    for x, lean in ((30, 3), (40, -4), (50, 3)):
        pen.stroke(f"{x},28 {x + lean},21 {x - lean * 0.6},14 {x + lean},5", 1.3, "f2ece6")


def poster(pen: Pen) -> None:
    """A framed print of bold shapes: a saxophone player's night in three colours."""
    first = pen.main("d2553f")
    pen.box(2, 2, 76, 106, "2a2530", 1)
    pen.box(6, 6, 68, 98, "f1e4c8")
    pen.disc(50, 34, 21, first)
    pen.blob("24,104 30,70 36,52 44,44 52,50 54,66 60,104", "22304c")
    pen.disc(43, 37, 8, "22304c")
    pen.blob("32,33 38,27 48,26 54,31 43,33", "22304c")
    pen.stroke("49,41 56,46 59,58 57,72 62,79 69,76 70,68", 3.4, "e0ac46")
    pen.stroke("65,78 70,70 72,66", 6.0, "e0ac46")
    for y, wide in ((12, 30), (17, 22), (22, 14)):
        pen.box(10, y, wide, 2.8, "22304c")
    for x in (12, 17, 22):
        pen.box(x, 60, 2.4, 38, first)
    pen.box(6, 96, 68, 8, first)
    pen.box(12, 98.6, 40, 2.8, "f1e4c8")
