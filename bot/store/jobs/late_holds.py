"""Jobs accepted without a hold, as the price of their kind was unknown: their credits are held before they start."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from bot.domain.models import UNKNOWN, Job
from bot.domain.money.costs import PriceFactors, guessed_hold, known_hold
from bot.domain.money.spend_request import ZERO
from bot.domain.money.spending_policy import Agreed, decide_waiting
from bot.domain.server.guild_rules import Limit, Period, Rules
from bot.errors import Refused
from bot.runtime.failpoints import failpoint
from bot.store.jobs.ending import cancel_in
from bot.store.jobs.overshoots import request_of
from bot.store.jobs.rows import job_in, jobs_of_card, update_job
from bot.store.money import purses
from bot.store.money.prices import costs_of_kind
from bot.store.money.spending import spending_of
from bot.store.sql import Connection

_UNHELD = """
SELECT jobs.created_at, jobs.position, jobs.id FROM jobs JOIN cards ON cards.id = jobs.card_id
WHERE jobs.guild_id = ? AND jobs.state = 'waiting' AND jobs.basis = 'unknown' AND jobs.expected_milli IS NOT NULL
    AND jobs.raised_milli = 0 AND cards.answered = 1
"""
PRICED_BASIS = "earlier jobs"


def without_hold(job: Job) -> Job:
    """Return a new job whose credits are held later."""
    return replace(job, held=ZERO, expected=job.held)


def hold_priced(
    db: Connection, guild_id: int, now: float, host_limits: tuple[Limit, ...]
) -> tuple[list[str], set[str]]:
    """Hold the price of each of the guild's jobs that waited for it, if known.

    Return the changed cards' ids, and the ids of jobs that wait on. A job that does not fit is cancelled with its
    dependents, and the refusal is its reason; but it waits on while a job of its card holds more than it costs, as that
    will be free soon.
    """
    changed, waiting = [], set()
    for job, price in _priced(db, guild_id):
        try:
            _hold(db, job, price, now, host_limits, basis=PRICED_BASIS)
        except Refused as refusal:
            if _frees_credits(db, job):
                waiting.add(job.id)
                continue
            priced = replace(job, basis=PRICED_BASIS)
            update_job(db, priced, job)
            cancel_in(db, priced, refusal.sentence, now, steps=refusal.sentence)
        changed.append(job.card_id)
    return changed, waiting


def hold_late(db: Connection, job: Job, now: float, host_limits: tuple[Limit, ...]) -> Job | None:
    """Hold the estimate of a job that finds out the price of its kind; None if it no longer fits and was cancelled."""
    try:
        return _hold(db, job, job.estimate, now, host_limits, basis=UNKNOWN)
    except Refused as refusal:
        cancel_in(db, job, refusal.sentence, now, steps=refusal.sentence)
        return None


def _hold(db: Connection, job: Job, price: Decimal, now: float, host_limits: tuple[Limit, ...], *, basis: str) -> Job:
    """Hold `price` credits for a job that waited for it. Raises Refused if that no longer fits.

    It counts on the day of its hold: what was left on an earlier one has lapsed.
    """
    known = spending_of(db, job, now, host_limits)
    draws = decide_waiting(request_of(db, job, price), known, _agreed(db, job))
    held = replace(job, raised=price, basis=basis, created_at=_counted_from(job, known.rules, now))
    update_job(db, held, job)
    failpoint("price.held")
    purses.draw(db, job.guild_id, ((job.id, each.grant_id, each.credits) for each in draws), now)
    return held


def _frees_credits(db: Connection, job: Job) -> bool:
    beside = jobs_of_card(db, job.guild_id, job.card_id)
    return any(each.cost and not each.state.ended and each.reserved > each.cost for each in beside)


def _priced(db: Connection, guild_id: int) -> Iterator[tuple[Job, Decimal]]:
    for *_, job_id in sorted(map(tuple, db.execute(_UNHELD, (guild_id,)).fetchall())):
        job = job_in(db, guild_id, job_id)
        if job is None or not job.waits_for_price:
            continue  # cancelled with a previous step
        price = _price(db, job)
        if price is not None:
            yield job, price


def _price(db: Connection, job: Job) -> Decimal | None:
    """Return what such a job costs by those of its kind; None without any: a cost of 0 proves no price."""
    factors = PriceFactors(kind=job.price_kind or "", size=job.price_size, outputs=job.price_outputs)
    seen = costs_of_kind(db, job)
    return known_hold(factors, seen) or guessed_hold(factors, seen) or None


def _agreed(db: Connection, job: Job) -> Agreed:
    alike = [
        each
        for each in jobs_of_card(db, job.guild_id, job.card_id)
        if (each.operation, each.price_kind) == (job.operation, job.price_kind)
    ]
    allowed = db.execute("SELECT allowed FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]
    return Agreed(credits=job.estimate, jobs=len(alike), allowed=bool(allowed))


def _counted_from(job: Job, rules: Rules, now: float) -> float:
    began = max(Period.DAY.start(now, zone) for zone in (rules.zone, dt.UTC))
    return now if job.created_at < began else job.created_at
