"""Fresh links to Discord files: from a message link, an expired file link, a job's card."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Sequence
from dataclasses import KW_ONLY, dataclass
from urllib.parse import parse_qs, urlsplit

import discord

from bot.delivery import texts
from bot.delivery.channels.channel_sight import ChannelSights
from bot.delivery.channels.facts import DISCORD_ERRORS
from bot.delivery.channels.gate import PostingGate
from bot.delivery.channels.guilds import Guilds
from bot.delivery.channels.view import bare_name, file_stem
from bot.domain.models import SOURCE_KINDS, Card, Job, JobState, Media, MediaKind
from bot.domain.server.places import Sight, Viewer
from bot.errors import InputError
from bot.jobs.surface import Later, NoPlace
from bot.runtime.clock import Clock
from bot.runtime.pace import TimedMemory
from bot.store import Store

FETCH_TIMEOUT_S = 10.0
EXPIRY_MARGIN_S = 300.0
"""Links that expire within this time are renewed too: Cannon Studio fetches them later."""
SEARCH_MESSAGES = 10

_MESSAGE = re.compile(r"https://(?:\w+\.)?discord(?:app)?\.com/channels/(?:@me|\d{15,20})/(\d{15,20})/(\d{15,20})/?\Z")
_FILE = re.compile(r"/(?:ephemeral-)?attachments/(\d{15,20})/(\d{15,20})/")
_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})


@dataclass(frozen=True)
class DiscordLinks:
    """Finds fresh links only in what the member may read: the bot's permissions may be wider."""

    client: discord.Client
    _: KW_ONLY
    guilds: Guilds
    store: Store
    sights: ChannelSights
    clock: Clock

    async def fresh(self, link: str, viewer: Viewer, kinds: Collection[MediaKind]) -> str | None:
        """Return a fresh link for a message link or an expired Discord file; None for others.

        Prefers the message's first file of `kinds`. Raises InputError if no file is visible, or the viewer may not read
        the message.
        """
        message = _MESSAGE.fullmatch(link)
        if message is not None:
            found = await self._found(int(message[1]), viewer, message_id=int(message[2]), kinds=kinds)
            if found is None:
                raise InputError(texts.not_seen(kinds), "url")
            return found
        try:
            parts = urlsplit(link)
        except ValueError:
            return None
        file = _FILE.match(parts.path)
        if parts.hostname in _HOSTS and file is not None and self._expired(parts.query):
            return await self._found(int(file[1]), viewer, file_id=int(file[2]))
        return None

    async def _found(
        self,
        channel_id: int,
        viewer: Viewer,
        *,
        message_id: int | None = None,
        file_id: int = 0,
        kinds: Collection[MediaKind] = (),
    ) -> str | None:
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                if not await self._may_read(channel_id, viewer.member_id):
                    return None
                if message_id is not None:
                    return await self._first_file(channel_id, message_id, kinds)
                return await self._file_near(channel_id, file_id)
        except DISCORD_ERRORS:
            return None

    async def _may_read(self, channel_id: int, member_id: int) -> bool:
        """Whether the member may read a channel's messages, on any server. Raises Discord's errors."""
        channel = self.client.get_channel(channel_id) or await self.client.fetch_channel(channel_id)
        if isinstance(channel, discord.DMChannel):
            return channel.recipient is not None and channel.recipient.id == member_id
        if (guild := getattr(channel, "guild", None)) is not None and self.guilds.known(guild.id) is None:
            await self.guilds.find(guild.id)  # then the channel has that server's roles
            channel = self.client.get_channel(channel_id) or await self.client.fetch_channel(channel_id)
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return False
        member = channel.guild.get_member(member_id) or await channel.guild.fetch_member(member_id)
        sight = await self.sights.viewer(member, here_id=None, is_moderator=False).ask(channel_id)
        return sight is Sight.SEEN and channel.permissions_for(member).read_message_history

    async def of_job(self, job: Job, medium: Media) -> str | None:
        """Return a fresh link to the job's file on its card or in review; None if in neither."""
        for channel_id, message_id in await self._messages_of(job):
            link = await self._on_message(channel_id, message_id, job, medium)
            if link is not None:
                return link
        return None

    async def _messages_of(self, job: Job) -> list[tuple[int, int]]:
        card = await self.store.cards.get(job.guild_id, job.card_id)
        if card is None:
            return []
        copies = await self.store.copies.of_card(job.guild_id, card.id)
        reviews = [
            (each.channel_id, each.message_id) for each in copies if (each.job_id, each.kind) == (job.id, "review")
        ]
        own = [] if card.message_id is None or card.is_by_token else [(card.place_id, card.message_id)]
        return [*own, *reviews]

    async def _on_message(self, channel_id: int, message_id: int, job: Job, medium: Media) -> str | None:
        place = [m for m in job.media if m.kind is medium.kind].index(medium) if medium in job.media else 0
        try:
            message = await self._fetch(channel_id, message_id)
        except DISCORD_ERRORS:
            return None
        own = [a for a in message.attachments if bare_name(a.filename).startswith(file_stem(job))]
        fitting = [a for a in own if _kind_of(a) is medium.kind] or own
        return fitting[min(place, len(fitting) - 1)].url if fitting else None

    def _expired(self, query: str) -> bool:
        """Whether the link has expired or soon will (`ex`, hex Unix seconds)."""
        expiry = parse_qs(query).get("ex", ["0"])[0]
        try:
            return int(expiry, 16) < self.clock.wall() + EXPIRY_MARGIN_S
        except ValueError:
            return True

    async def _fetch(self, channel_id: int, message_id: int) -> discord.Message:
        async with asyncio.timeout(FETCH_TIMEOUT_S):
            return await self.client.get_partial_messageable(channel_id).fetch_message(message_id)

    async def _first_file(self, channel_id: int, message_id: int, kinds: Collection[MediaKind]) -> str | None:
        files = (await self._fetch(channel_id, message_id)).attachments
        fitting = [file for file in files if (file.content_type or "").partition("/")[0] in set(kinds)] or files
        return fitting[0].url if fitting else None

    async def _file_near(self, channel_id: int, file_id: int) -> str | None:
        """Search the messages around the file's time: an id contains its creation time."""
        channel = self.client.get_partial_messageable(channel_id)
        async for message in channel.history(around=discord.Object(file_id), limit=SEARCH_MESSAGES):
            for attachment in message.attachments:
                if attachment.id == file_id:
                    return attachment.url
        return None


def _kind_of(attachment: discord.Attachment) -> MediaKind:
    main = (attachment.content_type or "").partition("/")[0]
    return MediaKind(main) if main in SOURCE_KINDS else MediaKind.FILE


FOUND_WITHIN_S = 2.5
"""Longest wait of a list for its thumbnails."""
KEPT_S = 6 * 3600.0
"""How long a link is cached: Discord's file links live for a day."""


class Thumbnails:
    """Finds thumbnails of results that a member may see."""

    def __init__(self, links: DiscordLinks, *, gate: PostingGate, clock: Clock) -> None:
        self._links = links
        self._gate = gate
        self._known: TimedMemory[tuple[str, str], str] = TimedMemory(clock, KEPT_S)

    async def of(
        self, member_id: int, shown: Sequence[tuple[Card, Job]], *, kinds: Collection[MediaKind] = (MediaKind.IMAGE,)
    ) -> dict[str, str]:
        """Return a link per job that has a thumbnail of `kinds`; the member may see all of them.

        None for spoilers, results hidden in private, and those not found in time.
        """
        searches = {job.id: asyncio.create_task(self._of(member_id, card, job, kinds)) for card, job in shown}
        if not searches:
            return {}
        _, late = await asyncio.wait(searches.values(), timeout=FOUND_WITHIN_S)
        for search in late:
            search.cancel()
        links = {key: search.result() for key, search in searches.items() if search not in late}
        return {key: link for key, link in links.items() if link is not None}

    async def _of(self, member_id: int, card: Card, job: Job, kinds: Collection[MediaKind]) -> str | None:
        picture = next((medium for medium in job.media if medium.kind in kinds), None)
        if card.spoiler or picture is None or job.state is not JobState.DELIVERED:
            return None
        try:
            await self._gate.require_person(card, [job], member_id=member_id)
        except (NoPlace, Later):
            return None
        known = self._known.get((job.id, picture.key))
        if known is not None:
            return known
        link = await self._links.of_job(job, picture)
        return None if link is None else self._known.put((job.id, picture.key), link)
