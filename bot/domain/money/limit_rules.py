"""Which limits apply to a request, what they leave to the member, and what grants must pay. Pure.

The member's own limit wins, else their roles' best, else everyone's; limits for an operation or channel apply in
addition; the server's always apply, and the host's where their key pays. An event's purse pays first; grants cover what
is then above a member's limits. Neither covers the server's or host's, or allows what a limit of 0 forbids.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.domain import texts
from bot.domain.money.spend_request import RISE, ZERO, Draw, Headroom, SpendingView, SpendItem, SpendRequest
from bot.domain.server.guild_rules import Grant, Limit, Period, Rules, Scope
from bot.domain.words.text import stamp
from bot.errors import Refused
from bot.language import Plural, Text, month_day, sentences, weekday

HOST_ZONE = dt.UTC
"""The time zone of the host's months."""
HOST_LIMIT = "host limit"
"""Reason of a refusal by a limit of the host."""

_EACH: Mapping[Period, Plural] = {
    Period.DAY: texts.A_DAY,
    Period.WEEK: texts.A_WEEK,
    Period.MONTH: texts.A_MONTH,
    Period.TOTAL: texts.IN_TOTAL,
}
_OWN_LEFT: Mapping[Period, Plural] = {
    Period.DAY: texts.OWN_DAILY_LEFT,
    Period.WEEK: texts.OWN_WEEKLY_LEFT,
    Period.MONTH: texts.OWN_MONTHLY_LEFT,
}
_SERVER_LEFT: Mapping[Period, Plural] = {
    Period.DAY: texts.SERVER_DAILY_LEFT,
    Period.WEEK: texts.SERVER_WEEKLY_LEFT,
    Period.MONTH: texts.SERVER_MONTHLY_LEFT,
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
    return _EACH[limit.period](count=limit.credits)


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
    """Return what an event's purse pays, and the grants needed to stay within the limits. Raises Refused otherwise."""
    rules = spending.rules
    for headroom in _tight(headrooms(_shared(limits), request, spending), request):
        raise _refusal(headroom, request, rules)
    by_purse = _by_purse(request, spending)
    request = _without(by_purse, request)
    tight = _tight(headrooms(applicable_limits(limits, request, spending), request, spending), request)
    for headroom in tight:
        if headroom.limit.credits == 0:
            raise _refusal(headroom, request, rules)
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
            raise _refusal(headroom, request, rules, granted=granted, may_ask=True)
    by_grants = (Draw(item=place, grant_id=grant_id, credits=paid) for (place, grant_id), paid in drawn.items())
    return (*by_purse, *by_grants)


def guess_within(request: SpendRequest, limits: Sequence[Limit], spending: SpendingView) -> dict[int, Decimal]:
    """Return what is held for the item whose price is unknown, by its index, where less than its guess is left.

    A guess is no price: where anything is left, it refuses nothing.
    """
    at = next((at for at, item in enumerate(request.items) if not (item.known or item.waits_for_price)), None)
    if at is None or not limits:
        return {}
    item, others = request.items[at], request.holding(at, ZERO)
    by_purse = sum((draw.credits for draw in _by_purse(request, spending) if draw.item == at), ZERO)
    more = by_purse + sum((grant.left for grant in spending.grants()), ZERO)
    left = [
        headroom.left - need(headroom.limit, others) + (ZERO if headroom.limit.scope.is_shared else more)
        for headroom in all_headrooms(limits, request, spending)
        if headroom.limit.credits and _counts(headroom.limit, item)
    ]
    least = min(left, default=item.credits)
    return {at: least} if ZERO < least < item.credits else {}


class Rooms:
    """What limits leave to jobs that start now: prices may have risen since they were held.

    A job starts beside others if it fits although each of those costs `RISE` times its price, a fixed one aside; else
    alone.
    """

    def __init__(self, limits: Sequence[Limit], request: SpendRequest, spending: SpendingView) -> None:
        self._rooms: list[tuple[Limit, Decimal]] = []
        self._running: dict[Limit, Decimal] = {}
        for headroom in all_headrooms(limits, request, spending):
            work = spending.open_under(headroom.limit)
            self._rooms.append((headroom.limit, headroom.left + work.unsent + work.running))
            self._running[headroom.limit] = work.after_rise

    def take(self, item: SpendItem, drawn: Decimal = ZERO) -> bool:
        """Return whether the item may start now, and count it if so. Grants pay `drawn` of it: no member's limit."""
        rooms = [
            (limit, free, self._running[limit], item.credits - (ZERO if limit.scope.is_shared else drawn))
            for limit, free in self._rooms
            if _counts(limit, item)
        ]
        if any(running and cost + running > free for _, free, running, cost in rooms):
            return False
        for limit, _, running, cost in rooms:
            self._running[limit] = running + cost * (1 if item.exact else RISE)
        return True


def _by_purse(request: SpendRequest, spending: SpendingView) -> list[Draw]:
    """Return what the purse of an event pays for each item, from the first; nothing for private results."""
    purse = None if request.spender.private else spending.purse(request.spender.channel_ids)
    if purse is None:
        return []
    drawn, left = [], purse.left
    for place, item in enumerate(request.items):
        if not item.waits_for_price and (paid := min(left, item.credits)) > 0:
            drawn.append(Draw(item=place, grant_id=purse.grant_id, credits=paid))
            left -= paid
    return drawn


def _without(draws: Sequence[Draw], request: SpendRequest) -> SpendRequest:
    if not draws:
        return request
    paid = {draw.item: draw.credits for draw in draws}
    items = [replace(item, credits=item.credits - paid.get(at, ZERO)) for at, item in enumerate(request.items)]
    return replace(request, items=items)


def _tight(found: Iterable[Headroom], request: SpendRequest) -> list[Headroom]:
    """Return limits that leave less than needed. A limit of 0 allows nothing, not even free jobs."""
    return [
        headroom
        for headroom in found
        if headroom.limit.credits == 0 or max(headroom.left, ZERO) < need(headroom.limit, request)
    ]


def applicable_limits(limits: Sequence[Limit], request: SpendRequest, spending: SpendingView) -> list[Limit]:
    """Return the member's limits in this place, without shared ones."""
    found: list[Limit] = []
    for choices in limit_choices(limits, request):
        # The best role leaves the most in its tightest period; roles without a limit of 0 first.
        found += (
            max(
                choices,
                key=lambda role: (
                    all(limit.credits for limit in role),
                    min(headroom.left for headroom in headrooms(role, request, spending)),
                ),
            )
            if len(choices) > 1
            else choices[0]
        )
    return found


def limit_choices(limits: Iterable[Limit], request: SpendRequest) -> list[list[list[Limit]]]:
    """Return the member's limits by what they are about: one set, or one for each role, of which the best applies."""
    groups: dict[tuple[str, int], list[Limit]] = {}
    for limit in limits:
        if not limit.scope.is_shared and is_about(limit, request):
            groups.setdefault((limit.operation, limit.channel_id), []).append(limit)
    return [choices for group in groups.values() if (choices := _choices(group, request))]


def _choices(group: Sequence[Limit], request: SpendRequest) -> list[list[Limit]]:
    own = [each for each in group if each.scope is Scope.MEMBER and each.scope_id == request.spender.member_id]
    by_role: dict[int, list[Limit]] = {}
    for each in group:
        if each.scope is Scope.ROLE and each.scope_id in request.spender.role_ids:
            by_role.setdefault(each.scope_id, []).append(each)
    everyone = [each for each in group if each.scope is Scope.EVERYONE]
    return [own] if own else list(by_role.values()) or ([everyone] if everyone else [])


def all_headrooms(limits: Sequence[Limit], request: SpendRequest, spending: SpendingView) -> tuple[Headroom, ...]:
    """Return what each applicable limit leaves, shared ones last."""
    return tuple(headrooms([*applicable_limits(limits, request, spending), *_shared(limits)], request, spending))


def headrooms(limits: Iterable[Limit], request: SpendRequest, spending: SpendingView) -> list[Headroom]:
    return [headroom_of(limit, spending) for limit in limits if is_about(limit, request)]


def headroom_of(limit: Limit, spending: SpendingView) -> Headroom:
    """Return what the limit leaves in the period of `spending.now`, by jobs accepted in it.

    Periods are in the server's time zone, the host's months in UTC.
    """
    zone, now = zone_of(limit, spending.rules), spending.now
    since, until = limit.period.start(now, zone), limit.period.end(now, zone)
    if limit.scope.is_host:
        spent = spending.spent_on_host_key(since, until, everywhere=limit.scope is Scope.HOST_TOTAL)
    else:
        is_members = limit.scope is not Scope.SERVER
        spent = spending.spent(since, until, member=is_members, operation=limit.operation, channel_id=limit.channel_id)
    return Headroom(limit=limit, left=limit.credits - spent, refills_at=until)


def zone_of(limit: Limit, rules: Rules) -> dt.tzinfo:
    return HOST_ZONE if limit.scope.is_host else rules.zone


def _shared(limits: Sequence[Limit]) -> list[Limit]:
    """Return the limits that grants do not cover, the host's first: the server need not explain them."""
    return sorted((limit for limit in limits if limit.scope.is_shared), key=lambda limit: not limit.scope.is_host)


def is_about(limit: Limit, request: SpendRequest) -> bool:
    of_operation = not limit.operation or any(item.operation == limit.operation for item in request.items)
    return of_operation and (not limit.channel_id or limit.channel_id in request.spender.channel_ids)


def _counts(limit: Limit, item: SpendItem) -> bool:
    return limit.operation in {"", item.operation}


def need(limit: Limit, request: SpendRequest) -> Decimal:
    """Return the request's credits that count for the limit now."""
    return sum((item.credits for item in request.items if _counts(limit, item) and not item.waits_for_price), ZERO)


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
        if item.waits_for_price or not _counts(limit, item):
            continue
        for grant in grants:
            headroom = item.credits - sum((paid for (of, _), paid in drawn.items() if of == place), ZERO)
            left = grant.left - sum((paid for (_, by), paid in drawn.items() if by == grant.id), ZERO)
            taken = min(headroom, missing, left)
            if taken > 0:
                drawn[place, grant.id] = drawn.get((place, grant.id), ZERO) + taken
                missing -= taken
    return missing <= 0


def _refusal(
    headroom: Headroom, request: SpendRequest, rules: Rules, *, granted: Decimal = ZERO, may_ask: bool = False
) -> Refused:
    is_hosts = headroom.limit.scope.is_host
    reason = HOST_LIMIT if is_hosts else "limit"
    return Refused(_exceeded(headroom, request, rules, granted), reason, may_ask=may_ask, needs_host=is_hosts)


def _exceeded(headroom: Headroom, request: SpendRequest, rules: Rules, granted: Decimal) -> str:
    """Return which limit is exceeded, its rest with grants, its reset, and the request's need."""
    limit = headroom.limit
    renewed = stamp(headroom.refills_at or 0, "D" if limit.scope.is_host else "R")
    if limit.scope.is_host:
        return sentences(_of_host(headroom)(day=renewed), texts.NO_HOST_LIMIT_WITH_A_KEY)
    title = next((item.title for item in request.items if item.operation == limit.operation), "")
    where = f"<#{limit.channel_id}>" if limit.channel_id else ""
    about = [texts.limit_is_about(title, where)] if title or where else []
    if limit.credits == 0:
        is_servers = limit.scope is Scope.SERVER
        return sentences(texts.SERVER_LIMIT_IS_ZERO if is_servers else texts.OWN_LIMIT_IS_ZERO, *about)
    more = [texts.ALSO_GRANTED(count=granted)] if granted else []
    if request.is_priced:
        jobs = sum(_counts(limit, item) for item in request.items)
        more.append((texts.JOB_NEEDS if jobs == 1 else texts.JOBS_NEED)(count=jobs, price=need(limit, request)))
    return sentences(_left(headroom, renewed, rules), *about, *more)


def _of_host(headroom: Headroom) -> Text:
    if headroom.limit.scope is Scope.HOST_TOTAL:
        return texts.HOST_TOTAL_REACHED
    return texts.HOST_LIMIT_REACHED


def _left(headroom: Headroom, renewed: str, rules: Rules) -> str:
    """Say a limit's rest and reset; `renewed` is how far away that is."""
    limit, left = headroom.limit, max(headroom.left, ZERO)
    is_servers = limit.scope is Scope.SERVER
    if headroom.refills_at is None:
        return (texts.SERVER_TOTAL_LEFT if is_servers else texts.OWN_TOTAL_LEFT)(left=left, count=limit.credits)
    resets = texts.RESETS_ON(day=_day(headroom.refills_at, limit.period, rules), when=renewed)
    return (_SERVER_LEFT if is_servers else _OWN_LEFT)[limit.period](left=left, count=limit.credits, resets=resets)


def alert_headrooms(request: SpendRequest, spending: SpendingView) -> tuple[Headroom, ...]:
    """Return what each applicable limit has left without the request; () without a log channel to alert."""
    return () if spending.rules.log_channel is None else all_headrooms(spending.limits, request, spending)


WITH_WHAT_IS_LEFT = frozenset({"ceiling", "queue"})
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


def left_after(request: SpendRequest, spending: SpendingView) -> WhatIsLeft | None:
    """Return what the request leaves; None without a limit or a balance that members may see.

    The balance of the host's account is never shown.
    """
    own = _without(_by_purse(request, spending), request)
    found = [
        _of_limit(each.limit, max(each.left, ZERO), request if each.limit.scope is Scope.SERVER else own, spending)
        for each in all_headrooms(spending.limits, request, spending)
    ]
    if request.balance is not None and not request.host_pays:
        free = max(request.balance - spending.held_of_guild, ZERO)
        found.append(WhatIsLeft(now=free, after=max(free - request.total, ZERO), limit=None))
    return min(found, key=lambda each: each.after, default=None)


def _of_limit(limit: Limit, left: Decimal, request: SpendRequest, spending: SpendingView) -> WhatIsLeft:
    # Grants extend a member's limit, never the server's, and never one of 0.
    has_grants = limit.scope is not Scope.SERVER and limit.credits > 0
    granted = sum((grant.left for grant in spending.grants()), ZERO) if has_grants else ZERO
    now = left + granted
    return WhatIsLeft(now=now, after=max(now - need(limit, request), ZERO), limit=limit, granted=granted > 0)


def with_what_is_left(error: Refused, fits: int, request: SpendRequest, spending: SpendingView) -> Refused:
    """Return a refusal by amount or number with how many of the jobs fit, and with the member's remainder."""
    left = left_after(request, spending) if error.reason in WITH_WHAT_IS_LEFT else None
    if left is None and not fits:
        return error
    said = texts.FIT_NOW(count=fits, all=len(request.items)) if fits and error.reason != "queue" else ""
    rest = "" if left is None else left.sentence()
    return Refused(
        sentences(error.sentence, said, rest),
        error.reason,
        may_ask=error.may_ask,
        fits=fits,
        needs_host=error.needs_host,
    )
