"""Requests for spending, limits and past spending as the tests of the policy write them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.domain.money.spend_request import (
    ZERO,
    EventPurse,
    OpenWork,
    Spender,
    SpendItem,
    SpendRequest,
    Unpriced,
    Verdict,
)
from bot.domain.money.spending_policy import decide
from bot.domain.server.guild_rules import Block, Grant, Limit, Period, Rules, Scope
from bot.errors import Refused

NOW = dt.datetime(2026, 1, 8, 12, tzinfo=dt.UTC).timestamp()  # a Thursday
ME, ROLE, OTHER_ROLE, CHANNEL, CATEGORY = 7, 70, 71, 700, 7000
IMAGE, VIDEO = "image.generate", "video.generate"
TITLES = {IMAGE: "Image Generation", VIDEO: "Video Generation"}


@dataclass(frozen=True)
class Paid:
    """What was spent before."""

    credits: int
    member: int = ME
    operation: str = IMAGE
    channel_id: int = CHANNEL
    at: float = NOW - 60


@dataclass
class Past:
    """Books of what was spent, line by line."""

    paid: Sequence[Paid] = ()
    given: Sequence[Grant] = ()
    running_of_member: int = 0
    running_of_guild: int = 0
    queued_of_member: int = 0
    held_of_guild: Decimal = field(default=Decimal(0))
    practice: bool = False
    open_unpriced: Sequence[Unpriced] = ()
    open_work: OpenWork = field(
        default_factory=lambda: OpenWork(unsent=ZERO, running=ZERO, may_cost=ZERO, after_rise=ZERO)
    )
    """What is open under each limit: its holds are part of what was paid."""
    asked_before: bool = False
    rules: Rules = field(default_factory=Rules)
    limits: Sequence[Limit] = ()
    block: Block | None = None
    now: float = NOW
    host_limits: Sequence[Limit] = ()
    event_purse: EventPurse | None = None
    on_host_key: tuple[int, int] = (0, 0)
    """Spent on the host's key: of this server, and of all together."""

    def spent(
        self, since: float, until: float | None = None, *, member: bool, operation: str, channel_id: int
    ) -> Decimal:
        return sum(
            (
                Decimal(each.credits)
                for each in self.paid
                if each.at >= since
                and (until is None or each.at < until)
                and (not member or each.member == ME)
                and operation in {"", each.operation}
                and channel_id in {0, each.channel_id}
            ),
            Decimal(0),
        )

    def spent_on_host_key(self, since: float, until: float | None = None, *, everywhere: bool) -> Decimal:
        assert since == dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp()
        return Decimal(self.on_host_key[everywhere])

    def unpriced(self, *, everywhere: bool) -> Sequence[Unpriced]:
        return self.open_unpriced

    def open_under(self, limit: Limit) -> OpenWork:
        return self.open_work

    def has_asked(self) -> bool:
        return self.asked_before

    def grants(self) -> Sequence[Grant]:
        return self.given

    def purse(self, channel_ids: Collection[int]) -> EventPurse | None:
        return self.event_purse


def item(credits: int | str, operation: str = IMAGE, **values: Any) -> SpendItem:  # noqa: A002 - the word of the domain
    return SpendItem(operation=operation, title=TITLES[operation], credits=Decimal(credits), exact=False, **values)


def request(*items: SpendItem | int, **values: Any) -> SpendRequest:
    spender: dict[str, Any] = {
        "member_id": ME,
        "role_ids": frozenset({ROLE, OTHER_ROLE}),
        "channel_ids": frozenset({CHANNEL, CATEGORY}),
        "age_restricted": False,
    }
    spender |= {name: values.pop(name) for name in spender.keys() & values.keys()}
    return SpendRequest(
        spender=Spender(**spender),
        items=[each if isinstance(each, SpendItem) else item(each) for each in items],
        **values,
    )


def limit(credits: int, scope: Scope = Scope.EVERYONE, scope_id: int = 0, **values: Any) -> Limit:  # noqa: A002
    return Limit(credits=Decimal(credits), scope=scope, scope_id=scope_id, **({"period": Period.WEEK} | values))


def own(credits: int, **values: Any) -> Limit:  # noqa: A002
    return limit(credits, Scope.MEMBER, ME, **values)


def role(credits: int, role_id: int = ROLE, **values: Any) -> Limit:  # noqa: A002
    return limit(credits, Scope.ROLE, role_id, **values)


def server(credits: int, **values: Any) -> Limit:  # noqa: A002
    return limit(credits, Scope.SERVER, **values)


def grant(number: int, left: int) -> Grant:
    return Grant(id=number, member_id=ME, credits=Decimal(left), left=Decimal(left), granted_by=1, granted_at=0.0)


def decided(what: SpendRequest, *limits: Limit, rules: Rules | None = None, **books: Any) -> Verdict:
    return decide(what, Past(rules=rules or Rules(), limits=limits, **books))


def fits(what: SpendRequest, *limits: Limit, **options: Any) -> bool:
    try:
        decided(what, *limits, **options)
    except Refused:
        return False
    return True
