"""May this member spend this here, now? Pure: what is known goes in; a verdict, or a Refused, comes out.

Which limit holds: the member's own, else the best of their roles, else everyone's; limits for an operation or a channel
apply on top of those for all; the server's apply always. A grant covers what goes past a member's limits, never past
the server's.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.domain.guild_rules import Block, Grant, Limit, Period, Rules, Scope
from bot.domain.models import JobState, credits_text
from bot.domain.text import full_stop
from bot.errors import Refused

DEFAULT_HOLD = Decimal(20)
"""Credits set aside for a job whose price nobody knows yet: the samples of the API's pages lie at 17 to 48."""
JOBS_PER_CARD = 20
"""Jobs that may be asked for together."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendItem:
    """One job that is asked for. `credits` is its hold."""

    operation: str
    title: str
    credits: Decimal
    exact: bool
    """Whether the credits are a known price rather than a guess."""
    text: str = ""
    """All that the member wrote for it."""
    unchecked: bool = False
    """Whether the provider's safety checker is switched off."""
    linked: bool = False
    """Whether it waits for another job of the same card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRequest:
    """What somebody wants: who, where, what. `balance` is the account's credits at the last look, None if unknown."""

    member_id: int
    role_ids: frozenset[int]
    channel_ids: frozenset[int]
    """The channel, and the channel or category it is in."""
    age_restricted: bool
    items: Sequence[SpendItem]
    balance: Decimal | None
    approved: bool = False
    """Whether a moderator has approved it already, or nothing is to be approved."""

    @property
    def total(self) -> Decimal:
        """The sum of the holds, in credits."""
        return sum((item.credits for item in self.items), ZERO)


class SpendingView(Protocol):
    """What has been spent, as of the transaction in which the decision is made."""

    @property
    def running_of_member(self) -> int:
        """Jobs of the member that are being made."""
        ...

    @property
    def running_of_guild(self) -> int:
        """Jobs of the guild that are being made."""
        ...

    @property
    def queued_of_member(self) -> int:
        """Jobs of the member that wait for a free place or for a moderator."""
        ...

    @property
    def held_of_guild(self) -> Decimal:
        """Credits in open holds of the guild."""
        ...

    def spent(self, since: float, *, member: bool, operation: str, channel_id: int) -> Decimal:
        """Return credits settled or held for jobs accepted since then; of the member: less what grants paid."""
        ...

    def grants(self) -> Sequence[Grant]:
        """Return the member's grants that are not used up or expired, the soonest to expire first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Credits of a grant that pay for a part of an item."""

    item: int
    grant_id: int
    credits: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """What a limit leaves. `left` may be negative after an overshoot."""

    limit: Limit
    left: Decimal
    refills_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of each item, and which grants pay."""

    states: tuple[JobState, ...]
    draws: tuple[Draw, ...] = ()
    headrooms: tuple[Headroom, ...] = ()
    """What the limits that apply leave without the request, where somebody is to be alerted."""


def decide(
    request: SpendRequest,
    *,
    rules: Rules,
    limits: Iterable[Limit],
    block: Block | None,
    books: SpendingView,
    now: float,
) -> Verdict:
    """Return what becomes of the request. Raises Refused with the exact reason and what would work."""
    _may_use(request, rules, block, now)
    _may_say(request, rules)
    _may_cost(request, rules)
    draws = _within_limits(request, list(limits), rules, books, now)
    _account_has(request, books)
    return Verdict(states=_states(request, rules, books), draws=draws)


def _may_use(request: SpendRequest, rules: Rules, block: Block | None, now: float) -> None:
    if rules.paused:
        raise Refused("The moderators have paused new jobs on this server; running ones are still delivered.", "paused")
    refuse_blocked(block, now)
    if request.channel_ids & rules.forbidden_channels or (
        rules.allowed_channels and not request.channel_ids & rules.allowed_channels
    ):
        where = " or ".join(f"<#{channel}>" for channel in sorted(rules.allowed_channels)[:5])
        raise Refused("The bot may not be used in this channel." + (f" Try {where}." if where else ""), "channel")


def refuse_blocked(block: Block | None, now: float) -> None:
    """Raise Refused if the block holds now (Unix seconds)."""
    if block is not None and (block.until is None or block.until > now):
        until = "" if block.until is None else f" until <t:{int(block.until)}:f>"
        reason = f" Reason: {full_stop(block.reason)}" if block.reason else ""
        raise Refused(f"You may not use the bot on this server{until}.{reason}", "block")


def _may_say(request: SpendRequest, rules: Rules) -> None:
    for item in request.items:
        if item.unchecked and rules.unchecked_only_in_age_restricted and not request.age_restricted:
            raise Refused(
                "With the safety check off this works in age-restricted channels only; leave `nsfw_checker` on.",
                "safety check",
            )
        if forbidden_word(item.text, rules.words) is not None:
            raise Refused(
                "This server's moderators do not allow a word in your text; please put it another way.", "word"
            )


def forbidden_word(text: str, words: Sequence[str]) -> str | None:
    """Return the first of `words` that stands in `text` as a word of its own, None if none does.

    Case, accents, width and invisible characters make no difference.
    """
    if not words:
        return None
    plain = f" {_spelled(text)} "
    for word in words:
        sought = _spelled(word)
        if sought and f" {sought} " in plain:
            return word
    return None


_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"
"""Thai, Lao, Burmese, Khmer, Kana, Han, Hangul: no space tells where a word ends, so each character is one."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


def _spelled(text: str) -> str:
    """Return the words of a text, one space between."""
    return " ".join(_WORD.findall(_folded(text)))


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c for c in decomposed if c not in _IGNORED and unicodedata.category(c) not in {"Mn", "Cf"})
    return unicodedata.normalize("NFKC", kept)


_IGNORED = "\u115f\u1160\u3164\uffa0"
"""Hangul fillers: letters to Unicode, but nothing to be seen."""


def _may_cost(request: SpendRequest, rules: Rules) -> None:
    for item in request.items:
        if rules.job_ceiling is not None and item.credits > rules.job_ceiling:
            raise Refused(
                f"A job here may cost {credits_text(rules.job_ceiling)} credits at most; "
                f"{item.title} is about {credits_text(item.credits)}.",
                "ceiling",
            )


def _account_has(request: SpendRequest, books: SpendingView) -> None:
    if request.balance is None:
        return
    free = request.balance - books.held_of_guild
    # A guess must not lock a server out of its last credits: only an empty account or a known price refuses.
    if free <= 0 or (all(item.exact for item in request.items) and request.total > free):
        raise Refused(
            f"This server's Cannon Studio account has {credits_text(max(free, ZERO))} free credits left; "
            f"this needs about {credits_text(request.total)}. A moderator can top it up or set another key.",
            "balance",
        )


def _states(request: SpendRequest, rules: Rules, books: SpendingView) -> tuple[JobState, ...]:
    """Return each item's first state: as many run as may, the rest wait; all for a moderator, where they are dear."""
    dear = rules.approve_above is not None and request.total > rules.approve_above and not request.approved
    free = min(rules.running_per_member - books.running_of_member, rules.running_per_server - books.running_of_guild)
    if dear:
        free = 0
    states, queued = [], 0
    for item in request.items:
        if not item.linked and free > 0:
            free -= 1
            states.append(JobState.SUBMITTING)
        else:
            queued += not item.linked
            states.append(JobState.AWAITING_APPROVAL if dear else JobState.WAITING)
    if queued > rules.queued_per_member and not dear:
        most = rules.running_per_member + rules.queued_per_member
        raise Refused(
            f"{len(request.items)} at once are too many here: of a member's jobs "
            f"{rules.running_per_member} may run and {rules.queued_per_member} wait, so ask for {most} at most.",
            "queue",
        )
    if queued and queued + books.queued_of_member > rules.queued_per_member:
        raise Refused(
            f"You have {books.running_of_member} jobs running and {books.queued_of_member} waiting, and "
            f"{rules.queued_per_member} may wait; try again when one of them is done.",
            "queue",
        )
    return tuple(states)


# ---------------------------------------------------------------------- limits


def _within_limits(
    request: SpendRequest, limits: Sequence[Limit], rules: Rules, books: SpendingView, now: float
) -> tuple[Draw, ...]:
    """Return the grants that must pay so that every limit holds. Raises Refused if they cannot."""
    for headroom in _tight(headrooms(_of_server(limits), request, rules, books, now), request):
        raise Refused(refusal(headroom, request, rules), "limit")
    tight = _tight(
        headrooms(applicable_limits(limits, request, rules, books, now), request, rules, books, now), request
    )
    for headroom in tight:
        if headroom.limit.credits == 0:
            raise Refused(refusal(headroom, request, rules), "limit")
    grants = books.grants() if tight else ()
    drawn: dict[tuple[int, int], Decimal] = {}
    # The limits for one operation first: what a grant pays for its jobs counts for the general ones too.
    for headroom in sorted(tight, key=lambda each: not each.limit.operation):
        covered = sum(
            (paid for (place, _), paid in drawn.items() if _counts(headroom.limit, request.items[place])), ZERO
        )
        missing = _need(headroom.limit, request) - max(headroom.left, ZERO) - covered
        if not _draw(drawn, request, headroom.limit, missing, grants):
            raise Refused(
                refusal(headroom, request, rules, granted=sum((grant.left for grant in grants), ZERO)), "limit"
            )
    return tuple(Draw(item=place, grant_id=grant_id, credits=paid) for (place, grant_id), paid in drawn.items())


def _tight(found: Iterable[Headroom], request: SpendRequest) -> list[Headroom]:
    """Return those that do not leave what the request needs. A limit of 0 leaves nothing, not even what is free."""
    return [
        headroom
        for headroom in found
        if headroom.limit.credits == 0 or max(headroom.left, ZERO) < _need(headroom.limit, request)
    ]


def applicable_limits(
    limits: Sequence[Limit], request: SpendRequest, rules: Rules, books: SpendingView, now: float
) -> list[Limit]:
    """Return the limits that hold for the member in this place, apart from the server's."""
    groups: dict[tuple[str, int], list[Limit]] = {}
    for limit in limits:
        if limit.scope is not Scope.SERVER and _is_about(limit, request):
            groups.setdefault((limit.operation, limit.channel_id), []).append(limit)
    found: list[Limit] = []
    for group in groups.values():
        own = [each for each in group if each.scope is Scope.MEMBER and each.scope_id == request.member_id]
        by_role: dict[int, list[Limit]] = {}
        for each in group:
            if each.scope is Scope.ROLE and each.scope_id in request.role_ids:
                by_role.setdefault(each.scope_id, []).append(each)
        if own:
            found += own
        elif by_role:
            # The best role is the one that leaves the most, at its tightest period; one that may use it at all first.
            found += max(
                by_role.values(),
                key=lambda role: (
                    all(limit.credits for limit in role),
                    min(headroom.left for headroom in headrooms(role, request, rules, books, now)),
                ),
            )
        else:
            found += [each for each in group if each.scope is Scope.EVERYONE]
    return found


def headrooms(
    limits: Iterable[Limit], request: SpendRequest, rules: Rules, books: SpendingView, now: float
) -> list[Headroom]:
    """Return what each limit leaves now."""
    zone = rules.zone
    return [
        Headroom(
            limit=limit,
            left=limit.credits
            - books.spent(
                limit.period.start(now, zone),
                member=limit.scope is not Scope.SERVER,
                operation=limit.operation,
                channel_id=limit.channel_id,
            ),
            refills_at=limit.period.end(now, zone),
        )
        for limit in limits
        if _is_about(limit, request)
    ]


def _of_server(limits: Sequence[Limit]) -> list[Limit]:
    return [limit for limit in limits if limit.scope is Scope.SERVER]


def _is_about(limit: Limit, request: SpendRequest) -> bool:
    of_operation = not limit.operation or any(item.operation == limit.operation for item in request.items)
    return of_operation and (not limit.channel_id or limit.channel_id in request.channel_ids)


def _counts(limit: Limit, item: SpendItem) -> bool:
    return limit.operation in {"", item.operation}


def _need(limit: Limit, request: SpendRequest) -> Decimal:
    return sum((item.credits for item in request.items if _counts(limit, item)), ZERO)


def _draw(
    drawn: dict[tuple[int, int], Decimal],
    request: SpendRequest,
    limit: Limit,
    missing: Decimal,
    grants: Sequence[Grant],
) -> bool:
    """Add `missing` credits of the grants for the limit's items to `drawn`; False if the grants do not have them.

    `drawn` is by the item's place and the grant's id.
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


_EACH = {Period.DAY: "a day", Period.WEEK: "a week", Period.MONTH: "a month", Period.TOTAL: "in all"}


def refusal(headroom: Headroom, request: SpendRequest, rules: Rules, *, granted: Decimal = ZERO) -> str:
    """Say which limit stands in the way, what it and grants leave, when it refills, and what was asked for."""
    limit = headroom.limit
    whose = "the server's limit" if limit.scope is Scope.SERVER else "your limit"
    title = next((item.title for item in request.items if item.operation == limit.operation), "")
    where = f"in <#{limit.channel_id}>" if limit.channel_id else "here"
    if limit.credits == 0:
        return f"You may not use {title or 'the bot'} {where}: {whose} is 0 credits."
    about = f" for {title}" if title else ""
    left = max(headroom.left, ZERO)
    refill = "" if headroom.refills_at is None else f" until {_day(headroom.refills_at, limit.period, rules)}"
    more = f", and {credits_text(granted)} that you were given" if granted else ""
    return (
        f"{whose.capitalize()}{about} {where} is {credits_text(limit.credits)} credits {_EACH[limit.period]}; "
        f"{credits_text(left)} {'is' if left == 1 else 'are'} left{refill}{more}; "
        f"this is about {credits_text(_need(limit, request))}."
    )


def _day(when: float, period: Period, rules: Rules) -> str:
    """Name the day of a refill: a weekday within the week, else its date."""
    day = dt.datetime.fromtimestamp(when, rules.zone)
    name = f"{day:%B} {day.day}" if period is Period.MONTH else f"{day:%A}"
    return f"{name} (<t:{int(when)}:R>)"


def fair_order(waiting: Sequence[tuple[str, int, float]], running: Mapping[int, int]) -> list[str]:
    """Return job ids in the order of their turns: round robin between members, oldest first within each.

    `waiting` has (job id, member, asked at); `running` how many jobs each member has running. Who has fewer running
    comes first, so that one member's twenty do not stand before another's one.
    """
    rank: dict[int, int] = {}
    keyed = []
    for job_id, member, asked_at in sorted(waiting, key=lambda each: each[2]):
        rank[member] = rank.get(member, running.get(member, 0)) + 1
        keyed.append((rank[member], asked_at, job_id))
    return [job_id for _, _, job_id in sorted(keyed)]
