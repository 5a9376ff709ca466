"""Which emojis a server may map: usual ones, and its own, picked or typed as `:name:`; those of others are refused."""

import re

import discord

from bot.delivery.deadlines import in_time
from bot.errors import InputError
from cogs.reactions import texts

_PICKED = re.compile(r"<(?P<animated>a?):(?P<name>\w{2,32}):(?P<id>\d{15,20})>")
_TYPED = re.compile(r":(\w{2,32}):")


async def usable_emoji(guild: discord.Guild | None, typed: str) -> str:
    """Return an emoji as Discord writes it; what is no custom one is returned as it is.

    Raises InputError for one that the bot cannot use here: another server's, one that was deleted, one for roles only.
    """
    text = typed.strip()
    named = _TYPED.fullmatch(text)
    if named is not None and guild is not None:
        found = discord.utils.get(guild.emojis, name=named[1]) or await _fetched_by_name(guild, named[1])
        if found is None:
            raise InputError(texts.no_emoji_named(named[1]), "emoji")
        return str(_usable(found))
    picked = _PICKED.fullmatch(text)
    if picked is None:
        return typed
    own = None if guild is None else guild.get_emoji(int(picked["id"])) or await _fetched(guild, int(picked["id"]))
    if own is None:
        raise InputError(texts.FOREIGN_EMOJI, "emoji")
    return str(_usable(own))


def _usable(emoji: discord.Emoji) -> discord.Emoji:
    if not emoji.is_usable():
        raise InputError(texts.EMOJI_NOT_USABLE, "emoji")
    return emoji


async def _fetched(guild: discord.Guild, emoji_id: int) -> discord.Emoji | None:
    """Ask Discord: new emojis are not told to the bot. None if the server has no such one."""
    try:
        return await in_time(guild.fetch_emoji(emoji_id))
    except discord.NotFound:
        return None


async def _fetched_by_name(guild: discord.Guild, name: str) -> discord.Emoji | None:
    return discord.utils.get(await in_time(guild.fetch_emojis()), name=name)
