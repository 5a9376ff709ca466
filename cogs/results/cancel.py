"""Cancelling a card: what was not sent is refunded; what was sent is charged, and need not be posted."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.delivery.deadlines import in_time
from bot.domain.models import Job, JobState
from bot.errors import InputError, NotAllowed
from cogs.results import texts
from cogs.ui.controls import Control, on_job, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import is_moderator

CANCEL, DROP = "cancel_run", "cancel_drop"
ICON = "🛑"
_SENT = frozenset({JobState.SUBMITTING, JobState.QUEUED, JobState.PROCESSING, JobState.READY})


def stop_controls(jobs: Sequence[Job]) -> list[discord.ui.Item[Any]]:
    """Return the Cancel button, [] if all jobs of the card have ended."""
    if all(job.state.ended for job in jobs):
        return []
    return [Control.button(CANCEL, jobs[0].id, label=texts.CANCEL, emoji=ICON)]


@on_job(CANCEL, when_erased=True)
async def cancel_run(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Cancel and refund the jobs that were not sent yet. Of those that were, ask whether to post their results."""
    await _require_own(interaction, job)
    parts = interaction.client.parts
    stopped = await parts.jobs.cancel_card(job, by_id=interaction.user.id)
    if stopped is None:
        raise InputError(texts.NOTHING_TO_CANCEL)
    jobs = await parts.store.jobs.of_card(job.guild_id, job.card_id)
    running = [each for each in jobs if each.state in _SENT]
    kept = [each for each in running if each.dropped_by is None]
    said = outcome(stopped, kept, running, is_one=len(jobs) == 1)
    try:
        await in_time(interaction.response.send_message(said, view=_choice(kept), ephemeral=True))
    finally:
        await parts.delivery.show_now(job.guild_id, job.card_id)


def _choice(kept: Sequence[Job]) -> discord.ui.View:
    """Return the button that keeps results from being posted, discord.py's MISSING if none would be."""
    if not kept:
        missing: discord.ui.View = discord.utils.MISSING
        return missing
    label = texts.DO_NOT_POST if len(kept) == 1 else texts.DO_NOT_POST_THEM
    return view_of([Control.button(DROP, kept[0].id, label=label, style=discord.ButtonStyle.danger)])


def outcome(stopped: Sequence[Job], kept: Sequence[Job], running: Sequence[Job], *, is_one: bool) -> str:
    """Return what was cancelled, and what is charged because it cannot be.

    Of the `running`, the `kept` will be posted; `is_one`: the card has one job.
    """
    sentences = []
    if stopped:
        sentences.append(str(texts.CANCELLED) if is_one else texts.cancelled(_numbers(stopped)))
    if kept:
        sentences.append(str(texts.TOO_LATE) if is_one else texts.too_late_to_cancel(_numbers(kept)))
        sentences.append(str(texts.POSTED_UNLESS))
    elif running:
        sentences.append(str(texts.NOT_POSTED))
    return " ".join(sentences) or str(texts.NOTHING_TO_CANCEL)


@on_job(DROP, when_erased=True)
async def drop_results(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Keep what Cannon Studio still makes for the job's card from being posted. It is charged all the same."""
    await _require_own(interaction, job)
    parts = interaction.client.parts
    open_jobs = [each for each in await parts.store.jobs.of_card(job.guild_id, job.card_id) if not each.state.ended]
    done = [await parts.jobs.cancel(each, by_id=interaction.user.id, drop=True) for each in open_jobs]
    if not any(done):
        raise InputError(texts.NOTHING_TO_CANCEL)
    try:
        await in_time(interaction.response.edit_message(content=texts.NOT_POSTED, view=None))
    finally:
        await parts.delivery.show_now(job.guild_id, job.card_id)


async def _require_own(interaction: Interaction, job: Job) -> None:
    if job.author_id != interaction.user.id and not await is_moderator(interaction):
        raise NotAllowed(texts.NOT_YOURS_TO_CANCEL)


def _numbers(jobs: Sequence[Job]) -> list[int]:
    return [job.position + 1 for job in jobs]
