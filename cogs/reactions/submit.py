"""From a reaction to a job: the road of commands, for what comes without an interaction to answer.

The card is a message of the bot's own. Its row comes first, then the message with a nonce made of the card's id, then
the note that it was sent: after a crash in between, the channel is searched for it, and what is not there is given
back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import discord

from bot.app.client import CannonBot
from bot.domain.models import credits_text
from bot.errors import Refused
from bot.generation.card_spec import CardSpec
from bot.generation.generation import Generation
from bot.jobs.intake import Accepted, Unconfirmed
from cogs.ui.interaction import place_in
from cogs.ui.permissions import lacking
from cogs.workflows.submit import look_at_files, steps

PostableChannel: TypeAlias = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
"""Where in a server results are posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTarget:
    """Where a card is to stand, and the message that it replies to."""

    channel: PostableChannel
    message_id: int


async def accept(bot: CannonBot, request: Generation, spot: CardTarget, payer: discord.Member) -> Accepted:
    """Check, price and store what is asked for in the name of `payer`. Raises as JobService.accept does."""
    guild = spot.channel.guild
    missing = lacking(spot.channel.permissions_for(guild.me), is_thread=isinstance(spot.channel, discord.Thread))
    if missing:
        raise Refused(f"I could not post the result in this channel: I lack {' and '.join(missing)} here.")
    bot.parts.switches.require_on(guild.id, bot.catalogue.resolve(request.operation))
    values: Mapping[str, Any] = request.values
    if request.files:
        values = await look_at_files(bot, guild.id, payer.id, request)
    spec = CardSpec(
        place=place_in(guild.id, spot.channel.id, spot.channel, payer),
        author_id=payer.id,
        interaction_id=None,
        token=None,
        steps=steps(bot.catalogue, request, values),
        locale=str(guild.preferred_locale),
        parent_id=request.parent_id,
        confirmed=request.confirmed,
    )
    try:
        return await bot.parts.jobs.accept(spec)
    except Unconfirmed as unconfirmed:
        raise Refused(
            f"This costs about {credits_text(unconfirmed.price)} credits, for which this server wants a yes first: "
            "use the button or the command."
        ) from unconfirmed


async def post(bot: CannonBot, taken: Accepted, spot: CardTarget) -> None:
    """Post the card of what was taken in; its jobs go from then on. Raises Discord's error, with all given back."""
    card = taken.card
    embed, files = await bot.parts.delivery.cards.first_answer(card, taken.jobs)
    view = bot.parts.delivery.cards.first_view(card, taken.jobs)
    may_reply = spot.channel.permissions_for(spot.channel.guild.me).read_message_history
    parent = discord.MessageReference(
        message_id=spot.message_id,
        channel_id=spot.channel.id,
        guild_id=card.guild_id,
        fail_if_not_exists=False,
    )
    try:
        message = await spot.channel.send(
            embed=embed,
            files=files,
            view=view or discord.utils.MISSING,
            nonce=f"card-{card.id}",
            reference=parent if may_reply else discord.utils.MISSING,
            mention_author=False,
        )
    except Exception:
        if await bot.parts.recovery.settle_answer(card):
            return  # Discord has it all the same
        raise
    await bot.parts.jobs.mark_answered(card, message_id=message.id, channel_id=message.channel.id)
