"""What emojis on results do, and where the gallery is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.domain.reaction_rules import Purse, ReactionAction, Seeding, Who
from bot.guild.texts import actor
from bot.language import Text, ntr, tr

ACTIONS: Mapping[ReactionAction, Text] = MappingProxyType(
    {
        ReactionAction.RERUN: Text("re-run"),
        ReactionAction.VARY: Text("make a variation"),
        ReactionAction.ANIMATE: Text("animate"),
        ReactionAction.UPSCALE: Text("upscale"),
        ReactionAction.SUBTITLES: Text("add subtitles"),
        ReactionAction.SEND: Text("send to my DMs"),
        ReactionAction.GALLERY: Text("save to the gallery"),
        ReactionAction.REMOVE: Text("remove"),
        ReactionAction.NONE: Text("do nothing"),
    }
)
WHO: Mapping[Who, Text] = MappingProxyType(
    {Who.EVERYONE: Text("everyone"), Who.AUTHOR: Text("the author"), Who.MODERATORS: Text("moderators")}
)
PURSES: Mapping[Purse, Text] = MappingProxyType(
    {Purse.REACTOR: Text("whoever reacts pays"), Purse.AUTHOR: Text("the author pays")}
)
GALLERY_OFF = Text("off")
NOTHING_TO_SWITCH = Text("Choose what to switch: `reactions`, `seeds`, or both.")
NO_GALLERY_CHANNEL = Text("Choose a channel for the gallery.")


def needed(members: int) -> str:
    """Say how many members have to react."""
    return ntr("{count} member", "{count} members", members)


def gallery_at(channel_id: int, stars: int) -> str:
    """Say where the gallery is, and from how many stars on a result goes there."""
    return tr("{channel}, from {stars} ⭐", channel=f"<#{channel_id}>", stars=stars)


def too_many_reactions(most: int) -> str:
    """Refuse to map one emoji more."""
    return ntr(
        "A server can map {count} emoji of its own. Remove one first.",
        "A server can map {count} emojis of its own. Remove one first.",
        most,
    )


def does_nothing(emoji: str) -> str:
    """Refuse to turn off an emoji without an action."""
    return tr("{emoji} has no action on this server.", emoji=emoji)


def reaction_set(by_id: int, rule: str) -> str:
    """Return the line of a mapped emoji."""
    return tr("{who} set the reaction {rule}.", who=actor(by_id), rule=rule)


def reaction_removed(by_id: int, rule: str) -> str:
    """Return the line of an emoji that was turned off."""
    return tr("{who} removed the reaction {rule}.", who=actor(by_id), rule=rule)


def reactions_reset(by_id: int, count: int) -> str:
    """Return the line of a map that was forgotten."""
    return ntr(
        "{who} reset the reactions. {count} emoji changed.",
        "{who} reset the reactions. {count} emojis changed.",
        count,
        who=actor(by_id),
    )


def reactions_switched(by_id: int, *, on: bool) -> str:
    """Return the line of reactions that were switched."""
    if on:
        return tr("{who} turned on reactions.", who=actor(by_id))
    return tr("{who} turned off reactions.", who=actor(by_id))


def seeds_switched(by_id: int, seeds: Seeding) -> str:
    """Return the line of which emojis the bot puts under results."""
    match seeds:
        case Seeding.OFF:
            return tr("{who} stopped the bot from adding emojis to results.", who=actor(by_id))
        case Seeding.ALL:
            return tr("{who} let the bot add every fitting emoji to results.", who=actor(by_id))
        case _:
            return tr("{who} let the bot add a few emojis to results.", who=actor(by_id))


def gallery_moved(by_id: int, channel_id: int | None, stars: int) -> str:
    """Return the line of a gallery that was moved, or switched off (None)."""
    if channel_id is None:
        return tr("{who} turned off the gallery.", who=actor(by_id))
    return ntr(
        "{who} set the gallery to {channel}, for results with {count} ⭐ or more.",
        "{who} set the gallery to {channel}, for results with {count} ⭐ or more.",
        stars,
        who=actor(by_id),
        channel=f"<#{channel_id}>",
    )
