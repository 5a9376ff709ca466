"""The pages of `/jobs`: a page of a list, and a job with its family."""

from collections.abc import Collection
from dataclasses import replace

import discord

from bot.app.client import CannonBot
from bot.delivery.colours import NEUTRAL
from bot.domain.models import JobState, Media
from cogs.jobs import texts
from cogs.ui.controls import Control
from cogs.ui.limit_text import fitting, job_line
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


def with_link(medium: Media, link: str | None) -> Media:
    """Return the medium with another link, if there is one."""
    return medium if link is None else replace(medium, url=link)
