"""Alerts about credits: when moderators get one, and how it reads. Pure: amounts in, alerts out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bot.domain.guild_rules import Scope
from bot.domain.limit_rules import need
from bot.domain.limit_words import terms
from bot.domain.models import credits_text
from bot.domain.spend_request import Headroom, SpendRequest
from bot.domain.text import stamp

HOUR_S, DAY_S = 3600.0, 86_400.0
LOOK_BACK_DAYS = 14
NEAR, FULL = 80, 100
"""The per cent of a limit at which moderators are alerted."""
FOR_EVER = 253_402_300_799.0
"""The end of the year 9999, for an alert that is never repeated."""
BALANCE_QUIET_S = 3 * DAY_S
HOUR_QUIET_S = 6 * HOUR_S
HOUR_FACTOR = 5
HOUR_FLOOR = Decimal(50)
"""Fewer credits than this are never an unusual hour."""
HISTORY_MIN_HOURS = 24.0
"""Where less is known, nothing is usual yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A line for the log channel. It is not repeated under its name before `until` (Unix seconds)."""

    name: str
    until: float
    text: str
    covers: tuple[str, ...] = ()
    """Names of weaker alerts that are not needed any more either."""


def of_limits(found: Iterable[Headroom], request: SpendRequest, *, taken: bool) -> list[Alert]:
    """Return an alert for each limit that is used up, or nearly; with `taken` the request's own credits count too.

    `found` is what the limits leave without the request.
    """
    alerts = []
    for headroom in found:
        limit = headroom.limit
        used = limit.credits - headroom.left + (need(limit, request) if taken else 0)
        share = used * 100 / limit.credits if limit.credits else Decimal(0)  # 0 forbids: it is no limit to come near
        if share >= NEAR:
            alerts.append(_of_limit(headroom, request, used, int(share)))
    return alerts


def _of_limit(headroom: Headroom, request: SpendRequest, used: Decimal, share: int) -> Alert:
    limit = headroom.limit
    who = "server" if limit.scope is Scope.SERVER else str(request.member_id)
    # With its amount: a limit that was raised may be reached again.
    name = f"limit:{limit.id}:{limit.credits}:{who}"
    level = FULL if share >= FULL else NEAR
    refills = "" if headroom.refills_at is None else f"; it refills {stamp(headroom.refills_at)}"
    whose = "The server's" if limit.scope is Scope.SERVER else f"<@{request.member_id}>'s"
    return Alert(
        name=f"{name}:{level}",
        until=FOR_EVER if headroom.refills_at is None else headroom.refills_at,
        text=f"{whose} limit of {terms(limit)} is at {share} % ({credits_text(used)} spent or held){refills}.",
        covers=(f"{name}:{NEAR}",) if level == FULL else (),
    )


def of_balance(free: Decimal, spent: Decimal, days: float, now: float) -> Alert | None:
    """Return an alert if the free credits do not last a week at the rate at which `spent` went in `days`."""
    a_day = spent / Decimal(str(max(days, 1.0)))
    week = 7 * a_day
    if not spent or free >= week:
        return None
    return Alert(
        name="balance",
        until=now + BALANCE_QUIET_S,
        text=f"The Cannon Studio account has {credits_text(max(free, Decimal(0)))} free credits left; the coming week "
        f"needs about {_whole(week)} at the present {_whole(a_day)} a day.",
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
        text=f"An unusual hour: {credits_text(last)} credits were spent in the last hour, against "
        f"{credits_text(usual.quantize(Decimal('0.1'), rounding=ROUND_HALF_UP))} in a usual one.",
    )


def _whole(amount: Decimal) -> str:
    return credits_text(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))
