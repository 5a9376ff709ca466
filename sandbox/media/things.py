"""Buildings, vehicles, plants and objects, as flat shapes. Each stands on the lower edge of a box of its own units."""

from __future__ import annotations

import math

from sandbox.media.pen import Pen, mix, points_of

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
    pen.disc(46, 50.6, 8, "3a343c", 1.8)
    pen.box(45.2, 32, 1.6, 19, "3a343c")
    shade = points_of("40,18 52,18 57,34 35,34")
    pen.poly(shade, pen.main("d9a441"))
    if pen.light.dark:
        pen.fill(shade, (255, 214, 134))
    pen.lamp(46, 30, 46, (255, 196, 110))


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
