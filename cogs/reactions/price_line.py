"""The price of what a reaction makes, told privately to who pays before anything is sent: an emoji has no label."""

from collections.abc import Sequence
from decimal import Decimal

import discord
import structlog

from bot.delivery.deadlines import in_time
from bot.delivery.discord_facts import DISCORD_ERRORS
from bot.domain.models import UNKNOWN, Job, credits_text, credits_words
from bot.domain.spend_request import YES_COVERS, ZERO
from bot.jobs.intake import Unconfirmed
from cogs.reactions import texts

log = structlog.get_logger(__name__)


def is_told(jobs: Sequence[Job], labelled: Decimal | None) -> bool:
    """Whether a button of the card that was reacted to tells this price already; `labelled` is in credits."""
    return labelled is not None and _total(jobs) <= labelled * YES_COVERS


async def tell_price(payer: discord.Member, reactor_id: int, emoji: str, channel_id: int, jobs: Sequence[Job]) -> None:
    """Send who pays one line about the jobs, whose credits are held by now; best effort."""
    is_known = all(job.basis != UNKNOWN for job in jobs)
    price = credits_words(_total(jobs)) if is_known else None
    if reactor_id == payer.id:
        line = texts.price_line(emoji, channel_id, price)
    else:
        line = texts.price_line_of(emoji, channel_id, price, reactor_id)
    try:
        await in_time(payer.send(line))
    except DISCORD_ERRORS as error:
        log.info("reaction.price_not_told", member=payer.id, error=type(error).__name__)


def question(unconfirmed: Unconfirmed) -> str:
    """Return what a reaction is refused with where a price is to be confirmed: the price, and what there is to pay."""
    if unconfirmed.cautions:
        return texts.doubtful(unconfirmed.cautions[0].sentence)
    shown, left, seen = unconfirmed.shown, unconfirmed.left, unconfirmed.seen
    if shown.known:
        sentence, rest = texts.needs_confirmation(credits_words(shown.credits)), left and left.sentence_after()
    else:
        sentence, rest = texts.unknown_needs_confirmation(seen and _range(*seen)), left and left.sentence()
    return f"{sentence} {rest}" if rest else sentence


def _range(low: Decimal, high: Decimal) -> str:
    return credits_words(low) if low == high else texts.price_range(credits_text(low), credits_words(high))


def _total(jobs: Sequence[Job]) -> Decimal:
    return sum((job.held for job in jobs), ZERO)
