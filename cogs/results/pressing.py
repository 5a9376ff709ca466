"""Controls that spend at a press: the price is on their label, or confirmed privately first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from bot.cannon.texts import UNREACHABLE
from bot.domain.models import UNKNOWN, Job
from bot.domain.texts import STILL_MADE
from bot.errors import InputError, Refused
from bot.generation.again.rerun import copies_of
from bot.generation.generation import Generation
from bot.jobs.rounds.reconciler import Found, Reconciler
from cogs.results import texts
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.prices import pressed, total_of
from cogs.workflows.asked.submit import submit


async def submit_pressed(interaction: Interaction, generation: Generation) -> None:
    """Submit a control's request; a price not on its label is confirmed first.

    Raises as `submit` does.
    """
    await submit(interaction, replace(generation, consent=pressed(interaction)))


def rerun_price(bot: Bot, job: Job, among: Sequence[Job] = ()) -> Decimal | None:
    """Return the price of a re-run in credits: what the job has cost; None if unknown.

    `among`: of as many as there are like it among these.
    """
    operation = bot.catalogue.find(job.operation)
    fixed = None if operation is None else operation.fixed_credits
    price = job.cost if fixed is None else fixed
    return None if price is None else price * max(1, copies_of(among, job))


def retry_price(jobs: Sequence[Job]) -> Decimal | None:
    """Return the price of these jobs in credits, as it was estimated for them; None if one was unknown."""
    return None if any(job.basis == UNKNOWN for job in jobs) else sum((job.estimate for job in jobs), Decimal(0))


async def variant_price(bot: Bot, job: Job, generation: Generation) -> Decimal | None:
    """Return the price of a variant in credits; None if unknown."""
    steps = [(step.operation, step.input) for step in generation.before]
    given = {file.field: medium.url for file in generation.files if file.field for medium in job.media[:1]}
    total = await total_of(bot, job.guild_id, [*steps, (generation.operation, {**generation.values, **given})])
    return total.price


async def submit_once(interaction: Interaction, job: Job, action: str, generation: Generation) -> None:
    """Submit a control's request, unless the member has just pressed the same. Raises as `submit_pressed`."""
    refuse_double_press(interaction, job, action)
    await submit_pressed(interaction, generation)


def refuse_double_press(interaction: Interaction, job: Job, action: str) -> None:
    """Raise Refused for a member's second press on the same card within a few seconds."""
    if interaction.client.presses.wait_s((interaction.user.id, job.card_id, action)):
        raise Refused(texts.PRESSED_TWICE)


def may_come_late(jobs: Sequence[Job]) -> list[Job]:
    """Return the ended jobs whose request at Cannon Studio may still succeed."""
    return [job for job in jobs if job.recheck_at is not None]


async def find_late(interaction: Interaction, jobs: Sequence[Job]) -> str | None:
    """Look for the late results of `jobs`, and have them posted; the interaction must be deferred.

    Returns the notice for the member; None if there is no result and none will come. Raises InputError if Cannon Studio
    cannot be asked: a member must not pay twice because it is down.
    """
    reconciler = use(interaction, Reconciler)
    found = {await reconciler.look_for_member(job) for job in may_come_late(jobs)}
    if Found.RESULT in found:
        return str(texts.EXISTS)
    if Found.UNKNOWN in found:
        raise InputError(UNREACHABLE)
    return str(STILL_MADE) if Found.STILL_MADE in found else None
