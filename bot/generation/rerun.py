"""From a result to a new generation: a re-run, a variant, or an edit. Whoever requests it pays for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bot.catalogue import LiveCatalogue
from bot.domain.card_jobs import results_of
from bot.domain.guild_rules import Payer, Rules
from bot.domain.models import Job, MediaKind
from bot.errors import InputError, Refused
from bot.generation.earlier_jobs import ERASED, EarlierJobs
from bot.generation.field_paths import flattened
from bot.generation.generation import Generation, SourceFile
from bot.generation.sources import SourceRef
from bot.generation.steps import PROMPT_OF_STEP_BEFORE, enhancer_of
from bot.guild.operation_switches import OperationSwitches
from bot.jobs.card_spec import JobSpec
from bot.store import Store

IMAGE_EDIT, VARIANT = "image.edit", "prompt.enhance.variant"
REWRITES: Mapping[str, str] = MappingProxyType(
    {
        "subtle": "Keep the subject and the composition. Change only small details, such as the light or the colours.",
        "strong": "Keep the subject only. Change the composition, the setting and the mood boldly.",
    }
)
"""How a variant's prompt is rewritten, by strength."""
COPIES_MAX = 4
OFF = "This server's moderators have switched re-runs off. The commands still work."
AUTHORS_ONLY = "In this server only who asked for a result may make more of it this way. The commands still work."
NO_VARIANT = "There is no variant of this: it has no prompt, or what makes one is switched off here."
_CARRIED = ("aspect_ratio", "resolution")
"""What of an image's input its variant keeps."""


def require_payer(rules: Rules, job: Job, member_id: int) -> None:
    """Raise Refused if this member may not make more of the job at their own cost, as the server decides."""
    if rules.rerun_payer is Payer.OFF:
        raise Refused(OFF)
    if rules.rerun_payer is Payer.AUTHOR and member_id != job.author_id:
        raise Refused(AUTHORS_ONLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an edit of a job starts from.

    `generation` has the job's files and no values; `prefilled` the texts of a form by path; `kept` the values that
    apply where the form has no room to ask.
    """

    generation: Generation
    prefilled: Mapping[str, str]
    kept: Mapping[str, Any]


class Reruns:
    """Makes generations of results. Every method raises Refused for a member whom the server does not let pay."""

    def __init__(
        self, *, catalogue: LiveCatalogue, switches: OperationSwitches, earlier: EarlierJobs, store: Store
    ) -> None:
        self._catalogue = catalogue
        self._switches = switches
        self._earlier = earlier
        self._store = store

    async def require_payer(self, job: Job, member_id: int) -> None:
        """Raise Refused if this member may not make more of the job."""
        require_payer(await self._store.settings.get(job.guild_id), job, member_id)

    async def again(self, job: Job, member_id: int, *, count: int = 1) -> Generation:
        """Return a generation with the same input and new seeds. Raises InputError if the record was erased."""
        await self.require_payer(job, member_id)
        values, files = await self._earlier.input_of(job, member_id)
        return Generation(
            operation=job.operation,
            values=values,
            files=files,
            count=min(count, COPIES_MAX),
            private=await self._earlier.is_private(job),
            parent_id=job.id,
            reseed=True,
        )

    async def all_again(self, job: Job, member_id: int) -> Generation:
        """Do as `again`, once for each result of the job's card that was made with the same input."""
        return await self.again(job, member_id, count=_alike(await self._earlier.of_card(job), job))

    def can_vary(self, job: Job) -> bool:
        """Whether there is a variant of the job: a prompt describes it, and what makes the variant is on here."""
        operation = self._catalogue.current.find(job.operation)
        if operation is None or not _prompt(job) or operation.workflow == "prompt":
            return False
        needed = [VARIANT, IMAGE_EDIT] if _is_image(job) else [enhancer_of(operation, VARIANT), operation.id]
        return all(self._switches.is_on(job.guild_id, each) for each in needed)

    async def vary(self, job: Job, member_id: int, strength: str) -> Generation:
        """Return a variant of an image by editing it, of anything else by another prompt.

        `strength` is `subtle` or `strong`. Raises InputError.
        """
        await self.require_payer(job, member_id)
        if not job.input:
            raise InputError(ERASED)
        if not self.can_vary(job):
            raise InputError(NO_VARIANT)
        if _is_image(job):
            return await self._image_variant(job, strength)
        operation = self._catalogue.current.resolve(job.operation)
        values, files = await self._earlier.input_of(job, member_id)
        values.pop("prompt")
        return Generation(
            operation=operation.id,
            values=values,
            files=files,
            private=await self._earlier.is_private(job),
            parent_id=job.id,
            before=[_rewrite(job, enhancer_of(operation, VARIANT), strength)],
            fill=dict(PROMPT_OF_STEP_BEFORE),
            reseed=True,
        )

    async def _image_variant(self, job: Job, strength: str) -> Generation:
        image = SourceFile(offered=SourceRef(job_id=job.id), label="picture", field="image_url")
        editors = {model.id for model in self._catalogue.current.resolve(IMAGE_EDIT).models}
        carried = [*_CARRIED, "model"] if job.model in editors else _CARRIED
        return Generation(
            operation=IMAGE_EDIT,
            values={name: job.input[name] for name in carried if name in job.input},
            files=[image],
            private=await self._earlier.is_private(job),
            parent_id=job.id,
            before=[_rewrite(job, VARIANT, strength)],
            fill=dict(PROMPT_OF_STEP_BEFORE),
        )

    async def edit(self, job: Job, member_id: int) -> Edit:
        """Return what an edit starts from. Raises Refused if the operation is off, InputError if it was erased."""
        await self.require_payer(job, member_id)
        self._switches.require_on(job.guild_id, self._catalogue.current.resolve(job.operation))
        values, files = await self._earlier.input_of(job, member_id)
        generation = Generation(
            operation=job.operation,
            values={},
            files=files,
            private=await self._earlier.is_private(job),
            parent_id=job.id,
        )
        return Edit(generation=generation, prefilled=flattened(values), kept=values)


def _rewrite(job: Job, enhancer: str, strength: str) -> JobSpec:
    return JobSpec(operation=enhancer, input={"prompt": _prompt(job), "rewriteRequest": REWRITES[strength]})


def _alike(jobs: Sequence[Job], job: Job) -> int:
    """Return how many results of the card were made with the same input as `job`, but for the seed."""
    wanted = _without_seed(job)
    return sum(other.operation == job.operation and _without_seed(other) == wanted for other in results_of(jobs))


def _without_seed(job: Job) -> dict[str, Any]:
    return {name: value for name, value in job.input.items() if name != "seed"}


def _is_image(job: Job) -> bool:
    return any(medium.kind is MediaKind.IMAGE for medium in job.media)


def _prompt(job: Job) -> str:
    """Return the text that describes the result; a text that is spoken in it does not."""
    prompt = job.input.get("prompt")
    return prompt if isinstance(prompt, str) else ""
