"""What an account was charged beyond what is settled here. Pure.

When an account is charged, at the create or at the success, is not documented. So what open jobs may cost is left out:
the difference is what was charged at least.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

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
