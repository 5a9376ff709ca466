"""What is attached to a card: a message holds ten files, and what does not fit is linked."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import discord

from bot.delivery.contact_sheets import wants_sheet
from bot.delivery.discord_facts import FILES_PER_MESSAGE
from bot.delivery.downloads import ResultFiles
from bot.delivery.formatting import alt_text, bare_name, file_stem
from bot.domain.card_jobs import is_linked
from bot.domain.models import Job
from bot.media.contact_sheet import SHEET_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """What is on a card once a job's result has come. `first`: whether the new files come before the old ones."""

    kept: list[discord.Attachment]
    results: ResultFiles
    links: list[str]
    """To old files that had to make room."""
    first: bool


def arrange(
    jobs: Sequence[Job],
    job: Job,
    results: ResultFiles,
    there: Sequence[discord.Attachment],
    texts: Sequence[str],
    *,
    taken: int = 0,
) -> Arrangement:
    """Decide what a card shows that had the files `there`, now with `job`'s results and the text files named `texts`.

    `taken` is how many new files of others come with them.
    The last step of linked jobs comes first, and the oldest file makes room; else what was there first stays.
    """
    new = {*names_of(job, results), *texts}
    old = [attachment for attachment in there if bare_name(attachment.filename) not in new]
    old_texts = [attachment for attachment in old if attachment.filename.endswith(".txt")]
    media = [attachment for attachment in old if attachment not in old_texts]
    room = FILES_PER_MESSAGE - len(texts) - len(old_texts)
    if is_linked(jobs):
        fitting = results.cut(room)
        left = room - len(fitting.files)
        links = [link for attachment in media[left:] if (link := _link_of(jobs, attachment)) is not None]
        return Arrangement(kept=[*media[:left], *old_texts], results=fitting, links=links, first=True)
    if wants_sheet(jobs) and all(bare_name(attachment.filename) != SHEET_NAME for attachment in media):
        room -= 1  # the sheet comes last and needs its place
    return Arrangement(kept=old, results=results.cut(max(0, room - taken - len(media))), links=[], first=False)


def arrange_all(
    jobs: Sequence[Job],
    parts: Sequence[tuple[Job, ResultFiles]],
    there: Sequence[discord.Attachment],
    texts: Sequence[str],
) -> tuple[Arrangement, list[tuple[Job, ResultFiles]]]:
    """Do as `arrange` for the results of several jobs at once; return what becomes of the old files, and the parts."""
    kept, links, fitted, taken, first = list(there), list[str](), list[tuple[Job, ResultFiles]](), 0, False
    for job, results in parts:
        arranged = arrange(jobs, job, results, kept, texts, taken=taken)
        kept, first = arranged.kept, arranged.first
        links += [*arranged.links, *arranged.results.links]
        taken += len(arranged.results.files)
        fitted.append((job, arranged.results))
    return Arrangement(kept=kept, results=ResultFiles(), links=links, first=first), fitted


def _link_of(jobs: Sequence[Job], attachment: discord.Attachment) -> str | None:
    """Return the link to the result whose file this attachment is, None if it is no result."""
    stem = bare_name(attachment.filename).rpartition(".")[0]
    for job in jobs:
        for number, medium in enumerate(job.media):
            if file_stem(job, number) == stem:
                return medium.url
    return None


# ---------------------------------------------------------------------- the files


def names_of(job: Job, results: ResultFiles) -> list[str]:
    """Return the names that a job's files have on its card, without a mark of spoilers."""
    return [f"{file_stem(job, number)}{file.extension}" for number, file in enumerate(results.files)]


def media_files(job: Job, results: ResultFiles, *, spoiler: bool, made_with: str) -> list[discord.File]:
    """Open a job's files for the upload, byte for byte as they came: provenance that is in them stays. To be closed.

    `spoiler`: whether they are marked as some; `made_with` ends their alt text, '' for nothing.
    """
    return [
        discord.File(file.path, filename=name, spoiler=spoiler, description=alt_text(job, made_with))
        for name, file in zip(names_of(job, results), results.files, strict=True)
    ]


def text_files(texts: Mapping[str, str], there: Sequence[discord.Attachment] = ()) -> list[discord.File]:
    """Return texts, by their names, as files; without those that are `there` already as they are now. To be closed."""
    sizes = {attachment.filename: attachment.size for attachment in there}
    data = {name: text.encode() for name, text in texts.items()}
    return [
        discord.File(io.BytesIO(text), filename=name) for name, text in data.items() if sizes.get(name) != len(text)
    ]


def close(files: Sequence[discord.File]) -> None:
    """Close files after the upload, or instead of it."""
    for file in files:
        file.close()
