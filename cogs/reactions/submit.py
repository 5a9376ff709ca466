"""From a reaction to a card: like a command, without an interaction to answer.

The row is stored first, then the message is sent with a nonce made of the reaction, then the message's id is recorded.
After a crash in between, the channel is searched for the message; without it, the jobs are refunded. If two copies of
the bot act on one reaction, Discord returns the first one's message to the second, whose jobs are refunded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import discord
import structlog

from bot.delivery.card.readers import Authors, GuildLanguages
from bot.delivery.channels.facts import CONTENT_CHARS, DISCORD_ERRORS, UPLOAD_TIMEOUT_S, in_time
from bot.delivery.channels.messages import nonce_of, subjects_on
from bot.domain.jobs.card_spec import Origin
from bot.domain.models import UNKNOWN, Job, JobState, credits_words
from bot.domain.money.spend_request import YES_COVERS, ZERO
from bot.domain.server.places import Viewer
from bot.errors import Refused
from bot.jobs.intake import Accepted, Unconfirmed
from bot.language import sentences
from bot.store import Jobs
from cogs.reactions import texts
from cogs.ui.interaction import Bot, PostableChannel, place_in, use
from cogs.ui.permissions import missing_permissions
from cogs.ui.texts import APPROVED_FIRST, NO_PERMISSION_TO_POST
from cogs.workflows.asked.submit import answer

MEMBER_WITHIN_S = 30.0
log = structlog.get_logger(__name__)


def is_price_shown(jobs: Sequence[Job], labelled: Decimal | None) -> bool:
    """Whether a button of the source card already shows this price; `labelled` is in credits."""
    return labelled is not None and _total(jobs) <= labelled * YES_COVERS


async def tell_price(payer: discord.Member, emoji: str, channel_id: int, jobs: Sequence[Job]) -> None:
    """Send the payer one line about the jobs, whose credits are held already; best effort."""
    is_known = all(job.basis != UNKNOWN for job in jobs)
    line = texts.PRICE_LINES[is_known](emoji=emoji, channel=channel_id, price=_total(jobs))
    if any(job.state is JobState.AWAITING_APPROVAL for job in jobs):
        line = sentences(line, APPROVED_FIRST)
    await send_privately(payer, line)


async def send_privately(member: discord.Member, text: str) -> None:
    """Send a direct message; best effort."""
    try:
        await in_time(member.send(text[:CONTENT_CHARS]))
    except DISCORD_ERRORS as error:
        log.info("reaction.not_notified", member=member.id, error=type(error).__name__)


async def member_of(guild: discord.Guild, member_id: int) -> discord.Member | None:
    """Return the member, None if they have left. Raises Discord's other errors, and TimeoutError."""
    async with asyncio.timeout(MEMBER_WITHIN_S):
        try:
            return guild.get_member(member_id) or await guild.fetch_member(member_id)
        except discord.NotFound:
            return None


def question(unconfirmed: Unconfirmed) -> str:
    """Return the refusal when a price needs confirmation: the price and the balance."""
    if unconfirmed.cautions:
        return texts.DOUBTFUL(caution=unconfirmed.cautions[0].sentence)
    shown, left = unconfirmed.shown, unconfirmed.foreseen.left
    if shown.known:
        sentence, rest = texts.NEEDS_CONFIRMATION(price=credits_words(shown.credits)), left and left.sentence_after()
    else:
        sentence, rest = str(texts.UNKNOWN_NEEDS_CONFIRMATION), left and left.sentence()
    return sentences(sentence, rest or "", APPROVED_FIRST if unconfirmed.foreseen.needs_approval else "")


def _total(jobs: Sequence[Job]) -> Decimal:
    return sum((job.estimate for job in jobs), ZERO)


async def origin_in(bot: Bot, channel: PostableChannel, payer: discord.Member, viewer: Viewer) -> Origin:
    """Return where `payer`, who sees what `viewer` does, requests. Raises Refused if the bot can't post there."""
    guild = channel.guild
    missing = missing_permissions(channel.permissions_for(guild.me), is_thread=isinstance(channel, discord.Thread))
    if missing:
        raise Refused(NO_PERMISSION_TO_POST(channel=channel.id, permissions=missing))
    use(bot, Authors).note(guild.id, payer)
    return Origin(
        place=place_in(guild.id, channel.id, channel, payer),
        author_id=payer.id,
        viewer=viewer,
        locale=await use(bot, GuildLanguages).of(guild.id),
    )


async def post(bot: Bot, cause: str, accepted: Accepted, channel: PostableChannel, *, reply_to: int = 0) -> None:
    """Post the card of an accepted generation, in reply to a message, 0 for none; its jobs start then.

    Raises Discord's errors, with all jobs refunded.
    `cause` is what is done once: another copy of the bot that does the same gets this message.
    """
    may_reply = channel.permissions_for(channel.guild.me).read_message_history
    ids = {job.id for job in accepted.jobs}
    parent = None
    if reply_to and may_reply:
        parent = discord.MessageReference(
            message_id=reply_to,
            channel_id=channel.id,
            guild_id=accepted.card.guild_id,
            fail_if_not_exists=False,
        )

    async def attempt(
        embed: discord.Embed, files: list[discord.File], view: discord.ui.View | None, nonce: str
    ) -> discord.Message:
        return await in_time(
            channel.send(
                embed=embed,
                files=files,
                view=view or discord.utils.MISSING,
                nonce=nonce,
                reference=parent,  # type: ignore[arg-type]  # None is its default, but the stubs do not say so
                mention_author=False,
            ),
            UPLOAD_TIMEOUT_S,
        )

    async def send(embed: discord.Embed, files: list[discord.File], view: discord.ui.View | None) -> int | None:
        message = await attempt(embed, files, view, nonce_of("card", cause, channel.id))
        if ids & subjects_on(message):
            return message.id
        if await use(bot, Jobs).known(subjects_on(message)):  # of the same cause, given up meanwhile
            for file in files:
                file.reset(seek=True)
            return (await attempt(embed, files, view, nonce_of("card", accepted.card.id))).id
        return None  # another copy of the bot has posted it

    await answer(bot, accepted, send)
