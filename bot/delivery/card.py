"""How a card looks: an embed that is a pure function of the card, its jobs and what is known besides them.

From top to bottom: who it is for; what it is, as long as no media show it; the prompt as a quotation; while it is open,
or where it went wrong, the states of its jobs; one line of facts. Ids and settings are behind the button *Details*.
"""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.catalogue import Catalogue
from bot.delivery import colours, texts
from bot.delivery.card_context import CardContext
from bot.delivery.card_facts import facts_line
from bot.delivery.card_states import state_lines
from bot.delivery.discord_facts import EMBED_AUTHOR_CHARS, EMBED_FIELD_CHARS
from bot.delivery.generated_texts import (
    PROMPT_SHOWN_CHARS,
    RESULT_TEXT_SHOWN_CHARS,
    REWRITTEN_SHOWN_CHARS,
    result_text,
    rewritten_prompt,
)
from bot.delivery.practice_mark import marked_title
from bot.domain.card_jobs import is_batch, main_job, open_part, prompt_text
from bot.domain.harmless_text import harmless, harmless_within, in_block
from bot.domain.models import Card, Job, JobState
from bot.domain.text import one_line, shortened, without_controls
from bot.language import tr

COLOURS = {
    JobState.DELIVERED: colours.SUCCESS,
    JobState.FAILED: colours.FAILURE,
    JobState.EXPIRED: colours.FAILURE,
    JobState.REFUSED: colours.FAILURE,
    JobState.CANCELLED: colours.STOPPED,
    JobState.HELD: colours.ATTENTION,
}
NAMELESS = "\u200b"
"""The name of a field that shows none; Discord refuses an empty one."""


def card_embed(card: Card, jobs: Sequence[Job], context: CardContext) -> discord.Embed:
    """Draw the card of `jobs` (at least one)."""
    jobs = open_part(jobs, context.withheld)
    has_title = card.label or not _shows_itself(jobs)
    embed = discord.Embed(
        title=marked_title(_title(card, jobs, context.catalogue), jobs) if has_title else None,
        description=_prompts(jobs, context.catalogue),
        colour=_colour(jobs),
    )
    name = one_line(without_controls(context.author_name))
    if name:
        embed.set_author(name=shortened(name, EMBED_AUTHOR_CHARS), icon_url=context.author_icon_url)
    for lines in _in_fields([*state_lines(card, jobs, context), facts_line(card, jobs, context)]):
        embed.add_field(name=NAMELESS, value=lines, inline=False)
    if any(job.practice for job in jobs):
        embed.set_footer(text=str(texts.PRACTICE_MARK))
    return embed


def _shows_itself(jobs: Sequence[Job]) -> bool:
    """Whether the card is done and has media, which say what it is."""
    return all(job.state is JobState.DELIVERED for job in jobs) and any(job.media for job in jobs)


def _title(card: Card, jobs: Sequence[Job], catalogue: Catalogue) -> str:
    if card.label:
        return texts.steps(harmless_within(card.label, 100), len(jobs))
    job = main_job(jobs)
    operation = catalogue.find(job.operation)
    title = tr(operation.title) if operation is not None else job.operation
    count = sum(other.operation == job.operation for other in jobs)
    return title if count == 1 else texts.several(title, count)


def _prompts(jobs: Sequence[Job], catalogue: Catalogue) -> str | None:
    """Return the prompt as a quotation and, once there is one, the rewritten prompt as a block below."""
    prompt, parts = prompt_text(jobs), []
    if prompt and not is_batch(jobs):  # a batch has its prompts in its lines
        shown = harmless(shortened(prompt, PROMPT_SHOWN_CHARS))
        parts.append("\n".join(f"> {line}" for line in shown.splitlines()))
    rewritten = rewritten_prompt(jobs, catalogue)
    if rewritten is not None:
        parts.append(f"{texts.REWRITTEN}\n{in_block(shortened(rewritten, REWRITTEN_SHOWN_CHARS))}")
    result = result_text(jobs, catalogue)
    if result is not None:
        parts.append(f"{texts.RESULT}\n{in_block(shortened(result, RESULT_TEXT_SHOWN_CHARS))}")
    return "\n\n".join(parts) or None


def _colour(jobs: Sequence[Job]) -> int:
    states = {job.state for job in jobs}
    if not all(state.ended for state in states):
        return colours.NEUTRAL
    for state in (JobState.HELD, JobState.FAILED, JobState.EXPIRED, JobState.REFUSED, JobState.CANCELLED):
        if state in states:
            return COLOURS[state]
    return COLOURS[JobState.DELIVERED]


def _in_fields(lines: Sequence[str]) -> list[str]:
    """Return the lines in as many texts as they need, each of a field's length at most."""
    fields = [""]
    for line in lines:
        joined = f"{fields[-1]}\n{line}" if fields[-1] else shortened(line, EMBED_FIELD_CHARS)
        if len(joined) <= EMBED_FIELD_CHARS:
            fields[-1] = joined
        else:
            fields.append(shortened(line, EMBED_FIELD_CHARS))
    return fields
