"""Limits as text: for refusals, alerts, lists and the audit record. Mentions are Discord's markup."""

from __future__ import annotations

from decimal import Decimal

from bot.domain import texts
from bot.domain.guild_rules import Limit, Period, Scope
from bot.domain.models import credits_text, credits_words

_EACH = {Period.DAY: "a day", Period.WEEK: "a week", Period.MONTH: "a month", Period.TOTAL: "in all"}


def whose(limit: Limit) -> str:
    """Return to whom a limit applies: "every member", or a mention."""
    if limit.scope is Scope.SERVER:
        return "the server as a whole"
    if limit.scope is Scope.EVERYONE:
        return "every member"
    return f"<@&{limit.scope_id}>" if limit.scope is Scope.ROLE else f"<@{limit.scope_id}>"


def allowance(limit: Limit) -> str:
    """Return how much a limit allows: "200 credits a week"."""
    return f"{credits_words(limit.credits)} {_EACH[limit.period]}"


def left_of(left: Decimal, limit: Limit, *, granted: bool) -> str:
    """Return what a limit leaves: "40 of 100 credits a day"; with `granted`, grants are in `left`."""
    amount, bound = credits_text(left), terms(limit)
    if granted:
        return texts.left_with_grants(amount, bound)
    return texts.left_of_server(amount, bound) if limit.scope is Scope.SERVER else texts.left_of_own(amount, bound)


def terms(limit: Limit, *, operation: str = "", channel: str = "") -> str:
    """Return what a limit allows, and where: "200 credits a week for `image.generate` in #general".

    `operation` and `channel` are shown instead of the operation's id and a mention.
    """
    about = f" for {operation or f'`{limit.operation}`'}" if limit.operation else ""
    where = f" in {channel or f'<#{limit.channel_id}>'}" if limit.channel_id else ""
    return f"{allowance(limit)}{about}{where}"
