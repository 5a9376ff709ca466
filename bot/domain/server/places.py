"""Where results may be posted: the same rules for new jobs and finished results. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain import texts
from bot.domain.server.guild_rules import Rules
from bot.errors import Refused

SAFETY_SWITCH = "nsfw_checker"
"""The input field that turns off the provider's safety check."""
CHANNELS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingPlace:
    """A place for a post, as the rules see it."""

    channel_ids: frozenset[int]
    """The channel and its parents."""
    age_restricted: bool


def is_unchecked(values: Mapping[str, Any]) -> bool:
    """Whether a job's input turns the safety check off: anything but true does."""
    return values.get(SAFETY_SWITCH, True) is not True


def require_channel(place: PostingPlace, rules: Rules) -> None:
    """Raise Refused unless the bot may be used there."""
    if place.channel_ids & rules.forbidden_channels or (
        rules.allowed_channels and not place.channel_ids & rules.allowed_channels
    ):
        allowed = sorted(rules.allowed_channels)[:CHANNELS_SHOWN]
        raise Refused(texts.allowed_elsewhere(allowed), "channel")


def require_age(place: PostingPlace, rules: Rules, *, unchecked: bool) -> None:
    """Raise Refused for an unchecked result outside age-restricted channels, if the rules demand them."""
    if unchecked and rules.unchecked_only_in_age_restricted and not place.age_restricted:
        raise Refused(texts.UNCHECKED, "safety check")


def require_place(place: PostingPlace, rules: Rules, *, unchecked: bool) -> None:
    """Raise Refused unless a result may be posted there. `unchecked`: made without the safety check."""
    require_channel(place, rules)
    require_age(place, rules, unchecked=unchecked)


class Sight(StrEnum):
    """Whether a member sees a channel now."""

    SEEN = "seen"
    HIDDEN = "hidden"
    GONE = "gone"
    """The channel is gone."""
    UNSURE = "unsure"
    """Only Discord knows: private threads have members of their own, archived ones are not cached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A member viewing the server, with the roles in their event."""

    guild_id: int
    member_id: int
    is_moderator: bool
    sight: Callable[[int], Sight]
    """Returns the cached visibility of a channel by id."""
    ask: Callable[[int], Awaitable[Sight]]
    """The same, but asks Discord if UNSURE; UNSURE without an answer. Never raises."""
    is_shown_here: Callable[[int], bool]
    """Whether everybody who sees the place where the member acts sees this channel, as far as cached."""
    role_ids: Collection[int] = ()


def outsider(member_id: int) -> Viewer:
    """Return a member outside servers, where they see what is their own."""

    async def ask(_channel_id: int) -> Sight:
        return Sight.HIDDEN

    return Viewer(
        guild_id=member_id,
        member_id=member_id,
        is_moderator=False,
        sight=lambda _channel_id: Sight.HIDDEN,
        ask=ask,
        is_shown_here=lambda _channel_id: True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPlace:
    """A card's author and place, which decide who may see it."""

    author_id: int
    private: bool
    place_id: int
    """The channel, thread or DM of its message."""


def may_see(viewer: Viewer, place: CardPlace, sight: Sight) -> bool:
    """Whether the member may see a card; `sight` is their view of its channel.

    Authors see their own. Others see public cards of visible channels; of deleted channels only moderators do. Unknown
    means hidden.
    """
    if place.author_id == viewer.member_id:
        return True
    if place.private:
        return False
    return sight is Sight.SEEN or (sight is Sight.GONE and viewer.is_moderator)


def may_quote(source: CardPlace, card: CardPlace) -> bool:
    """Whether a card may show its source's words: everybody who sees the card sees the source's card, too."""
    if card.private and source.private:
        return source.author_id == card.author_id
    return not source.private and source.place_id == card.place_id


async def sees(viewer: Viewer, place: CardPlace) -> bool:
    """Whether the member may see a card. Discord is asked only if the answer depends on it."""
    sight = viewer.sight(place.place_id)
    if sight is Sight.UNSURE and not place.private and place.author_id != viewer.member_id:
        sight = await viewer.ask(place.place_id)
    return may_see(viewer, place, sight)
