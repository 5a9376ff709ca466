"""A spend request, the view it is decided on, and the verdict. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from bot.domain.models import Card, JobState
from bot.domain.server.guild_rules import Block, Grant, Limit, Rules
from bot.domain.server.places import PostingPlace, Viewer

DEFAULT_HOLD = Decimal(20)
"""Hold of a job of unknown price: the samples in the API's docs range from 17 to 48."""
ZERO = Decimal(0)
RISE = 3
"""How many times their price jobs may cost that run together, until a limit is exceeded by more than one of them."""
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
    kind: str = ""
    """Its price kind, as in PriceFactors."""
    waits_for_price: bool = False
    """Whether nothing is held for it yet, as the price of its kind is being found out."""
    has_forbidden_word: bool = False
    """Whether its input has one of the request's `words`."""
    unchecked: bool = False
    linked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPrice:
    """A price in credits as members see it; not `known`: a guess."""

    credits: Decimal
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a member has accepted of a request, from the surface to the policy."""

    agreed: ShownPrice | None = None
    """The confirmed price; None: none was shown."""
    pressed: bool = False
    """Whether it comes from a control: its price is confirmed first, unless rules call it small."""
    labelled: Decimal | None = None
    """The price on the control's label or the form's title, in credits, which is a promise; None: none."""
    accepted: Collection[str] = ()
    """Keys of confirmed cautions; in a draft also those that a yes will accept."""
    left_out: str = ""
    """Flags of the prompt that it is made without, to be accepted as a caution is."""
    may_pay_twice: bool = False
    """Whether an unconfirmed attempt may be charged too; in a draft: whether a yes accepts that."""
    asked: bool = False
    """Whether to ask a moderator if it exceeds the member's limits or the job ceiling."""
    pay: str = ""
    """Who pays for this request (`Pays`); '' as the member has chosen for the server."""


class Pays(StrEnum):
    """Who pays, where a member has an account of their own."""

    SERVER = "server"
    MINE = "mine"


TYPED = Consent()
"""A command that a member has just typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender(PostingPlace):
    """A member who spends in a place: all that the policy knows of them."""

    member_id: int
    role_ids: frozenset[int]
    private: bool = False
    """Whether only they will see the results."""

    @classmethod
    def of_viewer(
        cls, viewer: Viewer, role_ids: frozenset[int], channel_ids: frozenset[int], *, age_restricted: bool
    ) -> Spender:
        """Return a member who requests now."""
        return cls(
            member_id=viewer.member_id, role_ids=role_ids, channel_ids=channel_ids, age_restricted=age_restricted
        )

    @classmethod
    def of(cls, card: Card) -> Spender:
        """Return an accepted card's author, with their roles of that time."""
        places = (card.channel_id, card.parent_channel_id, card.category_id)
        return cls(
            member_id=card.author_id,
            role_ids=frozenset(card.role_ids),
            channel_ids=frozenset(each for each in places if each is not None),
            age_restricted=False,
            private=card.private,
        )


class PayingKey(Protocol):
    """The API key that pays."""

    @property
    def id(self) -> int | None:
        """None for the host's."""
        ...

    @property
    def balance(self) -> Decimal | None:
        """The account's last known credits, None if unknown."""
        ...

    @property
    def is_practice(self) -> bool: ...

    @property
    def own(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRequest:
    """Who runs what, and where. `balance` is the account's last known credits, None if unknown."""

    spender: Spender
    items: Sequence[SpendItem]
    balance: Decimal | None = None
    host_pays: bool = False
    """The host's key pays: its balance is hidden here."""
    own: bool = False
    """The member's own account pays."""
    words: tuple[str, ...] = ()
    practice: bool = False
    consent: Consent = TYPED

    @classmethod
    def of(
        cls,
        spender: Spender,
        items: Sequence[SpendItem],
        key: PayingKey | None = None,
        *,
        words: tuple[str, ...] = (),
        consent: Consent = TYPED,
    ) -> SpendRequest:
        """Return the policy's input; `key` is None where no payment is decided."""
        return cls(
            spender=spender,
            items=items,
            balance=None if key is None else key.balance,
            host_pays=key is not None and key.id is None,
            own=key is not None and key.own,
            practice=key is not None and key.is_practice,
            words=words,
            consent=consent,
        )

    @property
    def total(self) -> Decimal:
        """The sum of estimates, in credits."""
        return sum((item.credits for item in self.items), ZERO)

    @property
    def shown(self) -> ShownPrice:
        return ShownPrice(credits=self.total, known=self.is_priced)

    def waiting(self, unheld: Collection[int]) -> SpendRequest:
        """Return the request with the items of these indices waiting for their price."""
        items = [replace(item, waits_for_price=place in unheld) for place, item in enumerate(self.items)]
        return replace(self, items=items) if unheld else self

    def holding(self, item: int, credits_: Decimal) -> SpendRequest:
        """Return the request with so many credits held for the item of this index."""
        items = [replace(each, credits=credits_) if at == item else each for at, each in enumerate(self.items)]
        return replace(self, items=items)

    def as_held(self, verdict: Verdict) -> SpendRequest:
        request = self.waiting(verdict.unheld)
        for item, credits_ in verdict.guesses.items():
            request = request.holding(item, credits_)
        return request

    @property
    def is_priced(self) -> bool:
        return all(item.known for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """An open job of unknown price."""

    member_id: int
    operation: str
    kind: str
    """Its price kind, as in PriceFactors."""
    is_sent: bool
    """Whether it is submitted or being submitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """Open jobs that count for a limit. In credits, less what grants pay."""

    unsent: Decimal
    """Held by those that are not sent, or held beyond a cost that was reported since."""
    running: Decimal
    """Held by those that are sent and whose cost is not reported yet, without overdue ones."""
    may_cost: Decimal
    """The same at the higher of each one's hold and what its kind costs now."""
    after_rise: Decimal
    """The same if prices have risen by `RISE`, without fixed ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPurse:
    """The shared grant of the event that a member takes part in."""

    grant_id: int
    left: Decimal
    """What it pays for this member now: of the purse and of their cap, whichever has less left. In credits."""


class SpendingView(Protocol):
    """Spending and rules as of the deciding transaction."""

    @property
    def now(self) -> float:
        """The time that decides, in Unix seconds."""
        ...

    @property
    def rules(self) -> Rules: ...

    @property
    def limits(self) -> Sequence[Limit]: ...

    @property
    def block(self) -> Block | None:
        """The member's block, None if there is none."""
        ...

    @property
    def running_of_member(self) -> int: ...

    @property
    def running_of_guild(self) -> int: ...

    @property
    def queued_of_member(self) -> int:
        """Waiting jobs of the member, for a slot or a moderator."""
        ...

    @property
    def held_of_guild(self) -> Decimal:
        """Credits in open holds of the account that pays."""
        ...

    @property
    def practice(self) -> bool:
        """In practice mode all of this is about practice only, otherwise none is."""
        ...

    def spent(
        self, since: float, until: float | None = None, *, member: bool, operation: str, channel_id: int
    ) -> Decimal:
        """Return credits settled or held from since, before until; for a member, less what grants paid."""
        ...

    @property
    def host_limits(self) -> Sequence[Limit]: ...

    def unpriced(self, *, everywhere: bool) -> Sequence[Unpriced]:
        """Return the guild's open jobs of unknown price; `everywhere`: also those on the host's key."""
        ...

    def open_under(self, limit: Limit) -> OpenWork:
        """Return the open jobs that count for the limit in its period at `now`."""
        ...

    def has_asked(self) -> bool:
        """Return whether an excess request of the member awaits a moderator."""
        ...

    def spent_on_host_key(self, since: float, until: float | None = None, *, everywhere: bool) -> Decimal:
        """Return credits settled or held on the host's key in that time; `everywhere`: by all guilds."""
        ...

    def grants(self) -> Sequence[Grant]:
        """Return the member's usable grants, the soonest to expire first."""
        ...

    def purse(self, channel_ids: Collection[int]) -> EventPurse | None:
        """Return the purse of the running event in one of these channels, None unless the member takes part."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Credits that a grant, or an event's purse, pays for an item."""

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
    unheld: frozenset[int] = frozenset()
    """The items, by index, whose credits are held once the price of their kind is known."""
    guesses: Mapping[int, Decimal] = field(default_factory=dict)
    """What is held, in credits, for items of unknown price, by index, where less than the guess is left."""
    draws: tuple[Draw, ...] = ()
    asked: str = ""
    """The excess that a moderator is asked about, as a refusal's reason; '' if none."""
    headrooms: tuple[Headroom, ...] = ()
    """What applicable limits leave without the request, for alerts."""
