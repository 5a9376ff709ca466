"""What an emoji on a result does: the actions, who may, how many it takes, who pays. Frozen values without I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from bot.errors import InputError

NEEDED_MAX = 100
GALLERY_STARS = 3
RULES_MAX = 50
"""How many emojis a guild may map."""
_CUSTOM = re.compile(r"<a?:\w{2,32}:(\d{15,20})>")
_EMOJI_CHARS = 16
_PARTS = frozenset({"So", "Sm", "Sk", "Po", "Pd", "Mn", "Me", "Cf"})
"""Unicode categories of what an emoji is put together from."""
_KEYCAP = "\u20e3"
_PRESENTATION = "\ufe0f"
"""Says that a character is to be drawn as an emoji; some clients leave it out."""


class ReactionAction(StrEnum):
    """What a reaction may do."""

    RERUN = "rerun"
    VARY = "vary"
    ANIMATE = "animate"
    UPSCALE = "upscale"
    SUBTITLES = "subtitles"
    SEND = "send"
    GALLERY = "gallery"
    REMOVE = "remove"
    NONE = "none"

    @property
    def paid(self) -> bool:
        """Whether it starts a job."""
        return self in PAID


PAID = frozenset(
    {
        ReactionAction.RERUN,
        ReactionAction.VARY,
        ReactionAction.ANIMATE,
        ReactionAction.UPSCALE,
        ReactionAction.SUBTITLES,
    }
)
REMAKES = frozenset({ReactionAction.RERUN, ReactionAction.VARY})
"""For which the guild's rule about re-runs holds too."""


class Who(StrEnum):
    """Whose reactions count. Moderators' count as the author's do."""

    EVERYONE = "everyone"
    AUTHOR = "author"
    MODERATORS = "moderators"
    ROLE = "role"


class Purse(StrEnum):
    """Whose credits pay."""

    REACTOR = "reactor"
    AUTHOR = "author"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What one emoji does in a guild."""

    emoji: str
    """The character without its presentation mark, or a custom emoji's id."""
    shown: str
    """How it is written in a message."""
    action: ReactionAction
    who: Who = Who.EVERYONE
    role_id: int | None = None
    needed: int = 1
    """How many members have to react; the one who makes it up to this counts as the one who acts."""
    payer: Purse = Purse.REACTOR


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionRules:
    """A guild's map, with what else is set about reactions."""

    rules: Mapping[str, Reaction] = field(default_factory=lambda: DEFAULTS)
    """By emoji; without those that do nothing."""
    is_on: bool = True
    seeds: bool = False
    """Whether the bot puts the emojis on results itself."""
    gallery_channel: int | None = None
    gallery_stars: int = GALLERY_STARS

    def of(self, emoji: str) -> Reaction | None:
        """Return what the emoji does here, None if nothing."""
        return self.rules.get(emoji) if self.is_on else None


def emoji_key(name: str, custom_id: int | None = None) -> str:
    """Return what an emoji is known by: a custom one's id, else its characters without the presentation mark."""
    return str(custom_id) if custom_id is not None else name.replace(_PRESENTATION, "")


def read_emoji(text: str) -> tuple[str, str]:
    """Read one emoji as a member types or picks it; return its key and how it is written. Raises InputError."""
    typed = text.strip()
    custom = _CUSTOM.fullmatch(typed)
    if custom is not None:
        return custom[1], typed
    if not typed or len(typed) > _EMOJI_CHARS or not _is_emoji(typed):
        raise InputError("Give one emoji: a usual one such as 🔁, or one of this server.", "emoji")
    return emoji_key(typed), typed


def _is_emoji(text: str) -> bool:
    if text[-1] == _KEYCAP:  # the only ones with a digit in them
        return text[0] in "0123456789*#" and text[1:-1] in {"", _PRESENTATION}
    categories = {unicodedata.category(each) for each in text}
    return categories <= _PARTS and bool(categories & {"So", "Sm", "Po", "Pd"}) and not text.isascii()


def merged(changes: Mapping[str, Reaction]) -> Mapping[str, Reaction]:
    """Return the map that a guild's changes make of the defaults."""
    every = {**DEFAULTS, **changes}
    return MappingProxyType({emoji: rule for emoji, rule in every.items() if rule.action is not ReactionAction.NONE})


def _default(shown: str, action: ReactionAction, who: Who = Who.EVERYONE) -> Reaction:
    return Reaction(emoji=emoji_key(shown), shown=shown, action=action, who=who)


DEFAULTS: Mapping[str, Reaction] = MappingProxyType(
    {
        rule.emoji: rule
        for rule in (
            _default("🔁", ReactionAction.RERUN),
            _default("🎲", ReactionAction.VARY),
            _default("🎬", ReactionAction.ANIMATE),
            _default("⬆️", ReactionAction.UPSCALE),
            _default("💬", ReactionAction.SUBTITLES),
            _default("✉️", ReactionAction.SEND),
            _default("⭐", ReactionAction.GALLERY),
            _default("❌", ReactionAction.REMOVE, Who.AUTHOR),
        )
    }
)
