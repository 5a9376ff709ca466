"""The language in which the bot speaks to a whole server: on cards, in the log channel, in the gallery.

A member reads their own language instead, in answers to what they do and in direct messages.
"""

from __future__ import annotations

from bot.delivery.guilds import Guilds
from bot.domain.guild_rules import Rules, ServerLanguage
from bot.language import SOURCE, from_discord
from bot.store import Store


class GuildLanguages:
    """What the moderators have set, else what Discord knows of the server."""

    def __init__(self, guilds: Guilds, store: Store) -> None:
        self._guilds = guilds
        self._store = store

    async def of(self, guild_id: int) -> str:
        """Return the server's language, one of LANGUAGES."""
        rules = await self._store.settings.get(guild_id)
        if rules.language is ServerLanguage.AUTO:
            await self._guilds.find(guild_id)
        return self.by_rules(guild_id, rules)

    def by_rules(self, guild_id: int, rules: Rules) -> str:
        """Return the server's language for a caller who has read its settings."""
        if rules.language is not ServerLanguage.AUTO:
            return rules.language.value
        guild = self._guilds.known(guild_id)
        return SOURCE if guild is None else from_discord(str(guild.preferred_locale))
