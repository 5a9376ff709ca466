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
from bot.server.community.texts import NOT_COMPLETE
from bot.store import Cancelled, Cards, Jobs
from cogs.results import texts
from cogs.ui.controls import Control, job_of, on, on_job, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of, is_moderator
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


def _removes(action: str, *, with_record: bool) -> None:
    @on_job(action, when_erased=True)
    async def act(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
        (card, jobs), by_id = await removable(interaction, job), interaction.user.id
        await defer(interaction)  # Discord may take longer than three seconds over ten messages
        sentence, is_done = await remove(interaction.client, card, jobs, by_id=by_id, with_record=with_record)
        view = None if is_done else discord.utils.MISSING
        await in_time(interaction.edit_original_response(content=sentence, view=view))


_removes("remove_result", with_record=False)
_removes("remove_record", with_record=True)


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
"""On the card, or on a job's panel; in the question that follows."""
DO_NOT_POST, KEEP = "drop_run", "keep_run"
"""In the same places, once everything is sent."""
ALONE = ".alone"
"""Ends the subject of a button about one job of a card, instead of all."""
STOP_ICON, DROP_ICON, KEEP_ICON = "🛑", "🔕", "📤"


def stop_controls(jobs: Sequence[Job], now: float, *, alone: bool = False) -> list[Control]:
    """Return the button of what can still be done about open jobs, [] if all have ended; `alone`: about one."""
    is_open = [job for job in jobs if not job.state.ended]
    if not is_open:
        return []
    subject = f"{jobs[0].id}{ALONE if alone else ''}"
    if any(job.is_unsent if alone else may_be_refunded(job, now) for job in is_open):
        label = texts.CANCEL_ONE if alone else texts.CANCEL
        return [Control.button(CANCEL, subject, label=label, emoji=STOP_ICON)]
    if any(job.dropped_by is None for job in is_open):
        label = texts.DO_NOT_POST_ONE if alone else texts.DO_NOT_POST
        return [Control.button(DO_NOT_POST, subject, label=label, emoji=DROP_ICON)]
    return [Control.button(KEEP, subject, label=texts.POST_ONE if alone else texts.POST_AFTER_ALL, emoji=KEEP_ICON)]


def may_be_refunded(job: Job, now: float) -> bool:
    """Whether it can be cancelled for long enough to read that on a button: it is not about to be sent."""
    return job.is_unsent and (job.state is not JobState.SUBMITTING or job.next_at > now)


async def _meant(interaction: Interaction, subject: str) -> tuple[Job, Sequence[Job]]:
    """Return a button's job, with the jobs that it is about: all of the card, or it alone.

    Alone, a moderator's may be one that they do not see. Raises InputError, Refused, or NotAllowed.
    """
    job_id, dot, _ = subject.partition(".")
    moderates = await is_moderator(interaction)
    job = await (any_job if dot and moderates else job_of)(interaction, job_id)
    if job.author_id != interaction.user.id and not moderates:
        raise NotAllowed(OWNER_ONLY)
    if dot and job.is_secret:  # what can still be done about it would say how far it is
        raise InputError(NOT_COMPLETE)
    return job, [job] if dot else await use(interaction, Jobs).of_card(job.guild_id, job.card_id)


async def any_job(interaction: Interaction, job_id: str) -> Job:
    """Return the server's job, for a moderator, who may not see its words or files.

    Raises InputError with the constant answer.
    """
    job = await use(interaction, Jobs).get(guild_of(interaction), job_id.strip().upper())
    if job is None:
        raise InputError(GONE)
    return job


@on(CANCEL)
async def cancel_run(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Cancel and refund unsent jobs. For sent ones, ask whether to post their results."""
    job, jobs = await _meant(interaction, subject)
    by_id = interaction.user.id
    stopped: Sequence[Job] | None
    others = 0
    if not subject.endswith(ALONE):
        stopped = await use(interaction, JobService).cancel_card(job, by_id=by_id)
    elif (done := await use(interaction, JobService).cancel(job, by_id=by_id)) is None:
        stopped = None
    else:
        stopped, others = [done.job] if done.stopped else [], done.others
    if stopped is None:
        raise InputError(texts.ENDED_MEANWHILE)
    now = await use(interaction, Jobs).of_card(job.guild_id, job.card_id)
    running = [each for each in now if each.state in RUNNING_STATES and each.id in {one.id for one in jobs}]
    kept = [each for each in running if each.dropped_by is None]
    drop = [Control.button(DROP, subject, label=texts.DO_NOT_POST, emoji=DROP_ICON)] if kept else []
    said = outcome(stopped, kept, running, is_one=len(jobs) == 1)
    await _answer(interaction, job, sentences(said, texts.OTHERS_REFUNDED(count=others) if others else ""), drop)


def outcome(stopped: Sequence[Job], kept: Sequence[Job], running: Sequence[Job], *, is_one: bool) -> str:
    """Return what was canceled, and what is charged anyway.

    Of the `running`, the `kept` will be posted; `is_one`: it is about one job.
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


@on(DO_NOT_POST)
async def do_not_post(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Discard the results of sent jobs, and cancel and refund the others."""
    job, jobs, done = await _dropped(interaction, subject)
    stopped = [each.job for each in done if each.stopped]
    running = [each.job for each in done if not each.stopped]
    await _answer(interaction, job, outcome(stopped, (), running, is_one=len(jobs) == 1))


@on(DROP)
async def drop_results(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Answer the question after *Cancel*: discard the results. They are charged anyway."""
    job, *_ = await _dropped(interaction, subject)
    try:
        await in_time(interaction.response.edit_message(content=texts.NOT_POSTED, view=None))
    finally:
        await use(interaction, Delivery).show_now(job.guild_id, job.card_id)


async def _dropped(interaction: Interaction, subject: str) -> tuple[Job, Sequence[Job], list[Cancelled]]:
    """Drop the open ones of a button's jobs; return its job, all that it is about, and the outcomes."""
    job, jobs = await _meant(interaction, subject)
    by_id = interaction.user.id
    done = [
        await use(interaction, JobService).cancel(each, by_id=by_id, drop=True) for each in jobs if not each.state.ended
    ]
    if not any(done):
        raise InputError(texts.ENDED_MEANWHILE)
    return job, jobs, [each for each in done if each is not None]


@on(KEEP)
async def post_after_all(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Have dropped results posted when they are done."""
    job, jobs = await _meant(interaction, subject)
    if all(each.state.ended for each in jobs):
        raise InputError(texts.ENDED_MEANWHILE)
    await use(interaction, JobService).keep(jobs, by_id=interaction.user.id)
    await _answer(interaction, job, str(texts.POSTED_AFTER_ALL))


async def _answer(interaction: Interaction, job: Job, said: str, controls: Sequence[Control] = ()) -> None:
    """Reply ephemerally, and draw the job's card again."""
    view = view_of(controls) if controls else discord.utils.MISSING
    try:
        await in_time(interaction.response.send_message(said, view=view, ephemeral=True))
    finally:
        await use(interaction, Delivery).show_now(job.guild_id, job.card_id)


def _numbers(jobs: Sequence[Job]) -> list[int]:
    return [job.position + 1 for job in jobs]
