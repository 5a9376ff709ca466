"""The form that reports another member's result."""

from collections.abc import Sequence

import discord

from bot.delivery.channels.facts import in_time
from bot.delivery.channels.view import message_link
from bot.delivery.notices import LogChannel
from bot.domain.models import Job, JobState
from bot.errors import InputError, Refused
from bot.moderation.questions import QuestionActs
from bot.moderation.texts import NO_READERS
from bot.store import REPORT, Cards
from cogs.moderate.reports import texts
from cogs.ui.controls import job_of, on_job
from cogs.ui.forms import Form
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import require_unblocked
from cogs.ui.texts import GONE

REASON_CHARS = 300


class ReportForm(Form):
    """Asks what is wrong with the result."""

    def __init__(self, bot: Bot, job: Job) -> None:
        super().__init__(bot, title=str(texts.REPORT_FORM), name="report")
        self._job = job
        self.reason: discord.ui.TextInput[ReportForm] = discord.ui.TextInput(
            label=str(texts.REPORT_INPUT),
            placeholder=str(texts.REPORT_PLACEHOLDER),
            style=discord.TextStyle.paragraph,
            max_length=REASON_CHARS,
        )
        self.add_item(self.reason)

    async def answer(self, interaction: Interaction) -> None:
        """Report the result, if the member may still see it."""
        job = await job_of(interaction, self._job.id)
        await _require_reader(interaction, job)
        card = await use(interaction, Cards).get(job.guild_id, job.card_id)
        link = "" if card is None or card.message_id is None else message_link(card)
        await use(interaction, QuestionActs).report(job, self.reason.value, link=link, by_id=interaction.user.id)
        await in_time(interaction.response.send_message(str(texts.REPORT_SENT), ephemeral=True))


@on_job("report")
async def report(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Open the form, for another member's result."""
    if job.state is not JobState.DELIVERED:
        raise InputError(GONE)
    await _require_reader(interaction, job)
    await use(interaction, QuestionActs).require_unreported(job, by_id=interaction.user.id)
    await in_time(interaction.response.send_modal(ReportForm(interaction.client, job)))


async def _require_reader(interaction: Interaction, job: Job) -> None:
    """Raise Refused for a blocked member, and if no moderator would see the report."""
    await require_unblocked(interaction)
    if not await use(interaction, LogChannel).takes(job.guild_id, REPORT):
        raise Refused(NO_READERS)
