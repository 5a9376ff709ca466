"""One job of the gallery: its details and actions."""

from __future__ import annotations

from bot.catalogue.texts import echo
from bot.delivery.card.states import state_of
from bot.delivery.channels.facts import in_time
from bot.delivery.channels.view import Rows
from bot.domain.models import Job
from bot.domain.texts import mention
from bot.domain.words.text import stamp
from bot.errors import InputError
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.texts import NO_JOB
from bot.generation.visible_jobs import VisibleJobs
from bot.store import GuildSettings, Jobs
from cogs.jobs import texts
from cogs.results import buttons as results
from cogs.results.details import show_job
from cogs.results.remove import stop_controls
from cogs.ui.interaction import Interaction, use
from cogs.ui.limit_text import cost_words
from cogs.ui.panels import box_of, layout
from cogs.ui.permissions import guild_of, is_moderator, viewer_of


async def open_job(interaction: Interaction, job_id: str) -> None:
    """Show a job ephemerally; its ledger only, to a moderator who may not see it. Raises Refused, InputError."""
    job = await use(interaction, VisibleJobs).get(await viewer_of(interaction), job_id)
    if job is not None:
        await show_job(interaction, job, await _controls(interaction, job))
        return
    if await is_moderator(interaction):
        job = await use(interaction, Jobs).get(guild_of(interaction), job_id.strip().upper())
    if job is None:
        raise InputError(NO_JOB(job=echo(job_id)), "job")
    await _show_hidden(interaction, job)


async def _controls(interaction: Interaction, job: Job) -> Rows:
    bot = interaction.client
    jobs = await use(bot, EarlierJobs).of_card(job)
    rules = await use(bot, GuildSettings).get(job.guild_id)
    private = await use(bot, EarlierJobs).is_private(job)
    rows = results.offered(bot, jobs, linked=bool(job.media), shown_above=rules.confirm_above, private=private)
    if len(jobs) > 1 and not job.state.ended and not job.is_secret:
        return [[*stop_controls([job], bot.clock.wall(), alone=True)], *rows]
    return rows


async def _show_hidden(interaction: Interaction, job: Job) -> None:
    facts = [
        f"`{job.operation}`",
        state_of(job),
        cost_words(job),
        stamp(job.created_at),
        mention(job.author_id),
    ]
    lines = [f"### `{job.id}`", " · ".join(facts), str(texts.HIDDEN_JOB)]
    stop = [] if job.is_secret else stop_controls([job], interaction.client.clock.wall(), alone=True)
    view = layout(box_of("\n".join(lines)), rows=[stop] if stop else [])
    await in_time(interaction.response.send_message(view=view, ephemeral=True))
