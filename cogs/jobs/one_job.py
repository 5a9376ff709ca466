"""One job of the gallery: its details and actions."""

from __future__ import annotations

from collections.abc import Sequence

from bot.delivery import Delivery
from bot.delivery.card.states import state_of
from bot.delivery.channels.facts import in_time
from bot.delivery.channels.view import Rows
from bot.domain.models import Job
from bot.domain.texts import mention
from bot.domain.words.text import stamp
from bot.errors import InputError
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.visible_jobs import VisibleJobs
from bot.jobs.intake import JobService
from bot.language import sentences
from bot.server.community.texts import NOT_COMPLETE
from bot.store import Cancelled, GuildSettings, Jobs
from cogs.jobs import texts
from cogs.jobs.recovery import require_own
from cogs.results import buttons as results
from cogs.results.details import show_job
from cogs.results.remove import DROP_ICON, KEEP_ICON, STOP_ICON, answer_stop
from cogs.results.texts import DO_NOT_POST, ENDED_MEANWHILE, POSTED_AFTER_ALL, too_late_to_cancel
from cogs.ui.controls import Control, job_of, on
from cogs.ui.interaction import Interaction, use
from cogs.ui.limit_text import cost_words
from cogs.ui.panels import box_of, layout
from cogs.ui.permissions import guild_of, is_moderator, viewer_of
from cogs.ui.texts import GONE

CANCEL_ONE, DROP_ONE = "cancel_one", "drop_one"
"""In the panel; in the question that follows."""
DO_NOT_POST_ONE, KEEP_ONE = "drop_this", "keep_this"
"""In the panel, once it is sent."""


def stop_button(job: Job) -> Control:
    """Return the button of what can still be done about only this open job."""
    if job.is_unsent:
        return Control.button(CANCEL_ONE, job.id, label=texts.CANCEL_JOB, emoji=STOP_ICON)
    if job.dropped_by is None:
        return Control.button(DO_NOT_POST_ONE, job.id, label=texts.DO_NOT_POST_JOB, emoji=DROP_ICON)
    return Control.button(KEEP_ONE, job.id, label=texts.POST_JOB_AFTER_ALL, emoji=KEEP_ICON)


async def any_job(interaction: Interaction, job_id: str) -> Job:
    """Return the server's job, for a moderator, who may not see its words or files.

    Raises InputError with the constant answer.
    """
    job = await use(interaction, Jobs).get(guild_of(interaction), job_id.strip().upper())
    if job is None:
        raise InputError(GONE)
    return job


async def _own_job(interaction: Interaction, job_id: str) -> Job:
    """Return the job if this member may cancel it. Raises InputError or NotAllowed."""
    job = await (any_job if await is_moderator(interaction) else job_of)(interaction, job_id)
    await require_own(interaction, job)
    if job.is_secret:  # what can still be done about it would say how far it is
        raise InputError(NOT_COMPLETE)
    return job


@on(CANCEL_ONE)
async def cancel_one(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Cancel and refund the job; if it was sent already, ask whether to post its result."""
    job = await _own_job(interaction, subject)
    done = await _cancelled(interaction, job, drop=False)
    drop = Control.button(DROP_ONE, job.id, label=DO_NOT_POST, emoji=DROP_ICON)
    await answer_stop(interaction, job, _outcome(done, drop=False), [] if done.stopped else [drop])


@on(DO_NOT_POST_ONE)
async def do_not_post_one(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Discard the result of a sent job; cancel and refund one that is not."""
    job = await _own_job(interaction, subject)
    done = await _cancelled(interaction, job, drop=True)
    await answer_stop(interaction, job, _outcome(done, drop=True))


@on(KEEP_ONE)
async def keep_one(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Have a dropped result posted when it is done."""
    job = await _own_job(interaction, subject)
    if job.state.ended:
        raise InputError(ENDED_MEANWHILE)
    await use(interaction, JobService).keep([job], by_id=interaction.user.id)
    await answer_stop(interaction, job, str(POSTED_AFTER_ALL))


@on(DROP_ONE)
async def drop_one(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Discard the result of a job that can't be stopped any more. It is charged anyway."""
    job = await _own_job(interaction, subject)
    done = await _cancelled(interaction, job, drop=True)
    try:
        await in_time(interaction.response.edit_message(content=_outcome(done, drop=True), view=None))
    finally:
        await use(interaction, Delivery).show_now(job.guild_id, job.card_id)


async def _cancelled(interaction: Interaction, job: Job, *, drop: bool) -> Cancelled:
    done = await use(interaction, JobService).cancel(job, by_id=interaction.user.id, drop=drop)
    if done is None:
        raise InputError(ENDED_MEANWHILE)
    return done


def _outcome(done: Cancelled, *, drop: bool) -> str:
    said = [texts.CANCELLED(job_id=done.job.id)]
    if not done.stopped:
        said = [
            too_late_to_cancel(()),
            str(texts.RESULT_DROPPED if drop else texts.RESULT_POSTED),
        ]
    if done.others:
        said.append(texts.OTHERS_REFUNDED(count=done.others))
    return sentences(*said)


async def open_job(interaction: Interaction, job_id: str) -> None:
    """Show a job ephemerally; its ledger only, to a moderator who may not see it. Raises Refused, InputError."""
    job = await use(interaction, VisibleJobs).get(await viewer_of(interaction), job_id)
    if job is not None:
        await show_job(interaction, job, await _controls(interaction, job))
    elif await is_moderator(interaction):
        await _show_hidden(interaction, await any_job(interaction, job_id))
    else:
        raise InputError(GONE)


async def _controls(interaction: Interaction, job: Job) -> Rows:
    bot = interaction.client
    jobs = await use(bot, EarlierJobs).of_card(job)
    rules = await use(bot, GuildSettings).get(job.guild_id)
    private = await use(bot, EarlierJobs).is_private(job)
    rows = results.offered(bot, jobs, linked=bool(job.media), shown_above=rules.confirm_above, private=private)
    if len(jobs) > 1 and not job.state.ended and not job.is_secret:
        return [[stop_button(job)], *rows]
    return rows


async def _show_hidden(interaction: Interaction, job: Job) -> None:
    facts = [
        f"`{job.operation}`",
        state_of(job),
        cost_words(job),
        stamp(job.created_at),
        mention(job.author_id),
    ]
    lines = [f"### `{job.id}`", " · ".join(facts), str(texts.HIDDEN_JOB)]
    rows = [] if job.state.ended or job.is_secret else [[stop_button(job)]]
    view = layout(box_of("\n".join(lines)), rows=rows)
    await in_time(interaction.response.send_message(view=view, ephemeral=True))
