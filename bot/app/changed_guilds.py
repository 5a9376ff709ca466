"""Servers that have changed, as the gateway tells one process and others want to know."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
from discord.ext import commands

from bot.store.signals import Signals

GUILD = "guild"
"""The signal that something of a server has changed: its channels, roles, threads, or what the bot may do there."""
EVENTS = (
    "on_guild_update",
    "on_guild_channel_create",
    "on_guild_channel_update",
    "on_guild_channel_delete",
    "on_guild_role_create",
    "on_guild_role_update",
    "on_guild_role_delete",
    "on_member_update",  # of the bot itself: Discord tells of no other without an intent
    "on_thread_create",
    "on_thread_update",
    "on_thread_delete",
)
GATHER_S = 1.0
"""What changes within this time is one signal: channels are often moved, and roles given, many at once."""


class ChangedGuilds:
    """Signals each server that has changed, once a second at most."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._waiting: set[int] = set()

    def listen(self, bot: commands.AutoShardedBot) -> None:
        """Signal what the bot's gateway tells from now on, where there are others to hear it."""
        if self._signals.is_shared:
            for event in EVENTS:
                bot.add_listener(self._changed, event)

    async def _changed(self, *told: Any) -> None:
        """Take what an event has: the server or something in it, as it is by now, comes last."""
        guild_id = told[-1].id if isinstance(told[-1], discord.Guild) else told[-1].guild.id
        if guild_id not in self._waiting:
            self._waiting.add(guild_id)
            asyncio.get_running_loop().call_later(GATHER_S, self._send, guild_id)

    def _send(self, guild_id: int) -> None:
        self._waiting.discard(guild_id)
        self._signals.send(GUILD, str(guild_id))
