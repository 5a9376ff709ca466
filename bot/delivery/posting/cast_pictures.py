"""Pictures of a server's cast: in messages of the bot's own, so that they outlive the provider's links.

Cannon Studio can fetch them there, as from any upload; files beside the database would have no public address
(docs/decisions/0094-the-cast.md).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path

import discord
import structlog

from bot.delivery.channels.facts import (
    FILE_LIMIT_BYTES,
    NETWORK_ERRORS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    UPLOAD_TIMEOUT_S,
    is_closed,
)
from bot.delivery.channels.messages import Messages
from bot.delivery.files.attachments import close
from bot.delivery.posting.copies import ERASED_AGAIN_S, ERASED_AT_ONCE, delete_message
from bot.domain.models import MediaKind, new_id
from bot.domain.texts import NOT_NOW
from bot.domain.words.cast import CastMember
from bot.domain.words.text import harmless, slug
from bot.errors import MediaTooLarge, MediaUnreachable, Refused
from bot.language import Text
from bot.media.fetcher import MediaFetcher
from bot.media.scratch import scratch_files
from bot.media.sniff import pixels
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.pace import TimedMemory
from bot.server.cast import texts
from bot.server.cast.changes import FindLinks
from bot.store import Store

log = structlog.get_logger(__name__)

LINKS_KEPT_S = 6 * 3600.0
"""Discord's links to files live for a day; a job may wait a while before Cannon Studio fetches them."""
UNUSED_LIFE_S = 600.0
"""Images whose character was not stored, e.g. because the bot died in between."""
SIDE_MAX, HEAD_BYTES_MAX = 8192, 256 * 1024
"""Longest side of an image, in pixels, and where its header says so."""
FRAME_LIFE_S = 2 * 86_400.0
"""A job may wait a day for approval."""
LOOK_TIMEOUT_S = 2.0
"""Of Discord's three seconds for an answer."""


@dataclass
class CastPictures:
    """Posts, finds and deletes the pictures. Methods raise what their sentences are for; nothing is retried."""

    messages: Messages
    _: KW_ONLY
    store: Store
    media: MediaFetcher
    clock: Clock
    folder: Path
    _links: TimedMemory[int, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self._links = TimedMemory(self.clock, LINKS_KEPT_S)

    async def keep(self, member: CastMember, find_links: FindLinks) -> CastMember:
        """Post the files of these links in the cast's channel, under the name; return the member with them.

        Raises a MediaError for a file, Refused if the bot may not post there, MediaUnreachable without Discord.
        """
        channel_id, links = await self._channel(member.guild_id), await find_links()
        practice = await self.store.practice.is_on(member.guild_id)
        with scratch_files(self.folder, "cast-") as folder:
            media, stem = self.media.of(practice=practice), slug(member.name, "character")
            found = [
                await media.download(
                    link, Path(folder), f"{stem}-{number}", expect=MediaKind.IMAGE, max_bytes=FILE_LIMIT_BYTES
                )
                for number, link in enumerate(links, start=1)
            ]
            for each in found:
                _require_not_wide(each.path)
            files = [discord.File(each.path, description=member.name) for each in found]
            message = await self._post(member.guild_id, channel_id, harmless(member.name), files, UNUSED_LIFE_S)
        kept = self._note(message)
        return replace(member, channel_id=channel_id, message_id=message.id, pictures=len(kept))

    async def publish(self, guild_id: int, picture: Path) -> str:
        """Post a picture in the cast's channel for a day, and return its link. Raises as `keep`."""
        channel_id, files = await self._channel(guild_id), [discord.File(picture)]
        message = await self._post(guild_id, channel_id, texts.NEXT_SHOT_BEGINS, files, FRAME_LIFE_S)
        return message.attachments[0].url

    async def _channel(self, guild_id: int) -> int:
        channel_id = (await self.store.settings.get(guild_id)).cast_channel
        if channel_id is None:
            raise Refused(texts.NO_CHANNEL)
        return channel_id

    async def _post(
        self, guild_id: int, channel_id: int, text: Text | str, files: Sequence[discord.File], life_s: float
    ) -> discord.Message:
        """Post files that are deleted after `life_s`, unless the cast uses them by then."""
        try:
            if self.messages.is_open(channel_id):
                raise Refused(texts.CHANNEL_OPEN(channel=channel_id))
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                message = await self.messages.channel(channel_id, guild_id).send(
                    str(text), files=files, nonce=new_id(), allowed_mentions=discord.AllowedMentions.none()
                )
        except discord.HTTPException as error:
            if not is_closed(error):
                raise MediaUnreachable(NOT_NOW) from error
            raise Refused(texts.CHANNEL_REFUSED(channel=channel_id)) from error
        except NETWORK_ERRORS as error:
            raise MediaUnreachable(NOT_NOW) from error
        finally:
            close(files)
        await self.store.cast.note_leftover(guild_id, channel_id, message.id, delete_at=self.clock.wall() + life_s)
        failpoint("cast.posted")
        return message

    async def links(self, member: CastMember) -> Sequence[str]:
        """Return fresh links to its pictures, () if Discord no longer has them.

        Raises MediaUnreachable if Discord does not answer in time.
        """
        if member.message_id is None or member.channel_id is None:
            return ()
        known = self._links.get(member.message_id)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(LOOK_TIMEOUT_S):
                channel = self.messages.channel(member.channel_id, member.guild_id)
                return self._note(await channel.fetch_message(member.message_id))
        except (discord.HTTPException, *NETWORK_ERRORS) as error:
            if isinstance(error, discord.HTTPException) and (
                error.code in {UNKNOWN_MESSAGE, UNKNOWN_CHANNEL} or is_closed(error)
            ):
                return ()
            raise MediaUnreachable(NOT_NOW) from error

    async def shown(self, members: Sequence[CastMember]) -> Mapping[str, Sequence[str]]:
        """Return links to the pictures of each, by id; () for those that don't come in time."""

        async def found(member: CastMember) -> Sequence[str]:
            with contextlib.suppress(MediaUnreachable):
                return await self.links(member)
            return ()

        return dict(zip((each.id for each in members), await asyncio.gather(*map(found, members)), strict=True))

    def _note(self, message: discord.Message) -> tuple[str, ...]:
        return self._links.put(message.id, tuple(each.url for each in message.attachments))

    async def delete_leftovers(self) -> None:
        """Delete messages with pictures that are no longer used; failures are retried later."""
        for guild_id, channel_id, message_id in await self.store.cast.leftovers(limit=ERASED_AT_ONCE):
            if await delete_message(self.messages.channel(channel_id, guild_id).get_partial_message(message_id)):
                await self.store.cast.deleted(guild_id, message_id)
            else:
                await self.store.cast.delete_later(guild_id, message_id, self.clock.wall() + ERASED_AGAIN_S)


def _require_not_wide(picture: Path) -> None:
    with picture.open("rb") as file:
        size = pixels(file.read(HEAD_BYTES_MAX))
    if size is not None and max(size) > SIDE_MAX:
        raise MediaTooLarge(texts.TOO_WIDE(most=SIDE_MAX, size=max(size)))
