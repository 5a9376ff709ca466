"""What an emoji on a result does, and which of them a server has turned on. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

GALLERY_STARS = 3
_PRESENTATION = "\ufe0f"
"""The variation selector for emoji style; some clients omit it."""


class ReactionAction(StrEnum):
    """What a reaction may do."""

    RERUN = "rerun"
    VARY = "vary"
    ANIMATE = "animate"
    UPSCALE = "upscale"
    SUBTITLES = "subtitles"
    GALLERY = "gallery"
    REMOVE = "remove"


REMAKES = frozenset({ReactionAction.RERUN, ReactionAction.VARY})
"""Actions under the guild's re-run rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionKey:
    """A member's reaction with an emoji on a message."""

    guild_id: int
    message_id: int
    emoji: str
    member_id: int


class Seeding(StrEnum):
    """Which emojis the bot adds to results itself."""

    OFF = "off"
    FEW = "few"
    ALL = "on"


SEEDED = frozenset({ReactionAction.RERUN, ReactionAction.GALLERY})
"""Those of `few`: each is a call to Discord."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What one emoji does."""

    emoji: str
    """The character without variation selector."""
    shown: str
    action: ReactionAction


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionRules:
    """A guild's reactions and gallery."""

    off: frozenset[ReactionAction] = frozenset()
    """What is turned off here; the rest of REACTIONS acts."""
    seeds: Seeding = Seeding.FEW
    gallery_channel: int | None = None
    gallery_stars: int = GALLERY_STARS
    """From how many stars on; 0: every public result."""

    def acting(self) -> list[Reaction]:
        return [each for each in REACTIONS.values() if each.action not in self.off]

    def seeded(self) -> list[Reaction]:
        """Return the reactions whose emojis the bot adds itself."""
        if self.seeds is Seeding.OFF:
            return []
        return [each for each in self.acting() if self.seeds is Seeding.ALL or each.action in SEEDED]

    def of(self, emoji: str) -> Reaction | None:
        """Return what the emoji does here, None if nothing."""
        found = REACTIONS.get(emoji)
        return None if found is None or found.action in self.off else found


def emoji_key(name: str) -> str:
    """Return an emoji's key: its characters without variation selector."""
    return name.replace(_PRESENTATION, "")


def _reaction(shown: str, action: ReactionAction) -> Reaction:
    return Reaction(emoji=emoji_key(shown), shown=shown, action=action)


REACTIONS: Mapping[str, Reaction] = MappingProxyType(
    {
        each.emoji: each
        for each in (
            _reaction("🔁", ReactionAction.RERUN),
            _reaction("🎲", ReactionAction.VARY),
            _reaction("🎬", ReactionAction.ANIMATE),
            _reaction("⬆️", ReactionAction.UPSCALE),
            _reaction("💬", ReactionAction.SUBTITLES),
            _reaction("⭐", ReactionAction.GALLERY),
            _reaction("❌", ReactionAction.REMOVE),
        )
    }
)
