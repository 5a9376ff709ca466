"""What stands on a card: a message holds ten files, and what does not fit is linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import starmap

import discord

from bot.delivery.contact_sheets import SHEET_NAME, wants_sheet
from bot.delivery.discord_facts import FILES_PER_MESSAGE
from bot.delivery.text import file_stem
from bot.domain.card_jobs import is_linked
from bot.domain.models import Job
from bot.media.fetcher import LocalFile


@dataclass(slots=True)
class ResultFiles:
    """What a job's result consists of: files on disk, links for what is too large, text."""

    files: list[LocalFile] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    """Where the files are from, in their order."""
    links: list[str] = field(default_factory=list)
    text: str | None = None

    def without_files(self, job: Job) -> ResultFiles:
        """Return the same result as links only."""
        return ResultFiles(links=[medium.url for medium in job.media], text=self.text)

    def cut(self, room: int) -> ResultFiles:
        """Return the same result with at most `room` files, and links in place of the others."""
        return ResultFiles(
            files=self.files[:room], urls=self.urls[:room], links=[*self.links, *self.urls[room:]], text=self.text
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """What is on a card once a job's result has come. `first`: whether the new files stand before the old ones."""

    kept: list[discord.Attachment]
    load: ResultFiles
    links: list[str]
    """To old files that had to make room."""
    first: bool


def names_of(job: Job, load: ResultFiles) -> list[str]:
    """Return the names that a job's files have on its card."""
    return [f"{file_stem(job, number)}{file.extension}" for number, file in enumerate(load.files)]


def arranged(
    jobs: Sequence[Job], job: Job, load: ResultFiles, there: Sequence[discord.Attachment], documents: Sequence[str]
) -> Arranged:
    """Decide what a card shows that had the files `there`, now with `job`'s load and the text files `documents`.

    The last step of linked jobs stands first, and the oldest file makes room; else what was there first stays.
    """
    new = {*names_of(job, load), *documents}
    old = [attachment for attachment in there if attachment.filename not in new]
    texts = [attachment for attachment in old if attachment.filename.endswith(".txt")]
    media = [attachment for attachment in old if attachment not in texts]
    room = FILES_PER_MESSAGE - len(documents) - len(texts)
    if is_linked(jobs):
        fitting = load.cut(room)
        left = room - len(fitting.files)
        gone = list(starmap(_link_of, ((jobs, attachment) for attachment in media[left:])))
        return Arranged(
            kept=[*media[:left], *texts], load=fitting, links=[link for link in gone if link is not None], first=True
        )
    if wants_sheet(jobs) and all(attachment.filename != SHEET_NAME for attachment in media):
        room -= 1  # the sheet comes last and must find its place
    return Arranged(kept=old, load=load.cut(max(0, room - len(media))), links=[], first=False)


def _link_of(jobs: Sequence[Job], attachment: discord.Attachment) -> str | None:
    """Return the link to the result that stands as this file on the card, None if it is none."""
    stem = attachment.filename.rpartition(".")[0]
    for job in jobs:
        for number, medium in enumerate(job.media):
            if file_stem(job, number) == stem:
                return medium.url
    return None
