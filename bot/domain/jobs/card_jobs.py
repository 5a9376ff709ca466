"""How a card's jobs relate: single, copies, a batch of prompts, or linked steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from bot.domain import texts
from bot.domain.models import PROMPT_FIELDS, Job, JobState
from bot.domain.words.orders import Variation
from bot.domain.words.text import one_line, shortened

BATCH_PROMPTS_CHARS = 1400
"""Shared by a batch's prompts; each gets at least `BATCH_PROMPT_MIN_CHARS`."""
BATCH_PROMPT_MIN_CHARS = 70


def results_of(jobs: Sequence[Job]) -> list[Job]:
    awaited = {before for job in jobs for before in job.after_ids}
    return [job for job in jobs if job.id not in awaited]


def main_job(jobs: Sequence[Job]) -> Job:
    """Return the card's main job: its first result, else the first."""
    return next(iter(results_of(jobs)), jobs[0])


def is_linked(jobs: Sequence[Job]) -> bool:
    """Whether some jobs depend on others: steps rather than copies."""
    return any(job.after_ids for job in jobs)


def is_batch(jobs: Sequence[Job]) -> bool:
    """Whether the jobs run one operation with different prompts."""
    return not is_linked(jobs) and len({job.operation for job in jobs}) == 1 and len({job.prompt for job in jobs}) > 1


def are_copies_made(jobs: Sequence[Job]) -> bool:
    """Whether all results of one request are posted, so that its jobs look alike."""
    is_one = not is_linked(jobs) and len({(job.operation, job.prompt) for job in jobs}) == 1
    return is_one and all(job.state is JobState.DELIVERED for job in jobs)


def prompt_text(jobs: Sequence[Job]) -> str:
    """Return the prompt: for steps each text once, for a batch the start of each, numbered."""
    if is_batch(jobs):
        room = max(BATCH_PROMPT_MIN_CHARS, BATCH_PROMPTS_CHARS // len(jobs))
        return "\n".join(f"{job.position + 1}. {shortened(one_line(job.prompt), room)}" for job in jobs)
    own = [job.prompt for job in jobs if job.prompt and not set(PROMPT_FIELDS) & job.fill.keys()]
    return "\n".join(dict.fromkeys(own))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WordStyle:
    """How `job_words` and `card_words` are written; plain by default."""

    own: Callable[[str], str] = str
    """Writes the member's own words."""
    source: Callable[[str], str] = str
    """Writes what the source shows, which is one line."""
    link: str = ""
    """Leads to the source, if its variation is named; '' for no link."""


PLAIN = WordStyle()
ICONS: Mapping[Variation, str] = MappingProxyType(
    {
        Variation.SUBTLE: "🎲",
        Variation.STRONG: "🎲",
        Variation.LOOK: "👗",
        Variation.ZOOM_OUT: "🔍",
        Variation.UPSCALE: "🔼",
    }
)


def job_words(job: Job, style: WordStyle = PLAIN) -> str:
    """Return what a job makes, in members' words: of a variation or an edit also of what."""
    return _words(job, "" if job.variation and job.subject in {"", job.prompt} else job.prompt, style)


def card_words(jobs: Sequence[Job], style: WordStyle = PLAIN) -> str:
    """Return what the card's jobs make: as `job_words`, for steps each text once, for a batch a numbered list."""
    job, own = main_job(jobs), prompt_text(jobs)
    is_filled = bool(set(PROMPT_FIELDS) & job.fill.keys())
    if job.variation and (is_filled or job.subject in {"", job.prompt}):
        own = ""  # the rewritten prompt is shown by itself
    return _words(job, own, style)


def _words(job: Job, own: str, style: WordStyle) -> str:
    source = one_line(job.subject or (job.prompt if job.variation else ""))
    if not source and job.source_id:
        source = str(texts.EARLIER_RESULT)
    shown = style.source(source) if source else ""
    if job.variation is None:
        if not own or not source or source in one_line(own):
            return style.own(own) if own else shown
        return texts.EDIT_OF(edit=style.own(own), words=shown)
    name = str(texts.VARIATIONS[job.variation])
    name = f"{ICONS[job.variation]} {f'[{name}]({style.link})' if style.link else name}"
    line = texts.VARIATION_OF(variation=name, words=shown) if shown else name
    return f"{line}\n{style.own(own)}" if own else line


def open_part(jobs: Sequence[Job], withheld: Collection[str]) -> list[Job]:
    """Return the jobs without the results of `withheld` ids."""
    return [dataclasses.replace(job, output={}, media=()) if job.id in withheld else job for job in jobs]


def fair_order(waiting: Sequence[tuple[str, int, float]], running: Mapping[int, int]) -> list[str]:
    """Return job ids in starting order: round robin between members, each oldest first.

    `waiting` has (job id, member, created at); `running` counts each member's running jobs. Members with fewer come
    first, so that one's twenty jobs do not all precede another's one.
    """
    rank: dict[int, int] = {}
    keyed = []
    for job_id, member, created_at in sorted(waiting, key=lambda each: each[2]):
        rank[member] = rank.get(member, running.get(member, 0)) + 1
        keyed.append((rank[member], created_at, job_id))
    return [job_id for _, _, job_id in sorted(keyed)]
