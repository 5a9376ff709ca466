"""Refunds: a member asks under a job charged for nothing, and a moderator grants them by a button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import discord

from bot.delivery.channels.facts import in_time
from bot.delivery.channels.view import message_link
from bot.delivery.notices import LogChannel
from bot.domain.models import Job
from bot.errors import InputError
from bot.moderation.questions import QuestionActs
from bot.moderation.texts import NO_READERS
from bot.store import REFUND_REQUEST, Cards
from cogs.moderate.decisions import texts
from cogs.ui.controls import on, on_job
from cogs.ui.forms import Form
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import GONE


@on_job("ask_refund")
async def ask_refund(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Ask the moderators to refund a job, once, for its author; posted by the outbox."""
    if not job.is_charged_for_nothing or interaction.user.id != job.author_id:
        raise InputError(GONE)
    if not await use(interaction, LogChannel).takes(job.guild_id, REFUND_REQUEST):
        raise InputError(NO_READERS)
    card = await use(interaction, Cards).get(job.guild_id, job.card_id)
    link = "" if card is None or card.message_id is None or card.is_by_token else message_link(card)
    await use(interaction, QuestionActs).ask_refund(job, link=link)
    await in_time(interaction.response.send_message(str(texts.REFUND_WAITS), ephemeral=True))


@on("refund")
async def refund(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    """Refund the job's cost; a second press refunds nothing."""
    await require_moderator(interaction)
    questions, by_id = use(interaction, QuestionActs), interaction.user.id
    text = await questions.refund(guild_of(interaction), job_id, by_id=by_id)
    said = "" if interaction.message is None else interaction.message.content
    await in_time(interaction.response.edit_message(content=f"{said}\n{text}".strip(), view=None))


Refuse = Callable[[Interaction, str, str], Awaitable[None]]
"""Rejects; takes the interaction, the subject's id, and the reason (may be empty)."""


class RefusalForm(Form):
    """Asks for the reason, which the author reads. `refuse` checks the permission."""

    def __init__(self, bot: Bot, title: str, refuse: Refuse, subject: str, *, chars: int) -> None:
        super().__init__(bot, title=title, name="refusal")
        self._refuse = refuse
        self._subject = subject
        self.reason: discord.ui.TextInput[RefusalForm] = discord.ui.TextInput(
            label=str(texts.REASON_INPUT), max_length=chars, required=False
        )
        self.add_item(self.reason)

    async def answer(self, interaction: Interaction) -> None:
        await self._refuse(interaction, self._subject, self.reason.value.strip())
