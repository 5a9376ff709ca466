"""Credits that expire: how long an account lasts, and what of it will be lost. Pure; amounts in credits, times Unix.

Cannon Studio's bought credits expire after 90 days (https://www.cannonstudio.app/faq). What expires first is taken to
be spent first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bot.domain import texts
from bot.domain.models import ExpiringCredits
from bot.domain.spending_alerts import DAY_S, Alert
from bot.domain.text import stamp

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


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)
