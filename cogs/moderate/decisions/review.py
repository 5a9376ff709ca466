"""Review mode: `/studio review`, and the answers to a result under review."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import in_time
from bot.domain.models import Job
from bot.domain.words.text import harmless
from bot.errors import InputError
from bot.language import speaking
from bot.moderation.questions import ReviewDecisions
from bot.store import ReviewRule, Reviews, ReviewVerdict
from cogs.moderate.decisions import texts
from cogs.moderate.decisions.refunds import RefusalForm
from cogs.ui.controls import Control, on
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of, missing_permissions, require_moderator

REASON_CHARS = 180
"""Fits into a card's state line with its other words."""

WORKED_IN_S = 30 * 24 * 3600.0
"""How long a channel counts as in use after a request there."""

ReviewScope = discord.TextChannel | discord.VoiceChannel | discord.ForumChannel | discord.CategoryChannel


# ---------------------------------------------------------------------- the rules


async def set_review(
    interaction: Interaction, channel: discord.TextChannel | None, only_in: ReviewScope | None, switch: str | None
) -> None:
    """Show, change or switch off the review channel; results under review can still be decided."""
    await require_moderator(interaction)
    if switch == "off":
        await _switch_off(interaction, only_in)
    elif channel is not None:
        await _switch_on(interaction, channel, only_in)
    elif only_in is not None:
        raise InputError(texts.REVIEW_CHANNEL_MISSING, "channel")
    else:
        rules = await use(interaction, Reviews).rules(guild_of(interaction))
        text = "\n".join(_line(rule) for rule in rules) or str(texts.NO_REVIEW)
        await in_time(interaction.response.send_message(text, ephemeral=True))


def _line(rule: ReviewRule) -> str:
    return texts.review_rule(rule.channel_id, rule.review_channel)


async def _switch_on(interaction: Interaction, channel: discord.TextChannel, only_in: ReviewScope | None) -> None:
    if only_in is not None and only_in.id == channel.id:
        raise InputError(texts.REVIEW_IN_SAME_CHANNEL, "channel")
    if interaction.guild is not None:
        missing = missing_permissions(channel.permissions_for(interaction.guild.me), is_thread=False)
        if missing:
            raise InputError(texts.NO_PERMISSION_TO_POST(channel=channel.mention, permissions=missing), "channel")
    is_open = await require_review_place(interaction, channel.id)
    rule = ReviewRule(channel_id=0 if only_in is None else only_in.id, review_channel=channel.id)
    reviews = use(interaction, ReviewDecisions)
    await reviews.set_rule(guild_of(interaction), rule, by_id=interaction.user.id)
    text = texts.review_on(_line(rule), channel.id, is_open=is_open)
    await in_time(interaction.response.send_message(text, ephemeral=True))


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


async def _switch_off(interaction: Interaction, only_in: ReviewScope | None) -> None:
    channel_id = None if only_in is None else only_in.id
    reviews = use(interaction, ReviewDecisions)
    text = await reviews.remove_rule(guild_of(interaction), channel_id, by_id=interaction.user.id)
    await in_time(interaction.response.send_message(texts.review_off(text), ephemeral=True))


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
    await _decide(interaction, job_id, ReviewVerdict.PUBLISHED, "")


@on("keep_back")
async def ask_why(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await use(interaction, ReviewDecisions).require_waiting(guild_of(interaction), job_id)
    await in_time(
        interaction.response.send_modal(
            RefusalForm(interaction.client, str(texts.REFUSE_RESULT_FORM), refuse, job_id, chars=REASON_CHARS)
        )
    )


async def refuse(interaction: Interaction, job_id: str, reason: str) -> None:
    """Reject the result, if it is still under review and the sender is still a moderator."""
    await _decide(interaction, job_id, ReviewVerdict.REFUSED, reason)


async def _decide(interaction: Interaction, job_id: str, verdict: ReviewVerdict, reason: str) -> None:
    await require_moderator(interaction)
    reviews = use(interaction, ReviewDecisions)
    by_id, asked = interaction.user.id, interaction.message
    question = None if asked is None else (asked.channel.id, asked.id)
    await reviews.decide(guild_of(interaction), job_id, verdict, reason, by_id=by_id, question=question)
    is_published = verdict is ReviewVerdict.PUBLISHED
    with speaking(await use(interaction, GuildLanguages).of(guild_of(interaction))):  # all moderators read it
        said = texts.PUBLISHED(member=by_id) if is_published else texts.refused(by_id, harmless(reason))
    await in_time(interaction.response.edit_message(content=said, view=None))
