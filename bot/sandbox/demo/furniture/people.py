"""Who is on the demo's server: six members with faces and roles."""

from __future__ import annotations

from dataclasses import dataclass

from bot.language import Text
from bot.sandbox.demo.furniture import texts
from bot.sandbox.demo.furniture.avatars import DrawnFace

MODERATORS, DIRECTORS, ARTISTS, GUESTS = "moderators", "directors", "artists", "guests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One member: the account's name, the name that is shown, the role, the face."""

    account: str
    shown: str
    role: str
    face: DrawnFace


@dataclass(frozen=True, slots=True)
class RoleLook:
    """A role's name and colour."""

    name: Text
    colour: int


ROLES = {
    MODERATORS: RoleLook(texts.MODERATORS, 0xF47B67),
    DIRECTORS: RoleLook(texts.DIRECTORS, 0xF5C451),
    ARTISTS: RoleLook(texts.ARTISTS, 0x7AB8FF),
    GUESTS: RoleLook(texts.GUESTS, 0x6FCF97),
}
"""The first has the moderators' permissions."""

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
            back=(178, 216, 255), skin=(224, 172, 130), hair=(50, 44, 52), shirt=(72, 160, 120),
            beard=True, glasses=True,
        ),
    ),
    Person(
        account="bo", shown=texts.BO, role=DIRECTORS,
        face=DrawnFace(back=(206, 236, 200), skin=(141, 85, 56), hair=(30, 24, 28), shirt=(240, 170, 70)),
    ),
    Person(
        account="cleo", shown=texts.CLEO, role=ARTISTS,
        face=DrawnFace(
            back=(236, 212, 250), skin=(255, 219, 186), hair=(222, 166, 80), shirt=(214, 84, 110),
            long_hair=True, glasses=True,
        ),
    ),
    Person(
        account="dara", shown=texts.DARA, role=DIRECTORS,
        face=DrawnFace(back=(255, 232, 170), skin=(198, 134, 92), hair=(60, 40, 36), shirt=(110, 90, 190), beard=True),
    ),
    Person(
        account="eli", shown=texts.ELI, role=GUESTS,
        face=DrawnFace(back=(190, 236, 236), skin=(252, 210, 180), hair=(190, 80, 52), shirt=(50, 70, 110)),
    ),
)  # fmt: skip
"""The page is first opened as the first of them; the second is the moderator as whom one may look."""
