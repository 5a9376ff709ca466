"""Orders: what the API gets in place of a member's words. No person reads them, and they stay English. Pure.

An order is stored with its job, so that what is sent again is the same text after an upgrade too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from bot.domain.words.cast import NO_CAST, Casting, CastKind, CastMember, names_in_option
from bot.domain.words.templates import with_parameters
from bot.domain.words.text import one_line, shortened


class Variation(StrEnum):
    """How a result is to differ from its source."""

    SUBTLE = "subtle"
    STRONG = "strong"
    LOOK = "look"
    """The clothes and colours of its character."""
    ZOOM_OUT = "zoom_out"
    """More of the scene around it."""
    UPSCALE = "upscale"
    """The same, with more detail."""


NO_ORDERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What a request has from the result that it was made from, and from the server's cast."""

    variation: Variation | None = None
    """None for a request in the member's own words."""
    orders: Mapping[str, str] = field(default_factory=lambda: NO_ORDERS)
    """Texts sent in these input fields; `{prompt}` is the input's own prompt."""
    source_id: str = ""
    """The job whose file it takes; '' for none."""
    casting: Casting = NO_CAST

    def sent(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an input as it is sent: with the orders and the cast. The same object without any."""
        return self.casting.into(with_orders(given, self.orders))


OWN: Final = Derivation()
"""Of a request without a source."""


def with_cast(derivation: Derivation, typed: str, style: str = "") -> Derivation:
    """Return the derivation with the names in an option, separated by commas, and a style's name or words."""
    names, style = tuple(names_in_option(typed)), one_line(style)
    if not names and not style:
        return derivation
    return replace(derivation, casting=replace(derivation.casting, asked=names, style=style))


SHOWN_CHARS: Final = 4000
"""How much of a prompt an order repeats."""
REWRITE: Final = "rewriteRequest"
"""The field of a prompt's rewriter that has the order."""

PICTURE_EDITS: Final[Mapping[Variation, str]] = MappingProxyType(
    {
        Variation.SUBTLE: (
            "Keep the subject and the composition. Change only small details, such as the light or the colours."
        ),
        Variation.STRONG: "Keep the subject only. Change the composition, the setting and the mood boldly.",
        Variation.ZOOM_OUT: "Zoom out: keep all that is seen as it is, smaller, and extend the scene on every side.",
        Variation.UPSCALE: "Keep the picture exactly as it is and only add fine detail for the larger size.",
    }
)
_SHOWS: Final = " The picture shows: "
SHEET: Final = (
    "Character sheet of {look}: front view, side view, and a close-up of the face, on a plain light background."
)
"""The prompt of the images of a character that has only a look in words."""


def order_of(order: str, *, has_words: bool) -> dict[str, str]:
    """Return the order of an edit of a picture; `has_words`: its input has a prompt, which says what is seen."""
    return {"prompt": f"{order}{_SHOWS}{{prompt}}" if has_words else order}


def varying_picture(variation: Variation, words: str) -> Derivation:
    """Return the derivation of a picture's variant; `words`: what it shows, '' if unknown."""
    return Derivation(variation=variation, orders=order_of(PICTURE_EDITS[variation], has_words=bool(words)))


def with_orders(given: Mapping[str, Any], orders: Mapping[str, str]) -> Mapping[str, Any]:
    """Return an input as it is sent: with the orders. The same object without any."""
    if not orders:
        return given
    words = {"prompt": shortened(str(given.get("prompt", "")), SHOWN_CHARS)}
    return {**given, **{name: with_parameters(order, words) for name, order in orders.items()}}


def words_of(
    players: Iterable[CastMember], pictures: Mapping[str, Sequence[int]], *, named: Collection[str], style: str = ""
) -> str:
    """Return the English words behind a prompt: who is who on which reference image, looks and styles.

    `pictures`: the numbers of each one's reference images, from 1; `named`: ids that the prompt itself names;
    `style`: the member's own words for one.
    """
    lines = []
    for each in players:
        numbers = pictures.get(each.id, ())
        shown = f" (reference image {', '.join(map(str, numbers))})" if numbers else ""
        if each.kind is CastKind.STYLE:
            lines.append(f"Style{shown}: {each.look or 'as in the reference image'}.")
        else:
            role = "" if each.id in named else "Also in the scene: "
            look = f": {each.look}" if each.look else ""
            lines.append(f"{role}{each.name}{shown}{look}.")
    lines += [f"Style: {style}."] if style else []
    if any(pictures.values()):
        lines.append("Keep each character's face, clothes and colors as in their reference images.")
    return "\n".join(lines).replace("..", ".")


def depicted(own: str, subject: str) -> str:
    """Return what a result shows whose prompt `own` changes a source that shows `subject`; either may be ''."""
    return f"{subject}, {own}" if own and subject and subject not in own else own or subject
