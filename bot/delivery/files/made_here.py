"""Whether this server's bot made what a message shows: by the message, or by the hash of a file in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import discord

from bot.domain.models import Job
from bot.domain.server.places import Viewer
from bot.generation.sources import LookPace
from bot.generation.visible_jobs import VisibleJobs
from bot.media.fetcher import MediaFetcher
from bot.media.scratch import scratch_files

FILES_MAX = 10
"""Files of one message that are checked: as many as Discord takes in one."""
FILE_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class MadeHere:
    """Recognizes results. What a viewer may not see is as what was never made."""

    visible: VisibleJobs
    media: MediaFetcher
    pace: LookPace
    folder: Path

    async def job_of(self, viewer: Viewer, message: discord.Message) -> Job | None:
        """Return the job that made what the message shows, None if it isn't known to the viewer.

        A file is only fetched, from Discord, if one of that size was made here. Raises Refused above the viewer's pace,
        and a MediaError.
        """
        job = await self.visible.shown_in(viewer, message.id)
        for file in () if job is not None else _files_of(message):
            if await self.visible.store.job_lists.has_file(viewer.guild_id, file.size):
                job = await self.visible.with_file(viewer, file.size, await self._hash(viewer.member_id, file))
            if job is not None:
                break
        return job

    async def _hash(self, member_id: int, file: discord.Attachment) -> str:
        async with self.pace.look(member_id):
            with scratch_files(self.folder, "made-") as folder:
                found = await self.media.download(file.url, Path(folder), "file", expect=None, max_bytes=FILE_MAX_BYTES)
        return found.sha256


def _files_of(message: discord.Message) -> Iterator[discord.Attachment]:
    """Yield what was uploaded with the message, or with one that it forwards, as far as it is not too large."""
    files = [*message.attachments, *(file for each in message.message_snapshots for file in each.attachments)]
    yield from (file for file in files[:FILES_MAX] if file.size <= FILE_MAX_BYTES)
