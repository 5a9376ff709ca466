"""Credits that lapse: bought packs, and a subscription's credits that roll over.

That what lapses first is spent first is INFERRED.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.money.account import DAY_S, PACK_DAYS, ROLL_OVER_DAYS

MONTH_DAYS = 30
PACK, SUBSCRIPTION = "credit_pack", "subscription"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Credits that lapse together, at `expires_at` (Unix seconds)."""

    credits: Decimal
    expires_at: float
    kind: str = PACK


def usual_lots(credits: Decimal, plan: str, now: float) -> tuple[Lot, ...]:  # noqa: A002 - the domain's word
    """Return an account's credits as half a month's subscription and half a pack, both of today."""
    half = (credits / 2).to_integral_value()
    kept_days = ROLL_OVER_DAYS.get(plan.casefold(), 7)
    rolling = Lot(credits=half, expires_at=now + (MONTH_DAYS + kept_days) * DAY_S, kind=SUBSCRIPTION)
    return (rolling, Lot(credits=credits - half, expires_at=now + PACK_DAYS * DAY_S))


def unspent(lots: Sequence[Lot], spent: Decimal) -> Iterator[tuple[Lot, Decimal]]:
    """Yield each lot, soonest first, with what `spent` credits have left of it."""
    for lot in sorted(lots, key=lambda each: each.expires_at):
        used = min(lot.credits, max(Decimal(0), spent))
        spent -= used
        yield lot, lot.credits - used
