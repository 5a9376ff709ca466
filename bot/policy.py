"""May this member spend this here, now? Pure: what is known goes in, nothing or a Refused comes out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.errors import Refused
from bot.models import credits_text

RUNNING_PER_MEMBER = 12
"""Jobs that one member may have running at once: three cards of four pictures."""
DEFAULT_HOLD = Decimal(20)
"""Credits set aside for a job whose price nobody knows yet: the samples of the API's pages lie at 17 to 48."""
JOBS_PER_CARD = 20
"""Jobs that may be asked for together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to spend, in credits, and what is known of the account that pays."""

    jobs: int
    credits: Decimal
    """The sum of the holds."""
    balance: Decimal | None
    """Credits on the account at the last look, None if unknown."""
    exact: bool
    """Whether the credits are a known price rather than a guess."""


def decide(wish: Wish, *, running_of_member: int, held_of_guild: Decimal) -> None:
    """Raise Refused, with what would work, if the wish may not be granted. All credits are of the guild's account."""
    if running_of_member + wish.jobs > RUNNING_PER_MEMBER:
        raise Refused(
            f"You have {running_of_member} jobs running and may have {RUNNING_PER_MEMBER}; "
            "wait until one of them is done."
        )
    if wish.balance is None:
        return
    free = wish.balance - held_of_guild
    # A guess must not lock a server out of its last credits: only an empty account or a known price refuses.
    if free <= 0 or (wish.exact and wish.credits > free):
        raise Refused(
            f"This server's Cannon Studio account has {credits_text(max(free, Decimal(0)))} free credits left; "
            f"this needs about {credits_text(wish.credits)}. A moderator can top it up or set another key."
        )
