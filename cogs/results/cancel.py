"""Stopping what is asked for together: the steps of a run, the lines of a batch."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.domain.card_jobs import is_batch, is_linked
from bot.domain.models import Job, JobState
from bot.errors import InputError, NotAllowed
from cogs.ui.controls import Control, on_job
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import is_moderator

CANCEL = "cancel_run"
NOT_YOURS = "Only who asked for this, or a moderator, can cancel it."
NOTHING_LEFT = "Everything on this card has ended already, so there is nothing to cancel."
_SENT = frozenset({JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING, JobState.READY})


def stop_controls(jobs: Sequence[Job]) -> list[discord.ui.Item[Any]]:
    """Return what a card of several offers while something is to come."""
    if all(job.state.ended for job in jobs) or not (is_linked(jobs) or is_batch(jobs)):
        return []
    return [Control.button(CANCEL, jobs[0].id, label="Cancel", style=discord.ButtonStyle.danger)]


@on_job(CANCEL)
async def cancel_run(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Give back what was not sent yet. What Cannon Studio has begun goes on, and its result is posted."""
    if job.author_id != interaction.user.id and not await is_moderator(interaction):
        raise NotAllowed(NOT_YOURS)
    parts = interaction.client.parts
    stopped = await parts.jobs.cancel_card(job, by_id=interaction.user.id)
    if stopped is None:
        raise InputError(NOTHING_LEFT)
    running = [each for each in await parts.store.jobs.of_card(job.guild_id, job.card_id) if each.state in _SENT]
    try:
        await interaction.response.send_message(outcome(stopped, running), ephemeral=True)
    finally:
        await parts.delivery.show(job.guild_id, job.card_id)


def outcome(stopped: Sequence[Job], running: Sequence[Job]) -> str:
    """Say what was stopped, and what goes on because it cannot be."""
    said = []
    if stopped:
        said.append(f"Cancelled, with the credits given back: {_numbers(stopped)}.")
    if running:
        said.append(
            f"Cannon Studio has begun with {_numbers(running)} and cannot stop it: that goes on, costs what it costs, "
            "and its result will be posted."
        )
    return " ".join(said) or NOTHING_LEFT


def _numbers(jobs: Sequence[Job]) -> str:
    numbers = [str(job.position + 1) for job in jobs]
    head = "number " if len(numbers) == 1 else "numbers "
    return head + (numbers[0] if len(numbers) == 1 else f"{', '.join(numbers[:-1])} and {numbers[-1]}")
