"""Review mode: the place for it, and the answers to a result under review."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.delivery.card.context import FAILURE, SUCCESS
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import in_time
from bot.delivery.posting.review import answered
from bot.domain.models import Job
from bot.domain.words.text import harmless
from bot.errors import InputError
from bot.language import speaking
from bot.moderation.questions import QuestionActs
from bot.store import REVIEW, Answer, Reviews
from cogs.moderate.decisions import texts
from cogs.moderate.decisions.why import ask_why
from cogs.ui.controls import Control, on
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of, require_moderator

WORKED_IN_S = 30 * 24 * 3600.0
"""How long a channel counts as in use after a request there."""


# ---------------------------------------------------------------------- the place


async def require_review_place(interaction: Interaction, channel_id: int) -> bool:
    """Raise InputError for a channel in use by members; return whether everyone can read it."""
    guild = interaction.guild
    channel = None if guild is None else guild.get_channel_or_thread(channel_id)
    if guild is None or channel is None:
        return False
    is_open = channel.permissions_for(guild.default_role).view_channel
    since = interaction.client.clock.wall() - WORKED_IN_S
    if is_open and await use(interaction, Reviews).is_worked_in(guild.id, channel_id, since=since):
        raise InputError(texts.PEOPLE_WORK_THERE(channel=channel_id), "channel")
    return is_open


# ---------------------------------------------------------------------- the answers


def answers(job: Job) -> Sequence[discord.ui.Item[Any]]:
    """Return the buttons under a result under review."""
    return [
        Control.button("publish", job.id, label=str(texts.PUBLISH), style=discord.ButtonStyle.success),
        Control.button("keep_back", job.id, label=str(texts.REFUSE), style=discord.ButtonStyle.danger),
    ]


@on("publish")
async def publish(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    """Post the result where it was requested."""
    await _decide(interaction, job_id, Answer.PUBLISHED, "")


@on("keep_back")
async def keep_back(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await ask_why(interaction, REVIEW, job_id, texts.REFUSE_RESULT_FORM, _refuse)


async def _refuse(interaction: Interaction, job_id: str, reason: str) -> None:
    """Reject the result, if it is still under review and the sender is still a moderator."""
    await _decide(interaction, job_id, Answer.REFUSED, reason)


async def _decide(interaction: Interaction, job_id: str, verdict: Answer, reason: str) -> None:
    await require_moderator(interaction)
    by_id, asked = interaction.user.id, interaction.message
    question = None if asked is None else (asked.channel.id, asked.id)
    await use(interaction, QuestionActs).review(
        guild_of(interaction), job_id, verdict, reason, by_id=by_id, question=question
    )
    is_published = verdict is Answer.PUBLISHED
    with speaking(await use(interaction, GuildLanguages).of(guild_of(interaction))):  # all moderators read it
        said = texts.PUBLISHED(member=by_id) if is_published else texts.refused(by_id, harmless(reason))
        title = str(texts.PUBLISHED_TITLE if is_published else texts.NOT_PUBLISHED_TITLE)
    colour = SUCCESS if is_published else FAILURE
    embeds = [] if asked is None else [answered(each, title, colour) for each in asked.embeds]
    await in_time(interaction.response.edit_message(content=said, embeds=embeds, view=None))
