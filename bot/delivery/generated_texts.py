"""The texts that jobs have or made: prompts, what operations returned in words, what is too long for the embed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.cannon.outputs import text_of
from bot.catalogue import Catalogue
from bot.domain.card_jobs import is_batch, prompt_text
from bot.domain.models import MADE_STATES, Job

PROMPT_SHOWN_CHARS = 350
"""Longer prompts go, in full, into an attached text file."""
REWRITTEN_SHOWN_CHARS = 1600
RESULT_TEXT_SHOWN_CHARS = 600


def rewritten_prompt(jobs: Sequence[Job], catalogue: Catalogue) -> str | None:
    """Return the text that a prompt operation on the card has made, None before it has; several with their numbers."""
    texts = [(job, text) for job, is_prompt, text in _texts(jobs, catalogue) if is_prompt]
    if len(texts) > 1:
        return "\n\n".join(f"{job.position + 1}. {text}" for job, text in texts)
    return texts[0][1] if texts else None


def result_text(jobs: Sequence[Job], catalogue: Catalogue) -> str | None:
    """Return what the card's other operations returned in words, such as a character's id; None if nothing."""
    return "\n".join(text for _, is_prompt, text in _texts(jobs, catalogue) if not is_prompt) or None


def long_texts(jobs: Sequence[Job], catalogue: Catalogue) -> dict[str, str]:
    """Return the texts that are too long for the card, by the name of the file they go into."""
    texts = {"prompt.txt": ("" if is_batch(jobs) else prompt_text(jobs), PROMPT_SHOWN_CHARS)}
    rewritten = rewritten_prompt(jobs, catalogue)
    if rewritten is not None:
        texts["rewritten-prompt.txt"] = (rewritten, REWRITTEN_SHOWN_CHARS)
    result = result_text(jobs, catalogue)
    if result is not None:
        texts["result.txt"] = (result, RESULT_TEXT_SHOWN_CHARS)
    return {name: text for name, (text, limit) in texts.items() if len(text) > limit}


def _texts(jobs: Sequence[Job], catalogue: Catalogue) -> Iterator[tuple[Job, bool, str]]:
    """Yield the texts that were made, each with whether it is a rewritten prompt."""
    for job in jobs:
        if job.state in MADE_STATES:
            operation = catalogue.find(job.operation)
            text = text_of(operation, job.output)
            if text is not None:
                yield job, operation is None or operation.workflow == "prompt", text
