"""`/jobs`: the gallery of jobs, and one job directly."""

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalogue.checks.values import clean_text
from bot.delivery.answers.command_payload import anywhere
from bot.generation.visible_jobs import VisibleJobs
from cogs.jobs import texts
from cogs.jobs.browsing import ANY, MINE, WORDS_CHARS, Browsing
from cogs.jobs.gallery import show_first
from cogs.jobs.one_job import open_job
from cogs.ui.choices import CHOICES_MAX, or_none
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import viewer_of
from cogs.workflows.asked.options import job_label

JobId = app_commands.Range[str, 1, 20]
Words = app_commands.Range[str, 1, WORDS_CHARS]
States = Literal["open", "delivered", "held", "failed", "cancelled"]


@or_none
async def complete_job(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Offer the member's own jobs that match all words, newest first."""
    viewer, now = await viewer_of(interaction), interaction.client.clock.wall()
    listed = await use(interaction, VisibleJobs).page(
        viewer, author_id=viewer.member_id, words=typed.split(), limit=CHOICES_MAX
    )
    return [app_commands.Choice(name=job_label(each.job, now), value=each.job.id) for each in listed]


class JobCommands(commands.Cog):
    """The jobs of a server."""

    @app_commands.command(name="jobs", description=texts.JOBS_LIST)
    @anywhere
    @app_commands.describe(
        search=texts.SEARCH_OPTION, state=texts.STATE_OPTION, member=texts.MEMBER_OPTION, job=texts.JOB_OPTION
    )
    @app_commands.autocomplete(job=complete_job)
    async def jobs(
        self,
        interaction: Interaction,
        search: Words | None = None,
        state: States | None = None,
        member: discord.User | None = None,
        job: JobId | None = None,
    ) -> None:
        """Show the first page ephemerally, or one job."""
        if job is not None:
            await open_job(interaction, job)
            return
        whose = MINE if member is None else str(member.id)
        await show_first(interaction, Browsing(whose=whose, state=state or ANY, typed=clean_text(search or "")))


async def setup(bot: Bot) -> None:
    await bot.add_cog(JobCommands())
