"""Fresh links to files in Discord: from a message's link, from an expired file link, from a job's own card."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import parse_qs, urlsplit

import aiohttp
import discord

from bot.clock import Clock
from bot.delivery.card import file_stem
from bot.models import Job, Media
from bot.store import Store

LOOK_TIMEOUT_S = 10.0
EXPIRY_MARGIN_S = 300.0
"""A link that lives only this long is renewed too: Cannon Studio fetches it a little later."""
SEARCH_MESSAGES = 10

_MESSAGE = re.compile(r"https://(?:\w+\.)?discord(?:app)?\.com/channels/(\d{15,20})/(\d{15,20})/(\d{15,20})/?\Z")
_FILE = re.compile(r"/(?:ephemeral-)?attachments/(\d{15,20})/(\d{15,20})/")
_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})


class DiscordLinks:
    """Finds fresh links with the bot's own rights. Other people's messages show their files only where Discord lets."""

    def __init__(self, client: discord.Client, *, store: Store, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._clock = clock

    async def fresh(self, link: str) -> str | None:
        """Return a fresh link for a link to a Discord message or to an expired Discord file; None for any other."""
        message = _MESSAGE.fullmatch(link)
        try:
            if message is not None:
                return await self._first_file(int(message[2]), int(message[3]))
            parts = urlsplit(link)
            file = _FILE.match(parts.path)
            if parts.hostname in _HOSTS and file is not None and self._expired(parts.query):
                return await self._file_again(int(file[1]), int(file[2]))
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError, ValueError):
            return None
        return None

    async def of_job(self, job: Job, medium: Media) -> str | None:
        """Return a fresh link to the job's file on its card, None if it is not there."""
        card = await self._store.card(job.guild_id, job.card_id)
        if card is None or card.message_id is None or (card.private and card.message_channel_id == card.channel_id):
            return None
        place = [m for m in job.media if m.kind is medium.kind].index(medium) if medium in job.media else 0
        try:
            message = await self._fetch(card.message_channel_id or card.channel_id, card.message_id)
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError):
            return None
        own = [a for a in message.attachments if a.filename.startswith(file_stem(job))]
        fitting = [a for a in own if (a.content_type or "").startswith(f"{medium.kind}/")] or own
        return fitting[min(place, len(fitting) - 1)].url if fitting else None

    def _expired(self, query: str) -> bool:
        """Whether the link's own expiry (`ex`, hex Unix seconds) has passed, or soon will."""
        expiry = parse_qs(query).get("ex", ["0"])[0]
        return int(expiry, 16) < self._clock.wall() + EXPIRY_MARGIN_S

    async def _fetch(self, channel_id: int, message_id: int) -> discord.Message:
        async with asyncio.timeout(LOOK_TIMEOUT_S):
            return await self._client.get_partial_messageable(channel_id).fetch_message(message_id)

    async def _first_file(self, channel_id: int, message_id: int) -> str | None:
        message = await self._fetch(channel_id, message_id)
        return message.attachments[0].url if message.attachments else None

    async def _file_again(self, channel_id: int, file_id: int) -> str | None:
        """Look for the file among the messages of its time: an id holds when it was made."""
        channel = self._client.get_partial_messageable(channel_id)
        async with asyncio.timeout(LOOK_TIMEOUT_S):
            async for message in channel.history(around=discord.Object(file_id), limit=SEARCH_MESSAGES):
                for attachment in message.attachments:
                    if attachment.id == file_id:
                        return attachment.url
        return None
