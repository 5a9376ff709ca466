"""The guard before every start: a job holds what its kind costs now, and no limit may be exceeded by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from bot.domain.models import UNKNOWN, Job
from bot.domain.money.costs import EARLIER_JOBS, PriceFactors
from bot.domain.money.limit_rules import Rooms, all_headrooms, guess_within
from bot.domain.money.spend_request import ZERO, Draw, Headroom, Spender, SpendItem, SpendRequest, Unpriced
from bot.domain.money.spending_policy import (
    Agreed,
    binding_limits,
    counts_everywhere,
    decide_waiting,
    may_start_unpriced,
    require_agreed,
)
from bot.domain.server.guild_rules import Limit, Period, Rules
from bot.errors import Refused
from bot.runtime.failpoints import failpoint
from bot.store import texts
from bot.store.engine.columns import from_milli
from bot.store.jobs.ending import cancel_in
from bot.store.jobs.rows import CARDS, job_in, job_of, jobs_of_card, update_job
from bot.store.money import purses
from bot.store.money.prices import costs_of_kind
from bot.store.money.spending import COUNTED_HERE, DRAWN, Spending, spending_of
from bot.store.sql import Connection

# Held by requests above a limit until a moderator decides about them.
_ASKED = f"SELECT sum(jobs.held_milli + jobs.raised_milli) {COUNTED_HERE} AND coalesce(approvals.reason, '') <> ''"
# Unsent jobs that count for a limit, newest first. Jobs paid by grants don't count for a member's.
_UNSENT = f"""
SELECT jobs.* {COUNTED_HERE} AND jobs.attempts = 0
    AND (:host = 1 OR (jobs.allowed = 0 AND coalesce(approvals.reason, '') = ''))
    AND jobs.held_milli + jobs.raised_milli > {DRAWN}
ORDER BY jobs.created_at DESC, jobs.position DESC
"""


def may_start(db: Connection, job: Job, now: float, host_limits: tuple[Limit, ...]) -> tuple[Job | None, list[str]]:
    """Return the waiting job, which holds what it costs now, None if it may not start yet or has ended.

    Also the cards of the jobs that were ended, as they no longer fit: this one, or the newest under a limit that would
    be exceeded. Since acceptance prices have risen, others have spent the rest, or a limit was lowered.
    """
    known = spending_of(db, job, now, host_limits)
    request = _request_of(db, job, ZERO)
    limits = binding_limits(request, known)
    price = _price_now(db, job)
    if job.basis == UNKNOWN and not price and not _may_find_out(job, known, limits):
        return None, []
    try:
        held, draws = _held(db, job, price, known, now)
    except Refused as refusal:
        if _frees_credits(db, job):
            return None, []
        priced = replace(job, basis=EARLIER_JOBS if price else job.basis)
        update_job(db, priced, job)
        cancel_in(db, priced, refusal.sentence, now, steps=refusal.sentence)
        return None, [job.card_id]
    is_allowed = db.execute("SELECT allowed FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]
    limits = [each for each in limits if each.scope.is_host or not is_allowed]
    # In the job's own period: it may have ended since it was accepted.
    known, [item] = replace(known, now=held.created_at), _request_of(db, held, held.reserved).items
    if job.waits_for_price and not Rooms(limits, request, known).take(item):
        return None, []  # with nothing held, which others may need to find a price out
    if held != job:
        update_job(db, held, job)
        failpoint("price.held")
        purses.draw(db, job.guild_id, ((job.id, each.grant_id, each.credits) for each in draws))
    if stopped := [each for limit in _exceeded(known, request, limits) for each in _stop(known, request, limit, now)]:
        return None, [each.card_id for each in stopped]
    return (held if job.waits_for_price or Rooms(limits, request, known).take(item) else None), []


def _may_find_out(job: Job, known: Spending, limits: Sequence[Limit]) -> bool:
    """Whether the job may find the price of its kind out: no other does."""
    own = Unpriced(member_id=job.author_id, operation=job.operation, kind=job.price_kind or "", is_sent=False)
    unpriced = known.unpriced(everywhere=counts_everywhere(limits))
    return may_start_unpriced(own, unpriced, limits, known.rules)


def _price_now(db: Connection, job: Job) -> Decimal:
    """Return what the job's kind costs now, in credits; 0 if unknown."""
    factors = PriceFactors(kind=job.price_kind or "", size=job.price_size, outputs=job.price_outputs)
    return max(costs_of_kind(db, job.payer_id, job.key_id, job.operation, factors), default=ZERO)


def _held(db: Connection, job: Job, price: Decimal, known: Spending, now: float) -> tuple[Job, Sequence[Draw]]:
    """Return the job with what it costs now held, in credits (0: unknown), and what grants pay of that.

    Nothing is written. Raises Refused if it does not fit or was not agreed to.
    """
    basis = EARLIER_JOBS if price and job.basis == UNKNOWN else job.basis
    if job.waits_for_price:
        request = _request_of(db, job, price or job.estimate, is_known=bool(price))
        for credits_ in guess_within(request, binding_limits(request, known), known).values():
            request = request.holding(0, credits_)
        draws = decide_waiting(request, known, _agreed(db, job))
        # It counts on the day of its hold: what was left on an earlier one has lapsed.
        counted_from = _counted_from(job, known.rules, now)
        return replace(job, raised=request.total, basis=basis, created_at=counted_from), draws
    if price > job.reserved:
        require_agreed(_request_of(db, job, price), known.rules, _agreed(db, job))
    return replace(job, raised=max(job.raised, price - job.held), basis=basis), ()


def _frees_credits(db: Connection, job: Job) -> bool:
    """Whether a job of the card holds more than it costs: that will be free soon."""
    beside = jobs_of_card(db, job.guild_id, job.card_id)
    return any(each.cost and not each.state.ended and each.reserved > each.cost for each in beside)


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


def _request_of(db: Connection, job: Job, credits_: Decimal, *, is_known: bool = True) -> SpendRequest:
    """Return a stored job as a request of so many credits, by its author with their roles of that time."""
    row = db.execute("SELECT * FROM cards WHERE guild_id = ? AND id = ?", (job.guild_id, job.card_id)).fetchone()
    item = SpendItem(
        operation=job.operation,
        title=f"`{job.operation}`",
        credits=credits_,
        exact=job.basis == "fixed",
        known=is_known,
    )
    return replace(SpendRequest.of(Spender.of(CARDS.read(row, token=None)), [item]), host_pays=job.key_id is None)


def _exceeded(known: Spending, request: SpendRequest, limits: Sequence[Limit]) -> list[Limit]:
    return [each.limit for each in _headrooms(known, request, limits) if each.left < 0]


def _headrooms(known: Spending, request: SpendRequest, limits: Sequence[Limit]) -> list[Headroom]:
    """Return what the limits leave if each running job costs what its kind costs now.

    A request above a limit takes nothing of it while a moderator is asked.
    """
    found = []
    for each in all_headrooms(limits, request, known):
        work = known.open_under(each.limit)
        left = each.left + _asked(known, each.limit) - (work.may_cost - work.running)
        found.append(replace(each, left=left))
    return found


def _asked(known: Spending, limit: Limit) -> Decimal:
    if limit.scope.is_host:
        return ZERO  # no moderator decides about it
    return from_milli(known.db.execute(_ASKED, known.counted(limit)).fetchone()[0])


def _stop(known: Spending, request: SpendRequest, limit: Limit, now: float) -> list[Job]:
    """Cancel unsent jobs that count for the limit until it holds; return them."""
    stopped: list[Job] = []
    for row in known.db.execute(_UNSENT, known.counted(limit)).fetchall():
        if not any(each == limit for each in _exceeded(known, request, [limit])):
            break
        job = job_in(known.db, known.guild_id, job_of(row).id)
        if job is not None and not job.state.ended:  # perhaps cancelled with a previous one
            price, sentence = _price_now(known.db, job), str(texts.LIMIT_USED_UP)
            if price > job.estimate:
                sentence = texts.PRICE_ROSE(price=price, before=job.estimate)
            stopped.append(cancel_in(known.db, job, sentence, now, steps=sentence).job)
    return stopped
