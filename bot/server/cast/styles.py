"""The starter set: twelve styles that every server has, until its moderators hide them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from bot.domain.words.cast import CastKind, CastMember, name_key
from bot.language import LANGUAGES, Text, speaking

PREFIX: Final = "style."
LOOKS: Final[Mapping[str, tuple[Text, str]]] = MappingProxyType(
    {
        "watercolor": (
            Text("Watercolor"),
            "loose watercolor on cold-pressed paper, soft wet edges, visible grain, restrained palette",
        ),
        "ink": (Text("Ink drawing"), "black ink linework with fine hatching on ivory paper, no color"),
        "oil": (Text("Oil painting"), "thick oil paint, visible brushwork, warm museum light, rich shadows"),
        "linocut": (Text("Linocut"), "two-color linocut print, bold carved shapes, slight misregistration"),
        "risograph": (Text("Risograph"), "risograph print in teal and coral, halftone dots, paper texture"),
        "paper": (Text("Paper cut"), "layered cut paper with soft shadows between the layers, shallow depth"),
        "clay": (Text("Clay"), "handmade clay figures in a miniature set, soft studio light, fingerprints visible"),
        "pixel": (Text("Pixel art"), "clean 16-bit pixel art, limited palette, crisp edges, no blur"),
        "storybook": (Text("Storybook"), "gentle storybook illustration in gouache and colored pencil, cozy light"),
        "film": (Text("Analog photo"), "35 mm film photograph, natural light, fine grain, muted highlights"),
        "noir": (Text("Noir"), "black-and-white film noir, hard side light, deep shadows, light haze"),
        "neon": (Text("Neon night"), "rainy street at night, neon reflections in magenta and cyan, shallow focus"),
    }
)
"""Name and look by id. Looks are sent to the API, in English."""


def starter_styles(guild_id: int) -> list[CastMember]:
    """Return them with their names in the current language."""
    return [_style(guild_id, key, str(name)) for key, (name, _) in LOOKS.items()]


def found_styles(guild_id: int, keys: frozenset[str], ids: frozenset[str]) -> Iterator[CastMember]:
    """Yield those with one of these names, in any language, or ids; by the name that was found."""
    for key, names in _names().items():
        named = next((name for name_key_, name in names.items() if name_key_ in keys), None)
        if named is not None or PREFIX + key in ids:
            yield _style(guild_id, key, named or str(LOOKS[key][0]))


@cache
def _names() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {key: {} for key in LOOKS}
    for language in LANGUAGES:
        with speaking(language):
            for key, (name, _) in LOOKS.items():
                found[key][name_key(str(name))] = str(name)
    return found


def _style(guild_id: int, key: str, name: str) -> CastMember:
    return CastMember(
        id=PREFIX + key, guild_id=guild_id, kind=CastKind.STYLE, name=name, look=LOOKS[key][1], made_by=0, made_at=0.0
    )
