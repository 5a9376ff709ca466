"""What an account was charged beyond our books. Pure.

Whether the API charges at create or success is undocumented, so costs of open jobs are left out: the difference is a
minimum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from bot.domain import texts
from bot.domain.money.limit_rules import need, terms
from bot.domain.money.spend_request import Headroom, SpendRequest
from bot.domain.server.guild_rules import Scope
from bot.domain.words.text import stamp

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCheck:
    """An account and the books at one moment, in credits, and what a comparison has found."""

    balance: Decimal
    known: Decimal
    """Everything settled or adjusted for its jobs."""
    adjusted: Decimal
    open: Decimal
    """Possible cost of open jobs."""
    settled: Decimal = NOTHING
    """Charged beyond the books until that moment."""
    difference: Decimal = NOTHING
    """Charged beyond the books until the last comparison."""


def compare(last: AccountCheck | None, now: AccountCheck) -> AccountCheck:
    """Return the charge beyond the books between the last comparison and now; with open jobs, of the last moment."""
    if last is None:
        return now
    adjusted = now.adjusted - last.adjusted
    if now.balance > last.balance:  # credits were added, by an unknown amount
        difference = max(NOTHING, last.settled - adjusted)
        return replace(now, settled=difference, difference=difference)
    charged = (last.balance - now.balance) - (now.known - last.known) - now.open
    # A late result is adjusted long after its charge: it explains an earlier difference.
    beyond = charged if charged > 0 else -min(-charged, adjusted)
    difference = max(NOTHING, last.settled + beyond)
    return replace(last, difference=difference) if now.open else replace(now, settled=difference, difference=difference)


HOUR_S, DAY_S = 3600.0, 86_400.0
HISTORY_DAYS = 14
NEAR, FULL = 80, 100
"""Alert thresholds in percent of a limit."""
NEVER_REPEATED = 253_402_300_799.0
BALANCE_QUIET_S = 3 * DAY_S
HOUR_QUIET_S = 6 * HOUR_S
HOUR_FACTOR = 5
HOUR_FLOOR = Decimal(50)
"""Lower hourly spending is never unusual."""
HISTORY_MIN_HOURS = 24.0
"""With less history nothing is unusual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A line for the log channel, not repeated under its name before `until` (Unix seconds)."""

    name: str
    until: float
    text: str
    covers: tuple[str, ...] = ()


def of_limits(found: Iterable[Headroom], request: SpendRequest, *, taken: bool) -> list[Alert]:
    """Return alerts for limits that are (nearly) used up; `taken` includes the request's credits.

    `found` is what the limits leave without the request.
    """
    alerts = []
    for headroom in found:
        limit = headroom.limit
        used = limit.credits - headroom.left + (need(limit, request) if taken else 0)
        share = used * 100 / limit.credits if limit.credits else Decimal(0)  # 0 forbids use and can't be approached
        if share >= NEAR:
            alerts.append(_of_limit(headroom, request, used, int(share)))
    return alerts


def _of_limit(headroom: Headroom, request: SpendRequest, used: Decimal, share: int) -> Alert:
    limit = headroom.limit
    who = "server" if limit.scope is Scope.SERVER else str(request.spender.member_id)
    # The name has the amount: a raised limit alerts again.
    name = f"limit:{limit.id}:{limit.credits}:{who}"
    level = FULL if share >= FULL else NEAR
    refills = None if headroom.refills_at is None else stamp(headroom.refills_at)
    member_id = None if limit.scope is Scope.SERVER else request.spender.member_id
    return Alert(
        name=f"{name}:{level}",
        until=NEVER_REPEATED if headroom.refills_at is None else headroom.refills_at,
        text=texts.limit_reached(member_id, terms(limit), share / 100, used, refills),
        covers=(f"{name}:{NEAR}",) if level == FULL else (),
    )


def spent_a_day(total: Decimal, first_at: float | None, now: float) -> Decimal:
    """Return the credits spent a day: `total` of the last HISTORY_DAYS, of which the first at `first_at`."""
    known_s = 0.0 if first_at is None else min(now - first_at, HISTORY_DAYS * DAY_S)
    return total / Decimal(str(max(1.0, known_s / DAY_S)))


def of_balance(free: Decimal, spent: Decimal, days: float, now: float, *, is_shown: bool = True) -> Alert | None:
    """Return an alert if the free credits last less than a week, given `spent` in `days`.

    Without `is_shown` the balance is omitted: it is the host's.
    """
    a_day = spent / Decimal(str(max(days, 1.0)))
    week = 7 * a_day
    if not spent or free >= week:
        return None
    return Alert(
        name="balance",
        until=now + BALANCE_QUIET_S,
        text=texts.balance_low(max(free, Decimal(0)), _whole(week), _whole(a_day))
        if is_shown
        else texts.balance_lasts_briefly(_whole(week), _whole(a_day)),
    )


def of_hour(last: Decimal, before: Decimal, hours: float, now: float) -> Alert | None:
    """Return an alert if the last hour's spending far exceeds the `hours` before."""
    if hours < HISTORY_MIN_HOURS or last <= HOUR_FLOOR:
        return None
    usual = before / Decimal(str(hours))
    if last <= HOUR_FACTOR * usual:
        return None
    return Alert(
        name="hour",
        until=now + HOUR_QUIET_S,
        text=texts.UNUSUAL_HOUR(count=last, usual=usual.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)),
    )


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)


PACK_DAYS = 90
ROLL_OVER_DAYS = {"hobbyist": 7, "creator": 7, "pro": 14}
"""How long a subscription's unused credits last after a renewal, by plan (https://www.cannonstudio.app/faq)."""


def percents(parts: Sequence[Decimal], total: Decimal) -> list[int]:
    """Return each part in whole percent of `total` (above 0); complete parts sum to 100.

    Rounded by the largest remainder.
    """
    exact = [part * 100 / total for part in parts]
    whole = [int(each) for each in exact]
    missing = int((sum(exact, Decimal(0)) + Decimal("0.5")) // 1) - sum(whole)
    by_loss = sorted(range(len(parts)), key=lambda number: (whole[number] - exact[number], number))
    for number in by_loss[:missing]:
        whole[number] += 1
    return whole
