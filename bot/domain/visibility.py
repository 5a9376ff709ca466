"""Who may see a card: the one question on which every look at a job, its files and its words depends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


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
