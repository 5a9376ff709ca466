"""The moderators' buttons under log lines.

A button's state is its custom id alone; each act is one transaction with its own line of the record.
"""

from collections.abc import Sequence
from typing import Any

import discord

from bot.delivery.channels.facts import in_time
from bot.domain.texts import OTHER_MEMBER
from bot.errors import InputError
from bot.moderation.members import AccessChanges
from bot.moderation.questions import QuestionActs
from bot.store import REFUND_REQUEST, REPORT, Decision
from cogs.moderate.reports import texts
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import DONE, GONE

DAY_S = 24 * 3600
BLOCK_DAYS = (1, 7, 0)
"""How long the buttons block, in days; 0: permanently."""


def log_buttons(decision: Decision) -> Sequence[discord.ui.Item[Any]]:
    """Return the actions on a log line: a report, a refund request, a rejection."""
    danger = discord.ButtonStyle.danger
    job_id, member_id = decision.about.get("job"), decision.about.get("member")
    if decision.kind == REFUND_REQUEST:
        return [Control.button("refund", f"{job_id}", label=str(texts.REFUND), style=discord.ButtonStyle.success)]
    if decision.kind == REPORT and job_id and member_id:
        return [
            Control.button("remove", f"{job_id}", label=str(texts.REMOVE_REPORTED), style=danger),
            Control.button("report_refund", f"{job_id}", label=str(texts.REFUND)),
            Control.button("block_author", f"{member_id}", label=str(texts.BLOCK_AUTHOR), style=danger),
            Control.button("report_dismiss", f"{job_id}", label=str(texts.DISMISS_REPORT)),
        ]
    if decision.kind == "refusal":
        return [Control.button("block_author", f"{decision.by_id}", label=str(texts.BLOCK_MEMBER), style=danger)]
    return []


@on("refund")
async def refund(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    """Refund a job's cost; a second press refunds nothing."""
    await _close(interaction, await _refund(interaction, job_id, posted=False))


@on("report_refund")
async def refund_reported(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    """Refund a posted result's cost, once."""
    text = await _refund(interaction, job_id, posted=True)
    await in_time(interaction.response.send_message(DONE(change=text), ephemeral=True))


async def _refund(interaction: Interaction, job_id: str, *, posted: bool) -> str:
    await require_moderator(interaction)
    questions, by_id = use(interaction, QuestionActs), interaction.user.id
    return await questions.refund(guild_of(interaction), job_id, by_id=by_id, posted=posted)


@on("report_dismiss")
async def dismiss(interaction: Interaction, job_id: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    by_id = interaction.user.id
    await use(interaction, QuestionActs).dismiss(guild_of(interaction), job_id, by_id=by_id)
    await _close(interaction, texts.DISMISSED_BY(moderator=by_id))


async def _close(interaction: Interaction, answer: str) -> None:
    """Add the answer to the line, and take its buttons away."""
    said = "" if interaction.message is None else interaction.message.content
    text = f"{said}\n{answer}".strip()
    await in_time(interaction.response.edit_message(content=text, view=None, suppress_embeds=True))


@on("block_author")
async def ask_to_block(interaction: Interaction, member_id: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    buttons = [
        Control.button(
            "block_now", f"{member_id}.{days}", label=texts.block_days(days), style=discord.ButtonStyle.danger
        )
        for days in BLOCK_DAYS
    ]
    await in_time(
        interaction.response.send_message(
            texts.BLOCK_QUESTION(member=_number(member_id)), view=view_of(buttons), ephemeral=True
        )
    )


@on("block_now")
async def block(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    member_id, _, days = subject.partition(".")
    if days not in map(str, BLOCK_DAYS):
        raise InputError(GONE)
    text = await _block(interaction, _number(member_id), int(days))
    await in_time(interaction.response.edit_message(content=DONE(change=text), view=None))


async def _block(interaction: Interaction, member_id: int, days: int) -> str:
    bot = interaction.client
    if member_id == interaction.user.id:
        raise InputError(OTHER_MEMBER)
    until = bot.clock.wall() + days * DAY_S if days else None
    access = use(bot, AccessChanges)
    return await access.block(guild_of(interaction), member_id, until=until, why="", by_id=interaction.user.id)


def _number(member_id: str) -> int:
    if not member_id.isdecimal():
        raise InputError(GONE)
    return int(member_id)
