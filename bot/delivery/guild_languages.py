"""The language in which the bot speaks to a whole server: on cards, in the log channel, in the gallery.

A member reads their own language instead, in answers to what they do and in direct messages.
"""

from __future__ import annotations

import discord

from bot.domain.guild_rules import Rules, ServerLanguage
from bot.language import SOURCE, from_discord
from bot.store import Store


class GuildLanguages:
    """What the moderators have set, else what Discord knows of the server."""

    def __init__(self, client: discord.Client, store: Store) -> None:
        self._client = client
        self._store = store

    async def of(self, guild_id: int) -> str:
        """Return the server's language, one of LANGUAGES."""
        return self.by_rules(guild_id, await self._store.settings.get(guild_id))

    def by_rules(self, guild_id: int, rules: Rules) -> str:
        """Return the server's language for a caller who has read its settings."""
        if rules.language is not ServerLanguage.AUTO:
            return rules.language.value
        guild = self._client.get_guild(guild_id)
        return SOURCE if guild is None else from_discord(str(guild.preferred_locale))
