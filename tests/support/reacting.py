"""Reactions as the tests send them: by members who see the message, and as bare events."""

from __future__ import annotations

import re
from typing import Any

import discord
from simcord.backend import serializers

from tests.support.rig import Rig


async def made(rig: Rig, command: str = "image generate", *, member: Any = None, **options: Any) -> discord.Message:
    """Have a result made by a command, and return its card's message."""
    await (member or rig.member).slash(rig.channel, command, **({"prompt": "a fox #fast"} | options))
    await rig.work()
    return newest(rig)


def newest(rig: Rig) -> discord.Message:
    return max(rig.messages(), key=lambda message: message.id)


async def event(
    rig: Rig, message: discord.Message, emoji: str, user_id: int, *, removed: bool = False, **more: Any
) -> None:
    """Send the event alone, whatever is there: with the member if the user is one."""
    backend = rig.env.backend
    guild = backend.get_guild(rig.guild.id)
    payload: dict[str, Any] = {
        "user_id": str(user_id),
        "channel_id": str(message.channel.id),
        "message_id": str(message.id),
        "guild_id": str(rig.guild.id),
        "emoji": serializers.emoji_payload(emoji),
        "burst": False,
        "type": 0,
    }
    if not removed and user_id in guild.members:
        payload["member"] = serializers.member_payload(backend, guild, guild.members[user_id])
    backend.emit(f"MESSAGE_REACTION_{'REMOVE' if removed else 'ADD'}", payload | more)
    await rig.env._settle_internal(dispatch="event")


def direct_texts(rig: Rig, member: Any) -> list[str]:
    """Return what the bot said to the member in private, without results."""
    history = member.user.dm_channel.history()
    return [m.content for m in history if m.author.id == rig.bot.user.id and m.content]


def stars_on(message: discord.Message) -> int:
    [field] = [field for field in message.embeds[0].fields if field.name == "Stars"]
    found = re.fullmatch(r"⭐ (\d+)", field.value or "")
    assert found is not None
    return int(found[1])


def in_channel(rig: Rig, channel: Any) -> list[discord.Message]:
    return [m for m in channel.history() if m.author.id == rig.bot.user.id]


def other(rig: Rig, name: str = "bob") -> Any:
    return rig.guild.add_member(rig.env.create_user(name))
