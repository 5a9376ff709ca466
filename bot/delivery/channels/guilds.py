"""Servers as a process knows them: channels, roles, threads, the bot's permissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import discord


class Guilds(Protocol):
    """The bot's servers, as far as this process knows them."""

    def known(self, guild_id: int) -> discord.Guild | None:
        """Return the cached server, perhaps outdated; None if not cached."""
        ...

    async def find(self, guild_id: int) -> discord.Guild | None:
        """Return the current server; None if the bot is not in it, or Discord does not answer. Never raises."""
        ...

    def forget(self, guild_id: int) -> None:
        """Drop what the gateway did not report: the server has changed."""
        ...


@dataclass(frozen=True)
class GatewayGuilds:
    """Servers from the gateway."""

    client: discord.Client

    def known(self, guild_id: int) -> discord.Guild | None:
        """Return the server, None if not cached."""
        return self.client.get_guild(guild_id)

    async def find(self, guild_id: int) -> discord.Guild | None:
        """Return the server, None if not cached."""
        return self.client.get_guild(guild_id)

    def forget(self, guild_id: int) -> None:
        """Do nothing: the gateway reports each change."""
