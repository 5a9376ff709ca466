"""What a member wants to spend, what a decision about it takes into account, and its verdict. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Grant, Limit
from bot.domain.server.places import PostingPlace

DEFAULT_HOLD = Decimal(20)
"""Credits held for a job whose price is unknown: the samples of the API's pages range from 17 to 48."""
ZERO = Decimal(0)
YES_COVERS = Decimal("1.1")
"""How many times the price that was shown a yes covers."""
LEAST = Decimal("0.001")
"""The smallest amount that is counted: what a job costs at least whose price is not known yet."""


class KeyChanged(Exception):
    """The guild practises by now, or no longer does: the request was made for the other."""


class WordsChanged(Exception):
    """The moderators have changed the word list since the request was judged by it: it has to be judged again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendItem:
    """One requested job. `credits` is its hold."""

    operation: str
    title: str
    credits: Decimal
    exact: bool
    """Whether the credits are a known price rather than an estimate."""
    known: bool = True
    """Whether the credits are more than a guess."""
    model: str = ""
    """The model that it is priced by; '' without one."""
    has_forbidden_word: bool = False
    """Whether something that is sent for it has one of the request's `words`."""
    unchecked: bool = False
    """Whether the provider's safety checker is switched off."""
    linked: bool = False
    """Whether it depends on another job of the same card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRequest:
    """Who wants to run what, and where. `balance` is the account's credits when last checked, None if unknown."""

    member_id: int
    role_ids: frozenset[int]
    channel_ids: frozenset[int]
    """The channel, and the channel or category it is in."""
    age_restricted: bool
    items: Sequence[SpendItem]
    balance: Decimal | None
    host_pays: bool = False
    """Whether the host's own key pays: its balance is nobody's business here."""
    words: tuple[str, ...] = ()
    """The word list by which the items were judged."""
    approved: bool = False
    """Whether a moderator has approved it already, or no approval is required."""
    practice: bool = False
    """Whether a practice key pays."""
    asked: bool = False
    """Whether the member asks a moderator to allow it, if it exceeds their limits or what a job may cost."""

    @property
    def posting_place(self) -> PostingPlace:
        """Where the results are to be posted."""
        return PostingPlace(channel_ids=self.channel_ids, age_restricted=self.age_restricted)

    @property
    def total(self) -> Decimal:
        """The sum of the holds, in credits."""
        return sum((item.credits for item in self.items), ZERO)

    @property
    def is_priced(self) -> bool:
        """Whether the price of every item is known."""
        return all(item.known for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPrice:
    """A price, in credits, that a member has said yes to; not `known`: that it is not known, and this is a guess."""

    credits: Decimal
    known: bool

    def covers(self, request: SpendRequest) -> bool:
        """Whether that yes is one to the request's price by now: of the same sort, and at most a tenth more."""
        return self.known is request.is_priced and request.total <= self.credits * YES_COVERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """An open job whose price nobody knows yet."""

    member_id: int
    operation: str
    model: str
    is_sent: bool
    """Whether the API works on it, or is just asked to."""


class SpendingView(Protocol):
    """What has been spent, as of the transaction in which the decision is made."""

    @property
    def running_of_member(self) -> int:
        """Running jobs of the member."""
        ...

    @property
    def running_of_guild(self) -> int:
        """Running jobs of the guild."""
        ...

    @property
    def queued_of_member(self) -> int:
        """Jobs of the member that wait for a free slot or for a moderator."""
        ...

    @property
    def held_of_guild(self) -> Decimal:
        """Credits in open holds of the guild."""
        ...

    @property
    def practice(self) -> bool:
        """Whether the guild practises: then all of this is about practice alone, else nothing of it is."""
        ...

    def spent(self, since: float, *, member: bool, operation: str, channel_id: int) -> Decimal:
        """Return credits settled or held for jobs accepted since then; for a member, less what grants paid."""
        ...

    @property
    def host_limits(self) -> Sequence[Limit]:
        """What the host allows to be spent on their key."""
        ...

    def unpriced(self, *, everywhere: bool) -> Sequence[Unpriced]:
        """Return the guild's open jobs whose price nobody knows yet; `everywhere`: and those on the host's key."""
        ...

    def has_asked(self) -> bool:
        """Return whether a request of the member that exceeds a limit waits for a moderator."""
        ...

    def spent_on_host_key(self, since: float, *, everywhere: bool) -> Decimal:
        """Return credits settled or held on the host's key for jobs accepted since; `everywhere`: by all guilds."""
        ...

    def grants(self) -> Sequence[Grant]:
        """Return the member's grants with credits left that have not expired, the soonest to expire first."""
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
    """The state in which each item starts, and which grants pay."""

    states: tuple[JobState, ...]
    draws: tuple[Draw, ...] = ()
    asked: str = ""
    """What it exceeds, as the reason of that refusal: a moderator is asked to allow it. '' if it exceeds nothing."""
    headrooms: tuple[Headroom, ...] = ()
    """What the limits that apply leave without the request, if somebody is to be alerted."""
