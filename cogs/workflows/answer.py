"""The answer to an accepted generation: its card is sent, and recorded once Discord has it."""

from collections.abc import Awaitable, Callable

import discord
import structlog
from structlog.contextvars import bind_contextvars

from bot.app.client import CannonBot
from bot.delivery.discord_facts import ALREADY_ANSWERED
from bot.errors import StoreError
from bot.jobs.intake import Accepted

log = structlog.get_logger(__name__)

FIRST_LOOK_S = 12.0
"""When a card is drawn again that nothing has happened to: its place in the queue may be another."""
Send = Callable[[discord.Embed, list[discord.File], discord.ui.View | None], Awaitable[int | None]]
"""Sends a card to Discord; returns its message's id, None if Discord did not return it."""


async def answer(bot: CannonBot, accepted: Accepted, send: Send) -> None:
    """Send the card; its jobs start once Discord is known to have it.

    Raises what `send` raises, with everything refunded, unless Discord has the card nevertheless.
    """
    if not accepted.fresh:
        return
    card, jobs, delivery = accepted.card, accepted.jobs, bot.parts.delivery.cards
    bind_contextvars(guild=card.guild_id, card=card.id)
    embed, files = await delivery.first_answer(card, jobs)
    try:
        message_id = await send(embed, files, await delivery.first_view(card, jobs))
    except Exception as error:
        is_taken = isinstance(error, discord.HTTPException) and error.code == ALREADY_ANSWERED
        if await bot.parts.recovery.settle_answer(card, is_taken=is_taken):
            return  # there is nothing to apologise for
        raise
    if message_id is None:
        await bot.parts.recovery.settle_answer(card)
        return
    delivery.note_answered(message_id, files)
    try:
        await bot.parts.jobs.mark_answered(card, message_id=message_id, channel_id=card.channel_id)
    except StoreError as error:
        # Discord has the card; that is noted by the next round of the upkeep.
        log.warning("answer.not_noted", card=card.id, error=error.sentence)
    bot.parts.delivery.ticker.expect((card.guild_id, card.id), FIRST_LOOK_S)
