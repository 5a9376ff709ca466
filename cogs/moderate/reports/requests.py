"""What members ask of the moderators in the log channel: a refund of their own job, a look at another's result."""

from __future__ import annotations

from collections.abc import Sequence

from bot.delivery.channels.facts import in_time
from bot.delivery.channels.view import message_link
from bot.delivery.notices import LogChannel
from bot.domain.models import Job, JobState
from bot.errors import InputError
from bot.language import Text
from bot.moderation.questions import QuestionActs
from bot.moderation.texts import NO_READERS
from bot.store import REFUND_REQUEST, REPORT, Cards
from cogs.moderate.reports import texts
from cogs.ui.controls import job_of, on_job
from cogs.ui.forms import TextForm
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import require_unblocked
from cogs.ui.texts import GONE

REASON_CHARS = 300


@on_job("ask_refund")
async def ask_refund(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Ask the moderators to refund a job, once, for its author; posted by the outbox."""
    if not job.is_charged_for_nothing or interaction.user.id != job.author_id:
        raise InputError(GONE)
    await _require_readers(interaction, job, REFUND_REQUEST)
    await use(interaction, QuestionActs).ask_refund(job, link=await _link(interaction, job))
    await _thank(interaction, texts.REFUND_WAITS)


@on_job("report")
async def report(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Open the form, for another member's result."""
    if job.state is not JobState.DELIVERED:
        raise InputError(GONE)
    await _require_reporter(interaction, job)
    await use(interaction, QuestionActs).require_unreported(job, by_id=interaction.user.id)

    async def send(sent: Interaction, reason: str) -> None:
        """Report the result, if the member may still see it."""
        shown = await job_of(sent, job.id)
        await _require_reporter(sent, shown)
        link = await _link(sent, shown)
        await use(sent, QuestionActs).report(shown, reason, link=link, by_id=sent.user.id)
        await _thank(sent, texts.REPORT_SENT)

    about = (texts.REPORT_FORM, texts.REPORT_INPUT, texts.REPORT_HINT)
    form = TextForm(interaction.client, *about, chars=REASON_CHARS, long=True, required=True, then=send)
    await form.open(interaction)


async def _require_reporter(interaction: Interaction, job: Job) -> None:
    """Raise Refused for a blocked member, and if no moderator would see the report."""
    await require_unblocked(interaction)
    await _require_readers(interaction, job, REPORT)


async def _require_readers(interaction: Interaction, job: Job, kind: str) -> None:
    if not await use(interaction, LogChannel).takes(job.guild_id, kind):
        raise InputError(NO_READERS)


async def _link(interaction: Interaction, job: Job) -> str:
    """Return the link to the job's card; '' for one that only its author sees."""
    card = await use(interaction, Cards).get(job.guild_id, job.card_id)
    return "" if card is None or card.message_id is None or card.is_by_token else message_link(card)


async def _thank(interaction: Interaction, sentence: Text) -> None:
    await in_time(interaction.response.send_message(str(sentence), ephemeral=True))
