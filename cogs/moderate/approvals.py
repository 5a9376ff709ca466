"""Dear jobs wait for a moderator: the question in the approval channel, and the three answers to it."""

from collections.abc import Sequence

import discord
import structlog

from bot.app.client import CannonBot
from bot.delivery.colours import ATTENTION
from bot.delivery.discord_facts import DISCORD_ERRORS
from bot.delivery.formatting import plain
from bot.delivery.messages import nonce_of
from bot.domain.card_jobs import main_job, prompt_text
from bot.domain.models import Card, Job, credits_text
from bot.domain.text import full_stop, shortened, stamp
from bot.guild.approvals import total
from bot.store import Approval
from cogs.moderate.refusal_form import RefusalForm
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator

log = structlog.get_logger(__name__)

REASON_CHARS = 200


async def ask_moderators(bot: CannonBot, approval: Approval) -> None:
    """Post the question where the guild wants it; without such a place the key's setter is told."""
    store, note = bot.parts.store, bot.parts.moderation.approvals.note_question
    found = await store.cards.with_jobs(approval.guild_id, approval.card_id)
    if found is None:
        return
    rules = await store.settings.get(approval.guild_id)
    channel_id = rules.approval_channel or rules.log_channel
    if channel_id is None:
        await bot.parts.delivery.alert(
            approval.guild_id,
            "A job waits for approval, but no approval channel is set; set one with `/studio settings`.",
        )
        await note(approval.guild_id, approval.card_id, channel_id=0, message_id=0)
        return
    channel = bot.get_partial_messageable(channel_id, guild_id=approval.guild_id)
    try:
        message = await channel.send(
            embed=question(bot, *found, approval),
            view=answers(approval.card_id),
            nonce=nonce_of("approve", approval.card_id),
        )
    except (discord.Forbidden, discord.NotFound):
        await bot.parts.delivery.alert(
            approval.guild_id, f"A job waits for approval, but I may not post in <#{channel_id}>."
        )
        await note(approval.guild_id, approval.card_id, channel_id=channel_id, message_id=0)
        return
    except DISCORD_ERRORS as error:
        log.info("approval.later", card=approval.card_id, error=type(error).__name__)
        return
    await note(approval.guild_id, approval.card_id, channel_id=channel_id, message_id=message.id)


def question(bot: CannonBot, card: Card, jobs: Sequence[Job], approval: Approval) -> discord.Embed:
    """Draw what a moderator needs to decide."""
    operation = bot.catalogue.find(main_job(jobs).operation)
    title = operation.title if operation is not None else jobs[0].operation
    embed = discord.Embed(
        title=f"May this be made? {title}", description=plain(shortened(prompt_text(jobs), 1500)), colour=ATTENTION
    )
    embed.add_field(name="Asked by", value=f"<@{card.author_id}>")
    embed.add_field(name="Where", value=f"<#{card.channel_id}>")
    embed.add_field(name="About", value=f"{credits_text(total(jobs))} credits ({jobs[-1].basis})")
    embed.add_field(name="Until", value=stamp(approval.expires_at))
    embed.set_footer(text=f"cannon-bot · {card.id}")
    return embed


def answers(card_id: str) -> discord.ui.View:
    """Return the three answers."""
    return view_of(
        [
            Control.button("approve", card_id, label="Approve", style=discord.ButtonStyle.success),
            Control.button("approve_grant", card_id, label="Approve and raise limit"),
            Control.button("turn_down", card_id, label="Refuse…", style=discord.ButtonStyle.danger),
        ]
    )


@on("approve")
async def approve(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    """Let the card's jobs start."""
    await _approve(interaction, card_id, raises_limit=False)


@on("approve_grant")
async def approve_and_grant(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    """Let the card's jobs start, and grant its author the same amount, so that their limit is untouched."""
    await _approve(interaction, card_id, raises_limit=True)


async def _approve(interaction: Interaction, card_id: str, *, raises_limit: bool) -> None:
    await require_moderator(interaction)
    approvals, by_id = interaction.client.parts.moderation.approvals, interaction.user.id
    jobs = await approvals.approve(guild_of(interaction), card_id, by_id=by_id, raises_limit=raises_limit)
    text, credits_ = f"Approved by <@{by_id}>", total(jobs)
    if raises_limit and credits_ > 0:
        text += f", and <@{jobs[0].author_id}> was granted {credits_text(credits_)} credits"
    await _close(interaction, card_id, f"{text}.")


@on("turn_down")
async def turn_down(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    """Open the form that asks why."""
    await require_moderator(interaction)
    bot = interaction.client
    await bot.parts.moderation.approvals.waiting(guild_of(interaction), card_id)
    await interaction.response.send_modal(RefusalForm(bot, "Refuse this job", refuse, card_id, chars=REASON_CHARS))


async def refuse(interaction: Interaction, card_id: str, reason: str) -> None:
    """Refuse the card, if it still waits and the sender still is a moderator."""
    await require_moderator(interaction)
    approvals, by_id = interaction.client.parts.moderation.approvals, interaction.user.id
    await approvals.turn_down(guild_of(interaction), card_id, reason, by_id=by_id)
    because = f": {plain(reason)}" if reason else ""
    await _close(interaction, card_id, full_stop(f"Refused by <@{by_id}>{because}"))


async def _close(interaction: Interaction, card_id: str, text: str) -> None:
    """Say under the question how it was answered, and take the answers away. The card shows it in any case."""
    try:
        await interaction.response.edit_message(content=text, view=None)
    finally:
        await interaction.client.parts.delivery.show(guild_of(interaction), card_id)


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the answers are registered as this is read."""
