"""Cancelling a whole card: the steps of a run, the prompts of a batch."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.delivery.deadlines import in_time
from bot.domain.card_jobs import is_batch, is_linked
from bot.domain.models import Job, JobState
from bot.errors import InputError, NotAllowed
from cogs.results import texts
from cogs.ui.controls import Control, on_job
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import is_moderator

CANCEL = "cancel_run"
_SENT = frozenset({JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING, JobState.READY})


def stop_controls(jobs: Sequence[Job]) -> list[discord.ui.Item[Any]]:
    """Return the Cancel button of a card with several jobs, [] if all have ended."""
    if all(job.state.ended for job in jobs) or not (is_linked(jobs) or is_batch(jobs)):
        return []
    return [Control.button(CANCEL, jobs[0].id, label=texts.CANCEL, style=discord.ButtonStyle.danger)]


@on_job(CANCEL, when_erased=True)
async def cancel_run(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Cancel and refund the jobs that were not sent yet. Jobs that were sent finish, and their results are posted."""
    if job.author_id != interaction.user.id and not await is_moderator(interaction):
        raise NotAllowed(texts.NOT_YOURS_TO_CANCEL)
    parts = interaction.client.parts
    stopped = await parts.jobs.cancel_card(job, by_id=interaction.user.id)
    if stopped is None:
        raise InputError(texts.NOTHING_TO_CANCEL)
    running = [each for each in await parts.store.jobs.of_card(job.guild_id, job.card_id) if each.state in _SENT]
    try:
        await in_time(interaction.response.send_message(outcome(stopped, running), ephemeral=True))
    finally:
        await parts.delivery.show(job.guild_id, job.card_id)


def outcome(stopped: Sequence[Job], running: Sequence[Job]) -> str:
    """Return what was cancelled, and which jobs are charged because they cannot be."""
    sentences = []
    if stopped:
        sentences.append(texts.cancelled(_numbers(stopped)))
    if running:
        sentences.append(texts.too_late_to_cancel(_numbers(running)))
    return " ".join(sentences) or texts.NOTHING_TO_CANCEL


def _numbers(jobs: Sequence[Job]) -> list[int]:
    return [job.position + 1 for job in jobs]
