"""`/studio pause`: whether anybody may start a job on a server now."""

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.domain.models import RUNNING_STATES, JobState
from cogs.moderate import texts
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import done

CARDS_REDRAWN = 25
"""How many waiting cards show the pause at once; the others show it at their next update."""


async def pause(interaction: Interaction, *, on: bool) -> None:
    """Pause new jobs, or resume them. Running jobs still finish and are delivered."""
    await require_moderator(interaction)
    guild_id, bot = guild_of(interaction), interaction.client
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    text = await bot.parts.moderation.access.pause(guild_id, on=on, by_id=interaction.user.id)
    counts = await _job_counts(bot, guild_id, on=on)
    await in_time(interaction.edit_original_response(content=done(f"{text} {counts}").strip()))
    await _redraw_waiting(bot, guild_id)


async def _job_counts(bot: CannonBot, guild_id: int, *, on: bool) -> str:
    counts = await bot.parts.store.job_lists.counts(guild_id)
    waiting = counts.get(JobState.WAITING, 0)
    if on:
        return texts.jobs_while_paused(sum(counts.get(state, 0) for state in RUNNING_STATES), waiting)
    return texts.jobs_after_pause(waiting)


async def _redraw_waiting(bot: CannonBot, guild_id: int) -> None:
    """Update the waiting cards, which show whether jobs are paused."""
    jobs = await bot.parts.store.job_lists.recent(guild_id, states=(JobState.WAITING,), limit=10 * CARDS_REDRAWN)
    for card_id in list(dict.fromkeys(job.card_id for job in jobs))[:CARDS_REDRAWN]:
        await bot.parts.delivery.show(guild_id, card_id)
