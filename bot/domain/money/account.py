"""What an account was charged beyond what is settled here. Pure.

When an account is charged, at the create or at the success, is not documented. So what open jobs may cost is left out:
the difference is what was charged at least.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from bot.domain import texts
from bot.domain.models import ExpiringCredits
from bot.domain.money.limit_rules import need, terms
from bot.domain.money.spend_request import Headroom, SpendRequest
from bot.domain.server.guild_rules import Scope
from bot.domain.words.text import stamp

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    """An account and the books at one moment, in credits."""

    balance: Decimal
    """What the account says is left."""
    known: Decimal
    """All that was ever settled or adjusted for its jobs."""
    adjusted: Decimal
    """The part of `known` that was adjusted."""
    open: Decimal
    """What its open jobs may cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCheck:
    """The outcome of a comparison."""

    base: AccountFigures
    """From when on the next comparison counts."""
    settled_difference: Decimal = NOTHING
    """What was charged beyond the books until `base`."""
    difference: Decimal = field(default=NOTHING)
    """What was charged beyond the books until now."""


def compare(last: AccountCheck | None, now: AccountFigures) -> AccountCheck:
    """Return what the account was charged beyond the books, from the comparison before and the figures of now."""
    if last is None:
        return AccountCheck(base=now)
    before = last.base
    adjusted = now.adjusted - before.adjusted
    if now.balance > before.balance:  # credits were added, and nobody says how many
        difference = max(NOTHING, last.settled_difference - adjusted)
        return AccountCheck(base=now, settled_difference=difference, difference=difference)
    charged = (before.balance - now.balance) - (now.known - before.known) - now.open
    # A late result is adjusted long after it was charged: it explains what was a difference before.
    beyond = charged if charged > 0 else -min(-charged, adjusted)
    difference = max(NOTHING, last.settled_difference + beyond)
    if now.open:
        return AccountCheck(base=before, settled_difference=last.settled_difference, difference=difference)
    return AccountCheck(base=now, settled_difference=difference, difference=difference)


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


SOON_DAYS, VERY_SOON_DAYS = 14, 3
"""How long before their end moderators are told of credits that will be lost."""
WORTH_TELLING = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostCredits:
    """Credits that will not be spent before they expire."""

    credits: Decimal
    of: ExpiringCredits


def living(expiring: Sequence[ExpiringCredits], now: float) -> list[ExpiringCredits]:
    """Return those that have not expired yet, the first to expire first."""
    return sorted((each for each in expiring if each.expires_at > now), key=lambda each: each.expires_at)


def lost(expiring: Sequence[ExpiringCredits], a_day: Decimal, now: float) -> Iterator[LostCredits]:
    """Return what will be lost of each at the rate of `a_day`."""
    spent = Decimal(0)  # of all until then
    for each in living(expiring, now):
        possible = max(Decimal(0), a_day * _days(each.expires_at - now) - spent)
        spent += min(each.credits, possible)
        if each.credits - possible >= WORTH_TELLING:
            yield LostCredits(credits=each.credits - possible, of=each)


def days_left(free: Decimal, expiring: Sequence[ExpiringCredits], a_day: Decimal, now: float) -> Decimal | None:
    """Return for how many days the free credits last at that rate, without those that will be lost; None at none."""
    if not a_day:
        return None
    gone = sum((each.credits for each in lost(expiring, a_day, now)), Decimal(0))
    return max(free - gone, Decimal(0)) / a_day


def of_expiry(expiring: Sequence[ExpiringCredits], a_day: Decimal, now: float) -> list[Alert]:
    """Return an alert for each lot that expires soon and will not be spent by then."""
    return [
        _alert(each, a_day, now) for each in lost(expiring, a_day, now) if _days(each.of.expires_at - now) <= SOON_DAYS
    ]


def _alert(each: LostCredits, a_day: Decimal, now: float) -> Alert:
    expires_at = each.of.expires_at
    is_late = _days(expires_at - now) <= VERY_SOON_DAYS
    name = f"expiry:{int(expires_at)}"
    return Alert(
        name=f"{name}:{VERY_SOON_DAYS if is_late else SOON_DAYS}",
        until=expires_at,
        text=texts.credits_expire(each.of.credits, stamp(expires_at, "D"), _whole(each.credits), _whole(a_day)),
        covers=(f"{name}:{SOON_DAYS}",) if is_late else (),
    )


def _days(seconds: float) -> Decimal:
    return Decimal(str(seconds / DAY_S))


def percents(parts: Sequence[Decimal], total: Decimal) -> list[int]:
    """Return each part in whole percent of `total` (above 0), as far as they go: if they are all of it, it makes 100.

    Each is rounded down, and what is missing goes to those that lost most by it (largest remainder).
    """
    exact = [part * 100 / total for part in parts]
    whole = [int(each) for each in exact]
    missing = int((sum(exact, Decimal(0)) + Decimal("0.5")) // 1) - sum(whole)
    by_loss = sorted(range(len(parts)), key=lambda number: (whole[number] - exact[number], number))
    for number in by_loss[:missing]:
        whole[number] += 1
    return whole
