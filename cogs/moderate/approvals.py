"""Dear jobs wait for a moderator: the question in the approval channel, and the three answers to it."""

from collections.abc import Sequence
from decimal import Decimal

import discord
import structlog

from bot.app.client import CannonBot
from bot.delivery.colours import ATTENTION
from bot.delivery.discord_facts import DISCORD_ERRORS
from bot.delivery.messages import nonce_of
from bot.delivery.text import plain
from bot.domain.card_jobs import main_job, prompt_text
from bot.domain.models import Card, Job, credits_text
from bot.domain.text import full_stop, shortened, stamp
from bot.errors import InputError, NotAllowed
from bot.store import Approval
from cogs.ui.audit import record
from cogs.ui.controls import Control, on, view_of
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator

log = structlog.get_logger(__name__)

DECIDED = "Somebody has decided about this already, or its time is over."
OWN = "You may not approve your own job; another moderator can. (`/studio settings` can allow it.)"
REASON_CHARS = 200


async def ask_moderators(bot: CannonBot, approval: Approval) -> None:
    """Post the question where the guild wants it; without such a place the key's setter is told."""
    store = bot.parts.store
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
        await store.approvals.note_message(approval.guild_id, approval.card_id, channel_id=0, message_id=0)
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
        await store.approvals.note_message(approval.guild_id, approval.card_id, channel_id=channel_id, message_id=0)
        return
    except DISCORD_ERRORS as error:
        log.info("approval.later", card=approval.card_id, error=type(error).__name__)
        return
    await store.approvals.note_message(
        approval.guild_id, approval.card_id, channel_id=channel_id, message_id=message.id
    )


def total(jobs: Sequence[Job]) -> Decimal:
    """Return what the jobs hold together, in credits."""
    return sum((job.held for job in jobs), Decimal(0))


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


async def _waiting(interaction: Interaction, card_id: str, *, approving: bool) -> tuple[Card, Sequence[Job]]:
    """Return the card that waits, if this moderator may decide about it. Raises NotAllowed or InputError."""
    await require_moderator(interaction)
    guild_id, store = guild_of(interaction), interaction.client.parts.store
    found = await store.cards.with_jobs(guild_id, card_id)
    if found is None or await store.approvals.get(guild_id, card_id) is None:
        raise InputError(DECIDED)
    if approving and found[0].author_id == interaction.user.id and not (await store.settings.get(guild_id)).approve_own:
        raise NotAllowed(OWN)
    return found


async def _close(interaction: Interaction, card: Card, text: str) -> None:
    """Say under the question how it was answered, and take the answers away."""
    await interaction.response.edit_message(content=text, view=None)
    await interaction.client.parts.delivery.show(card.guild_id, card.id)


@on("approve")
async def approve(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    """Let the card go on."""
    card, jobs = await _waiting(interaction, card_id, approving=True)
    await _approve(interaction, card, jobs, raised=False)


@on("approve_grant")
async def approve_and_grant(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    """Let the card go on, and give its author as many credits again, so that it takes nothing off their limit."""
    card, jobs = await _waiting(interaction, card_id, approving=True)
    await _approve(interaction, card, jobs, raised=True)


async def _approve(interaction: Interaction, card: Card, jobs: Sequence[Job], *, raised: bool) -> None:
    bot = interaction.client
    if await bot.parts.jobs.approve(card.guild_id, card.id) is None:
        raise InputError(DECIDED)
    credits_ = total(jobs)
    text = f"Approved by <@{interaction.user.id}>"
    if raised and credits_ > 0:
        await bot.parts.store.grants.add(
            card.guild_id, card.author_id, credits_, note="approved job", by_id=interaction.user.id, expires_at=None
        )
        text += f", and <@{card.author_id}> was granted {credits_text(credits_)} credits"
    await _close(interaction, card, f"{text}.")
    await record(
        bot,
        card.guild_id,
        interaction.user.id,
        "approval",
        f"approved <@{card.author_id}>'s job of about {credits_text(credits_)} credits"
        + (" and granted them as many" if raised else ""),
        {"card": card.id, "member": card.author_id, "credits": str(credits_), "granted": raised},
    )


class RefusalForm(Form):
    """Asks why."""

    reason: discord.ui.TextInput["RefusalForm"] = discord.ui.TextInput(
        label="Why? The member reads this", max_length=REASON_CHARS, required=False
    )

    def __init__(self, bot: CannonBot, card_id: str) -> None:
        super().__init__(bot, title="Refuse this job", name="refusal")
        self.card_id = card_id

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Refuse the card, if it still waits and the sender still is a moderator."""
        await _turn_down(interaction, self.card_id, self.reason.value.strip())  # type: ignore[arg-type]  # our client's


@on("turn_down")
async def turn_down(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    """Open the form that asks why."""
    await _waiting(interaction, card_id, approving=False)
    await interaction.response.send_modal(RefusalForm(interaction.client, card_id))


async def _turn_down(interaction: Interaction, card_id: str, reason: str) -> None:
    card, jobs = await _waiting(interaction, card_id, approving=False)
    bot = interaction.client
    if await bot.parts.jobs.turn_down(card.guild_id, card.id, reason) is None:
        raise InputError(DECIDED)
    because = f": {plain(reason)}" if reason else ""
    await _close(interaction, card, full_stop(f"Refused by <@{interaction.user.id}>{because}"))
    await record(
        bot,
        card.guild_id,
        interaction.user.id,
        "approval",
        f"refused <@{card.author_id}>'s job of about {credits_text(total(jobs))} credits{because}",
        {"card": card.id, "member": card.author_id, "reason": reason},
    )


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the answers are registered as this is read."""
