"""Animals and people, as flat shapes. Each fits a box of its own units, looks right, and stands on its lower edge."""

from __future__ import annotations

from sandbox.media.pen import Pen, mix, rgb

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


def sleeping_fox(pen: Pen) -> None:
    coat, dark = pen.main("d9682b"), pen.main("d9682b", 0.2)
    pen.blob("8,40 6,28 16,14 36,7 60,10 76,22 82,36 76,44 40,46 16,45", coat)
    pen.blob("22,43 26,28 44,20 58,28 60,42 46,46", dark)
    pen.poly("66,21 67,8.5 75,18", coat)
    pen.poly("75,19 80,9.5 83,23", dark)
    pen.blob("62,32 66,22 75,18 84,23 90,33 94,40 90,42.5 78,43.5 66,42", coat)
    pen.blob("72,43 76,36 86,34 93.5,39.6 89,43", "f4e7d6")
    pen.disc(93.6, 39.6, 1.6, INK)
    pen.stroke("77,30 80,32.4 84,31.6", 1.0, INK)
    pen.blob("10,36 2,40 4,46 24,48.5 50,48 70,46.5 76,43.6 66,41.5 44,43 24,42", coat)
    pen.blob("58,47.6 70,46.5 77,43.5 68,41.6 58,42.2 54,45", "f4e7d6")


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


def dog(pen: Pen) -> None:
    coat, dark = pen.main("c08a4e"), pen.main("c08a4e", 0.34)
    pen.stroke("22,73 12,72 6,64 6,55", 4.4, coat)
    pen.blob("42,28 34,40 25,52 19,66 21,78 34,80.5 50,80 54,78 54,58 57,44 54,32", coat)
    pen.blob("21,70 25,58 35,56 41,66 40,76 36,80.5 24,80", mix(coat, dark, 0.5))
    pen.blob("53,36 57,44 54.5,58 49,62 47,50 48,38", "f1e4cf")
    pen.poly("46.5,56 53.6,56 54,78 58,80.5 47,80.5", coat)
    pen.blob("38,20 42,11 51,8 58,12 61,18 70,21.5 73,25 71,30 62,33 55,37 46,36 39,30", coat)
    pen.blob("57,32 60,25 68,22.5 73,25 71,30 63,33", "f1e4cf")
    pen.disc(72, 23.6, 2.2, INK, 1.8)
    pen.blob("38,14 44,9.5 48,14 47.5,26 43,36 36,34 35,24", dark)
    pen.disc(57.4, 18.4, 1.5, INK)
    pen.stroke("63,31 67,30.4 70,28.2", 0.8, dark)
    pen.stroke("43,37 49,40 56,38.6", 2.6, "b3413a")
    pen.disc(51, 41.6, 1.7, "e8c25a")


def wolf(pen: Pen) -> None:
    coat, dark = pen.main("5f6675"), pen.main("5f6675", 0.35)
    pen.blob("14,62 6,66 3,76 7,84 12,78 18,72", dark)
    pen.poly("17,66 27,66 24,80 27,96.5 19,96.5 18,82", dark)
    pen.poly("52,62 60,60 59,80 62,96.5 54.5,96.5 53,80", dark)
    pen.blob("12,62 14,50 26,43 42,42 54,34 60,28 68,32 68,46 62,62 50,66 34,65 20,70", coat)
    pen.poly("11,60 24,64 20,80 23.5,96.5 15.5,96.5 13,80", coat)
    pen.poly("57,56 67,48 64.5,76 67.5,96.5 59.5,96.5 58.5,78", coat)
    pen.blob("60,30 68,34 69,46 64,58 60,60 57,48", "aab0bb")
    pen.blob("56,30 58,22 64,16 70,12 78,3 81,5 79,13 75,21 70,32 64,38", coat)
    pen.poly("59,24 50,17 62,14.5", dark)
    pen.poly("73,14 79.5,4 81.5,6 77,16", "aab0bb")
    pen.disc(80, 4.4, 1.5, INK)
    pen.stroke("68.5,16.4 70.6,15.2", 1.1, INK)


def bear(pen: Pen) -> None:
    coat, dark = pen.main("6b4632"), pen.main("6b4632", 0.32)
    pen.blob("30,44 40,44 41,60 42,73 29,73 30,60", dark)
    pen.blob("70,44 80,42 79,58 82,73 69,73 70,58", dark)
    pen.blob("8,44 10,26 24,14 44,13 60,9 74,11 86,20 88,34 80,48 60,52 38,53 18,54", coat)
    pen.blob("9,42 24,40 26,56 27,73 12,73.5 12,60", coat)
    pen.blob("58,44 72,40 71,58 73,73 58,73.5 59,58", coat)
    pen.blob("78,20 84,13 94,13 101,19 108,24 111,28 109,33 100,35 90,37 81,35", coat)
    pen.disc(85, 13, 4.2, coat)
    pen.disc(85.4, 13.4, 2.1, dark)
    pen.blob("98,34 100,25 107,24 111.5,28 109,33", "b98d6a")
    pen.disc(110, 26.8, 2.2, INK, 1.7)
    pen.disc(98, 20.6, 1.3, INK)


def horse(pen: Pen) -> None:
    coat, dark = pen.main("8a5636"), pen.main("8a5636", 0.42)
    pen.blob("16,42 8,46 3,60 5,76 10,70 12,58 20,50", dark)
    pen.poly("24,56 33,56 31,72 35,84 34,98 29,98 29,86 24,72", mix(coat, dark, 0.6))
    pen.poly("62,56 70,56 71,72 79,82 76,95 72,93 73,84 64,74", mix(coat, dark, 0.6))
    pen.blob("13,48 16,39 28,36 44,39 56,38 64,33 72,38 74,48 68,58 54,62 36,60 22,62 15,58", coat)
    pen.poly("13,50 28,56 22,72 25,84 23,98 17,98 18,86 13,72", coat)
    pen.poly("60,54 72,48 68,70 69,84 68,98 62.5,98 63,84 60,70", coat)
    for x in (17, 29, 62.4):
        pen.poly(f"{x},94.5 {x + 5.8},94.5 {x + 6.6},98.5 {x - 0.4},98.5", INK)
    pen.blob("58,38 64,26 70,14 78,8 84,12 84,18 79,26 76,40 68,52", coat)
    pen.blob("74,12 80,8 86,12 94,21 98,26 96,31 91,30 84,24 76,22", coat)
    pen.poly("76,10 78,2 82,9.5", coat)
    pen.blob("76,7 70,9 62,20 56,34 53,46 60,42 66,32 71,21 77,13", dark)
    pen.blob("78,6 84,9 86,14 81,12", dark)
    pen.disc(85, 14.8, 1.2, INK)
    pen.disc(95.6, 26.6, 0.9, INK)


def deer(pen: Pen) -> None:
    coat, dark = pen.main("9a6a44"), pen.main("9a6a44", 0.35)
    for x, shade in ((24, dark), (60, dark), (15, coat), (66, coat)):
        pen.poly(f"{x},64 {x + 8},64 {x + 5.4},84 {x + 6},104 {x + 2},104 {x + 2.2},84", shade)
    pen.blob("12,60 15,50 28,47 46,49 60,44 70,42 76,50 73,63 62,70 44,68 28,70 17,69", coat)
    pen.blob("12,54 7,52 6,60 11,62", "f1e4d2")
    pen.blob("62,48 68,36 72,26 78,22 82,28 79,40 76,52 70,58", coat)
    pen.blob("71,24 76,19 83,20 91,27 93,31 88,33.5 80,32 73,31", coat)
    pen.blob("72,23 64,19 61,15 68,16 74,20", dark)
    pen.disc(92.4, 30.2, 1.5, INK)
    pen.disc(82, 24.4, 1.2, INK)
    for path in ("76,20 72,12 74,3", "73,12 66,9 64,2", "74,7 80,4", "80,20 84,12 92,6", "84,12 82,5", "88,9 94,11"):
        pen.stroke(path, 1.6, "d9c4a0")


def rabbit(pen: Pen) -> None:
    coat, dark = pen.main("b79f8a"), pen.main("b79f8a", 0.25)
    pen.disc(9, 46, 5.4, "f6efe6")
    pen.blob("10,54 10,40 20,29 34,27 46,33 52,44 52,54 40,58 22,58.5", coat)
    pen.blob("14,54 18,40 30,38 36,48 34,58 20,58.5", dark)
    pen.blob("26,55 40,54 42,58.6 22,58.8", dark)
    pen.blob("44,46 50,44 55,56 58,58.6 47,58.6", coat)
    pen.blob("44,20 36,10 34,2 40,3 46,11 49,18", dark)
    pen.blob("48,19 46,8 48,0.6 53,4 54,13 52,20", coat)
    pen.blob("40,26 45,19 53,18 61,23 64,29 60,34 51,37 42,35", coat)
    pen.disc(63.2, 27.8, 1.3, "c98d8d")
    pen.disc(54, 25, 1.6, INK)


def bird(pen: Pen) -> None:
    """A gull on the wing."""
    body, dark = pen.main("f4f1ea"), pen.main("f4f1ea", 0.4)
    pen.blob("46,26 40,16 26,8 8,4 2,6 16,12 28,20 38,30", dark)
    pen.blob("34,30 46,25 60,26 68,29 76,31 70,35 58,38 42,38 30,36 20,39 14,37 24,32", body)
    pen.blob("42,30 46,18 60,8 82,1 95,2 84,8 72,16 64,28 54,33", mix(body, dark, 0.25))
    pen.poly("82,1.2 97,1.6 86,7", INK)
    pen.poly("2,4.6 10,4 12,9.6", INK)
    pen.poly("74,29.6 83,33 74,33.6", "e8a13a")
    pen.disc(70.6, 30.2, 1.0, INK)


def heron(pen: Pen) -> None:
    coat, dark = pen.main("8fa3b5"), pen.main("8fa3b5", 0.45)
    pen.stroke("34,72 35,86 34,101", 1.5, "c9a45a")
    pen.stroke("41,72 42,84 47,90 46,101", 1.5, "c9a45a")
    pen.blob("6,78 14,66 26,54 40,48 52,52 54,62 46,72 32,76 18,76", coat)
    pen.blob("4,80 14,68 28,60 40,62 40,70 26,76 12,79", dark)
    pen.stroke("50,58 58,48 58,38 52,30 53,20 60,14", 4.6, coat)
    pen.stroke("51,58 59.4,48 59.4,38 54,30", 1.6, "eef1f2")
    pen.blob("55,16 58,10 66,9 72,13 68,17 60,18", "eef1f2")
    pen.blob("68,10 60,7 48,8 40,12 52,11 62,13", INK)
    pen.poly("69,11.5 92,17.4 69,16", "e2a53c")
    pen.disc(66.4, 12.2, 1.0, INK)


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


def fish(pen: Pen) -> None:
    coat, dark = pen.main("f0792e"), pen.main("f0792e", 0.3)
    pen.blob("24,30 10,18 2,10 4,26 9,33 4,42 3,56 12,48 25,38", dark)
    pen.blob("38,18 46,5 62,3 72,8 74,18", dark)
    pen.blob("44,48 50,60 60,60 62,48", dark)
    pen.blob("20,34 32,21 50,14 70,14 86,22 95,32 88,43 72,51 52,52 34,46", coat)
    pen.blob("44,15.6 52,14 55,32 52,52 44,49.6 47,33", "fdf3e2")
    pen.blob("70,14 77,17 79,32 77,47 71,51.4 73,33", "fdf3e2")
    pen.blob("26,27 31,22 32,34 32,45 26,40 28,34", "fdf3e2")
    pen.blob("60,34 52,33 45,40 52,44 60,40", dark)
    pen.disc(86, 28, 3.2, "fdf3e2")
    pen.disc(86.8, 28, 1.9, INK)
    pen.stroke("95,33 91,36 88,36.4", 1.0, dark)


def whale(pen: Pen) -> None:
    coat, dark = pen.main("35586f"), pen.main("35586f", 0.35)
    pen.blob("28,50 16,44 6,30 0,14 10,17 17,24 20,12 28,8 29,20 25,32 33,44", coat)
    pen.blob("20,50 36,36 62,22 94,16 122,20 140,32 146,46 138,58 116,66 84,68 50,64 30,58", coat)
    pen.blob("145,44 141,56 118,66 86,68.6 64,66 84,62 106,56 126,49", "dfe6e3")
    for step in range(5):
        pen.stroke(
            f"{140 - step * 3},{50 + step * 2.4} {118 - step * 6},{57 + step * 1.8} {96 - step * 8},{63 + step}",
            0.7,
            dark,
        )
    pen.blob("100,56 92,60 78,76 70,88 84,84 98,74 108,60", dark)
    pen.disc(124, 44, 1.9, INK)
    pen.disc(124.5, 43.5, 0.6, "ffffff")
    pen.blob("88,17 92,11 99,16", coat)


def dragon(pen: Pen) -> None:
    coat, dark = pen.main("a83a3a"), pen.main("a83a3a", 0.45)
    pen.blob("68,46 60,26 44,10 22,3 30,14 20,15 26,26 15,30 28,36 24,44 42,46 54,54", dark)
    pen.stroke("58,62 42,72 26,72 12,64 4,66", 4.6, coat)
    pen.stroke("66,60 52,70 38,73", 8.0, coat)
    pen.poly("8,60 0,68 10,69", coat)
    pen.blob("52,66 60,54 76,47 92,48 100,54 94,64 78,70 62,71", coat)
    pen.blob("64,70 78,62 94,58 100,55 95,65 80,71", "e7b676")
    pen.stroke("94,54 106,48 108,36 114,28", 7.6, coat)
    pen.stroke("97,57 109,50 111.5,38 116,31", 2.2, "e7b676")
    pen.blob("108,28 112,20 120,18 128,22 137,25 139,29 132,32 122,33 114,34", coat)
    pen.stroke("113,21 106,14 100,13", 2.0, "e9d9b6")
    pen.stroke("117,19 112,11 107,8", 2.0, "e9d9b6")
    pen.disc(121.6, 23.4, 1.4, "ffd25a")
    pen.blob("78,50 76,32 84,14 100,0.6 100,12 109,8 104,22 116,20 104,34 108,42 94,46 88,54", mix(coat, dark, 0.35))
    pen.stroke("80,50 80,34 87,17 100,2", 1.8, dark)
    pen.stroke("82,50 88,34 103,22", 1.2, dark)
    for x, y in ((60, 59), (68, 52), (76, 47.4), (101, 46), (103.6, 38), (107, 30)):
        pen.poly(f"{x - 3},{y + 1} {x - 2.6},{y - 5.4} {x + 3},{y}", dark)
    pen.blob("72,66 68,76 74,80 80,68", dark)
    pen.blob("88,64 86,74 92,77 95,64", coat)


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


def astronaut(pen: Pen) -> None:
    coat, dark = pen.main("eef0f2"), pen.main("eef0f2", 0.3)
    pen.box(10, 36, 44, 40, mix(dark, rgb("788090"), 0.5), 7)
    for x in (17, 34):
        pen.box(x, 70, 13, 28, coat, 5)
        pen.box(x - 1.5, 93, 16, 8.5, dark, 4)
        pen.box(x, 85, 13, 2.2, "d9683a")
    pen.stroke("16,46 7,56 5,68", 9.5, coat)
    pen.stroke("48,46 57,54 62,46 65,36", 9.5, coat)
    pen.disc(5, 71, 5.2, dark)
    pen.disc(65.4, 33, 5.2, dark)
    pen.box(14, 38, 36, 40, coat, 10)
    pen.box(22, 54, 20, 13, dark, 2.5)
    pen.box(24.5, 57, 6, 3, "d9683a", 1)
    pen.box(33, 57, 6.5, 3, "4aa3c7", 1)
    pen.disc(32, 22, 20, coat)
    pen.box(17, 12, 30, 21, "27304a", 10)
    pen.blob("20,20 24,14.4 34,13.6 30,17 24,21 22,26", "7f93c2")
    pen.disc(41, 28, 1.6, "dfe6f5")


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
