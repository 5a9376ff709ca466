"""*Details*: what a card does not show, for who presses it alone: ids, settings, times, family."""

from collections.abc import Sequence

import discord

from bot.delivery.colours import NEUTRAL
from bot.delivery.deadlines import in_time
from bot.domain.models import Job
from cogs.results import texts
from cogs.ui.controls import Control, on_job
from cogs.ui.interaction import Interaction

DETAILS = "details"
ICON = "🧾"


def details_button(job: Job) -> Control:
    """Return the button that every card has; through it a card's message names the job that it is about."""
    return Control.button(DETAILS, job.id, label=texts.DETAILS, emoji=ICON)


@on_job(DETAILS, when_erased=True)
async def show_details(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Show ephemerally what is known of a job that the member may see."""
    embed = discord.Embed(description=f"`{job.id}`", colour=NEUTRAL)
    await in_time(interaction.response.send_message(embed=embed, ephemeral=True))
