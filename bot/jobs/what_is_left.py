"""A member's remaining amount: shown with a price, on the card, and with a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.domain import texts
from bot.domain.models import Card, Job
from bot.domain.money.limit_rules import all_headrooms, left_of, need
from bot.domain.money.spend_request import ZERO, Spender, SpendItem, SpendRequest
from bot.domain.server.guild_rules import Limit, Scope
from bot.errors import Refused
from bot.store import Spending, Store

WITH_WHAT_IS_LEFT = frozenset({"ceiling", "queue", "unknown price"})
"""Refusals that the remainder is added to; those by a limit or the balance include it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIsLeft:
    """The tightest limit of a member, or the server's account if that has less. In credits."""

    now: Decimal
    after: Decimal
    """After the hold; never negative."""
    limit: Limit | None
    """None: the account's free credits."""
    granted: bool = False
    """Whether grants are included, beyond the limit."""

    def sentence_held(self) -> str:
        """Return the remainder after the hold, for the card."""
        if self.limit is None:
            return texts.LEFT_NOW(left=texts.IN_THE_ACCOUNT(credits=self.after))
        return texts.LEFT_NOW(left=left_of(self.after, self.limit, granted=self.granted))

    def sentence(self) -> str:
        return texts.LEFT_NOW(left=self._now())

    def sentence_after(self) -> str:
        return texts.LEFT_NOW_AND_THEN(left=self._now(), after=self.after)

    def _now(self) -> str:
        if self.limit is None:
            return texts.IN_THE_ACCOUNT(credits=self.now)
        return left_of(self.now, self.limit, granted=self.granted)


def left_after(request: SpendRequest, spending: Spending) -> WhatIsLeft | None:
    """Return what the request leaves; None without a limit or a balance that members may see.

    The balance of the host's account is never shown.
    """
    found = [
        _of_limit(each.limit, max(each.left, ZERO), request, spending)
        for each in all_headrooms(spending.limits, request, spending)
    ]
    if request.balance is not None and not request.host_pays:
        free = max(request.balance - spending.held_of_guild, ZERO)
        found.append(WhatIsLeft(now=free, after=max(free - request.total, ZERO), limit=None))
    return min(found, key=lambda each: each.after, default=None)


def _of_limit(limit: Limit, left: Decimal, request: SpendRequest, spending: Spending) -> WhatIsLeft:
    # Grants extend a member's limit, never the server's, and never one of 0.
    has_grants = limit.scope is not Scope.SERVER and limit.credits > 0
    granted = sum((grant.left for grant in spending.grants()), ZERO) if has_grants else ZERO
    now = left + granted
    return WhatIsLeft(now=now, after=max(now - need(limit, request), ZERO), limit=limit, granted=granted > 0)


def with_what_is_left(error: Refused, request: SpendRequest, spending: Spending) -> Refused:
    """Return a refusal by amount or number with the member's remainder."""
    left = left_after(request, spending) if error.reason in WITH_WHAT_IS_LEFT else None
    return (
        error if left is None else Refused(f"{error.sentence} {left.sentence()}", error.reason, may_ask=error.may_ask)
    )


async def left_of_card(store: Store, card: Card, jobs: Sequence[Job]) -> WhatIsLeft | None:
    """Return the author's remainder while the card's jobs are held.

    The account's free credits are shown on private cards only: others are public.
    """
    guild_id = card.guild_id
    key = await store.keys.current(guild_id) if card.private else None
    if key is None and not await store.limits.all(guild_id):
        return None
    items = [SpendItem(operation=job.operation, title=job.operation, credits=ZERO, exact=True) for job in jobs]
    request = replace(SpendRequest.of(Spender.of(card), items), balance=None if key is None else key.balance)
    left: WhatIsLeft | None = await store.spending.view(
        guild_id, card.author_id, lambda spending: left_after(request, spending)
    )
    return left
