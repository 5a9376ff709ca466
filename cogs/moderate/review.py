"""Review mode: `/studio review`, and the answers to a result that waits for a moderator's look."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.formatting import plain
from bot.domain.models import Job
from bot.domain.text import full_stop
from bot.errors import InputError
from bot.store import ReviewRule, ReviewVerdict
from cogs.moderate.refusal_form import RefusalForm
from cogs.ui.controls import Control, on
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, missing_permissions, require_moderator

REASON_CHARS = 180
"""With the words around it, what a card's state line shows of a sentence."""
NONE_SET = "Results are posted without review. `/studio review` with `channel` has moderators look at them first."

ReviewScope = discord.TextChannel | discord.VoiceChannel | discord.ForumChannel | discord.CategoryChannel


# ---------------------------------------------------------------------- the rules


async def set_review(
    interaction: Interaction, channel: discord.TextChannel | None, only_in: ReviewScope | None, switch: str | None
) -> None:
    """Show where results are reviewed, change it, or switch it off; what waits already is still decided about."""
    await require_moderator(interaction)
    if switch == "off":
        await _switch_off(interaction, only_in)
    elif channel is not None:
        await _switch_on(interaction, channel, only_in)
    elif only_in is not None:
        raise InputError("Name the channel where results are looked at, too.", "channel")
    else:
        rules = await interaction.client.parts.store.reviews.rules(guild_of(interaction))
        text = "\n".join(line(rule) for rule in rules) or NONE_SET
        await interaction.response.send_message(text, ephemeral=True)


def line(rule: ReviewRule) -> str:
    """Write a rule as one line."""
    where = f"of <#{rule.channel_id}>" if rule.channel_id else "of this server"
    return f"Results {where} are looked at in <#{rule.review_channel}> before they are posted."


async def _switch_on(interaction: Interaction, channel: discord.TextChannel, only_in: ReviewScope | None) -> None:
    if only_in is not None and only_in.id == channel.id:
        raise InputError("Results cannot be reviewed in the channel that they are kept back from.", "channel")
    if interaction.guild is not None:
        missing = missing_permissions(channel.permissions_for(interaction.guild.me), is_thread=False)
        if missing:
            raise InputError(
                f"I could not post in {channel.mention}: give me {' and '.join(missing)} there.", "channel"
            )
    rule = ReviewRule(channel_id=0 if only_in is None else only_in.id, review_channel=channel.id)
    reviews = interaction.client.parts.moderation.reviews
    await reviews.set_rule(guild_of(interaction), rule, by_id=interaction.user.id)
    await interaction.response.send_message(
        f"Done: {line(rule)} Let only moderators read that channel.", ephemeral=True
    )


async def _switch_off(interaction: Interaction, only_in: ReviewScope | None) -> None:
    channel_id = None if only_in is None else only_in.id
    reviews = interaction.client.parts.moderation.reviews
    text = await reviews.remove_rule(guild_of(interaction), channel_id, by_id=interaction.user.id)
    await interaction.response.send_message(
        f"Done: {text} What waits already can still be decided about.", ephemeral=True
    )


# ---------------------------------------------------------------------- the answers


def answers(job: Job) -> Sequence[discord.ui.Item[Any]]:
    """Return what moderators can say of a result."""
    return [
        Control.button("publish", job.id, label="Publish", style=discord.ButtonStyle.success),
        Control.button("keep_back", job.id, label="Refuse…", style=discord.ButtonStyle.danger),
    ]


@on("publish")
async def publish(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    """Let the result go where it was asked for."""
    await _decide(interaction, job_id, ReviewVerdict.PUBLISHED, "")


@on("keep_back")
async def ask_why(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    """Open the form that asks why not."""
    await require_moderator(interaction)
    await interaction.client.parts.moderation.reviews.require_waiting(guild_of(interaction), job_id)
    await interaction.response.send_modal(
        RefusalForm(interaction.client, "Refuse this result", refuse, job_id, chars=REASON_CHARS)
    )


async def refuse(interaction: Interaction, job_id: str, reason: str) -> None:
    """Refuse the result, if it still waits and the sender still is a moderator."""
    await _decide(interaction, job_id, ReviewVerdict.REFUSED, reason)


async def _decide(interaction: Interaction, job_id: str, verdict: ReviewVerdict, reason: str) -> None:
    await require_moderator(interaction)
    reviews = interaction.client.parts.moderation.reviews
    await reviews.decide(guild_of(interaction), job_id, verdict, reason, by_id=interaction.user.id)
    because = f": {plain(reason)}" if reason else ""
    word = "Published" if verdict is ReviewVerdict.PUBLISHED else "Refused"
    await interaction.response.edit_message(
        content=full_stop(f"{word} by <@{interaction.user.id}>{because}"), view=None
    )


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the answers are registered as this is read."""
