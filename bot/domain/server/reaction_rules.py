"""What an emoji on a result does: action, whose reactions count, how many, who pays. No I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from bot.domain import texts
from bot.errors import InputError

NEEDED_MAX = 100
GALLERY_STARS = 3
RULES_MAX = 50
_CUSTOM = re.compile(r"<a?:\w{2,32}:(\d{15,20})>")
_EMOJI_CHARS = 16
_PARTS = frozenset({"So", "Sm", "Sk", "Po", "Pd", "Mn", "Me", "Cf"})
_KEYCAP = "\u20e3"
_PRESENTATION = "\ufe0f"
"""The variation selector for emoji style; some clients omit it."""


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
"""Actions under the guild's re-run rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionKey:
    """A member's reaction with an emoji on a message."""

    guild_id: int
    message_id: int
    emoji: str
    member_id: int


class Who(StrEnum):
    """Whose reactions count. Moderators' count like the author's."""

    EVERYONE = "everyone"
    AUTHOR = "author"
    MODERATORS = "moderators"
    ROLE = "role"


class Seeding(StrEnum):
    """Which emojis the bot adds to results itself."""

    OFF = "off"
    FEW = "few"
    ALL = "on"


SEEDED = frozenset({ReactionAction.RERUN, ReactionAction.GALLERY})
"""Those of `few`: each is a call to Discord."""


class Purse(StrEnum):
    """Whose credits pay."""

    REACTOR = "reactor"
    AUTHOR = "author"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What one emoji does in a guild."""

    emoji: str
    """The character without variation selector, or a custom emoji's id."""
    shown: str
    """Its form in a message."""
    action: ReactionAction
    who: Who = Who.EVERYONE
    role_id: int | None = None
    needed: int = 1
    """Members needed; the one who completes the number acts."""
    payer: Purse = Purse.REACTOR


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionRules:
    """A guild's emoji map and reaction settings."""

    rules: Mapping[str, Reaction] = field(default_factory=lambda: DEFAULTS)
    """By emoji, without those that do nothing."""
    is_on: bool = True
    seeds: Seeding = Seeding.FEW
    gallery_channel: int | None = None
    gallery_stars: int = GALLERY_STARS
    """From how many stars on; 0: every public result."""

    def seeded(self) -> list[Reaction]:
        """Return the rules whose emojis the bot adds itself, and explains on a channel's first result."""
        if not self.is_on or self.seeds is Seeding.OFF:
            return []
        return [each for each in self.rules.values() if self.seeds is Seeding.ALL or each.action in SEEDED]

    def of(self, emoji: str) -> Reaction | None:
        """Return what the emoji does here, None if nothing."""
        return self.rules.get(emoji) if self.is_on else None


def emoji_key(name: str, custom_id: int | None = None) -> str:
    """Return an emoji's key: a custom one's id, else its characters without variation selector."""
    return str(custom_id) if custom_id is not None else name.replace(_PRESENTATION, "")


def read_emoji(text: str) -> tuple[str, str]:
    """Parse one emoji from a member; return key and form. Raises InputError."""
    typed = text.strip()
    custom = _CUSTOM.fullmatch(typed)
    if custom is not None:
        return custom[1], typed
    if not typed or len(typed) > _EMOJI_CHARS or not _is_emoji(typed):
        raise InputError(texts.NOT_AN_EMOJI, "emoji")
    return emoji_key(typed), typed


def _is_emoji(text: str) -> bool:
    if text[-1] == _KEYCAP:  # only keycaps contain a digit
        return text[0] in "0123456789*#" and text[1:-1] in {"", _PRESENTATION}
    categories = {unicodedata.category(each) for each in text}
    return categories <= _PARTS and bool(categories & {"So", "Sm", "Po", "Pd"}) and not text.isascii()


def merged(changes: Mapping[str, Reaction]) -> Mapping[str, Reaction]:
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
