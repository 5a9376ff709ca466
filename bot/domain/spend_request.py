"""What somebody wants to spend; what a decision about it sees, and what it says. Frozen values without I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.domain.guild_rules import Grant, Limit
from bot.domain.models import JobState

DEFAULT_HOLD = Decimal(20)
"""Credits set aside for a job whose price nobody knows yet: the samples of the API's pages lie at 17 to 48."""
JOBS_PER_CARD = 20
"""How many jobs one request may have."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendItem:
    """One requested job. `credits` is its hold."""

    operation: str
    title: str
    credits: Decimal
    exact: bool
    """Whether the credits are a known price rather than a guess."""
    text: str = ""
    """All that the member wrote for it."""
    unchecked: bool = False
    """Whether the provider's safety checker is switched off."""
    linked: bool = False
    """Whether it waits for another job of the same card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRequest:
    """What somebody wants: who, where, what. `balance` is the account's credits when last checked, None if unknown."""

    member_id: int
    role_ids: frozenset[int]
    channel_ids: frozenset[int]
    """The channel, and the channel or category it is in."""
    age_restricted: bool
    items: Sequence[SpendItem]
    balance: Decimal | None
    approved: bool = False
    """Whether a moderator has approved it already, or nothing is to be approved."""

    @property
    def total(self) -> Decimal:
        """The sum of the holds, in credits."""
        return sum((item.credits for item in self.items), ZERO)


class SpendingView(Protocol):
    """What has been spent, as of the transaction in which the decision is made."""

    @property
    def running_of_member(self) -> int:
        """Jobs of the member that are being made."""
        ...

    @property
    def running_of_guild(self) -> int:
        """Jobs of the guild that are being made."""
        ...

    @property
    def queued_of_member(self) -> int:
        """Jobs of the member that wait for a free place or for a moderator."""
        ...

    @property
    def held_of_guild(self) -> Decimal:
        """Credits in open holds of the guild."""
        ...

    def spent(self, since: float, *, member: bool, operation: str, channel_id: int) -> Decimal:
        """Return credits settled or held for jobs accepted since then; of the member: less what grants paid."""
        ...

    def grants(self) -> Sequence[Grant]:
        """Return the member's grants that are not used up or expired, the soonest to expire first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Credits of a grant that pay for a part of an item."""

    item: int
    grant_id: int
    credits: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """What a limit leaves. `left` may be negative after an overshoot."""

    limit: Limit
    left: Decimal
    refills_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of each item, and which grants pay."""

    states: tuple[JobState, ...]
    draws: tuple[Draw, ...] = ()
    headrooms: tuple[Headroom, ...] = ()
    """What the limits that apply leave without the request, where somebody is to be alerted."""
