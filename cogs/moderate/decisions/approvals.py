"""Jobs above the threshold: the question in the approval channel, and its three answers."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import discord
import structlog

from bot.delivery import Delivery
from bot.delivery.card.context import ATTENTION, marked
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.delivery.channels.messages import nonce_of
from bot.domain.jobs.card_jobs import main_job, prompt_text
from bot.domain.models import Card, Job
from bot.domain.server.guild_rules import Scope
from bot.domain.words.text import harmless, shortened, stamp
from bot.jobs.surface import Later, Sentence
from bot.language import speaking, tr
from bot.moderation.alerts import Alerts
from bot.moderation.questions import ApprovalDecisions, total
from bot.store import Approval, Cards, GuildSettings, LimitAtRisk, WorstCases
from cogs.moderate.decisions import texts
from cogs.moderate.decisions.refunds import RefusalForm
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import worst_case_lines
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import WORST_CASE

log = structlog.get_logger(__name__)

REASON_CHARS = 200
NO_CHANNEL_AGAIN_S = 600.0
"""Retry interval of a channel that takes no questions; a newly chosen one is asked at once."""
ALERT_QUIET_S = 24 * 3600.0


async def ask_moderators(bot: Bot, approval: Approval) -> bool:
    """Post the question in the configured channel; without one, alert the member who set the key.

    Returns False if Discord rejects the question's content. Raises Later if no channel takes it.
    """
    note = use(bot, ApprovalDecisions).note_question
    found = await use(bot, Cards).with_jobs(approval.guild_id, approval.card_id)
    if found is None:
        return True
    rules = await use(bot, GuildSettings).get(approval.guild_id)
    at_risk = concerning(*found, await use(bot, WorstCases).of_guild(approval.guild_id))
    channel_id = rules.approval_channel or rules.log_channel
    if channel_id is None:
        raise await _closed(bot, approval, lambda: str(texts.NO_APPROVAL_CHANNEL))
    channel = bot.get_partial_messageable(channel_id, guild_id=approval.guild_id)
    try:
        message = await in_time(
            channel.send(
                embed=question(bot, *found, approval, at_risk, is_log=rules.approval_channel is None),
                view=answers(approval.card_id),
                nonce=nonce_of("approve", approval.card_id, channel_id),
            )
        )
    except (discord.Forbidden, discord.NotFound) as error:
        raise await _closed(bot, approval, partial(texts.APPROVAL_CHANNEL_CLOSED, channel=channel_id)) from error
    except DISCORD_ERRORS as error:
        log.info("approval.later", card=approval.card_id, error=type(error).__name__)
        return not (isinstance(error, discord.HTTPException) and 400 <= error.status < 500 and error.status != 429)
    await note(approval.guild_id, approval.card_id, channel_id=channel_id, message_id=message.id)
    return True


async def _closed(bot: Bot, approval: Approval, sentence: Sentence) -> Later:
    """Alert the guild, once a day, that the channel is unusable; return the time of the next try."""
    log.info("approval.channel_closed", guild=approval.guild_id, card=approval.card_id)
    if await use(bot, Alerts).once(approval.guild_id, "approval channel", quiet_s=ALERT_QUIET_S):
        await use(bot, Delivery).alert(approval.guild_id, sentence)
    return Later(NO_CHANNEL_AGAIN_S)


def concerning(card: Card, jobs: Sequence[Job], found: Iterable[LimitAtRisk]) -> list[LimitAtRisk]:
    """Return those limits that the card's jobs count for and that moderators may see."""
    places = {0, card.channel_id, card.parent_channel_id, card.category_id}
    operations = {"", *(job.operation for job in jobs)}
    return [
        each
        for each in found
        if each.practice is jobs[0].practice
        and each.member_id in {None, card.author_id}
        and each.limit.operation in operations
        and each.limit.channel_id in places
        and each.limit.scope is not Scope.HOST_TOTAL
        and (jobs[0].key_id is None or not each.limit.scope.is_host)
    ]


def question(
    bot: Bot, card: Card, jobs: Sequence[Job], approval: Approval, at_risk: Iterable[LimitAtRisk], *, is_log: bool
) -> discord.Embed:
    """Draw the question.

    A private request's words are only for those who decide: not for readers of the log channel, the fallback
    (`is_log`).
    """
    operation = bot.catalogue.find(main_job(jobs).operation)
    title = tr(operation.title) if operation is not None else jobs[0].operation
    embed = discord.Embed(
        title=texts.APPROVAL_PRACTICE(title=texts.APPROVAL_TITLE(operation=title))
        if jobs[0].practice
        else texts.APPROVAL_TITLE(operation=title),
        description=texts.PRIVATE_REQUEST if card.private and is_log else harmless(shortened(prompt_text(jobs), 1500)),
        colour=ATTENTION,
    )
    embed.add_field(name=texts.AUTHOR, value=f"<@{card.author_id}>")
    embed.add_field(name=texts.CHANNEL, value=f"<#{card.channel_id}>")
    embed.add_field(name=texts.ESTIMATE, value=texts.approval_estimate(total(jobs), jobs[-1].basis))
    if approval.asked:
        embed.add_field(name=str(texts.ABOVE_A_LIMIT), value=texts.above_what(approval.asked), inline=False)
    if worst := worst_case_lines(at_risk, most=1):
        embed.add_field(name=WORST_CASE, value=worst, inline=False)
    embed.add_field(name=texts.EXPIRES, value=stamp(approval.expires_at))
    embed.set_footer(text=marked(texts.FOOTER(subject_id=card.id), jobs))
    return embed


def answers(card_id: str) -> discord.ui.View:
    return view_of(
        [
            Control.button("approve", card_id, label=str(texts.APPROVE), style=discord.ButtonStyle.success),
            Control.button("approve_grant", card_id, label=str(texts.APPROVE_AND_GRANT)),
            Control.button("turn_down", card_id, label=str(texts.REFUSE), style=discord.ButtonStyle.danger),
        ]
    )


@on("approve")
async def approve(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    await _approve(interaction, card_id, raises_limit=False)


@on("approve_grant")
async def approve_and_grant(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    """Approve the jobs, and grant their author the same amount, so that their limit is untouched."""
    await _approve(interaction, card_id, raises_limit=True)


async def _approve(interaction: Interaction, card_id: str, *, raises_limit: bool) -> None:
    await require_moderator(interaction)
    approvals, by_id = use(interaction, ApprovalDecisions), interaction.user.id
    jobs = await approvals.approve(guild_of(interaction), card_id, by_id=by_id, raises_limit=raises_limit)
    amount = total(jobs)
    grant = (jobs[0].author_id, amount) if raises_limit and amount > 0 else None
    await _close(interaction, card_id, partial(texts.approved, by_id, grant))


@on("turn_down")
async def turn_down(interaction: Interaction, card_id: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    bot = interaction.client
    await use(bot, ApprovalDecisions).waiting(guild_of(interaction), card_id)
    await in_time(
        interaction.response.send_modal(
            RefusalForm(bot, str(texts.REFUSE_JOB_FORM), refuse, card_id, chars=REASON_CHARS)
        )
    )


async def refuse(interaction: Interaction, card_id: str, reason: str) -> None:
    """Reject the card, if it still waits and the sender is still a moderator."""
    await require_moderator(interaction)
    approvals, by_id = use(interaction, ApprovalDecisions), interaction.user.id
    await approvals.turn_down(guild_of(interaction), card_id, reason, by_id=by_id)
    await _close(interaction, card_id, partial(texts.refused, by_id, harmless(reason)))


async def _close(interaction: Interaction, card_id: str, say: Callable[[], str]) -> None:
    """Show the answer under the question, and remove its buttons. The card is updated in any case."""
    with speaking(await use(interaction, GuildLanguages).of(guild_of(interaction))):  # all moderators read it
        text = say()
    try:
        await in_time(interaction.response.edit_message(content=text, view=None))
    finally:
        await use(interaction, Delivery).show(guild_of(interaction), card_id)
