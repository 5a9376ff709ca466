"""Who may not use the bot on a server, and whether anybody may now."""

import discord

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.domain.guild_rules import Block
from bot.domain.models import JobState
from bot.domain.text import stamp
from bot.errors import InputError
from cogs.moderate import texts
from cogs.ui.durations import seconds_of
from cogs.ui.interaction import Interaction
from cogs.ui.pages import pages
from cogs.ui.permissions import guild_of, require_moderator

LINES_PER_BLOCK = 8
"""A page never ends within a block of lines."""
CARDS_REDRAWN = 25
"""How many waiting cards show the pause at once; the others show it at their next update."""
_RUNNING = frozenset({JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING, JobState.READY})


# ---------------------------------------------------------------------- one member


async def block(
    interaction: Interaction, member: discord.User | discord.Member, duration: str | None, why: str
) -> None:
    """Block a member, for a duration or permanently."""
    await require_moderator(interaction)
    guild_id, bot = guild_of(interaction), interaction.client
    if member.bot:
        raise InputError(texts.BOT_CHOSEN, "member")
    if member.id == interaction.user.id:
        raise InputError(texts.OWN_BLOCK, "member")
    until = None if duration is None else bot.clock.wall() + seconds_of(duration, "until")
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    text = await bot.parts.moderation.access.block(guild_id, member.id, until=until, why=why, by_id=interaction.user.id)
    await in_time(interaction.edit_original_response(content=texts.done(text)))


async def unblock(interaction: Interaction, member: discord.User | discord.Member) -> None:
    """Let a member use the bot again."""
    await require_moderator(interaction)
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    access = interaction.client.parts.moderation.access
    text = await access.unblock(guild_of(interaction), member.id, by_id=interaction.user.id)
    await in_time(interaction.edit_original_response(content=texts.done(text)))


async def show_blocked(interaction: Interaction) -> None:
    """Show who is blocked, until when and why."""
    await require_moderator(interaction)
    blocks = await interaction.client.parts.store.blocks.all(guild_of(interaction))
    lines = [_line(each) for each in blocks]
    groups = ["\n".join(lines[start : start + LINES_PER_BLOCK]) for start in range(0, len(lines), LINES_PER_BLOCK)]
    made = pages(texts.BLOCKED_TITLE, groups or [texts.NOBODY_BLOCKED])
    await in_time(interaction.response.send_message(embed=made[0], ephemeral=True))
    for more in made[1:]:
        await in_time(interaction.followup.send(embed=more, ephemeral=True))


def _line(block_: Block) -> str:
    life = texts.FOR_GOOD if block_.until is None else texts.until(stamp(block_.until, "f"))
    return texts.block_line(block_.member_id, life, block_.reason, block_.by_id, stamp(block_.at, "d"))


# ---------------------------------------------------------------------- everybody


async def pause(interaction: Interaction, *, on: bool) -> None:
    """Pause new jobs, or resume them. Running jobs still finish and are delivered."""
    await require_moderator(interaction)
    guild_id, bot = guild_of(interaction), interaction.client
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    text = await bot.parts.moderation.access.pause(guild_id, on=on, by_id=interaction.user.id)
    counts = await _job_counts(bot, guild_id, on=on)
    await in_time(interaction.edit_original_response(content=texts.done(f"{text} {counts}").strip()))
    await _redraw_waiting(bot, guild_id)


async def _job_counts(bot: CannonBot, guild_id: int, *, on: bool) -> str:
    counts = await bot.parts.store.job_lists.counts(guild_id)
    running = sum(count for state, count in counts.items() if state in _RUNNING)
    waiting = counts.get(JobState.WAITING, 0)
    if on:
        return texts.jobs_while_paused(running, waiting)
    return texts.jobs_after_pause(waiting)


async def _redraw_waiting(bot: CannonBot, guild_id: int) -> None:
    """Update the waiting cards, which show whether jobs are paused."""
    jobs = await bot.parts.store.job_lists.recent(guild_id, states=(JobState.WAITING,), limit=10 * CARDS_REDRAWN)
    for card_id in list(dict.fromkeys(job.card_id for job in jobs))[:CARDS_REDRAWN]:
        await bot.parts.delivery.show(guild_id, card_id)
