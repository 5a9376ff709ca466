"""One job of the gallery: its details with all that can be done about it."""

from typing import Any

import discord

from bot.delivery.card_states import state_word
from bot.delivery.colours import NEUTRAL
from bot.delivery.deadlines import in_time
from bot.domain.models import Job
from bot.domain.text import stamp
from bot.domain.texts import mention
from bot.errors import InputError
from cogs.jobs import texts
from cogs.jobs.cancelling import any_job, cancel_button
from cogs.results import buttons as results
from cogs.results.details import show_job
from cogs.ui.interaction import Interaction
from cogs.ui.limit_text import cost_words
from cogs.ui.permissions import is_moderator
from cogs.ui.texts import GONE
from cogs.ui.viewer import viewer_of


async def open_job(interaction: Interaction, job_id: str) -> None:
    """Show a job ephemerally; to a moderator who may not see it, what its books say. Raises Refused, InputError."""
    bot = interaction.client
    job = await bot.parts.generation.visible.get(await viewer_of(interaction), job_id)
    if job is not None:
        await show_job(interaction, job, await _controls(interaction, job))
    elif await is_moderator(interaction):
        await _show_hidden(interaction, await any_job(interaction, job_id))
    else:
        raise InputError(GONE)


async def _controls(interaction: Interaction, job: Job) -> list[discord.ui.Item[Any]]:
    bot = interaction.client
    jobs = await bot.parts.generation.earlier.of_card(job)
    rules = await bot.parts.store.settings.get(job.guild_id)
    private = await bot.parts.generation.earlier.is_private(job)
    controls = results.offered(bot, jobs, linked=bool(job.media), told_above=rules.confirm_above, private=private)
    if len(jobs) > 1 and not job.state.ended:
        return [cancel_button(job), *controls]
    return controls


async def _show_hidden(interaction: Interaction, job: Job) -> None:
    facts = [
        f"`{job.operation}`",
        state_word(job.state),
        cost_words(job),
        stamp(job.created_at),
        mention(job.author_id),
    ]
    lines = [f"### `{job.id}`", " · ".join(facts), str(texts.HIDDEN_JOB)]
    box: discord.ui.Container[Any] = discord.ui.Container(accent_colour=NEUTRAL)
    box.add_item(discord.ui.TextDisplay("\n".join(lines)))
    view: discord.ui.LayoutView = discord.ui.LayoutView(timeout=None)
    view.add_item(box)
    if not job.state.ended:
        view.add_item(discord.ui.ActionRow(cancel_button(job)))
    await in_time(interaction.response.send_message(view=view, ephemeral=True))
