"""The demo's members with faces and roles."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

from bot.language import Text
from sandbox.demo import texts

SIZE_PX = 128
_SCALE = 4
"""Drawn larger and scaled down: Pillow's own edges are jagged."""

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFace:
    """A member's face."""

    back: Colour
    skin: Colour
    hair: Colour
    shirt: Colour
    long_hair: bool = False


def face_png(face: DrawnFace) -> bytes:
    edge = SIZE_PX * _SCALE
    picture = Image.new("RGB", (edge, edge), face.back)
    draw = ImageDraw.Draw(picture)

    def oval(x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        draw.ellipse(((x - wide) * edge, (y - high) * edge, (x + wide) * edge, (y + high) * edge), fill=colour)

    if face.long_hair:
        oval(0.5, 0.52, 0.29, 0.36, face.hair)
    oval(0.5, 1.04, 0.36, 0.26, face.shirt)
    oval(0.5, 0.76, 0.09, 0.12, _darker(face.skin))
    oval(0.5, 0.48, 0.21, 0.26, face.skin)
    draw.chord(_box(edge, 0.5, 0.43, 0.235, 0.25), 190, 350, fill=face.hair)
    for side in (-1, 1):
        oval(0.5 + 0.085 * side, 0.5, 0.02, 0.026, (38, 32, 40))
    draw.arc(_box(edge, 0.5, 0.57, 0.07, 0.055), 20, 160, fill=(150, 60, 66), width=edge // 55)
    return _png(picture)


def lens_png() -> bytes:
    """Draw the bot's picture, a lens, as a PNG of SIZE_PX."""
    edge = SIZE_PX * _SCALE
    picture = Image.new("RGB", (edge, edge), (34, 30, 66))
    draw = ImageDraw.Draw(picture)
    draw.ellipse(_box(edge, 0.5, 0.5, 0.4, 0.4), fill=(250, 244, 232))
    blades: tuple[Colour, ...] = (
        (255, 122, 89), (255, 178, 84), (246, 214, 104), (92, 200, 168), (88, 142, 240), (150, 104, 232),
    )  # fmt: skip
    for number, colour in enumerate(blades):
        draw.polygon([_at(edge, number - 0.5, 0.37), _at(edge, number + 0.5, 0.37), _at(edge, number + 1.1, 0.15),
                      _at(edge, number + 0.1, 0.15)], fill=colour)  # fmt: skip
    draw.ellipse(_box(edge, 0.5, 0.5, 0.13, 0.13), fill=(34, 30, 66))
    draw.ellipse(_box(edge, 0.46, 0.46, 0.03, 0.03), fill=(250, 244, 232))
    return _png(picture)


def _at(edge: int, sixth: float, reach: float) -> tuple[float, float]:
    turn = math.tau * sixth / 6
    return (0.5 + reach * math.cos(turn)) * edge, (0.5 + reach * math.sin(turn)) * edge


def _box(edge: int, x: float, y: float, wide: float, high: float) -> tuple[float, float, float, float]:
    return (x - wide) * edge, (y - high) * edge, (x + wide) * edge, (y + high) * edge


def _darker(colour: Colour) -> Colour:
    red, green, blue = colour
    return red * 9 // 10, green * 9 // 10, blue * 9 // 10


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS).save(file, "PNG")
    return file.getvalue()


MODERATORS, DIRECTORS, ARTISTS, GUESTS = "moderators", "directors", "artists", "guests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member: account name, display name, role, face."""

    account: str
    shown: Text | str
    role: str
    face: DrawnFace


ROLES = {
    MODERATORS: (texts.MODERATORS, 0xF47B67),
    DIRECTORS: (texts.DIRECTORS, 0xF5C451),
    ARTISTS: (texts.ARTISTS, 0x7AB8FF),
    GUESTS: (texts.GUESTS, 0x6FCF97),
}
"""Name and colour; the first has the moderators' permissions."""

PEOPLE: tuple[Person, ...] = (
    Person(
        account="ada", shown=texts.ADA, role=ARTISTS,
        face=DrawnFace(
            back=(255, 205, 178), skin=(241, 194, 160), hair=(92, 52, 40), shirt=(88, 142, 240), long_hair=True
        ),
    ),
    Person(
        account="morgan", shown=texts.MORGAN, role=MODERATORS,
        face=DrawnFace(
            back=(178, 216, 255), skin=(224, 172, 130), hair=(50, 44, 52), shirt=(72, 160, 120)
        ),
    ),
    Person(
        account="bo", shown=texts.BO, role=DIRECTORS,
        face=DrawnFace(back=(206, 236, 200), skin=(141, 85, 56), hair=(30, 24, 28), shirt=(240, 170, 70)),
    ),
    Person(
        account="cleo", shown=texts.CLEO, role=ARTISTS,
        face=DrawnFace(
            back=(236, 212, 250), skin=(255, 219, 186), hair=(222, 166, 80), shirt=(214, 84, 110), long_hair=True
        ),
    ),
    Person(
        account="dara", shown=texts.DARA, role=DIRECTORS,
        face=DrawnFace(back=(255, 232, 170), skin=(198, 134, 92), hair=(60, 40, 36), shirt=(110, 90, 190)),
    ),
    Person(
        account="eli", shown=texts.ELI, role=GUESTS,
        face=DrawnFace(back=(190, 236, 236), skin=(252, 210, 180), hair=(190, 80, 52), shirt=(50, 70, 110)),
    ),
)  # fmt: skip
"""The page opens as the first; the second is the moderator to switch to."""
