"""Who a card is for, as Discord shows them: the name and the avatar for the line at the top of a card.

Neither is stored: the process remembers them from the request, and after a restart reads them off the card's own
message, or asks Discord once. Drawing a card never waits for that.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import discord

from bot.delivery.deadlines import CALL_TIMEOUT_S
from bot.delivery.discord_facts import DISCORD_ERRORS, is_trouble
from bot.delivery.messages import Messages
from bot.domain.models import Card

AUTHORS_KEPT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What a member is called on a server, '' if nobody knows, and the link to their avatar there."""

    name: str
    icon_url: str | None


class Authors:
    """Remembers the faces of the last `AUTHORS_KEPT` authors."""

    def __init__(self, client: discord.Client, *, messages: Messages) -> None:
        self._client = client
        self._messages = messages
        self._faces: dict[tuple[int, int], Face] = {}

    def note(self, guild_id: int, user: discord.abc.User) -> None:
        """Remember how a member is shown, as an interaction or an event has just told."""
        self._keep(guild_id, user.id, _face_of(user))

    def face(self, card: Card) -> Face | None:
        """Return how the card's author is shown, None if this process does not know."""
        kept = self._faces.get((card.guild_id, card.author_id))
        if kept is not None:
            return kept
        guild = self._client.get_guild(card.guild_id)
        member = None if guild is None else guild.get_member(card.author_id)
        user = member or self._client.get_user(card.author_id)
        return None if user is None else _face_of(user)

    async def find(self, card: Card) -> None:
        """Learn how the card's author is shown, unless that is known; best effort, and answered once in a process."""
        if card.author_id < 0 or self.face(card) is not None:
            return  # a random number is nobody's: they had their data deleted
        face = Face(name="", icon_url=None)
        try:
            face = await self._on_message(card) or await self._fetched(card.author_id)
        except DISCORD_ERRORS as error:
            if is_trouble(error):
                return  # the next edit tries again
        self._keep(card.guild_id, card.author_id, face)

    async def _on_message(self, card: Card) -> Face | None:
        message = await self._messages.find(card)
        for embed in () if message is None else message.embeds:
            if embed.author.name:
                return Face(name=embed.author.name, icon_url=embed.author.icon_url)
        return None

    async def _fetched(self, user_id: int) -> Face:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            return _face_of(await self._client.fetch_user(user_id))

    def _keep(self, guild_id: int, user_id: int, face: Face) -> None:
        self._faces.pop((guild_id, user_id), None)
        self._faces[guild_id, user_id] = face
        while len(self._faces) > AUTHORS_KEPT:
            self._faces.pop(next(iter(self._faces)))


def _face_of(user: discord.abc.User) -> Face:
    return Face(name=user.display_name, icon_url=user.display_avatar.url)
