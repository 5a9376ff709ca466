"""What one language says to the bot, as alternatives of regular expressions, without anchors and in lower case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """What one language says. A field that a language has no use for stays empty."""

    small_talk: tuple[str, ...]
    """Whole messages, plain text, that want no answer."""
    help: tuple[str, ...]
    """Whole messages, plain text, that ask what can be said."""
    again: tuple[str, ...]
    """Whole messages, plain text."""
    please_before: str
    please_after: str
    vary: str
    """A whole message, but for how much."""
    subtle: str
    strong: str
    """How much, before or behind it."""
    it: str = r"(?!)"
    animate: str
    as_video: str
    """The end of a message."""
    upscale: str
    subtitles: str
    lipsync: str
    make: str = r"(?!)"
    """A verb before the thing that is made."""
    article: str = r"(?!)"
    of: str = r"(?!)"
    """Between the thing and what it is about."""
    add: str = r"(?!)"
    sound: str = r"(?!)"
    video: str = r"(?!)"
    music: str = r"(?!)"
    picture: str = r"(?!)"
    """Nouns that may open a wish. Where `noun_needs` is given, it has to follow them, unless a verb came first."""
    noun_needs: str = ""
    draw: str = r"(?!)"
    say: str = r"(?!)"
    say_with_colon: str = r"(?!)"
    ends: Mapping[str, str] = field(default_factory=dict)
    """What closes a wish in a language whose verb comes last, by operation: everything before it is what is wanted."""
    formats: Mapping[str, tuple[str, ...]]
    """Plain words by the ratio that they mean."""
    and_: str = r"(?!)"
    format_before: str
    format_after: str = r"(?!)"
