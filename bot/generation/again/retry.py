"""Retrying a partly failed card: only the missing jobs, from the outputs of earlier steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.cannon.retry import SAFE_WINDOW_S
from bot.catalogue import LiveCatalogue
from bot.domain.jobs.card_spec import JobSpec, Origin
from bot.domain.models import PAID_STATES, Job, JobState
from bot.domain.server.places import Viewer, is_unchecked
from bot.domain.words.templates import (
    OutputRef,
    output_of_step,
    outputs_in,
    text_output,
    with_outputs,
    without_braces,
)
from bot.errors import InputError
from bot.generation import texts
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.again.rerun import Reruns
from bot.generation.generation import Generation, asked_again, named_as_missing, undocumented_names
from bot.generation.generations import Incomplete
from bot.generation.sources import Sources, require_shown
from bot.jobs.admission import Admission
from bot.runtime.clock import Clock
from bot.store import Store

RETRYABLE = frozenset({JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED})
"""Retryable states; what a moderator refused is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPlan:
    """A card's jobs to retry; `label` is the recipe of the run."""

    jobs: Sequence[Job]
    private: bool
    label: str

    @property
    def is_slow(self) -> bool:
        """Whether it may exceed Discord's time for an answer.

        Links may be checked, and abandoned results requested from Cannon Studio.
        """
        return len(self.jobs) > 1 or any(job.recheck_at is not None for job in self.jobs)


@dataclass(frozen=True, kw_only=True)
class Retries:
    """Makes generations of missing jobs."""

    reruns: Reruns
    earlier: EarlierJobs
    sources: Sources
    admission: Admission
    store: Store
    clock: Clock
    catalogue: LiveCatalogue

    async def plan(self, job: Job, viewer: Viewer) -> RetryPlan:
        """Return the needs of a retry of the job's card.

        Raises InputError if none of its jobs may be retried, Refused for a member who may not re-run results here.
        """
        jobs = await self.earlier.of_card(job)
        if not to_retry(jobs):
            raise InputError(texts.NOTHING_FAILED)
        await self.reruns.require_payer(job, viewer.member_id)
        card = await self.store.cards.get(job.guild_id, job.card_id)
        return RetryPlan(
            jobs=jobs,
            private=await self.earlier.is_private(job, viewer),
            label="" if card is None else card.label,
        )

    async def retry(self, plan: RetryPlan, origin: Origin) -> Generation:
        """Return the generation of the missing jobs, with the outputs of earlier steps.

        Their links are checked, and renewed if expired. Raises InputError, Refused, KeyRefused or a MediaError.
        """
        left = to_retry(plan.jobs)
        if any(not job.input and not job.fill for job in left):
            raise InputError(texts.ERASED)
        done = {job.id: job for job in plan.jobs if job.state in PAID_STATES}
        numbers = {job.id: number for number, job in enumerate(left)}
        wanted = {ref for job in left for template in job.fill.values() for ref in outputs_in(template)}
        made = await self._outputs(done, [ref for ref in wanted if ref.source not in numbers], left, origin)
        *before, last = [_step(job, made, numbers) for job in left]
        generation = Generation(
            operation=last.operation,
            values=last.input,
            private=plan.private,
            parent_id=left[-1].id,
            derivation=last.derivation,
            before=before,
            fill=last.fill,
            extra=undocumented_names(self.catalogue.current.find(last.operation), last.input),
            raw=len(left) == 1 and self.catalogue.current.find(last.operation) is None,
            repeats=last.repeats,
            label=plan.label,
        )
        if len(left) > 1 or left[0].after_ids or self._repeats_as_it_was(left[0]):
            return generation
        values, files, derivation = await self.earlier.input_of(left[0], origin.viewer)
        return replace(generation, values=values, files=files, derivation=derivation)

    def incomplete(self, plan: RetryPlan, generation: Generation) -> Incomplete | None:
        """Return what a single job's retry lacks, if its failure named required fields.

        None if it named none, or they are given now.
        """
        left = to_retry(plan.jobs)
        operation = self.catalogue.current.find(generation.operation)
        if len(left) != 1 or operation is None:
            return None
        given = {*generation.values, *(file.field for file in generation.files), *generation.fill}
        fields = named_as_missing(operation, left[0].lacks, given)
        if not fields:
            return None
        sentence = texts.api_needs([field.label for field in fields])
        return Incomplete(generation=asked_again(generation, operation, fields), sentence=sentence, fields=fields)

    def _repeats_as_it_was(self, job: Job) -> bool:
        """Whether Cannon Studio may recognise the request: then its links are the same, renewed or not."""
        first_at = job.first_attempt_at
        return _is_unconfirmed(job) and first_at is not None and self.clock.wall() - first_at < SAFE_WINDOW_S

    async def _outputs(
        self, done: Mapping[str, Job], refs: Sequence[OutputRef], left: Sequence[Job], origin: Origin
    ) -> dict[OutputRef, str]:
        """Return earlier steps' outputs, with working links to media, for the jobs to retry.

        Raises InputError if one is unknown, or withheld by a review.
        """
        found = {ref: _output(done, ref) for ref in refs}
        await require_shown(self.store.reviews.withheld_of, origin.guild_id, {ref.source for ref in refs})
        media = {ref: medium for ref in refs for medium in done[ref.source].media if medium.url == found[ref]}
        if media:
            await self.admission.require(
                origin, [job.operation for job in left], unchecked=any(is_unchecked(job.input) for job in left)
            )
            async with self.sources.pace.request(origin.author_id):
                for ref, medium in media.items():
                    kinds, label = frozenset({medium.kind}), texts.earlier_output(medium.kind)
                    source = await self.sources.of_job(done[ref.source], medium, kinds, label)
                    found[ref] = source.url
        return found


def _step(job: Job, made: Mapping[OutputRef, str], numbers: Mapping[str, int]) -> JobSpec:
    values: dict[str, Any] = dict(job.input)
    fill: dict[str, Any] = {}
    for name, template in job.fill.items():
        refs = outputs_in(template)
        open_refs = {ref: output_of_step(numbers[ref.source], ref.key) for ref in refs if ref.source in numbers}
        known = {ref: made[ref] for ref in refs if ref not in open_refs}
        if open_refs:
            plain = {ref: without_braces(text) for ref, text in known.items()}
            fill[name] = with_outputs(template, {**open_refs, **plain})
            values.pop(name, None)
        else:
            values[name] = with_outputs(template, known)
    repeats = job.id if _is_unconfirmed(job) else ""
    return JobSpec(operation=job.operation, input=values, fill=fill, repeats=repeats, derivation=job.derivation)


def _output(done: Mapping[str, Job], ref: OutputRef) -> str:
    job = done.get(ref.source)
    found = None if job is None else text_output(job.output, ref.key)
    if found is None:
        raise InputError(texts.ERASED)
    return found


def _is_unconfirmed(job: Job) -> bool:
    return job.in_doubt and job.remote_id is None


def to_retry(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs of an ended card to retry: failed ones and those after them."""
    if not all(job.state.ended for job in jobs):
        return []
    left = [job for job in jobs if job.state not in PAID_STATES]
    return left if left and all(job.state in RETRYABLE for job in left) else []
