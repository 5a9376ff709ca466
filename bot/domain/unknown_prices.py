"""A price that is not known is above every threshold that is set, and jobs without one run one at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain import texts
from bot.domain.guild_rules import Limit, Rules, Scope
from bot.domain.spend_request import SpendingView, SpendRequest, Unpriced
from bot.errors import Refused

UNKNOWN_PRICE = "unknown price"
"""The reason of a refusal of more jobs than one whose price is not known."""


def needs_confirmation(request: SpendRequest, rules: Rules) -> bool:
    """Whether the member has to say yes to the price first.

    Where only a ceiling is set, nobody but the member can say whether a price that is not known may be above it.
    """
    if rules.confirm_above is not None and (request.total > rules.confirm_above or not request.is_priced):
        return True
    return rules.job_ceiling is not None and rules.approve_above is None and not request.is_priced


def needs_no_look(request: SpendRequest, rules: Rules) -> bool:
    """Whether the server lets its members spend this without a look at the price: it is within what it has set."""
    return rules.confirm_above is not None and request.is_priced and request.total <= rules.confirm_above


def needs_approval(request: SpendRequest, rules: Rules) -> bool:
    """Whether a moderator has to approve it first."""
    if rules.approve_above is None or request.approved:
        return False
    return request.total > rules.approve_above or not request.is_priced


def refuse_second_unknown(request: SpendRequest, rules: Rules, limits: Sequence[Limit], spending: SpendingView) -> None:
    """Raise Refused for a second job of an operation and model whose price is not known, where it would matter."""
    if request.is_priced or not (limits or _has_threshold(rules)):
        return
    found = spending.unpriced(everywhere=counts_everywhere(limits))
    open_ = {(each.operation, each.model) for each in found if each.member_id == request.member_id}
    here: set[tuple[str, str]] = set()
    for item in request.items:
        what = (item.operation, item.model)
        if item.known:
            continue
        if what in open_:
            raise Refused(texts.price_still_unknown(item.title), UNKNOWN_PRICE)
        if what in here:
            raise Refused(texts.one_of_unknown_price(item.title), UNKNOWN_PRICE)
        here.add(what)


def may_start_unpriced(member_id: int, unpriced: Iterable[Unpriced], limits: Sequence[Limit]) -> bool:
    """Whether a job without a known price may start: under each limit only one at a time does."""
    is_shared = any(limit.scope.is_shared for limit in limits)
    return not limits or not any(each.is_sent and (is_shared or each.member_id == member_id) for each in unpriced)


def counts_everywhere(limits: Iterable[Limit]) -> bool:
    """Whether one of the limits is for all servers together: then their jobs of unknown price take turns, too."""
    return any(limit.scope is Scope.HOST_TOTAL for limit in limits)


def _has_threshold(rules: Rules) -> bool:
    return any(each is not None for each in (rules.job_ceiling, rules.confirm_above, rules.approve_above))
