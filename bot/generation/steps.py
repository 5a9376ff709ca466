"""From a generation to a card: the jobs that it becomes. Pure except for the random seeds."""

from __future__ import annotations

import secrets
from types import MappingProxyType

from bot.catalogue import Catalogue
from bot.domain.templates import output_of_step
from bot.generation.generation import Generation
from bot.generation.rewrites import enhancing
from bot.jobs.card_spec import CardSpec, JobSpec, Origin

SEED_MAX = 2**31 - 1
"""The docs give no range; every known provider accepts at least these."""
PROMPT_OF_STEP_BEFORE = MappingProxyType({"prompt": str(output_of_step(0, "enhancedPrompt"))})
"""What a job fills in if the first step of its card rewrites its prompt."""


def card_spec(catalogue: Catalogue, generation: Generation, origin: Origin) -> CardSpec:
    """Return the card that the generation becomes. Its files must have been filled in. Raises InputError."""
    return CardSpec(
        origin=origin,
        steps=job_specs(catalogue, generation),
        private=generation.private,
        spoiler=generation.spoiler,
        parent_id=generation.parent_id,
        label=generation.label,
        agreed=generation.agreed,
        pressed=generation.pressed,
        labelled=generation.labelled,
        accepted=generation.accepted,
        sample_of=generation.sample_of,
        may_pay_twice=generation.may_pay_twice,
        asked=generation.asked,
    )


def job_specs(catalogue: Catalogue, generation: Generation) -> list[JobSpec]:
    """Return the jobs of a generation: with `enhance`, the prompt is rewritten first and the other jobs wait for it."""
    values = generation.values
    if generation.raw:
        return [JobSpec(operation=generation.operation, input=values, raw=True)]
    operation = catalogue.resolve(generation.operation)
    if generation.enhance:
        rest = JobSpec(operation=generation.operation, input=values, fill=PROMPT_OF_STEP_BEFORE, extra=generation.extra)
        return [enhancing(catalogue, operation, values), *[rest] * generation.count]
    reseed = generation.reseed and any(each.name == "seed" for each in operation.fields)
    inputs = [{**values, "seed": _new_seed()} if reseed else values for _ in range(generation.count)]
    jobs = [
        JobSpec(
            operation=operation.id, input=each, fill=generation.fill, repeats=generation.repeats, extra=generation.extra
        )
        for each in inputs
    ]
    return [*generation.before, *jobs]


def _new_seed() -> int:
    return 1 + secrets.randbelow(SEED_MAX)
