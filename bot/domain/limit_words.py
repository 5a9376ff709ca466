"""Limits as text: for refusals, alerts, lists and the audit record. Mentions are Discord's markup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal

from bot.domain import texts
from bot.domain.guild_rules import Limit, Period, Rules, Scope
from bot.domain.spend_request import Headroom
from bot.domain.text import stamp
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
    """Return to whom a limit applies: "every member", or a mention."""
    if limit.scope is Scope.SERVER:
        return str(texts.WHOLE_SERVER)
    if limit.scope is Scope.EVERYONE:
        return str(texts.EVERY_MEMBER)
    return f"<@&{limit.scope_id}>" if limit.scope is Scope.ROLE else f"<@{limit.scope_id}>"


def allowance(limit: Limit) -> str:
    """Return how much a limit allows: "200 credits a week"."""
    return _EACH[limit.period](limit.credits)


def left_of(left: Decimal, limit: Limit, *, granted: bool) -> str:
    """Return what a limit leaves: "40 of 100 credits a day"; with `granted`, grants are in `left`."""
    bound = terms(limit)
    if granted:
        return texts.left_with_grants(left, bound)
    return texts.left_of_server(left, bound) if limit.scope is Scope.SERVER else texts.left_of_own(left, bound)


def terms(limit: Limit, *, operation: str = "", channel: str = "") -> str:
    """Return what a limit allows, and where: "200 credits a week for `image.generate` in #general".

    `operation` and `channel` are shown instead of the operation's id and a mention.
    """
    about = (operation or f"`{limit.operation}`") if limit.operation else ""
    where = (channel or f"<#{limit.channel_id}>") if limit.channel_id else ""
    return texts.limit_terms(allowance(limit), about, where)


def left_sentences(headroom: Headroom, left: Decimal, title: str, rules: Rules) -> str:
    """Say in sentences what a limit leaves, when it resets and what it is for; `title` is its operation's, or ''."""
    limit = headroom.limit
    is_servers = limit.scope is Scope.SERVER
    if headroom.refills_at is None:
        said = (texts.server_total_left if is_servers else texts.own_total_left)(left, limit.credits)
    else:
        resets = texts.resets_on(_day(headroom.refills_at, limit.period, rules), stamp(headroom.refills_at))
        said = (_SERVER_LEFT if is_servers else _OWN_LEFT)[limit.period](left, limit.credits, resets)
    return " ".join([said, *about_limit(limit, title)])


def about_limit(limit: Limit, title: str) -> list[str]:
    """Return a sentence about what a limit is for, where that is one operation or one channel."""
    where = f"<#{limit.channel_id}>" if limit.channel_id else ""
    return [texts.limit_is_about(title, where)] if title or where else []


def _day(when: float, period: Period, rules: Rules) -> str:
    """Name the day of a reset: a weekday within the week, else its date."""
    day = dt.datetime.fromtimestamp(when, rules.zone).date()
    return month_day(day) if period is Period.MONTH else weekday(day)
