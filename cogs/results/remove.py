"""Removing a result: deletes every message that shows it, and on request its record. Stopping one that is not done."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.delivery import Delivery
from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.delivery.channels.view import message_link
from bot.delivery.posting.copies import Takedown
from bot.domain.models import RUNNING_STATES, Card, Job, JobState
from bot.domain.texts import OWNER_ONLY
from bot.errors import InputError, NotAllowed, Refused
from bot.jobs.intake import JobService
from bot.language import sentences
from bot.moderation.results import Removals
from bot.store import Cancelled, Cards, Jobs
from cogs.results import texts
from cogs.ui.controls import Control, on_job, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import is_moderator
from cogs.ui.texts import GONE


async def removable(interaction: Interaction, job: Job) -> tuple[Card, Sequence[Job]]:
    """Return the job's card with its jobs, if this member may remove it now. Raises NotAllowed, Refused, InputError."""
    found = await use(interaction, Cards).with_jobs(job.guild_id, job.card_id)
    if found is None:
        raise InputError(GONE)
    if found[0].author_id != interaction.user.id and not await is_moderator(interaction):
        raise NotAllowed(OWNER_ONLY)
    if not all(each.state.ended for each in found[1]):
        raise Refused(texts.STILL_OPEN)
    return found


@on_job("remove", when_erased=True)
async def ask_how(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Ask ephemerally whether to erase the record too."""
    await removable(interaction, job)
    danger = discord.ButtonStyle.danger
    answers = [
        Control.button("remove_result", job.id, label=texts.REMOVE_RESULT, style=danger),
        Control.button("remove_record", job.id, label=texts.REMOVE_RECORD, style=danger),
    ]
    await in_time(interaction.response.send_message(texts.REMOVE_QUESTION, view=view_of(answers), ephemeral=True))


@on_job("remove_result", when_erased=True)
async def remove_result(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    await _remove(interaction, job, with_record=False)


@on_job("remove_record", when_erased=True)
async def remove_with_record(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    await _remove(interaction, job, with_record=True)


async def _remove(interaction: Interaction, job: Job, *, with_record: bool) -> None:
    card, jobs = await removable(interaction, job)
    await defer(interaction)  # Discord may take longer than three seconds over ten messages
    sentence, is_done = await remove(interaction.client, card, jobs, by_id=interaction.user.id, with_record=with_record)
    view = None if is_done else discord.utils.MISSING
    await in_time(interaction.edit_original_response(content=sentence, view=view))


async def remove(bot: Bot, card: Card, jobs: Sequence[Job], *, by_id: int, with_record: bool) -> tuple[str, bool]:
    """Remove a card and every copy of its results; the caller checks permission.

    Returns the outcome as a sentence, and whether everything is deleted.
    """
    await use(bot, Removals).begin(card, jobs, by_id=by_id, with_record=with_record)
    taken = await use(bot, Takedown).take_down(card)
    what = str(texts.REMOVED_WITH_RECORD if with_record else texts.REMOVED)
    if not taken.left:
        return what, True
    sentence = texts.partly_removed(taken.gone, taken.left)
    if card.message_id is not None and not card.private:
        sentence = sentences(sentence, texts.ONE_IS_HERE(link=message_link(card)))
    return sentence, False


CANCEL, DROP = "cancel_run", "cancel_drop"
"""On the card; in the question that follows."""
DO_NOT_POST, KEEP = "drop_run", "keep_run"
"""On the card, once everything is sent."""
STOP_ICON, DROP_ICON, KEEP_ICON = "🛑", "🔕", "📤"


def stop_controls(jobs: Sequence[Job], now: float) -> list[Control]:
    """Return the button of what can still be done about open jobs, [] if all have ended."""
    is_open = [job for job in jobs if not job.state.ended]
    if not is_open:
        return []
    if any(may_be_refunded(job, now) for job in is_open):
        return [Control.button(CANCEL, jobs[0].id, label=texts.CANCEL, emoji=STOP_ICON)]
    if any(job.dropped_by is None for job in is_open):
        return [Control.button(DO_NOT_POST, jobs[0].id, label=texts.DO_NOT_POST, emoji=DROP_ICON)]
    return [Control.button(KEEP, jobs[0].id, label=texts.POST_AFTER_ALL, emoji=KEEP_ICON)]


def may_be_refunded(job: Job, now: float) -> bool:
    """Whether it can be cancelled for long enough to read that on a button: it is not about to be sent."""
    return job.is_unsent and (job.state is not JobState.SUBMITTING or job.next_at > now)


@on_job(CANCEL, when_erased=True)
async def cancel_run(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Cancel and refund unsent jobs. For sent ones, ask whether to post their results."""
    await _require_own(interaction, job)
    stopped = await use(interaction, JobService).cancel_card(job, by_id=interaction.user.id)
    if stopped is None:
        raise InputError(texts.ENDED_MEANWHILE)
    jobs = await use(interaction, Jobs).of_card(job.guild_id, job.card_id)
    running = [each for each in jobs if each.state in RUNNING_STATES]
    kept = [each for each in running if each.dropped_by is None]
    drop = [Control.button(DROP, job.id, label=texts.DO_NOT_POST, emoji=DROP_ICON)] if kept else []
    await answer_stop(interaction, job, outcome(stopped, kept, running, is_one=len(jobs) == 1), drop)


def outcome(stopped: Sequence[Job], kept: Sequence[Job], running: Sequence[Job], *, is_one: bool) -> str:
    """Return what was canceled, and what is charged anyway.

    Of the `running`, the `kept` will be posted; `is_one`: the card has one job.
    """
    said = []
    if stopped:
        said.append(texts.cancelled(() if is_one else _numbers(stopped)))
    if kept:
        said.append(texts.too_late_to_cancel(() if is_one else _numbers(kept)))
        said.append(str(texts.POSTED_UNLESS))
    elif running:
        said.append(str(texts.NOT_POSTED))
    return sentences(*said) or str(texts.ENDED_MEANWHILE)


@on_job(DO_NOT_POST, when_erased=True)
async def do_not_post(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Discard the results of the card's sent jobs, and cancel and refund the others."""
    jobs, done = await _dropped(interaction, job)
    stopped = [each.job for each in done if each.stopped]
    running = [each.job for each in done if not each.stopped]
    await answer_stop(interaction, job, outcome(stopped, (), running, is_one=len(jobs) == 1))


@on_job(DROP, when_erased=True)
async def drop_results(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Answer the question after *Cancel*: discard the results of the job's card. They are charged anyway."""
    await _dropped(interaction, job)
    try:
        await in_time(interaction.response.edit_message(content=texts.NOT_POSTED, view=None))
    finally:
        await use(interaction, Delivery).show_now(job.guild_id, job.card_id)


async def _dropped(interaction: Interaction, job: Job) -> tuple[Sequence[Job], list[Cancelled]]:
    """Drop the open jobs of the card; return all of its jobs, and the outcomes."""
    await _require_own(interaction, job)
    on_card, jobs = await use(interaction, Jobs).of_card(job.guild_id, job.card_id), use(interaction, JobService)
    open_jobs = [each for each in on_card if not each.state.ended]
    done = [await jobs.cancel(each, by_id=interaction.user.id, drop=True) for each in open_jobs]
    if not any(done):
        raise InputError(texts.ENDED_MEANWHILE)
    return on_card, [each for each in done if each is not None]


@on_job(KEEP, when_erased=True)
async def post_after_all(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Have the dropped results of the card posted when they are done."""
    await _require_own(interaction, job)
    on_card = await use(interaction, Jobs).of_card(job.guild_id, job.card_id)
    if all(each.state.ended for each in on_card):
        raise InputError(texts.ENDED_MEANWHILE)
    await use(interaction, JobService).keep(on_card, by_id=interaction.user.id)
    await answer_stop(interaction, job, str(texts.POSTED_AFTER_ALL))


async def answer_stop(interaction: Interaction, job: Job, said: str, controls: Sequence[Control] = ()) -> None:
    """Reply ephemerally, and draw the job's card again."""
    view = view_of(controls) if controls else discord.utils.MISSING
    try:
        await in_time(interaction.response.send_message(said, view=view, ephemeral=True))
    finally:
        await use(interaction, Delivery).show_now(job.guild_id, job.card_id)


async def _require_own(interaction: Interaction, job: Job) -> None:
    if job.author_id != interaction.user.id and not await is_moderator(interaction):
        raise NotAllowed(OWNER_ONLY)


def _numbers(jobs: Sequence[Job]) -> list[int]:
    return [job.position + 1 for job in jobs]
