"""A spend request, the view it is decided on, and the verdict. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Grant, Limit
from bot.domain.server.places import PostingPlace

DEFAULT_HOLD = Decimal(20)
"""Hold of a job of unknown price: the samples in the API's docs range from 17 to 48."""
ZERO = Decimal(0)
YES_COVERS = Decimal("1.1")
"""The multiple of the shown price that a confirmation covers."""
LEAST = Decimal("0.001")
"""The smallest counted amount: minimum cost of an unknown price."""


class KeyChanged(Exception):
    """Practice mode was switched since the request was made."""


class WordsChanged(Exception):
    """The word list has changed since the request was judged by it: judge it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendItem:
    """One requested job. `credits` is its hold."""

    operation: str
    title: str
    credits: Decimal
    exact: bool
    """A known price rather than an estimate."""
    known: bool = True
    model: str = ""
    """The model it is priced by; '' without one."""
    has_forbidden_word: bool = False
    """Whether its input has one of the request's `words`."""
    unchecked: bool = False
    linked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRequest:
    """Who runs what, and where. `balance` is the account's last known credits, None if unknown."""

    member_id: int
    role_ids: frozenset[int]
    channel_ids: frozenset[int]
    """The channel and its parents."""
    age_restricted: bool
    items: Sequence[SpendItem]
    balance: Decimal | None
    host_pays: bool = False
    """The host's key pays: its balance is hidden here."""
    words: tuple[str, ...] = ()
    approved: bool = False
    practice: bool = False
    asked: bool = False
    """Whether to ask a moderator if it exceeds their limits or the job ceiling."""

    @property
    def posting_place(self) -> PostingPlace:
        """Where the results are posted."""
        return PostingPlace(channel_ids=self.channel_ids, age_restricted=self.age_restricted)

    @property
    def total(self) -> Decimal:
        """The sum of holds, in credits."""
        return sum((item.credits for item in self.items), ZERO)

    @property
    def is_priced(self) -> bool:
        """Whether every price is known."""
        return all(item.known for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPrice:
    """A confirmed price in credits; not `known`: a confirmed guess."""

    credits: Decimal
    known: bool

    def covers(self, request: SpendRequest) -> bool:
        """Whether the confirmation covers the current price: same sort, at most a tenth more."""
        return self.known is request.is_priced and request.total <= self.credits * YES_COVERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """An open job of unknown price."""

    member_id: int
    operation: str
    model: str
    is_sent: bool
    """Whether it is submitted or being submitted."""


class SpendingView(Protocol):
    """Spending as of the deciding transaction."""

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
        """Waiting jobs of the member, for a slot or a moderator."""
        ...

    @property
    def held_of_guild(self) -> Decimal:
        """Credits in open holds of the guild."""
        ...

    @property
    def practice(self) -> bool:
        """In practice mode all of this is about practice only, otherwise none is."""
        ...

    def spent(self, since: float, *, member: bool, operation: str, channel_id: int) -> Decimal:
        """Return credits settled or held since; for a member, less what grants paid."""
        ...

    @property
    def host_limits(self) -> Sequence[Limit]:
        """The host's limits on their key."""
        ...

    def unpriced(self, *, everywhere: bool) -> Sequence[Unpriced]:
        """Return the guild's open jobs of unknown price; `everywhere`: also those on the host's key."""
        ...

    def has_asked(self) -> bool:
        """Return whether an excess request of the member awaits a moderator."""
        ...

    def spent_on_host_key(self, since: float, *, everywhere: bool) -> Decimal:
        """Return credits settled or held on the host's key since; `everywhere`: by all guilds."""
        ...

    def grants(self) -> Sequence[Grant]:
        """Return the member's usable grants, the soonest to expire first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Credits that a grant pays for an item."""

    item: int
    grant_id: int
    credits: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """A limit's rest. `left` may be negative."""

    limit: Limit
    left: Decimal
    refills_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Each item's first state, and the grants that pay."""

    states: tuple[JobState, ...]
    draws: tuple[Draw, ...] = ()
    asked: str = ""
    """The excess that a moderator is asked about, as a refusal's reason; '' if none."""
    headrooms: tuple[Headroom, ...] = ()
    """What applicable limits leave without the request, for alerts."""
