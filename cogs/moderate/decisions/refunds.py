"""Credits back: a member asks under a job that was charged for nothing, and a moderator grants them by a button."""

from collections.abc import Sequence

import discord
import structlog

from bot.app.client import CannonBot
from bot.delivery.colours import ATTENTION
from bot.delivery.deadlines import in_time
from bot.delivery.discord_facts import DISCORD_ERRORS
from bot.delivery.messages import nonce_of
from bot.delivery.practice_mark import marked, marked_title
from bot.domain.harmless_text import harmless
from bot.domain.models import Job, credits_words
from bot.errors import InputError
from cogs.moderate.decisions import texts
from cogs.ui.controls import Control, on, on_job, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import GONE

log = structlog.get_logger(__name__)


@on_job("ask_refund")
async def ask_refund(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Ask the moderators for the credits of a job, for its author, once."""
    if not job.is_charged_for_nothing:
        raise InputError(GONE)
    if interaction.user.id != job.author_id:
        raise InputError(texts.REFUND_OF_ANOTHER)
    quota = interaction.client.parts.moderation.quota
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    await quota.ask_refund(job.guild_id, job.id)
    if not await _post(interaction.client, job):
        await quota.take_back_refund(job.guild_id, job.id)
        raise InputError(texts.REFUND_NOBODY)
    await in_time(interaction.edit_original_response(content=str(texts.REFUND_WAITS)))


async def _post(bot: CannonBot, job: Job) -> bool:
    """Post the question where moderators read; return whether that was possible."""
    rules = await bot.parts.store.settings.get(job.guild_id)
    channel_id = rules.approval_channel or rules.log_channel
    if channel_id is None:
        return False
    embed = discord.Embed(
        title=marked_title(str(texts.REFUND_QUESTION), [job]), description=harmless(job.error or ""), colour=ATTENTION
    )
    embed.add_field(name=texts.AUTHOR, value=f"<@{job.author_id}>")
    embed.add_field(name=texts.REFUND_COST, value=credits_words(job.held if job.cost is None else job.cost))
    embed.set_footer(text=marked(texts.footer(job.id), [job]))
    button = Control.button("refund", job.id, label=str(texts.REFUND), style=discord.ButtonStyle.success)
    try:
        await in_time(
            bot.get_partial_messageable(channel_id, guild_id=job.guild_id).send(
                embed=embed, view=view_of([button]), nonce=nonce_of("refund", job.id, channel_id)
            )
        )
    except DISCORD_ERRORS as error:
        log.info("refund.not_asked", job=job.id, error=type(error).__name__)
        return False
    return True


@on("refund")
async def refund(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    """Grant the author what the job has cost; a second press refunds nothing."""
    await require_moderator(interaction)
    quota, by_id = interaction.client.parts.moderation.quota, interaction.user.id
    text = await quota.refund(guild_of(interaction), job_id, by_id=by_id)
    await in_time(interaction.response.edit_message(content=text, view=None))


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the actions are registered as this is read."""
