"""A card's language: the server's where others read it too, else its author's."""

from __future__ import annotations

import asyncio
from dataclasses import KW_ONLY, dataclass

import discord

from bot.delivery.channels.facts import CALL_TIMEOUT_S, DISCORD_ERRORS, may_pass
from bot.delivery.channels.guilds import Guilds
from bot.delivery.channels.messages import Messages
from bot.domain.models import Card
from bot.domain.server.guild_rules import AUTO_LANGUAGE, Rules
from bot.language import SOURCE, from_discord
from bot.runtime.pace import Recent
from bot.store import Store


@dataclass(frozen=True)
class GuildLanguages:
    """The moderators' setting, else Discord's locale of the server."""

    guilds: Guilds
    store: Store

    async def of(self, guild_id: int) -> str:
        rules = await self.store.settings.get(guild_id)
        if rules.language == AUTO_LANGUAGE:
            await self.guilds.find(guild_id)
        return self.by_rules(guild_id, rules)

    def by_rules(self, guild_id: int, rules: Rules) -> str:
        if rules.language != AUTO_LANGUAGE:
            return rules.language
        guild = self.guilds.known(guild_id)
        return SOURCE if guild is None else from_discord(str(guild.preferred_locale))


@dataclass(frozen=True)
class CardLanguages:
    """Languages from the store, so that restarts change none. Each is one of LANGUAGES."""

    guilds: GuildLanguages
    _: KW_ONLY
    store: Store

    async def of_guild(self, guild_id: int) -> str:
        return await self.guilds.of(guild_id)

    async def of_card(self, guild_id: int, card_id: str) -> str:
        """Return a card's language; the server's if there is no such card."""
        card = await self.store.cards.get(guild_id, card_id)
        return await self.of_guild(guild_id) if card is None else await self.of(card)

    async def of(self, card: Card) -> str:
        if card.private or card.is_at_home:
            return from_discord(card.locale)
        return await self.of_guild(card.guild_id)


AUTHORS_KEPT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A member's name on a server, '' if unknown, and avatar link."""

    name: str
    icon_url: str | None


class Authors:
    """Caches the faces of the last `AUTHORS_KEPT` authors."""

    def __init__(self, client: discord.Client, *, messages: Messages) -> None:
        self._client = client
        self._messages = messages
        self._faces: Recent[tuple[int, int], Face] = Recent(AUTHORS_KEPT)

    def note(self, guild_id: int, user: discord.abc.User) -> None:
        """Remember a member's face from an interaction or event."""
        self._faces[guild_id, user.id] = _face_of(user)

    def face(self, card: Card) -> Face | None:
        """Return the author's face, None if unknown here."""
        kept = self._faces.get((card.guild_id, card.author_id))
        if kept is not None:
            return kept
        guild = self._client.get_guild(card.guild_id)
        member = None if guild is None else guild.get_member(card.author_id)
        user = member or self._client.get_user(card.author_id)
        return None if user is None else _face_of(user)

    async def find(self, card: Card) -> None:
        """Fetch the author's face unless known; best effort, once per process."""
        if card.author_id < 0 or self.face(card) is not None:
            return  # a random number: the author had their data deleted
        face = Face(name="", icon_url=None)
        try:
            face = await self._on_message(card) or await self._fetched(card.author_id)
        except DISCORD_ERRORS as error:
            if may_pass(error):
                return  # the next edit tries again
        self._faces[card.guild_id, card.author_id] = face

    async def _on_message(self, card: Card) -> Face | None:
        message = await self._messages.find(card)
        for embed in () if message is None else message.embeds:
            if embed.author.name:
                return Face(name=embed.author.name, icon_url=embed.author.icon_url)
        return None

    async def _fetched(self, user_id: int) -> Face:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            return _face_of(await self._client.fetch_user(user_id))


def _face_of(user: discord.abc.User) -> Face:
    return Face(name=user.display_name, icon_url=user.display_avatar.url)
