"""Which servers the host's own API key serves."""

from __future__ import annotations

from collections.abc import Collection

import discord

from bot.app import texts


class HostKeyScope:
    """`allowed` is the setting CANNON_API_KEY_GUILDS: "*", guild ids, or None where it is not set."""

    def __init__(self, bot: discord.Client, allowed: Collection[int] | str | None) -> None:
        self._bot = bot
        self._allowed = allowed

    def serves(self, guild_id: int) -> bool:
        """Whether the host pays for that server."""
        if self._allowed is None:
            # A public bot would let strangers spend the host's credits.
            application = self._bot.application
            return application is not None and not application.bot_public
        return self._allowed == "*" or guild_id in self._allowed

    def __str__(self) -> str:
        if self._allowed == "*":
            return texts.KEY_FOR_EVERY_SERVER
        if self._allowed is not None:
            return texts.key_for_servers(len(self._allowed))
        if self.serves(0):
            return texts.KEY_FOR_PRIVATE_APPLICATION
        return texts.KEY_FOR_NONE
