"""Alerts about credits: when moderators get one, and what it says. Pure: amounts in, alerts out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bot.domain import texts
from bot.domain.guild_rules import Scope
from bot.domain.limit_rules import need
from bot.domain.limit_words import terms
from bot.domain.spend_request import Headroom, SpendRequest
from bot.domain.text import stamp

HOUR_S, DAY_S = 3600.0, 86_400.0
HISTORY_DAYS = 14
NEAR, FULL = 80, 100
"""Percentages of a limit at which moderators are alerted."""
NEVER_REPEATED = 253_402_300_799.0
"""The end of the year 9999, for an alert that is never repeated."""
BALANCE_QUIET_S = 3 * DAY_S
HOUR_QUIET_S = 6 * HOUR_S
HOUR_FACTOR = 5
HOUR_FLOOR = Decimal(50)
"""Spending fewer credits than this in an hour is never unusual."""
HISTORY_MIN_HOURS = 24.0
"""With a shorter history nothing is unusual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A line for the log channel. An alert of the same name is not repeated before `until` (Unix seconds)."""

    name: str
    until: float
    text: str
    covers: tuple[str, ...] = ()
    """Names of weaker alerts that this one makes redundant."""


def of_limits(found: Iterable[Headroom], request: SpendRequest, *, taken: bool) -> list[Alert]:
    """Return an alert for each limit that is used up, or nearly; with `taken` the request's own credits count too.

    `found` is what the limits leave without the request.
    """
    alerts = []
    for headroom in found:
        limit = headroom.limit
        used = limit.credits - headroom.left + (need(limit, request) if taken else 0)
        share = used * 100 / limit.credits if limit.credits else Decimal(0)  # 0 forbids use: it cannot be approached
        if share >= NEAR:
            alerts.append(_of_limit(headroom, request, used, int(share)))
    return alerts


def _of_limit(headroom: Headroom, request: SpendRequest, used: Decimal, share: int) -> Alert:
    limit = headroom.limit
    who = "server" if limit.scope is Scope.SERVER else str(request.member_id)
    # The name has the amount: a limit that was raised may be reached once more.
    name = f"limit:{limit.id}:{limit.credits}:{who}"
    level = FULL if share >= FULL else NEAR
    refills = None if headroom.refills_at is None else stamp(headroom.refills_at)
    member_id = None if limit.scope is Scope.SERVER else request.member_id
    return Alert(
        name=f"{name}:{level}",
        until=NEVER_REPEATED if headroom.refills_at is None else headroom.refills_at,
        text=texts.limit_reached(member_id, terms(limit), share / 100, used, refills),
        covers=(f"{name}:{NEAR}",) if level == FULL else (),
    )


def of_balance(free: Decimal, spent: Decimal, days: float, now: float, *, is_shown: bool = True) -> Alert | None:
    """Return an alert if the free credits do not last a week at the rate of `spent` in `days`.

    Without `is_shown` it does not say how many there are: they are the host's.
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
    """Return an alert if far more was spent in the last hour than in a usual one of the `hours` before it."""
    if hours < HISTORY_MIN_HOURS or last <= HOUR_FLOOR:
        return None
    usual = before / Decimal(str(hours))
    if last <= HOUR_FACTOR * usual:
        return None
    return Alert(
        name="hour",
        until=now + HOUR_QUIET_S,
        text=texts.unusual_hour(last, usual.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)),
    )


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)
