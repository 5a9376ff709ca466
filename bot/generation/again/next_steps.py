"""From a medium to the next step: fitting operations, and the input known from the medium."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from bot.catalogue import FieldKind, LiveCatalogue, Operation
from bot.catalogue.catalogue import NATIVE_ID, field_for, fitting
from bot.catalogue.checks.cautions import passed_end
from bot.catalogue.operation import bare
from bot.domain.models import SOURCE_KINDS, Job, MediaKind
from bot.domain.server.places import Viewer
from bot.domain.words.orders import OWN
from bot.errors import InputError
from bot.generation import texts
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.again.shots import continues_itself, is_film
from bot.generation.generation import Generation, SourceFile, nested
from bot.generation.sources import SourceRef, native_video_id
from bot.generation.visible_jobs import VisibleJobs
from bot.runtime.clock import Clock
from bot.server.operations import OperationSwitches

_PREFILLED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        # A short clip is cheaper.
        "video.generate": {"duration": "5"},
        "smartmotion.generate": {"duration": "5"},
        # The pairs and the style that Cannon Studio's samples show.
        "video.upscale": {"model": "wavespeed", "target_resolution": "4k"},
        "subtitles.generate": {
            "subtitle_settings.font": "Arial",
            "subtitle_settings.fontSize": "48",
            "subtitle_settings.color": "#FFFFFF",
            "subtitle_settings.strokeColor": "#000000",
            "subtitle_settings.strokeWidth": "4",
        },
    }
)
"""Prefilled form values, by operation and path."""
_FIXED: Mapping[str, Mapping[str, str]] = MappingProxyType({"soundfx.generate": {"mode": "video_context"}})
"""Values that follow from the medium."""
IMAGE, VIDEO = "image.generate", "video.generate"
_CARRIED = {"aspectRatio": "aspect_ratio", "duration": "duration"}
"""Fields of a prompt's rewrite that a generation keeps; the style is already in the text."""
_SAME_PROMPT = frozenset({"video.generate", "smartmotion.generate", "soundfx.generate"})
"""Operations that describe the same scene, so the source's prompt is a good start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """Source of a next step: a job's result, or a file in a message."""

    kinds: tuple[MediaKind, ...]
    """A job may have results of several kinds."""
    ref: SourceRef
    job: Job | None = None
    private: bool = False
    """Whether only one member may see it and what is derived from it."""

    @property
    def native_id(self) -> str | None:
        return None if self.job is None else native_video_id(self.job)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """An operation on a medium: the known part of the generation, and a form's texts for the rest, by path."""

    generation: Generation
    source: MediaKind
    """The kind as which the operation takes the medium."""
    prefilled: Mapping[str, str]

    @property
    def completed(self) -> Generation:
        """The generation with the prefilled values, without a form."""
        values = {**nested(self.prefilled), **self.generation.values}
        return replace(self.generation, values=values)


@dataclass(frozen=True, kw_only=True)
class NextSteps:
    """Finds and starts the next steps of media."""

    catalogue: LiveCatalogue
    switches: OperationSwitches
    earlier: EarlierJobs
    visible: VisibleJobs
    clock: Clock

    async def medium_of(self, job: Job) -> Medium | None:
        """Return the job's result, None if no operation could take it."""
        kinds = tuple(dict.fromkeys(medium.kind for medium in job.media if medium.kind in SOURCE_KINDS))
        if not kinds:
            return None
        private = await self.earlier.is_private(job)
        return Medium(kinds=kinds, ref=SourceRef(job_id=job.id), job=job, private=private)

    async def medium_in_message(self, viewer: Viewer, message_id: int, kinds: Collection[MediaKind]) -> Medium | None:
        """Return the first result of one of `kinds` in our message, if the viewer may see it."""
        for job in await self.visible.in_message(viewer, message_id):
            medium = await self.medium_of(job)
            if medium is not None and set(medium.kinds) & set(kinds):
                return medium
        return None

    async def medium_of_card(self, jobs: Sequence[Job], kind: MediaKind) -> Medium:
        """Return the first of the jobs' results of `kind`, as that kind only. Raises InputError if there is none."""
        for job in jobs:
            medium = await self.medium_of(job)
            if medium is not None and kind in medium.kinds:
                return replace(medium, kinds=(kind,))
        raise InputError(texts.kind_needed([kind]))

    def fitting(self, guild_id: int, medium: Medium) -> list[Operation]:
        """Return the operations that take the medium and are on in this server, without those that are over.

        Ones whose provider has ended them come last, after those that Cannon Studio no longer offers, which are left
        out if one of the same name is offered.
        """
        fit = fitting(self.catalogue.current, medium.kinds, native=medium.native_id is not None)
        now = self.clock.wall()
        on = [each for each in fit if self.switches.is_on(guild_id, each.id) and not each.is_over(now)]
        offered = [operation for operation in on if operation.offered]
        names = {bare(operation.title) for operation in offered}
        found = [*offered, *(each for each in on if not each.offered and bare(each.title) not in names)]
        return sorted(found, key=lambda each: passed_end(each, None, now) is not None)

    async def continued(self, film: Job) -> NextStep:
        """Begin the next shot of a film. Raises Refused if videos are off here, InputError if it is no film."""
        operation = self.catalogue.current.resolve(VIDEO)
        self.switches.require_on(film.guild_id, operation)
        if not is_film(film):
            raise InputError(texts.kind_needed([MediaKind.VIDEO]))
        return next_shot(operation, film, private=await self.earlier.is_private(film))

    def begin(self, guild_id: int, operation_id: str, medium: Medium) -> NextStep:
        """Begin an operation on the medium. Raises Refused if it is off, InputError if it does not take the medium."""
        operation = self.catalogue.current.resolve(operation_id)
        self.switches.require_on(guild_id, operation)
        return next_step(operation, medium)

    def is_prompt(self, job: Job) -> bool:
        operation = self.catalogue.current.find(job.operation)
        return operation is not None and operation.workflow == "prompt"

    def targets_of_prompt(self, job: Job) -> list[str]:
        """Return the operations that take the prompt and are on here, best first; video prompts are for videos only.

        Ones that Cannon Studio no longer offers come last.
        """
        catalogue = self.catalogue.current
        is_for_video = job.operation == catalogue.resolve("prompt.enhance.video").id
        targets = [VIDEO] if is_for_video else [IMAGE, VIDEO]
        targets.sort(key=lambda target: not catalogue.resolve(target).offered)
        return [target for target in targets if self.switches.is_on(job.guild_id, target)]

    async def of_prompt(self, job: Job, prompt: str, target: str, viewer: Viewer) -> Generation:
        """Return the generation of `target` with the job's rewritten prompt, private if the job's card is."""
        known = {field.name for field in self.catalogue.current.resolve(target).fields}
        carried = {_CARRIED[name]: value for name, value in job.input.items() if _CARRIED.get(name) in known}
        return Generation(
            operation=target,
            values={**carried, "prompt": prompt},
            private=await self.earlier.is_private(job, viewer),
            parent_id=job.id,
        )


def next_shot(operation: Operation, film: Job, *, private: bool) -> NextStep:
    """Return the operation on a film, from its last frame on, or on the film itself where its model continues it."""
    ref, label = SourceRef(job_id=film.id), texts.NEXT_SHOT.message
    own = continues_itself(film)
    file = SourceFile(ref=ref, label=label, field="source_video_url" if own else "image_url", last_frame=not own)
    known = operation.names
    values = {name: film.input[name] for name in ("model",) if name in film.input and film.operation == operation.id}
    generation = Generation(
        operation=operation.id,
        values=values,
        files=[file],
        private=private,
        parent_id=film.id,
        derivation=replace(OWN, casting=film.casting),
    )
    alike = sorted({"duration", "aspect_ratio"} & film.input.keys() & known)
    prefilled = {"duration": "5"} | {name: str(film.input[name]) for name in alike}
    return NextStep(generation=generation, source=MediaKind.VIDEO, prefilled=prefilled)


def next_step(operation: Operation, medium: Medium) -> NextStep:
    """Return the operation on the medium. Raises InputError if the operation does not take it."""
    for kind in medium.kinds:
        field = field_for(operation, kind)
        if field is None:
            continue
        values: dict[str, Any] = dict(_FIXED.get(operation.id, {}))
        files = []
        if NATIVE_ID in operation.names and medium.native_id is not None:
            values[NATIVE_ID] = medium.native_id
        else:
            is_list = field.kind is FieldKind.URLS
            files = [SourceFile(ref=medium.ref, label=field.label, field=field.name, into_list=is_list)]
        generation = Generation(
            operation=operation.id,
            values=values,
            files=files,
            private=medium.private,
            parent_id=None if medium.job is None else medium.job.id,
        )
        return NextStep(generation=generation, source=kind, prefilled=_prefilled(operation, medium))
    raise InputError(texts.KINDS_NOT_TAKEN(operation=operation.title, kinds=medium.kinds))


def _prefilled(operation: Operation, medium: Medium) -> dict[str, str]:
    prefilled = dict(_PREFILLED.get(operation.id, {}))
    if medium.job is None:
        return prefilled
    ratio = medium.job.input.get("aspect_ratio")
    if isinstance(ratio, str):
        prefilled["aspect_ratio"] = ratio
    if operation.id in _SAME_PROMPT and medium.job.depicts:
        prefilled["prompt"] = medium.job.depicts
    return prefilled
