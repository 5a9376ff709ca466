"""Which limits apply to a request, what they leave, and what grants must pay. Pure.

The member's own limit wins, else their roles' best, else everyone's; limits for an operation or channel apply in
addition; the server's always apply, and the host's where their key pays. Grants cover a member's limits, never the
server's or host's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from bot.domain import texts
from bot.domain.money.spend_request import ZERO, Draw, Headroom, SpendingView, SpendItem, SpendRequest
from bot.domain.server.guild_rules import Grant, Limit, Period, Rules, Scope
from bot.domain.words.text import stamp
from bot.errors import Refused
from bot.language import month_day, weekday

_EACH: Mapping[Period, Callable[[Decimal], str]] = {
    Period.DAY: texts.a_day,
    Period.WEEK: texts.a_week,
    Period.MONTH: texts.a_month,
    Period.TOTAL: texts.in_total,
}
_OWN_LEFT: Mapping[Period, Callable[[Decimal, Decimal, str], str]] = {
    Period.DAY: texts.own_daily_left,
    Period.WEEK: texts.own_weekly_left,
    Period.MONTH: texts.own_monthly_left,
}
_SERVER_LEFT: Mapping[Period, Callable[[Decimal, Decimal, str], str]] = {
    Period.DAY: texts.server_daily_left,
    Period.WEEK: texts.server_weekly_left,
    Period.MONTH: texts.server_monthly_left,
}


def whose(limit: Limit) -> str:
    """Return a limit's subject: "every member", or a mention."""
    if limit.scope is Scope.SERVER:
        return str(texts.WHOLE_SERVER)
    if limit.scope is Scope.EVERYONE:
        return str(texts.EVERY_MEMBER)
    return f"<@&{limit.scope_id}>" if limit.scope is Scope.ROLE else f"<@{limit.scope_id}>"


def allowance(limit: Limit) -> str:
    """Return a limit's amount: "200 credits a week"."""
    return _EACH[limit.period](limit.credits)


def left_of(left: Decimal, limit: Limit, *, granted: bool) -> str:
    """Return a limit's rest: "40 of 100 credits a day"; with `granted`, `left` includes grants."""
    bound = terms(limit)
    if granted:
        return texts.LEFT_WITH_GRANTS(left=left, limit=bound)
    return (
        texts.LEFT_OF_SERVER(left=left, limit=bound)
        if limit.scope is Scope.SERVER
        else texts.LEFT_OF_OWN(left=left, limit=bound)
    )


def terms(limit: Limit, *, operation: str = "", channel: str = "") -> str:
    """Return a limit's amount and place: "200 credits a week for `image.generate` in #general".

    `operation` and `channel` replace the operation's id and a mention.
    """
    about = (operation or f"`{limit.operation}`") if limit.operation else ""
    where = (channel or f"<#{limit.channel_id}>") if limit.channel_id else ""
    return texts.limit_terms(allowance(limit), about, where)


def left_sentences(headroom: Headroom, left: Decimal, title: str, rules: Rules) -> str:
    """Return sentences on a limit's rest, reset and purpose; `title` is its operation's, or ''."""
    limit = headroom.limit
    is_servers = limit.scope is Scope.SERVER
    if headroom.refills_at is None:
        said = (texts.server_total_left if is_servers else texts.own_total_left)(left, limit.credits)
    else:
        resets = texts.RESETS_ON(day=_day(headroom.refills_at, limit.period, rules), when=stamp(headroom.refills_at))
        said = (_SERVER_LEFT if is_servers else _OWN_LEFT)[limit.period](left, limit.credits, resets)
    return " ".join([said, *about_limit(limit, title)])


def about_limit(limit: Limit, title: str) -> list[str]:
    """Return a sentence on a limit's operation or channel, if it has just one."""
    where = f"<#{limit.channel_id}>" if limit.channel_id else ""
    return [texts.limit_is_about(title, where)] if title or where else []


def _day(when: float, period: Period, rules: Rules) -> str:
    day = dt.datetime.fromtimestamp(when, rules.zone).date()
    return month_day(day) if period is Period.MONTH else weekday(day)


def host_limits(each_server: Decimal | None, total: Decimal | None) -> tuple[Limit, ...]:
    """Return the host's limits, in credits per calendar month (UTC): per server, and in total."""
    amounts = ((Scope.HOST_SERVER, each_server), (Scope.HOST_TOTAL, total))
    return tuple(
        Limit(scope=scope, period=Period.MONTH, credits=amount) for scope, amount in amounts if amount is not None
    )


def draws_within_limits(request: SpendRequest, limits: Sequence[Limit], spending: SpendingView) -> tuple[Draw, ...]:
    """Return the grants needed to stay within the limits. Raises Refused if they do not suffice."""
    rules = spending.rules
    for headroom in _tight(headrooms(_shared(limits), request, spending), request):
        reason = "host limit" if headroom.limit.scope.is_host else "limit"
        raise Refused(refusal(headroom, request, rules), reason)
    tight = _tight(headrooms(applicable_limits(limits, request, spending), request, spending), request)
    for headroom in tight:
        if headroom.limit.credits == 0:
            raise Refused(refusal(headroom, request, rules), "limit")
    grants = spending.grants() if tight else ()
    drawn: dict[tuple[int, int], Decimal] = {}
    # Operation limits first: grants drawn for them count for general limits too.
    for headroom in sorted(tight, key=lambda each: not each.limit.operation):
        covered = sum(
            (paid for (place, _), paid in drawn.items() if _counts(headroom.limit, request.items[place])), ZERO
        )
        missing = need(headroom.limit, request) - max(headroom.left, ZERO) - covered
        if not _draw(drawn, request, headroom.limit, missing, grants):
            granted = sum((grant.left for grant in grants), ZERO)
            raise Refused(refusal(headroom, request, rules, granted=granted), "limit", may_ask=True)
    return tuple(Draw(item=place, grant_id=grant_id, credits=paid) for (place, grant_id), paid in drawn.items())


def _tight(found: Iterable[Headroom], request: SpendRequest) -> list[Headroom]:
    """Return limits that leave less than needed. A limit of 0 allows nothing, not even free jobs."""
    return [
        headroom
        for headroom in found
        if headroom.limit.credits == 0 or max(headroom.left, ZERO) < need(headroom.limit, request)
    ]


def applicable_limits(limits: Sequence[Limit], request: SpendRequest, spending: SpendingView) -> list[Limit]:
    """Return the member's limits in this place, without shared ones."""
    groups: dict[tuple[str, int], list[Limit]] = {}
    for limit in limits:
        if not limit.scope.is_shared and _is_about(limit, request):
            groups.setdefault((limit.operation, limit.channel_id), []).append(limit)
    found: list[Limit] = []
    for group in groups.values():
        own = [each for each in group if each.scope is Scope.MEMBER and each.scope_id == request.spender.member_id]
        by_role: dict[int, list[Limit]] = {}
        for each in group:
            if each.scope is Scope.ROLE and each.scope_id in request.spender.role_ids:
                by_role.setdefault(each.scope_id, []).append(each)
        if own:
            found += own
        elif by_role:
            # The best role leaves the most in its tightest period; roles without a limit of 0 first.
            found += max(
                by_role.values(),
                key=lambda role: (
                    all(limit.credits for limit in role),
                    min(headroom.left for headroom in headrooms(role, request, spending)),
                ),
            )
        else:
            found += [each for each in group if each.scope is Scope.EVERYONE]
    return found


def all_headrooms(limits: Sequence[Limit], request: SpendRequest, spending: SpendingView) -> tuple[Headroom, ...]:
    """Return what each applicable limit leaves, shared ones last."""
    return tuple(headrooms([*applicable_limits(limits, request, spending), *_shared(limits)], request, spending))


def headrooms(limits: Iterable[Limit], request: SpendRequest, spending: SpendingView) -> list[Headroom]:
    return [headroom_of(limit, spending) for limit in limits if _is_about(limit, request)]


def headroom_of(limit: Limit, spending: SpendingView) -> Headroom:
    """Return what the limit leaves, in the server's time zone; the host's months are in UTC."""
    zone, now = dt.UTC if limit.scope.is_host else spending.rules.zone, spending.now
    since = limit.period.start(now, zone)
    if limit.scope.is_host:
        spent = spending.spent_on_host_key(since, everywhere=limit.scope is Scope.HOST_TOTAL)
    else:
        spent = spending.spent(
            since, member=limit.scope is not Scope.SERVER, operation=limit.operation, channel_id=limit.channel_id
        )
    return Headroom(limit=limit, left=limit.credits - spent, refills_at=limit.period.end(now, zone))


def _shared(limits: Sequence[Limit]) -> list[Limit]:
    """Return the limits that grants do not cover, the host's first: the server need not explain them."""
    return sorted((limit for limit in limits if limit.scope.is_shared), key=lambda limit: not limit.scope.is_host)


def _is_about(limit: Limit, request: SpendRequest) -> bool:
    of_operation = not limit.operation or any(item.operation == limit.operation for item in request.items)
    return of_operation and (not limit.channel_id or limit.channel_id in request.spender.channel_ids)


def _counts(limit: Limit, item: SpendItem) -> bool:
    return limit.operation in {"", item.operation}


def need(limit: Limit, request: SpendRequest) -> Decimal:
    """Return the request's credits that count for the limit."""
    return sum((item.credits for item in request.items if _counts(limit, item)), ZERO)


def _draw(
    drawn: dict[tuple[int, int], Decimal],
    request: SpendRequest,
    limit: Limit,
    missing: Decimal,
    grants: Sequence[Grant],
) -> bool:
    """Add `missing` credits of the grants for the limit's items to `drawn`; False if not enough.

    `drawn` is by item index and grant id.
    """
    for place, item in enumerate(request.items):
        if not _counts(limit, item):
            continue
        for grant in grants:
            headroom = item.credits - sum((paid for (of, _), paid in drawn.items() if of == place), ZERO)
            left = grant.left - sum((paid for (_, by), paid in drawn.items() if by == grant.id), ZERO)
            taken = min(headroom, missing, left)
            if taken > 0:
                drawn[place, grant.id] = drawn.get((place, grant.id), ZERO) + taken
                missing -= taken
    return missing <= 0


def refusal(headroom: Headroom, request: SpendRequest, rules: Rules, *, granted: Decimal = ZERO) -> str:
    """Return which limit is exceeded, its rest with grants, its reset, and the request's need."""
    limit = headroom.limit
    if limit.scope.is_host:
        renewed = stamp(headroom.refills_at or 0, "D")
        of_all = limit.scope is Scope.HOST_TOTAL
        return texts.host_limit_reached(renewed, is_used_up=headroom.left <= 0, of_all_servers=of_all)
    title = next((item.title for item in request.items if item.operation == limit.operation), "")
    if limit.credits == 0:
        is_servers = limit.scope is Scope.SERVER
        said = str(texts.SERVER_LIMIT_IS_ZERO if is_servers else texts.OWN_LIMIT_IS_ZERO)
        return " ".join([said, *about_limit(limit, title)])
    jobs = sum(_counts(limit, item) for item in request.items)
    more = [texts.ALSO_GRANTED(count=granted)] if granted else []
    left = left_sentences(headroom, max(headroom.left, ZERO), title, rules)
    return " ".join([left, *more, texts.job_needs(need(limit, request), jobs)])
