"""An interaction's client and place, and the use cases that answer it."""

from typing import TypeAlias, TypeVar

import discord

from bot.delivery.answers.responses import Bot
from bot.domain.jobs.card_spec import Place

__all__ = ["Bot", "Interaction", "PostableChannel", "place_in", "use"]

Interaction = discord.Interaction[Bot]
Used = TypeVar("Used")

PostableChannel: TypeAlias = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
"""Server channels in which results are posted."""


def use(caller: Interaction | Bot, kind: type[Used]) -> Used:
    """Return the bot's use case or reader of this class."""
    bot = caller.client if isinstance(caller, discord.Interaction) else caller
    return bot.get(kind)


def place_in(guild_id: int, channel_id: int, channel: object, user: object) -> Place:
    parents = [getattr(channel, "parent_id", None), getattr(channel, "category_id", None)]
    is_nsfw = getattr(channel, "is_nsfw", None)
    return Place(
        guild_id=guild_id,
        channel_id=channel_id,
        parent_channel_ids=tuple(each for each in parents if isinstance(each, int)),
        age_restricted=bool(is_nsfw()) if callable(is_nsfw) else False,
        role_ids=frozenset(role.id for role in getattr(user, "roles", ())),
    )
