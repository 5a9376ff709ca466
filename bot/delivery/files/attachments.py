"""A card's attachments: a message holds ten files, the rest is linked."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import discord

from bot.delivery.channels.facts import FILES_PER_MESSAGE
from bot.delivery.channels.view import alt_text, bare_name, file_stem
from bot.delivery.files.downloads import ResultFiles
from bot.domain.jobs.card_jobs import is_linked
from bot.domain.models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """A card's files after a result. `first`: new files come before old ones."""

    kept: list[discord.Attachment]
    results: ResultFiles
    links: list[str]
    """Links to old files that had to make room."""
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
    """Return the layout of a card with the files `there`, now with `job`'s results and the files `texts`.

    `taken` counts new files of other jobs. A chain's last step comes first and the oldest file makes room; else earlier
    files stay.
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
    return Arrangement(kept=old, results=results.cut(max(0, room - taken - len(media))), links=[], first=False)


def arrange_all(
    jobs: Sequence[Job],
    parts: Sequence[tuple[Job, ResultFiles]],
    there: Sequence[discord.Attachment],
    texts: Sequence[str],
) -> tuple[Arrangement, list[tuple[Job, ResultFiles]]]:
    """Like `arrange`, for several jobs; return the old files' fate, and the parts."""
    kept, links, fitted, taken, first = list(there), list[str](), list[tuple[Job, ResultFiles]](), 0, False
    for job, results in parts:
        arranged = arrange(jobs, job, results, kept, texts, taken=taken)
        kept, first = arranged.kept, arranged.first
        links += [*arranged.links, *arranged.results.links]
        taken += len(arranged.results.files)
        fitted.append((job, arranged.results))
    return Arrangement(kept=kept, results=ResultFiles(), links=links, first=first), fitted


def _link_of(jobs: Sequence[Job], attachment: discord.Attachment) -> str | None:
    stem = bare_name(attachment.filename).rpartition(".")[0]
    for job in jobs:
        for number, medium in enumerate(job.media):
            if file_stem(job, number) == stem:
                return medium.url
    return None


def place_of_file(jobs: Sequence[Job], filename: str) -> int:
    """Return the position of the job whose file it is; other files come last."""
    name = bare_name(filename)
    return next((job.position for job in jobs if name.startswith(file_stem(job))), len(jobs))


def names_of(job: Job, results: ResultFiles) -> list[str]:
    """Return a job's file names on its card, without spoiler marks."""
    return [f"{file_stem(job, number)}{file.extension}" for number, file in enumerate(results.files)]


def media_files(job: Job, results: ResultFiles, *, spoiler: bool, made_with: str) -> list[discord.File]:
    """Open a job's files for upload, byte for byte (provenance stays, but in a vote). To be closed.

    `spoiler` marks them; `made_with` ends their alt text, '' for none.
    """
    return [
        discord.File(file.path, filename=name, spoiler=spoiler, description=alt_text(job, made_with))
        for name, file in zip(names_of(job, results), results.files, strict=True)
    ]


def text_files(texts: Mapping[str, str], there: Sequence[discord.Attachment] = ()) -> list[discord.File]:
    """Return named texts as files, without unchanged ones in `there`. To be closed."""
    sizes = {attachment.filename: attachment.size for attachment in there}
    data = {name: text.encode() for name, text in texts.items()}
    return [
        discord.File(io.BytesIO(text), filename=name) for name, text in data.items() if sizes.get(name) != len(text)
    ]


def close(files: Sequence[discord.File]) -> None:
    """Close files after the upload, or instead of it."""
    for file in files:
        file.close()
