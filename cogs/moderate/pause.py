"""`/studio pause`: whether anybody may start a job on a server now."""

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.domain.models import RUNNING_STATES, JobState
from cogs.moderate import texts
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator

CARDS_REDRAWN = 25
"""How many waiting cards show the pause at once; the others show it at their next update."""


async def pause(interaction: Interaction, *, on: bool) -> None:
    """Pause new jobs, or resume them. Running jobs still finish and are delivered."""
    await require_moderator(interaction)
    guild_id, bot = guild_of(interaction), interaction.client
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    await bot.parts.moderation.access.pause(guild_id, on=on, by_id=interaction.user.id)
    await in_time(interaction.edit_original_response(content=await _said(bot, guild_id, on=on)))
    await _redraw_waiting(bot, guild_id)


async def _said(bot: CannonBot, guild_id: int, *, on: bool) -> str:
    counts = await bot.parts.store.job_lists.counts(guild_id)
    waiting = counts.get(JobState.WAITING, 0)
    if on:
        return texts.paused(sum(counts.get(state, 0) for state in RUNNING_STATES), waiting)
    return texts.resumed(waiting)


async def _redraw_waiting(bot: CannonBot, guild_id: int) -> None:
    """Update the waiting cards, which show whether jobs are paused."""
    jobs = await bot.parts.store.job_lists.recent(guild_id, states=(JobState.WAITING,), limit=10 * CARDS_REDRAWN)
    for card_id in list(dict.fromkeys(job.card_id for job in jobs))[:CARDS_REDRAWN]:
        await bot.parts.delivery.show(guild_id, card_id)
