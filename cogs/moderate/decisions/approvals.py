"""Jobs above the threshold: the question in the approval channel, its three answers, and what it says afterwards."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import discord
import structlog

from bot.delivery import Delivery
from bot.delivery.card.context import ATTENTION, FAILURE, STOPPED, SUCCESS, marked
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import DISCORD_ERRORS, in_time, may_pass
from bot.delivery.channels.messages import nonce_of
from bot.delivery.channels.view import message_link
from bot.domain.jobs.card_jobs import card_words, main_job
from bot.domain.models import Card, Job, JobState
from bot.domain.words.text import harmless, shortened, stamp
from bot.errors import InputError
from bot.jobs.surface import Later, Sentence
from bot.language import Text, plain_amount, speaking, tr
from bot.moderation.alerts import Alerts
from bot.moderation.questions import QuestionActs, grantable, total
from bot.store import APPROVAL, Cards, Copies, GuildSettings, Question
from cogs.moderate.decisions import texts
from cogs.moderate.decisions.why import ask_why
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of, require_moderator

log = structlog.get_logger(__name__)

NO_CHANNEL_AGAIN_S = 600.0
"""Retry interval of a channel that takes no questions; a newly chosen one is asked at once."""
ALERT_QUIET_S = 24 * 3600.0


async def ask_moderators(bot: Bot, approval: Question) -> None:
    """Post the question in the configured channel; without one, alert the member who set the key.

    Raises Later if no channel takes it.
    """
    found = await use(bot, Cards).with_jobs(approval.guild_id, approval.subject)
    if found is None:
        return
    card, jobs = found
    rules = await use(bot, GuildSettings).get(approval.guild_id)
    channel_id = rules.approval_channel or rules.log_channel
    if channel_id is None:
        raise await _no_channel(bot, approval, lambda: str(texts.NO_APPROVAL_CHANNEL))
    channel = bot.get_partial_messageable(channel_id, guild_id=approval.guild_id)
    try:
        message = await in_time(
            channel.send(
                embed=question(bot, card, jobs, approval, is_log=rules.approval_channel is None),
                view=answers(card, jobs),
                nonce=nonce_of("approve", approval.subject, channel_id),
            )
        )
    except DISCORD_ERRORS as error:
        if not may_pass(error):
            closed = partial(texts.APPROVAL_CHANNEL_CLOSED, channel=channel_id)
            raise await _no_channel(bot, approval, closed) from error
        log.info("approval.later", card=approval.subject, error=type(error).__name__)
    else:
        await use(bot, QuestionActs).note_approval(card, jobs[0].id, channel_id=channel_id, message_id=message.id)


async def _no_channel(bot: Bot, approval: Question, sentence: Sentence) -> Later:
    """Alert the guild, once a day, that the channel is unusable; return the time of the next try."""
    log.info("approval.channel_closed", guild=approval.guild_id, card=approval.subject)
    if await use(bot, Alerts).once(approval.guild_id, "approval channel", quiet_s=ALERT_QUIET_S):
        await use(bot, Delivery).alert(approval.guild_id, sentence)
    return Later(NO_CHANNEL_AGAIN_S)


def question(bot: Bot, card: Card, jobs: Sequence[Job], approval: Question, *, is_log: bool) -> discord.Embed:
    """Draw the question; `is_log` as in `_request`."""
    embed = _request(bot, card, jobs, texts.APPROVAL_TITLE, is_log=is_log)
    embed.colour = discord.Colour(ATTENTION)
    if approval.reason:
        embed.add_field(name=str(texts.ABOVE_A_LIMIT), value=texts.above_what(approval.reason), inline=False)
    embed.add_field(name=texts.EXPIRES, value=stamp(approval.expires_at))
    return embed


def _request(bot: Bot, card: Card, jobs: Sequence[Job], title: Text, *, is_log: bool) -> discord.Embed:
    """Draw what is requested, under a `title` about its operation.

    A private request's words are only for those who decide: not for readers of the log channel, the fallback
    (`is_log`).
    """
    operation = bot.catalogue.find(main_job(jobs).operation)
    name = title(operation=tr(operation.title) if operation is not None else jobs[0].operation)
    embed = discord.Embed(
        title=texts.APPROVAL_PRACTICE(title=name) if jobs[0].practice else name,
        description=texts.PRIVATE_REQUEST if card.private and is_log else harmless(shortened(card_words(jobs), 1500)),
    )
    embed.add_field(name=texts.AUTHOR, value=f"<@{card.author_id}>")
    embed.add_field(name=texts.CHANNEL, value=f"<#{card.channel_id}>")
    embed.add_field(name=texts.ESTIMATE, value=texts.approval_estimate(total(jobs), jobs[-1].basis))
    embed.set_footer(text=marked(texts.FOOTER(subject_id=card.id), jobs))
    return embed


def answers(card: Card, jobs: Sequence[Job]) -> discord.ui.View:
    """Return the answers; a grant is offered if there is something to grant."""
    buttons: list[discord.ui.Item[Any]] = [
        Control.button("approve", card.id, label=texts.APPROVE, style=discord.ButtonStyle.success)
    ]
    if amount := grantable(jobs):
        label = texts.APPROVE_AND_GRANT(credits=plain_amount(amount))
        buttons.append(Control.button("approve_grant", card.id, label=label))
    buttons.append(Control.button("turn_down", card.id, label=texts.REFUSE, style=discord.ButtonStyle.danger))
    return view_of([*buttons, *_to_card(card)])


def _to_card(card: Card) -> list[discord.ui.Item[Any]]:
    """Return the link to the card; [] for one that only its author sees."""
    if card.message_id is None or card.is_by_token:
        return []
    return [discord.ui.Button(label=str(texts.OPEN_CARD), url=message_link(card))]


# ---------------------------------------------------------------------- what was answered


def _titled(jobs: Sequence[Job]) -> tuple[Text, int]:
    """Return the title and the colour of a question that is no longer asked."""
    unsent = {job.state for job in jobs if job.submitted_at is None}
    if JobState.REFUSED in unsent:
        return texts.REFUSED_TITLE, FAILURE
    if unsent == {JobState.EXPIRED}:
        return texts.EXPIRED_TITLE, STOPPED
    if unsent == {JobState.CANCELLED}:
        return texts.CANCELED_TITLE, STOPPED
    return texts.APPROVED_TITLE, SUCCESS


def _closed(bot: Bot, card: Card, jobs: Sequence[Job], said: str, *, is_log: bool) -> dict[str, Any]:
    """Return the edit of a question that is no longer asked; `said` is who answered it, and when, or ''."""
    title, colour = _titled(jobs)
    embed = _request(bot, card, jobs, title, is_log=is_log)
    embed.colour = discord.Colour(colour)
    embed.description = "\n\n".join(each for each in (said, embed.description) if each)
    return {"content": None, "embed": embed, "view": view_of(links) if (links := _to_card(card)) else None}


async def close_question(bot: Bot, card: Card, jobs: Sequence[Job]) -> None:
    """Redraw the question of a card whose jobs have expired or were canceled; best effort."""
    copies = await use(bot, Copies).of_card(card.guild_id, card.id)
    for asked in (each for each in copies if each.kind == APPROVAL):
        channel = bot.get_partial_messageable(asked.channel_id, guild_id=card.guild_id)
        try:
            edit = await _edit_in(bot, card, jobs, "", channel_id=asked.channel_id)
            await in_time(channel.get_partial_message(asked.message_id).edit(**edit))
        except DISCORD_ERRORS as error:
            log.info("approval.not_closed", card=card.id, error=type(error).__name__)


async def _edit_in(bot: Bot, card: Card, jobs: Sequence[Job], said: str, *, channel_id: int) -> dict[str, Any]:
    """Return the edit for a question in this channel, in the server's language: all moderators read it."""
    rules = await use(bot, GuildSettings).get(card.guild_id)
    with speaking(await use(bot, GuildLanguages).of(card.guild_id)):
        return _closed(bot, card, jobs, said, is_log=channel_id != rules.approval_channel)


@on("approve")
async def approve(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    await _approve(interaction, card_id, raises_limit=False)


@on("approve_grant")
async def approve_and_grant(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    """Approve the jobs, and grant their author the same amount, so that their limit is untouched."""
    await _approve(interaction, card_id, raises_limit=True)


async def _approve(interaction: Interaction, card_id: str, *, raises_limit: bool) -> None:
    await require_moderator(interaction)
    approvals, by_id = use(interaction, QuestionActs), interaction.user.id
    async with _redrawn_if_decided(interaction, card_id):
        jobs = await approvals.approve(guild_of(interaction), card_id, by_id=by_id, raises_limit=raises_limit)
    granted = grantable(jobs) if raises_limit else Decimal(0)
    await _close(interaction, card_id, partial(texts.approved, by_id, jobs[0].author_id, granted))


@on("turn_down")
async def turn_down(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    async with _redrawn_if_decided(interaction, card_id):
        await ask_why(interaction, APPROVAL, card_id, texts.REFUSE_JOB_FORM, _refuse)


async def _refuse(interaction: Interaction, card_id: str, reason: str) -> None:
    """Reject the card, if it still waits and the sender is still a moderator."""
    await require_moderator(interaction)
    by_id = interaction.user.id
    async with _redrawn_if_decided(interaction, card_id):
        await use(interaction, QuestionActs).turn_down(guild_of(interaction), card_id, reason, by_id=by_id)
    await _close(interaction, card_id, partial(texts.refused_job, by_id, harmless(reason)))


async def _close(interaction: Interaction, card_id: str, say: Callable[[float], str]) -> None:
    """Turn the question into its answer, with a link to the card, which is updated in any case.

    `say` takes the time of the answer, in Unix seconds.
    """
    try:
        with speaking(await use(interaction, GuildLanguages).of(guild_of(interaction))):
            said = say(interaction.client.clock.wall())
        await in_time(interaction.response.edit_message(**await _edit(interaction, card_id, said)))
    finally:
        await use(interaction, Delivery).show(guild_of(interaction), card_id)


async def _edit(interaction: Interaction, card_id: str, said: str) -> dict[str, Any]:
    found = await use(interaction, Cards).with_jobs(guild_of(interaction), card_id)
    if found is None:
        return {"content": said or None, "view": None}
    return await _edit_in(interaction.client, *found, said, channel_id=interaction.channel_id or 0)


@contextlib.asynccontextmanager
async def _redrawn_if_decided(interaction: Interaction, card_id: str) -> AsyncIterator[None]:
    """If the question is no longer asked, redraw it before the refusal; best effort."""
    try:
        yield
    except InputError:
        with contextlib.suppress(*DISCORD_ERRORS):
            if interaction.message is not None:
                await in_time(interaction.message.edit(**await _edit(interaction, card_id, "")))
        raise
