"""From a result to a re-run, a variant, or an edit. The requester pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.catalogue import LiveCatalogue
from bot.domain.jobs.card_jobs import results_of
from bot.domain.models import Job, MediaKind
from bot.domain.server.guild_rules import Payer, Rules
from bot.domain.server.places import Viewer
from bot.domain.texts import RERUN, TURNED_OFF
from bot.domain.words.orders import Derivation, Variation, order_of, varying_picture
from bot.errors import InputError, Refused
from bot.generation import texts
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.generation import Generation, SourceFile, flattened, undocumented_names
from bot.generation.generations import PROMPT_OF_STEP_BEFORE
from bot.generation.rewrites import VARIANT, changing_look, enhancer_of, varying
from bot.generation.sources import SourceRef, require_kept
from bot.server.operations import OperationSwitches
from bot.store import Store

IMAGE_EDIT = "image.edit"
LARGEST = "4K"
"""The largest documented size: https://www.cannonstudio.app/developers/docs/operations/image-edit."""
COPIES_MAX = 4
_CARRIED = ("aspect_ratio", "resolution")
"""Fields of an image's input that its variant keeps."""
_OF_CHARACTERS = frozenset({"character_id", "character_ids", "reference_image_urls"})
"""Fields of an image's input that give its character."""


def require_payer(rules: Rules, job: Job, member_id: int) -> None:
    """Raise Refused if the server does not let this member re-run the job at their own cost."""
    if rules.rerun_payer is Payer.OFF:
        raise Refused(TURNED_OFF(operation=RERUN))
    if rules.rerun_payer is Payer.AUTHOR and member_id != job.author_id:
        raise Refused(texts.AUTHORS_ONLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Start of an edit of a job.

    `generation` has the job's files and no values; `prefilled` a form's texts by path; `kept` values of fields without
    an input in the form.
    """

    generation: Generation
    prefilled: Mapping[str, str]
    kept: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reruns:
    """Makes generations from results. Every method raises Refused for a viewer who may not re-run results here."""

    catalogue: LiveCatalogue
    switches: OperationSwitches
    earlier: EarlierJobs
    store: Store

    async def require_payer(self, job: Job, member_id: int) -> None:
        """Raise Refused if this member may not re-run the job, InputError if members vote on it."""
        require_kept(job)
        require_payer(await self.store.settings.get(job.guild_id), job, member_id)

    async def rerun(self, job: Job, viewer: Viewer, *, count: int = 1) -> Generation:
        """Return a generation with the same input and new seeds. Raises InputError if the record was erased."""
        await self.require_payer(job, viewer.member_id)
        values, files, derivation = await self.earlier.input_of(job, viewer)
        return Generation(
            operation=job.operation,
            values=values,
            derivation=derivation,
            extra=undocumented_names(self.catalogue.current.find(job.operation), values),
            raw=self.catalogue.current.find(job.operation) is None,
            files=files,
            count=count,
            private=await self.earlier.is_private(job, viewer),
            parent_id=job.id,
            reseed=True,
        )

    async def rerun_all(self, job: Job, viewer: Viewer, *, among: Sequence[Job] | None = None) -> Generation:
        """Like `rerun`, once for each result with the same input: of `among`, else of its card."""
        jobs = await self.earlier.of_card(job) if among is None else among
        return await self.rerun(job, viewer, count=copies_of(jobs, job))

    def can_vary(self, job: Job) -> bool:
        """Whether the job can be varied: it has a prompt, or is an image, and the needed operations are on here."""
        operation = self.catalogue.current.find(job.operation)
        if operation is None or operation.workflow == "prompt":
            return False
        if _is_image(job):
            return self._are_on(job, IMAGE_EDIT) or ("seed" in operation.names and self._are_on(job, operation.id))
        return bool(_prompt(job)) and self._are_on(job, enhancer_of(operation), operation.id)

    async def can_change_look(self, job: Job) -> bool:
        """Whether a picture shows a character, by its input or its prompt's origin.

        Other pictures are excluded: the rewrite for characters adds faces and clothes to anything.
        """
        if not (_is_image(job) and _prompt(job) and self._are_on(job, VARIANT, IMAGE_EDIT)):
            return False
        if job.casting.players or any(name in _OF_CHARACTERS and value for name, value in job.input.items()):
            return True
        origins = [*job.after_ids, *([job.parent_id] if job.parent_id else [])]
        found = [await self.store.jobs.get(job.guild_id, each) for each in origins]
        return any(each is not None and each.operation == VARIANT for each in found)

    def _are_on(self, job: Job, *operations: str) -> bool:
        return all(self.switches.is_on(job.guild_id, each) for each in operations)

    async def vary(self, job: Job, viewer: Viewer, strength: str) -> Generation:
        """Return a variant: an image by an edit, else by another prompt.

        `strength` is `subtle` or `strong`. Raises InputError.
        """
        await self.require_payer(job, viewer.member_id)
        if not job.input:
            raise InputError(texts.ERASED)
        if not self.can_vary(job):
            raise InputError(texts.NO_VARIANT)
        if _is_image(job):
            return await self._picture_variant(job, viewer, strength)
        operation = self.catalogue.current.resolve(job.operation)
        values, files, derivation = await self.earlier.input_of(job, viewer)
        values.pop("prompt")
        return Generation(
            operation=operation.id,
            values=values,
            derivation=replace(derivation, variation=Variation(strength), source_id=job.id),
            files=files,
            private=await self.earlier.is_private(job, viewer),
            parent_id=job.id,
            before=[varying(operation, job.depicts, strength)],
            fill=dict(PROMPT_OF_STEP_BEFORE),
            reseed=True,
        )

    async def vary_look(self, job: Job, viewer: Viewer) -> Generation:
        """Return a variant of a picture with another look of its character. Raises InputError."""
        await self.require_payer(job, viewer.member_id)
        if not job.input:
            raise InputError(texts.ERASED)
        if not await self.can_change_look(job):
            raise InputError(texts.NO_LOOK)
        edit = await self._edited(job, viewer)
        return replace(
            edit,
            derivation=Derivation(variation=Variation.LOOK, source_id=job.id),
            before=[changing_look(job.depicts)],
            fill=dict(PROMPT_OF_STEP_BEFORE),
        )

    async def _picture_variant(self, job: Job, viewer: Viewer, strength: str) -> Generation:
        if not self._are_on(job, IMAGE_EDIT):
            return await self.rerun(job, viewer)
        return await self._varied(job, viewer, Variation(strength))

    async def enlarged(self, job: Job, viewer: Viewer, variation: Variation) -> Generation:
        """Return the edit that zooms out of a picture, or makes it larger. Raises InputError for anything else."""
        await self.require_payer(job, viewer.member_id)
        if not (job.input and _is_image(job) and self._are_on(job, IMAGE_EDIT)):
            raise InputError(texts.NO_VARIANT)
        return await self._varied(job, viewer, variation)

    async def _varied(self, job: Job, viewer: Viewer, variation: Variation) -> Generation:
        edit, words = await self._edited(job, viewer), job.depicts
        values = {"prompt": words, **edit.values} if words else dict(edit.values)
        if variation is Variation.UPSCALE:
            values["resolution"] = LARGEST
        return replace(edit, values=values, derivation=varying_picture(variation, words))

    async def _edited(self, job: Job, viewer: Viewer) -> Generation:
        image = SourceFile(ref=SourceRef(job_id=job.id), label=texts.VARIED_IMAGE.message, field="image_url")
        editors = {model.id for model in self.catalogue.current.resolve(IMAGE_EDIT).models}
        carried = [*_CARRIED, "model"] if job.model in editors else _CARRIED
        return Generation(
            operation=IMAGE_EDIT,
            values={name: job.input[name] for name in carried if name in job.input},
            files=[image],
            private=await self.earlier.is_private(job, viewer),
            parent_id=job.id,
        )

    async def edit(self, job: Job, viewer: Viewer) -> Edit:
        """Return an edit's start. Raises Refused if the operation is off, InputError if it was erased."""
        await self.require_payer(job, viewer.member_id)
        self.switches.require_on(job.guild_id, self.catalogue.current.resolve(job.operation))
        values, files, derivation = await self.earlier.input_of(job, viewer)
        generation = Generation(
            operation=job.operation,
            values={},
            derivation=_editable(derivation, has_files=bool(files)),
            extra=undocumented_names(self.catalogue.current.find(job.operation), values),
            files=files,
            private=await self.earlier.is_private(job, viewer),
            parent_id=job.id,
        )
        return Edit(generation=generation, prefilled=flattened(values), kept=values)


def _editable(derivation: Derivation, *, has_files: bool) -> Derivation:
    """Return the derivation for a form, in which the member puts a prompt, also where there was none."""
    order = derivation.orders.get("prompt")
    if order is None:
        return Derivation(source_id=derivation.source_id if has_files else "")
    return derivation if "{prompt}" in order else replace(derivation, orders=order_of(order, has_words=True))


def copies_of(jobs: Sequence[Job], job: Job) -> int:
    """Return the number of results on the card with the same input as `job`, except the seed: a few at most."""
    wanted = _without_seed(job)
    alike = sum(other.operation == job.operation and _without_seed(other) == wanted for other in results_of(jobs))
    return min(alike, COPIES_MAX)


def _without_seed(job: Job) -> dict[str, Any]:
    return {name: value for name, value in job.input.items() if name != "seed"}


def _is_image(job: Job) -> bool:
    return any(medium.kind is MediaKind.IMAGE for medium in job.media)


def _prompt(job: Job) -> str:
    prompt = job.input.get("prompt")
    return prompt if isinstance(prompt, str) else ""
