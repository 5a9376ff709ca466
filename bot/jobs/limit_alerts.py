"""What moderators are told of limits when a request is refused by one, or takes from it."""

from __future__ import annotations

from functools import partial

from bot.domain.limit_rules import all_headrooms
from bot.domain.spend_request import Headroom, SpendRequest
from bot.domain.spending_alerts import of_limits
from bot.guild.watch import Watch
from bot.store import Spending, Store


def headrooms(request: SpendRequest, spending: Spending) -> tuple[Headroom, ...]:
    """Return what the limits that apply to the request leave without it; () where there is no log channel to alert."""
    if spending.rules.log_channel is None:
        return ()
    return all_headrooms(spending.limits, request, spending.rules, spending, spending.now)


async def tell_refused(store: Store, watch: Watch, guild_id: int, request: SpendRequest) -> None:
    """Tell of the limits that are used up, or nearly, now that one of them has refused the request."""
    left = await store.spending.view(guild_id, request.member_id, lambda spending: headrooms(request, spending))
    watch.tell(guild_id, partial(of_limits, left, request, taken=False))
