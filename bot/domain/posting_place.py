"""Where results may come: the same rules for a new job and for a finished result. Pure, without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain import texts
from bot.domain.guild_rules import Rules
from bot.errors import Refused

SAFETY_SWITCH = "nsfw_checker"
"""The input field that switches the provider's safety check off."""
CHANNELS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingPlace:
    """Where something is posted, as the rules see it."""

    channel_ids: frozenset[int]
    """The channel, and the channel or category it is in."""
    age_restricted: bool


def is_unchecked(values: Mapping[str, Any]) -> bool:
    """Whether a job's input switches the safety check off: anything but true does."""
    return values.get(SAFETY_SWITCH, True) is not True


def require_channel(place: PostingPlace, rules: Rules) -> None:
    """Raise Refused unless the bot may be used there."""
    if place.channel_ids & rules.forbidden_channels or (
        rules.allowed_channels and not place.channel_ids & rules.allowed_channels
    ):
        allowed = sorted(rules.allowed_channels)[:CHANNELS_SHOWN]
        raise Refused(texts.allowed_elsewhere(allowed) if allowed else texts.CHANNEL_FORBIDDEN, "channel")


def require_age(place: PostingPlace, rules: Rules, *, unchecked: bool) -> None:
    """Raise Refused for what was made without the safety check, where that is for age-restricted channels alone."""
    if unchecked and rules.unchecked_only_in_age_restricted and not place.age_restricted:
        raise Refused(texts.UNCHECKED, "safety check")


def require_place(place: PostingPlace, rules: Rules, *, unchecked: bool) -> None:
    """Raise Refused unless a result may be posted there. `unchecked`: it was made without the safety check."""
    require_channel(place, rules)
    require_age(place, rules, unchecked=unchecked)
