"""What an emoji on a result does. Which of them a server has turned on is in its settings. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

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


def acting(on: Collection[ReactionAction]) -> list[Reaction]:
    """Return the reactions that act where these actions are on."""
    return [each for each in REACTIONS.values() if each.action in on]


def seeded(on: Collection[ReactionAction], seeds: Seeding) -> list[Reaction]:
    """Return those whose emojis the bot adds itself."""
    few = SEEDED if seeds is Seeding.FEW else on
    return [] if seeds is Seeding.OFF else [each for each in acting(on) if each.action in few]
