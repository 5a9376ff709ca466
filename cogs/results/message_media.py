"""The media of a message: of the bot's own by their jobs, of others by attachments and embeds."""

import asyncio
import mimetypes
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import discord

from bot.domain.models import MediaKind
from bot.generation.next_steps import Medium
from bot.generation.sources import SourceRef
from cogs.ui.interaction import Interaction
from cogs.ui.viewer import origin_of, viewer_of

PROBE_TIMEOUT_S = 1.5
"""A form must be opened within 3 seconds of the click; what is not known by then is left out."""
PROBES_MAX = 4
DRAWINGS = "image/svg+xml"
"""An image type that neither Cannon Studio nor Discord accepts."""


class HasMedia(Protocol):
    """A message, or the snapshot of one that was forwarded."""

    attachments: list[discord.Attachment]
    embeds: list[discord.Embed]


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A file of a message; `kind` is None if its type does not say."""

    link: str
    name: str
    kind: MediaKind | None


async def find(interaction: Interaction, message: discord.Message, kinds: Collection[MediaKind]) -> Medium | None:
    """Return the first medium of one of `kinds` in a message, None if there is none.

    A result of the bot is returned as its job, which has more than the message: a fresh link, Sora's id, its prompt.
    Raises Refused or KeyRefused where a file has to be checked for somebody who may not spend here.
    """
    own = interaction.client.user
    if own is not None and message.author.id == own.id:
        medium = await interaction.client.parts.generation.next_steps.medium_in_message(
            await viewer_of(interaction), message.id, kinds
        )
        if medium is not None:
            return medium
    parts = list(parts_of(message))
    clear = next((part for part in parts if part.kind in kinds), None)
    found = clear or await _probed(interaction, [part for part in parts if part.kind is None], kinds)
    if found is None or found.kind is None:
        return None
    return Medium(kinds=(found.kind,), ref=SourceRef(attachment=(found.link, found.name)))


def parts_of(message: discord.Message) -> Iterator[MessageFile]:
    """Yield the files of a message in their order: attachments, then embeds, then those of what it forwards."""
    sources: list[HasMedia] = [message, *message.message_snapshots]
    for source in sources:
        for attachment in source.attachments:
            yield MessageFile(attachment.url, attachment.filename, _kind(attachment.content_type, attachment.filename))
        for embed in source.embeds:
            yield from _embedded(embed)


def _embedded(embed: discord.Embed) -> Iterator[MessageFile]:
    if embed.video.url:  # a file, or the page of a player: only its content shows which
        yield MessageFile(embed.video.url, _name_in(embed.video.url), _kind(None, _name_in(embed.video.url)))
    for image in (embed.image, embed.thumbnail):
        if image.url:
            yield MessageFile(image.url, _name_in(image.url), MediaKind.IMAGE)


def _name_in(link: str) -> str:
    """Return the file name at the end of a link, for display."""
    return re.split(r"[?#]", link)[0].rpartition("/")[2] or "file"


def _kind(content_type: str | None, name: str) -> MediaKind | None:
    """Return the kind by the MIME type, by the file name where the type says nothing; None if neither does."""
    if content_type is None or content_type.startswith("application/octet-stream"):
        content_type = mimetypes.guess_type(name)[0]
    if content_type is None or content_type.startswith(DRAWINGS):
        return None
    main = content_type.partition("/")[0]
    return MediaKind(main) if main in set(MediaKind) else None


async def _probed(
    interaction: Interaction, parts: Sequence[MessageFile], kinds: Collection[MediaKind]
) -> MessageFile | None:
    """Return the first of `parts` whose content is of one of `kinds`. Raises Refused for who may not spend here."""
    if not parts:
        return None
    built = interaction.client.parts
    await built.generation.admission.require(await origin_of(interaction), ())
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            for part in parts[:PROBES_MAX]:
                kind = await built.sources.kind_of(interaction.user.id, part.link)
                if kind in kinds:
                    return MessageFile(part.link, part.name, kind)
    except TimeoutError:
        pass
    return None
