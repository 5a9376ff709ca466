"""A batch: many prompts for one operation, as one generation. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.catalogue import Catalogue, Operation
from bot.domain.models import JOBS_PER_CARD, PROMPT_FIELDS
from bot.domain.reading_time import reads_foreign_text
from bot.domain.templates import output_of_step
from bot.domain.text import one_line
from bot.errors import InputError
from bot.generation import texts
from bot.generation.generation import Generation
from bot.generation.rewrites import enhancing
from bot.jobs.card_spec import JobSpec

_SEPARATOR = re.compile(r"[\n|]")
ENHANCED = "prompt"
"""The field whose text is rewritten first; a text that is spoken is not."""
_RATIO_FIELDS = ("aspect_ratio", "aspectRatio")


def unsupported(catalogue: Catalogue) -> set[str]:
    """Return the ids of the operations that a batch cannot run."""
    return {operation.id for operation in catalogue.operations.values() if _prompt_field(operation) is None}


def operation_typed(catalogue: Catalogue, typed: str) -> Operation:
    """Return the operation that a member named for a batch. Raises InputError for one that a batch cannot run."""
    operation = catalogue.resolve(typed.strip())
    if _prompt_field(operation) is None:
        raise InputError(texts.no_batch(operation.title), "operation")
    return operation


def batch(
    catalogue: Catalogue,
    operation: Operation,
    prompts: Sequence[str],
    *,
    model: str | None,
    aspect_ratio: str | None,
    private: bool,
    enhance: bool = False,
) -> Generation:
    """Return one generation with a job for each prompt; with `enhance`, each prompt is rewritten first.

    Raises InputError, which names the invalid prompt.
    """
    steps = _steps(catalogue, operation, prompts, model, aspect_ratio)
    if enhance:
        steps = _enhanced(catalogue, operation, steps)
    *before, last = steps
    return Generation(
        operation=last.operation, values=last.input, before=before, fill=last.fill, private=private, typed=True
    )


def _enhanced(catalogue: Catalogue, operation: Operation, steps: Sequence[JobSpec]) -> list[JobSpec]:
    """Put a step that rewrites its prompt before each step. Raises InputError if these are too many."""
    if _prompt_field(operation) != ENHANCED or operation.workflow == "prompt":
        raise InputError(texts.not_enhanced(operation.title), "enhance")
    most = JOBS_PER_CARD // 2
    if len(steps) > most:
        raise InputError(texts.too_many_prompts(most, len(steps)), "prompts")
    found: list[JobSpec] = []
    for step in steps:
        fill = {ENHANCED: str(output_of_step(len(found), "enhancedPrompt"))}
        found += [enhancing(catalogue, operation, step.input), replace(step, fill=fill)]
    return found


@reads_foreign_text("batch")
def split_prompts(text: str, *, in_file: bool) -> list[str]:
    """Split a text into prompts: one on each line; outside files `|` separates them too. Raises InputError."""
    found = [one_line(line) for line in (text.split("\n") if in_file else _SEPARATOR.split(text))]
    prompts = [line for line in found if line]
    if not prompts:
        raise InputError(texts.NO_PROMPT, "prompts")
    if len(prompts) > JOBS_PER_CARD:
        raise InputError(texts.too_many_prompts(JOBS_PER_CARD, len(prompts)), "prompts")
    return prompts


def _steps(
    catalogue: Catalogue, operation: Operation, prompts: Sequence[str], model: str | None, aspect_ratio: str | None
) -> list[JobSpec]:
    shared: dict[str, Any] = {}
    if model:
        shared["model"] = model
    if aspect_ratio:
        shared[ratio_field(operation)] = aspect_ratio
    name = _prompt_field(operation) or PROMPT_FIELDS[0]
    made = []
    for number, prompt in enumerate(prompts, start=1):
        values = {**shared, name: prompt}
        try:
            catalogue.check(operation.id, values)
        except InputError as error:
            if error.field != name:
                raise  # the other fields are the same for every prompt
            raise InputError(texts.in_prompt(number, error.sentence), "prompts") from None
        made.append(JobSpec(operation=operation.id, input=values))
    return made


def _prompt_field(operation: Operation) -> str | None:
    """Return the field that takes the prompt, None if the operation cannot be run with a prompt alone."""
    names = [field.name for field in operation.fields]
    found = next((name for name in PROMPT_FIELDS if name in names), None)
    required = {field.name for field in operation.fields if field.required}
    return found if found is not None and required <= {found} else None


def ratio_field(operation: Operation) -> str:
    """Return the field that takes the aspect ratio."""
    names = {field.name for field in operation.fields}
    return next((name for name in _RATIO_FIELDS if name in names), _RATIO_FIELDS[0])
