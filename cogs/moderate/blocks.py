"""Who may not use the bot on a server, and whether anybody may now."""

import discord

from bot.app.client import CannonBot
from bot.domain.guild_rules import Block
from bot.domain.models import JobState
from bot.domain.text import stamp
from bot.errors import InputError
from cogs.ui.durations import seconds_of
from cogs.ui.interaction import Interaction
from cogs.ui.pages import pages
from cogs.ui.permissions import guild_of, require_moderator

NOBODY = "Nobody is blocked."
LINES = 8
"""A page is never cut within so many lines."""
CARDS_REDRAWN = 25
"""How many waiting cards say at once that the server is paused; the others do when they change."""
_RUNNING = frozenset({JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING, JobState.READY})


# ---------------------------------------------------------------------- one member


async def block(interaction: Interaction, member: discord.User | discord.Member, span: str | None, why: str) -> None:
    """Block a member, for a span of time or for good."""
    await require_moderator(interaction)
    guild_id, bot = guild_of(interaction), interaction.client
    if member.bot:
        raise InputError("Bots ask for nothing here: name a member.", "member")
    if member.id == interaction.user.id:
        raise InputError("You cannot block yourself.", "member")
    until = None if span is None else bot.clock.wall() + seconds_of(span, "until")
    await interaction.response.defer(ephemeral=True, thinking=True)
    text = await bot.parts.moderation.access.block(guild_id, member.id, until=until, why=why, by_id=interaction.user.id)
    await interaction.edit_original_response(content=f"Done: {text}")


async def unblock(interaction: Interaction, member: discord.User | discord.Member) -> None:
    """Let a member use the bot again."""
    await require_moderator(interaction)
    await interaction.response.defer(ephemeral=True, thinking=True)
    access = interaction.client.parts.moderation.access
    text = await access.unblock(guild_of(interaction), member.id, by_id=interaction.user.id)
    await interaction.edit_original_response(content=f"Done: {text}")


async def show_blocked(interaction: Interaction) -> None:
    """Show who is blocked, until when and why."""
    await require_moderator(interaction)
    blocks = await interaction.client.parts.store.blocks.all(guild_of(interaction))
    lines = [_line(each) for each in blocks]
    groups = ["\n".join(lines[start : start + LINES]) for start in range(0, len(lines), LINES)]
    made = pages("Blocked members", groups or [NOBODY])
    await interaction.response.send_message(embed=made[0], ephemeral=True)
    for more in made[1:]:
        await interaction.followup.send(embed=more, ephemeral=True)


def _line(block_: Block) -> str:
    life = "for good" if block_.until is None else f"until {stamp(block_.until, 'f')}"
    why = f" · {block_.reason}" if block_.reason else ""
    return f"• <@{block_.member_id}> {life}{why} · by <@{block_.by_id}> {stamp(block_.at, 'd')}"


# ---------------------------------------------------------------------- everybody


async def pause(interaction: Interaction, *, on: bool) -> None:
    """Let no new job start, or let them start again. What runs is delivered either way."""
    await require_moderator(interaction)
    guild_id, bot = guild_of(interaction), interaction.client
    await interaction.response.defer(ephemeral=True, thinking=True)
    text = await bot.parts.moderation.access.pause(guild_id, on=on, by_id=interaction.user.id)
    await interaction.edit_original_response(content=f"Done: {text} {await _drained(bot, guild_id, on=on)}".strip())
    await _redraw_waiting(bot, guild_id)


async def _drained(bot: CannonBot, guild_id: int, *, on: bool) -> str:
    counts = await bot.parts.store.job_lists.counts(guild_id)
    running = sum(count for state, count in counts.items() if state in _RUNNING)
    waiting = counts.get(JobState.WAITING, 0)
    if on:
        return f"Jobs that run and will still be delivered: {running}. Jobs that wait until this is over: {waiting}."
    return f"Jobs that waited and start in their turn: {waiting}." if waiting else ""


async def _redraw_waiting(bot: CannonBot, guild_id: int) -> None:
    """Let the cards that wait say so."""
    jobs = await bot.parts.store.job_lists.recent(guild_id, states=(JobState.WAITING,), limit=10 * CARDS_REDRAWN)
    for card_id in list(dict.fromkeys(job.card_id for job in jobs))[:CARDS_REDRAWN]:
        await bot.parts.delivery.show(guild_id, card_id)
