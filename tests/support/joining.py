"""Servers that the bot joins: with or without a system channel, with permissions missing, while it is off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import discord

from tests.support.rig import Rig


@dataclass
class Joined:
    """A server that the bot has joined."""

    rig: Rig
    guild: Any
    channel: Any
    owner: Any
    moderator: Any
    member: Any
    practice: list[Any] = field(default_factory=list)

    @property
    def id(self) -> int:
        return int(self.guild.id)

    def greetings(self) -> list[discord.Message]:
        """Return what the bot has written in the channel."""
        return [each for each in self.channel.history() if each.author.id == self.rig.bot.user.id]

    def letters(self) -> list[discord.Message]:
        """Return what the bot has written to the owner."""
        return [each for each in self.owner.dm_channel.history() if each.author.id == self.rig.bot.user.id]

    def permit(self, permissions: discord.Permissions) -> None:
        """Give the bot's role these permissions, and everybody none but those of members."""
        backend = self.rig.env.backend
        roles = backend.get_guild(self.id).roles
        [own] = [each for each in roles.values() if each.managed]
        backend.edit_role(self.id, own.id, {"permissions": permissions.value})
        backend.edit_role(self.id, self.id, {"permissions": discord.Permissions.none().value})


async def join(rig: Rig, *, name: str = "Newcomers", system: bool = True) -> Joined:
    """Let a server invite the bot."""
    owner = rig.env.create_user(f"owner of {name}")
    guild = rig.env.create_guild(name, owner=owner)
    channel = guild.create_text_channel("lobby")
    if system:
        rig.env.backend.edit_guild(guild.id, {"system_channel_id": channel.id})
    mods = guild.create_role("mods", permissions=discord.Permissions(manage_guild=True))
    moderator = guild.add_member(rig.env.create_user(f"mod of {name}"), roles=[mods])
    member = guild.add_member(rig.env.create_user(f"member of {name}"))
    await rig.env.settle()
    return Joined(rig, guild, channel, owner, moderator, member)


async def greet(rig: Rig) -> None:
    """Do what the bot's own loop does when it is woken."""
    with rig.env.time_context():
        await rig.bot.parts.welcomes.run_once()
    await rig.env.settle()
