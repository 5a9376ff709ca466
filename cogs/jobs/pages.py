"""The pages of `/jobs`: a page of a list, and a job with its family."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

import discord

from bot.app.client import CannonBot
from bot.delivery.card_states import state_word
from bot.delivery.colours import NEUTRAL
from bot.delivery.formatting import message_link
from bot.delivery.view import in_five_rows
from bot.domain.harmless_text import harmless
from bot.domain.models import OPEN_STATES, PAID_STATES, Job, JobState, Media, credits_words
from bot.domain.text import shortened, stamp
from bot.domain.visibility import Viewer
from cogs.jobs import texts
from cogs.results import buttons as results
from cogs.ui.controls import Control
from cogs.ui.limit_text import cost_words, fitting, job_line
from cogs.ui.texts import NONE_LISTED

PAGE_JOBS = 10
FAMILY_CHARS = 3000
INDENT_MAX = 8
"""Deeper relatives are not indented further."""


async def list_page(
    bot: CannonBot,
    guild_id: int,
    author_id: int | None,
    state: str,
    states: Collection[JobState] | None,
    number: int,
) -> tuple[discord.Embed, discord.ui.View]:
    """Draw the page `number` (from 0) of the jobs of a member, or of all (None). No prompts: some are private."""
    offset = number * PAGE_JOBS
    jobs, total = await bot.parts.store.job_lists.page(
        guild_id, author_id=author_id, states=states, limit=PAGE_JOBS, offset=offset
    )
    lines = [job_line(job) + (f" · <@{job.author_id}>" if author_id is None else "") for job in jobs]
    title = texts.YOUR_JOBS if author_id is not None else texts.ALL_JOBS
    embed = discord.Embed(
        title=title if state == "any" else texts.list_title(title, state),
        description=fitting(lines) or (NONE_LISTED if number == 0 else texts.NOTHING_MORE),
        colour=NEUTRAL,
    )
    pages = max(1, -(-total // PAGE_JOBS))
    embed.set_footer(text=texts.list_footer(number + 1, pages, total))
    view, whose = discord.ui.View(timeout=None), "mine" if author_id is not None else "all"
    for label, page in ((texts.NEWER, number - 1), (texts.OLDER, number + 1)):
        if 0 <= page < pages:
            view.add_item(Control.button("jobs_page", f"{whose}.{state}.{page}", label=label))
    return embed, view


async def family_page(bot: CannonBot, viewer: Viewer, job: Job) -> tuple[discord.Embed, discord.ui.View]:
    """Draw a job with its family, as far as this viewer may see it, and what can be done with it."""
    store = bot.parts.store
    found = await store.cards.with_jobs(job.guild_id, job.card_id)
    assert found is not None
    card, jobs = found
    operation = bot.catalogue.find(job.operation)
    embed = discord.Embed(
        title=texts.job_title(job.id, operation.title if operation is not None else job.operation),
        description=_words(job),
        colour=NEUTRAL,
    )
    state = state_word(job.state)
    error = f": {harmless(shortened(job.error, 300))}" if job.error else ""
    embed.add_field(name=texts.STATE, value=f"{state}{error}", inline=False)
    embed.add_field(name=texts.COST, value=cost_words(job))
    embed.add_field(name=texts.AUTHOR, value=f"<@{job.author_id}> {stamp(job.created_at)}")
    if card.message_id is not None and card.is_in_channel and not card.private:
        embed.add_field(name=texts.CARD, value=message_link(card))
    family = await bot.parts.generation.visible.family(viewer, job.id)
    if len(family) > 1:
        embed.description = f"{embed.description or ''}\n{texts.FAMILY}\n{family_text(family, job.id)}".strip()
        embed.add_field(name=texts.FAMILY_COST, value=total_words(family), inline=False)
    view = discord.ui.View(timeout=None)
    for item in in_five_rows(results.offered(bot, jobs, linked=bool(job.media)), ()):
        view.add_item(item)
    return embed, view


def _words(job: Job) -> str | None:
    """Return a job's prompt as a quotation; of an erased job, the note that it was erased."""
    if job.prompt:
        return "\n".join(f"> {line}" for line in harmless(shortened(job.prompt, 350)).splitlines())
    return None if job.erased_at is None else texts.RECORD_ERASED


def family_text(family: Sequence[Job], shown_id: str) -> str:
    """Write a family as a tree, a line for each: what came from what, and what it cost. `family` is oldest first."""
    return fitting([_line(job, depth, job.id == shown_id) for job, depth in _tree(family)], FAMILY_CHARS)


def _tree(family: Sequence[Job]) -> Iterator[tuple[Job, int]]:
    """Yield the family depth first, each with its distance from the first."""
    ids = {job.id for job in family}
    children: dict[str | None, list[Job]] = {}
    for job in family:
        origin = origin_of(job)
        children.setdefault(origin if origin in ids else None, []).append(job)
    pending = [(job, 0) for job in reversed(children.get(None, []))]
    while pending:
        job, depth = pending.pop()
        yield job, depth
        pending += [(child, depth + 1) for child in reversed(children.get(job.id, []))]


def origin_of(job: Job) -> str | None:
    """Return what a job came from: the step before it on its card, else the job that its card was made from."""
    return job.after_ids[0] if job.after_ids else job.parent_id


def _line(job: Job, depth: int, is_shown: bool) -> str:
    indent = "\u2003" * min(max(depth - 1, 0), INDENT_MAX) + ("└ " if depth else "")
    name = f"**`{job.id}`**" if is_shown else f"`{job.id}`"
    return f"{indent}{name} `{job.operation}` · {state_word(job.state)} · {cost_words(job)}"


def total_words(family: Sequence[Job]) -> str:
    """Return what a family cost in total, and what is held for its open jobs."""
    paid = sum((job.held if job.cost is None else job.cost for job in family if job.state in PAID_STATES), Decimal(0))
    held = sum((job.held for job in family if job.state in OPEN_STATES), Decimal(0))
    return texts.and_held(credits_words(paid), credits_words(held)) if held else credits_words(paid)


def with_link(medium: Media, link: str | None) -> Media:
    """Return the medium with another link, if there is one."""
    return medium if link is None else replace(medium, url=link)
