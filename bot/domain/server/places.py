"""Where results may come: the same rules for a new job and for a finished result. Pure, without I/O."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain import texts
from bot.domain.server.guild_rules import Rules
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


class Sight(StrEnum):
    """Whether a member sees a channel now."""

    SEEN = "seen"
    HIDDEN = "hidden"
    GONE = "gone"
    """The channel does not exist any more."""
    UNSURE = "unsure"
    """Only Discord knows: a private thread has members of its own, and an archived one is not in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A member who looks at something of a server, with the roles that Discord sent with what they do now."""

    guild_id: int
    member_id: int
    is_moderator: bool
    sight: Callable[[int], Sight]
    """Says of a channel, by its id, what is known of it in memory."""
    ask: Callable[[int], Awaitable[Sight]]
    """Says the same of a channel, and asks Discord where it is UNSURE; UNSURE if Discord does not say. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPlace:
    """Whose card it is, and where it stands: what decides who may see it."""

    author_id: int
    private: bool
    place_id: int
    """The channel, thread or direct message that its message is in."""


def may_see(viewer: Viewer, place: CardPlace, sight: Sight) -> bool:
    """Whether the member may see a card now; `sight` is how they see the channel that it is in.

    Authors see their own. Others see what is not private, where they see the channel; of a channel that is gone only
    moderators do. What nobody knows for certain is hidden.
    """
    if place.author_id == viewer.member_id:
        return True
    if place.private:
        return False
    return sight is Sight.SEEN or (sight is Sight.GONE and viewer.is_moderator)


async def sees(viewer: Viewer, place: CardPlace) -> bool:
    """Whether the member may see a card now. Discord is asked only where the answer depends on it."""
    sight = viewer.sight(place.place_id)
    if sight is Sight.UNSURE and not place.private and place.author_id != viewer.member_id:
        sight = await viewer.ask(place.place_id)
    return may_see(viewer, place, sight)
