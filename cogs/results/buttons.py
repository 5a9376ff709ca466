"""The controls of an ended card: re-run, vary, edit, retry, next step, links, removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord

from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import BUTTONS_PER_ROW, OPTIONS_PER_SELECT, in_time
from bot.delivery.channels.view import Rows
from bot.domain.jobs.card_jobs import main_job, results_of
from bot.domain.models import Job, JobState, ShootoutPhase
from bot.domain.server.shootouts import are_made, has_result, letter
from bot.domain.words.text import shortened
from bot.errors import InputError
from bot.generation.again.earlier_jobs import EarlierJobs
from bot.generation.again.next_steps import NextSteps
from bot.generation.again.rerun import Reruns
from bot.generation.again.retry import Retries, to_retry
from bot.language import Text
from bot.store import GuildSettings
from cogs.results import texts
from cogs.results.details import details_button
from cogs.results.next_step import JOB_ACTION
from cogs.results.pressing import find_late, refuse_double_press, rerun_price, retry_price, submit_once, submit_pressed
from cogs.results.prompt_buttons import of_prompt
from cogs.results.remove import stop_controls
from cogs.results.variants import VARY
from cogs.ui.controls import Control, job_of, on_job, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import origin_of, require_unblocked, viewer_of
from cogs.ui.prices import priced
from cogs.ui.texts import GONE
from cogs.workflows.asked.form import OperationForm
from cogs.workflows.asked.submit import ask, submit

ALONE = "alone"
"""Shows a result alone; also the kind of that message among the copies."""
FAILURES = frozenset({JobState.FAILED, JobState.EXPIRED})
WITH_BUTTONS = BUTTONS_PER_ROW - 1
"""How many results have buttons of their own: a row has one more for all of them."""
WITHOUT_WRAP = 3
"""How many labelled buttons are next to each other on a phone of 390 px."""
SHARE = "share"
VOTE, END_VOTE, DEFAULT = "vote", "vote_end", "vote_default"
"""Of a shoot-out: their actions are in cogs/community/shootout.py."""
ICONS = {
    "again": "🔁",
    "again_all": "🔁",
    VARY: "🎲",
    "edit": "✏️",
    JOB_ACTION: "➡️",
    "retry": "🔄",
    "recover": "📤",
    SHARE: "📣",
    "link": "🔗",
    "remove": "🗑️",
    "ask_refund": "↩️",
    END_VOTE: "🏁",
    DEFAULT: "🏆",
}
"""The icons of buttons, by action: those of the same reaction, if any."""

Items = list[discord.ui.Item[Any]]


def offered(bot: Bot, jobs: Sequence[Job], *, linked: bool, shown_above: Decimal | None, private: bool) -> Rows:
    """Return the rows of a card's controls: those of its results, then those of the whole card.

    `linked`: some results are links; `private`: only the author sees the card. `shown_above` is as in `priced`.
    """
    if jobs[0].is_secret:
        return _ballot(bot, jobs)
    made = [job for job in results_of(jobs) if job.state is JobState.DELIVERED]
    ended, job = all(job.state.ended for job in jobs), main_job(jobs)
    trouble = _of_trouble(jobs, shown_above, ended=ended) if made or ended else []
    last = [*stop_controls(jobs, bot.clock.wall()), *trouble]
    if not made and len(jobs) == 1 and ended and (job.state is not JobState.HELD or job.unusable):
        last.append(_button("edit", job, texts.EDIT_AND_RUN))
    if private and made and ended and not job.is_at_home:
        last.append(_button(SHARE, job, texts.SHARE))
    if (linked or job.shootout) and (made or ended):  # a vote showed no links
        last.append(_button("link", job, texts.FRESH_LINK))
    on_card = [details_button(job), *([_button("remove", job)] if ended else [])]
    last += [_button(DEFAULT, each, texts.MAKE_DEFAULT) for each in jobs if each.shootout is ShootoutPhase.WON]
    of_results = _of_results(bot, jobs, made, shown_above, ended=ended) if made else []
    last = [*(row[0] for row in of_results if _is_short(row)), *last]
    rows = [row for row in of_results if row and not _is_short(row)]
    return [*rows, *([[*last, *on_card]] if len(last) + len(on_card) <= BUTTONS_PER_ROW else [last, on_card])]


def _ballot(bot: Bot, jobs: Sequence[Job]) -> Rows:
    """Return a button for each result that members vote on, then what can be done with the card until the end."""
    style, is_open = discord.ButtonStyle.primary, are_made(jobs)
    votes: Items = [
        Control.button(VOTE, job.id, label=letter(job), style=style, disabled=not (is_open and has_result(job)))
        for job in jobs
    ]
    stop: Items = [*stop_controls(jobs, bot.clock.wall())]
    end = [] if stop else [_button(END_VOTE, jobs[0], texts.END_NOW)]
    return [votes, [*stop, *end, details_button(jobs[0]), *([] if stop else [_button("remove", jobs[0])])]]


def _is_short(row: Items) -> bool:
    return sum(item.width for item in row) == 1


def _of_results(
    bot: Bot, jobs: Sequence[Job], made: Sequence[Job], shown_above: Decimal | None, *, ended: bool
) -> Rows:
    job, results = main_job(jobs), results_of(jobs)
    if use(bot, NextSteps).is_prompt(job):
        return [of_prompt(bot, job, shown_above)]
    is_one = len(results) == 1 or (ended and len(made) == 1)
    if is_one:
        first = of_result(bot, made[0], shown_above, is_first=not (ended and _may_retry(jobs)))
        return [first[:WITHOUT_WRAP], first[WITHOUT_WRAP:]]
    if any(each.media for each in made):
        return _grid(bot, job, results, made)
    again = priced(texts.RERUN_ALL, rerun_price(bot, job, jobs), shown_above)
    return [[_button("again_all", job, again), _button("edit", job, texts.EDIT_AND_RUN)]]


def _grid(bot: Bot, main: Job, results: Sequence[Job], made: Sequence[Job]) -> Rows:
    """Return U and V of the results in columns, and a select for those beyond; what is not made yet is disabled.

    A result keeps its number and its place, whichever of the others failed.
    """
    numbered = {job.id: number for number, job in enumerate(results, start=1)}
    own, ready, can_vary = results[:WITH_BUTTONS], {job.id for job in made if job.media}, use(bot, Reruns).can_vary
    alone: Items = [
        Control.button(ALONE, job.id, label=texts.ALONE(number=numbered[job.id]), disabled=job.id not in ready)
        for job in own
    ]
    vary: Items = [
        Control.button(
            VARY,
            job.id,
            label=texts.VARY_ONE(number=numbered[job.id]),
            disabled=job.id not in ready or not can_vary(job),
        )
        for job in (own if any(map(can_vary, made)) else ())
    ]
    rows = [[*alone, _button("again_all", main)], [*vary, _button("edit", main)]]
    beyond = results[WITH_BUTTONS:]
    return [*rows, [_choice(beyond, [job for job in beyond if job.id in ready], numbered)]] if beyond else rows


def _choice(beyond: Sequence[Job], ready: Sequence[Job], numbered: dict[str, int]) -> Control:
    options = [
        discord.SelectOption(
            label=shortened(f"{numbered[job.id]}. {job.depicts.strip() or job.operation}", 100), value=job.id
        )
        for job in (ready or beyond)[:OPTIONS_PER_SELECT]
    ]
    return Control.select("pick", beyond[0].id, placeholder=texts.PICK, options=options, disabled=not ready)


def _of_trouble(jobs: Sequence[Job], shown_above: Decimal | None, *, ended: bool) -> Items:
    items: Items = []
    if ended and _may_retry(jobs):
        items.append(_retry_button(jobs, shown_above))
    if any(each.state is JobState.HELD and not each.unusable for each in jobs):
        items.append(_button("recover", main_job(jobs), texts.POST_IT))
    charged = [each for each in jobs if each.is_charged_for_nothing and not each.is_at_home]
    return [*items, *(_button("ask_refund", each, texts.ASK_REFUND) for each in charged[:1])]


def _may_retry(jobs: Sequence[Job]) -> bool:
    return any(each.state in FAILURES or each.did_not_fit for each in to_retry(jobs))


def of_result(bot: Bot, job: Job, shown_above: Decimal | None = None, *, is_first: bool = True) -> Items:
    """Return the row of one result, last what retired operations offer; `is_first`: nothing comes before *Vary*."""
    rerun = priced(texts.RERUN, rerun_price(bot, job), shown_above)
    again: Items = []
    if use(bot, Reruns).can_vary(job):
        style = discord.ButtonStyle.primary if is_first else discord.ButtonStyle.secondary
        again.append(Control.button(VARY, job.id, label=texts.VARY, emoji=ICONS[VARY], style=style))
    again += [_button("again", job, rerun), _button("edit", job, texts.EDIT_AND_RUN)]
    onward: Items = [_button(JOB_ACTION, job, texts.NEXT_STEP)] if job.media else []
    operation = bot.catalogue.find(job.operation)
    is_offered = operation is None or operation.offered
    return [*again, *onward] if is_offered else [*onward, *again]


def _button(action: str, job: Job, label: Text | str | None = None) -> Control:
    return Control.button(action, job.id, label=label, emoji=ICONS.get(action))


def _retry_button(jobs: Sequence[Job], shown_above: Decimal | None) -> Control:
    left = to_retry(jobs)
    words = texts.RETRY_ALL if len(left) == len(jobs) else texts.RETRY_REST
    label = priced(words, retry_price(left), shown_above)
    return Control.button("retry", left[0].id, label=label, style=discord.ButtonStyle.primary, emoji=ICONS["retry"])


@on_job("prompt_again")
@on_job("again")
async def run_again(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Re-run one result, with a new seed."""
    generation = await use(interaction, Reruns).rerun(job, await viewer_of(interaction))
    await submit_once(interaction, job, f"again {job.id}", generation)


@on_job("again_all")
async def run_all_again(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Re-run all results of a card with the same input."""
    generation = await use(interaction, Reruns).rerun_all(job, await viewer_of(interaction))
    await submit_once(interaction, job, "again", generation)


@on_job("edit")
async def edit_and_run(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Open a form with the job's prompt and main fields, and submit the edited ones."""
    await require_unblocked(interaction)
    reruns = use(interaction, Reruns)
    edit = await reruns.edit(job, await viewer_of(interaction))

    async def still_may(sent: Interaction) -> None:
        await reruns.require_payer(await job_of(sent, job.id), sent.user.id)

    form = OperationForm(
        interaction.client, edit.generation, prefilled=edit.prefilled, kept=edit.kept, still_may=still_may, send=submit
    )
    if not form.has_inputs:
        await submit_once(interaction, job, "edit", replace(edit.generation, values=edit.kept))
        return
    await form.open(interaction)


@on_job("pick")
async def pick(interaction: Interaction, job: Job, values: Sequence[str]) -> None:
    """Show one result's controls ephemerally."""
    jobs = {each.id: each for each in await use(interaction, EarlierJobs).of_card(job)}
    chosen = jobs.get(values[0]) if values else job
    if chosen is None or chosen.state is not JobState.DELIVERED:
        raise InputError(GONE)
    rules = await use(interaction, GuildSettings).get(job.guild_id)
    view = view_of(of_result(interaction.client, chosen, rules.confirm_above))
    number = next((n for n, each in enumerate(results_of([*jobs.values()]), start=1) if each.id == chosen.id), 1)
    await in_time(
        interaction.response.send_message(texts.PICKED(number=number, job_id=chosen.id), view=view, ephemeral=True)
    )


@on_job("retry")
async def retry(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Resubmit the card's failed jobs, with the steps before them unless their results exist.

    Raises InputError, Refused or a MediaError.
    """
    retries = use(interaction, Retries)
    plan = await retries.plan(job, await viewer_of(interaction))
    refuse_double_press(interaction, job, "retry")
    if plan.is_slow:
        await defer(interaction, ephemeral=plan.private, thinking=True)
    late = await find_late(interaction, plan.jobs)
    if late is not None:
        await interaction.client.responses.reply_privately(interaction, late)
        return
    generation = await retries.retry(plan, await origin_of(interaction))
    incomplete = retries.incomplete(plan, generation)
    if incomplete is not None:
        await ask(interaction, incomplete)
    else:
        await submit_pressed(interaction, generation)


async def setup(bot: Bot) -> None:
    """Register the controls of all messages, old ones included."""
    bot.add_dynamic_items(Control)


async def teardown(bot: Bot) -> None:
    bot.remove_dynamic_items(Control)
