"""The controls of a card with several results: each alone (U1 to U4), a variant of each (V1 to V4), a select beyond.

U stands above V: the first row is filled with other buttons, so that the second begins with V1.
"""

from collections.abc import Sequence
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.discord_facts import BUTTONS_PER_ROW, OPTIONS_PER_SELECT
from bot.domain.models import Job
from bot.domain.text import shortened
from cogs.results import texts
from cogs.results.variants import VARY
from cogs.ui.controls import Control

ALONE = "alone"
"""Shows a result alone; also the kind of that message among the copies."""
WITH_BUTTONS = 4
"""How many results have buttons of their own."""

Items = list[discord.ui.Item[Any]]


def laid_out(bot: CannonBot, results: Sequence[Job], made: Sequence[Job], *, first: Items, others: Items) -> Items:
    """Return all controls of a card: `first`, U and V of what is `made` among its `results`, `others`, the select.

    A result keeps its number, whichever of the others failed.
    """
    numbered = {job.id: number for number, job in enumerate(results, start=1)}
    own = [job for job in made if job.media][:WITH_BUTTONS]
    can_vary = bot.parts.generation.reruns.can_vary
    alone = [Control.button(ALONE, job.id, label=texts.alone(numbered[job.id])) for job in own]
    vary = [Control.button(VARY, job.id, label=texts.vary_one(numbered[job.id])) for job in own if can_vary(job)]
    above = [*first, *alone]
    gap = max(0, BUTTONS_PER_ROW - len(above))
    beyond = [job for job in made if job not in own]
    return [*above, *others[:gap], *vary, *others[gap:], *([_choice(beyond, numbered)] if beyond else [])]


def _choice(jobs: Sequence[Job], numbered: dict[str, int]) -> Control:
    options = [
        discord.SelectOption(
            label=shortened(f"{numbered[job.id]}. {job.prompt.strip() or job.operation}", 100), value=job.id
        )
        for job in jobs[:OPTIONS_PER_SELECT]
    ]
    return Control.select("pick", jobs[0].id, placeholder=texts.PICK, options=options)
