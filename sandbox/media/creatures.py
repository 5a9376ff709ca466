"""Animals and people, as flat shapes. Each fits a box of its own units, looks right, and stands on its lower edge."""

from __future__ import annotations

from sandbox.media.pen import Pen

INK = "1f1b26"


def fox(pen: Pen) -> None:
    coat, dark = pen.main("d9682b"), pen.main("d9682b", 0.22)
    pen.blob("27,77 15,79 4,72 1,58 6,46 12,42 13,52 19,62 30,67", coat)
    pen.blob("2,60 1.5,54 6,45.5 12,42 12,49 9,56", "f4e7d6")
    pen.blob("40,26 34,37 26,49 20,63 22,77 34,80 48,79.5 53,79 52.5,60 55,44 51,30", coat)
    pen.blob("22,70 26,58 35,55 41,64 40,76 36,80 25,79.5", dark)
    pen.blob("30,77 40,76 44,80 28,80.5", dark)
    pen.blob("51,34 55.5,42 53.5,54 49,62 45.5,52 46,40", "f4e7d6")
    pen.poly("46.6,58 52.4,58 53,79.5 56,80.5 47.5,80.5", coat)
    pen.poly("47.4,69 52.8,69 53,79.5 56,80.5 47.6,80.5", "3a2a2c")
    pen.poly("38,20 37.5,2.5 47,13", coat)
    pen.poly("47,13 53,2 55.5,17", dark)
    pen.poly("39.5,12 38.3,5.5 43,11", INK)
    pen.blob("37,19 42,13 50,12.5 57,17.5 62,24 69,28.5 68,31 60,32.5 52,35.5 44,35 38.5,29", coat)
    pen.blob("47,35.5 50,29 57,27.5 63,27.5 68.5,29.6 66,31.6 58,33.5", "f4e7d6")
    pen.disc(68.4, 29, 1.7, INK)
    pen.blob("53,22.2 55,20.6 57.6,21.6 56,23.3", INK)


def cat(pen: Pen) -> None:
    coat, dark = pen.main("3c3a4c"), pen.main("3c3a4c", 0.3)
    pen.stroke("42,74 54,76 61,70 60,60 64,53", 5.2, coat)
    pen.blob("22,36 16,50 12,66 14,78 24,80.5 38,80.5 47,78 48,66 43,50 38,36", coat)
    pen.blob("38,62 45,60 49,70 46,79 38,80.5 36,72", dark)
    pen.blob("25,38 30,41 35,38 36,52 32,62 27,62 24,52", pen.main("8d8798") if pen.coat is None else "f4e7d6")
    pen.blob("22,64 27,64 28,77 27,80.6 20,80.6", coat)
    pen.blob("31,64 36,64 38,77 37,80.6 30,80.6", coat)
    pen.poly("15,20 14,2.5 26,12", coat)
    pen.poly("45,20 46,2.5 34,12", coat)
    pen.poly("17,16 16.2,7 22.5,12", "b98a8a")
    pen.poly("43,16 43.8,7 37.5,12", "b98a8a")
    pen.blob("13,24 16,14 24,10.5 30,10.2 36,10.5 44,14 47,24 43,33 36,38 30,39 24,38 17,33", coat)
    for x in (23.4, 36.6):
        pen.disc(x, 23.6, 3.6, "e6c65a", 3.1)
        pen.disc(x, 23.6, 1.1, INK, 2.7)
    pen.poly("28.3,29 31.7,29 30,31.2", "b98a8a")
    for side in (-1, 1):
        for drop in (0, 2.2):
            pen.stroke(f"{30 + side * 5},{31.4 + drop / 2} {30 + side * 17},{29.6 + drop * 1.6}", 0.5, "c9c4cf")


def owl(pen: Pen) -> None:
    coat, dark = pen.main("7a5a42"), pen.main("7a5a42", 0.35)
    pen.blob("16,30 14,50 18,68 26,78 34,81 42,78 50,68 54,50 52,30", coat)
    pen.blob("24,42 34,38 44,42 46,58 40,72 34,75 28,72 22,58", "e3cfae")
    for y in (48, 54, 60, 66):
        for x in (29, 34, 39):
            pen.poly(f"{x - 1.7},{y} {x + 1.7},{y} {x},{y + 3}", coat)
    pen.blob("16,34 12,48 15,64 24,77 25,62 23,46", dark)
    pen.blob("52,34 56,48 53,64 44,77 43,62 45,46", dark)
    pen.blob("13,10 20,13 34,11 48,13 55,10 54,22 54,32 46,41 34,44 22,41 14,32 14,22", coat)
    for x in (25, 43):
        pen.disc(x, 27, 9.4, "e3cfae")
        pen.disc(x, 27, 5.6, "f0b33c")
        pen.disc(x, 27, 3.1, INK)
        pen.disc(x + 1.1, 25.8, 0.9, "ffffff")
    pen.poly("31.4,31 36.6,31 34,38", "d98a2b")
    for x in (26, 30, 38, 42):
        pen.disc(x, 78.4, 2.0, "d98a2b")


def robot(pen: Pen) -> None:
    coat, dark = pen.main("c9d3d6"), pen.main("c9d3d6", 0.42)
    for x in (20, 36):
        pen.box(x, 82, 8, 17, dark, 2)
        pen.box(x - 2.5, 96, 13, 7.5, coat, 3)
    for arm in (9.5, 54.5):
        pen.stroke(f"{arm},52 {arm},66 {arm},74", 5.0, dark)
        pen.disc(arm, 78, 5, coat)
        pen.disc(arm, 51, 5.4, coat)
    pen.box(13, 46, 38, 40, coat, 8)
    pen.box(19, 54, 26, 17, "2c3a48", 3)
    for bar, high in ((22.5, 5), (27.5, 9), (32.5, 6.5), (37.5, 11)):
        pen.box(bar, 68 - high, 3.4, high, "58d0c4", 1)
    pen.disc(24, 78, 1.9, "e2674a")
    pen.disc(31, 78, 1.9, "e9b44c")
    pen.box(27, 40, 10, 8, dark)
    pen.stroke("32,14 32,6", 1.6, dark)
    pen.bright(32, 5, 3.0, (255, 120, 90))
    pen.lamp(32, 5, 14, (255, 120, 90))
    pen.box(10, 14, 44, 29, coat, 10)
    pen.box(6, 23, 5, 11, dark, 2)
    pen.box(53, 23, 5, 11, dark, 2)
    pen.box(15, 19, 34, 18, "22303d", 7)
    for x in (24, 40):
        pen.bright(x, 28, 3.8, (120, 240, 226))
        pen.lamp(x, 28, 15, (120, 240, 226))
    pen.box(28, 32.6, 8, 1.5, "58d0c4", 0.7)


def wanderer(pen: Pen) -> None:
    coat, dark = pen.main("8c3f3a"), pen.main("8c3f3a", 0.4)
    pen.stroke("38,30 40,64 41,92", 1.7, "6a4a34")
    pen.poly("14,70 20,70 19,92 12,92", "2c2832")
    pen.poly("21,70 27,70 30,90 32,92 23.4,92", "2c2832")
    pen.blob("20,18 14,24 10,44 5,72 14,77 24,75 32,77 33,60 29,40 26,24", coat)
    pen.blob("20,20 13,30 10,50 5,72 12,76 17,56", dark)
    pen.stroke("25,30 32,42 38,45", 4.4, coat)
    pen.disc(21.6, 13.4, 5.8, "d9a988")
    pen.blob("10,13 14,9.5 17,4 25,3.6 27.6,8.6 33,11.6 25,11.2 17,11.6", dark)
    pen.poly("16,19 28,18.4 27,23 15,24", "d9b25a")
