"""What a new job inherits from an earlier one: input, with links as files to check, and privacy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.catalogue import FieldKind, LiveCatalogue
from bot.domain.models import Job
from bot.domain.server.places import Viewer
from bot.domain.words.orders import Derivation
from bot.domain.words.text import tame
from bot.errors import InputError
from bot.generation import texts
from bot.generation.generation import SourceFile
from bot.generation.sources import SourceRef, native_video_id, require_kept, require_shown
from bot.generation.visible_jobs import VisibleJobs
from bot.store import Store


@dataclass(frozen=True)
class EarlierJobs:
    """Reads the jobs that new ones are made from."""

    catalogue: LiveCatalogue
    store: Store
    visible: VisibleJobs

    async def is_private(self, job: Job, viewer: Viewer | None = None) -> bool:
        """Whether only its author may see the job's card; with a viewer, whether others where they act may not."""
        card = await self.store.cards.get(job.guild_id, job.card_id)
        if card is None:
            return False
        return card.private or (viewer is not None and not viewer.is_shown_here(card.place_id))

    async def of_card(self, job: Job) -> tuple[Job, ...]:
        return await self.store.jobs.of_card(job.guild_id, job.card_id)

    async def sora_video_id(self, viewer: Viewer, job_id: str) -> str:
        """Return Sora's id of a job's video. Raises InputError for a job not visible or not made by Sora."""
        job = await self.visible.get(viewer, job_id)
        if job is None:
            raise InputError(texts.NO_JOB(job=tame(job_id)), "job")
        require_kept(job)
        await require_shown(self.store.reviews.withheld_of, job.guild_id, [job.id])
        native = native_video_id(job)
        if native is None:
            raise InputError(texts.NOT_BY_SORA(job=job.id), "job")
        return native

    async def input_of(self, job: Job, viewer: Viewer) -> tuple[dict[str, Any], list[SourceFile], Derivation]:
        """Return the job's input for a viewer, with its links as files, as they may have expired, and its derivation.

        Raises InputError if its record was erased, or a review withholds one of its sources.
        """
        if not job.input:
            raise InputError(texts.ERASED)
        await require_shown(self.store.reviews.withheld_of, job.guild_id, job.after_ids)
        parent = None
        if job.parent_id is not None:
            parent = await self.visible.get(viewer, job.parent_id)
        values, derivation = dict(job.input), job.derivation
        files: list[SourceFile] = []
        operation = self.catalogue.current.find(job.operation)
        for field in () if operation is None else operation.fields:
            if field.kind not in {FieldKind.URL, FieldKind.URLS} or field.name not in values:
                continue
            links = values[field.name]
            is_list = isinstance(links, list | tuple)
            if not isinstance(links, str) and not (is_list and all(isinstance(each, str) for each in links)):
                continue  # a raw request may hold anything
            del values[field.name]
            files += [
                SourceFile(ref=_source_of(str(link), parent), label=field.label, field=field.name, into_list=is_list)
                for link in (links if is_list else [links])
            ]
        return values, files, derivation


def _source_of(link: str, parent: Job | None) -> SourceRef:
    """Return the parent's result if the link leads to it, as its link can be renewed; else the link."""
    media = () if parent is None else parent.media
    found = next((medium for medium in media if medium.url == link), None)
    is_first = found is not None and next(medium for medium in media if medium.kind is found.kind) == found
    return SourceRef(job_id=parent.id) if parent is not None and is_first else SourceRef(url=link)
