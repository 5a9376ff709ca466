"""What somebody did in the week before: the forms of an act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.language import Text

HOUR_S, DAY_S = 3600.0, 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that somebody did, so many seconds before the demo starts."""

    ago_s: float
    who: str
    room: str = "studio"


@dataclass(frozen=True, slots=True, kw_only=True)
class WroteMessage(Deed):
    """A message."""

    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RanCommand(Deed):
    """A command. `card` names what it made for acts on it; `from_card` is given to the option `job`."""

    command: str
    options: Mapping[str, object] = field(default_factory=dict)
    card: str = ""
    from_card: str = ""
    waits: bool = False
    """Whether its jobs stay open: they wait for a moderator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PressedButton(Deed):
    """A button below a card, by the action in its custom id. `made` names the card that comes of it."""

    card: str
    action: str
    made: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedReaction(Deed):
    """A reaction to a card."""

    card: str
    emoji: str
