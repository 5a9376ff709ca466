"""May this member spend this here, now? Pure: returns a verdict or raises Refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.domain import texts
from bot.domain.models import JobState
from bot.domain.money.limit_rules import (
    HOST_LIMIT,
    Rooms,
    WhatIsLeft,
    alert_headrooms,
    draws_within_limits,
    guess_within,
    left_after,
    with_what_is_left,
)
from bot.domain.money.spend_request import (
    YES_COVERS,
    ZERO,
    Draw,
    KeyChanged,
    ShownPrice,
    SpendingView,
    SpendRequest,
    Unpriced,
    Verdict,
    WordsChanged,
)
from bot.domain.server.guild_rules import Block, Limit, Rules, Scope
from bot.domain.server.places import require_place
from bot.domain.words.text import full_stop, stamp
from bot.errors import Refused
from bot.language import sentences


def must_confirm(request: SpendRequest, rules: Rules) -> bool:
    """Whether the member must confirm the price first: they have not seen it, or the rules demand it."""
    agreed, total = request.consent.agreed, request.total
    is_as_certain = agreed is not None and (request.is_priced or not agreed.known)
    if agreed is not None and is_as_certain and total <= agreed.credits * YES_COVERS:
        return False
    return needs_confirmation(request, rules) or not (_is_small(request, rules) or _is_shown(request))


def _is_shown(request: SpendRequest) -> bool:
    """Whether the price was shown: by a label at most a tenth below; without one, by a typed command."""
    consent = request.consent
    if consent.labelled is None:
        return not consent.pressed
    return request.total <= consent.labelled * YES_COVERS


def needs_confirmation(request: SpendRequest, rules: Rules) -> bool:
    """Whether the rules demand that the member confirms the price.

    With only a ceiling set, only the member can accept an unknown price.
    """
    if rules.confirm_above is not None and not _is_small(request, rules):
        return True
    return rules.job_ceiling is not None and rules.approve_above is None and not request.is_priced


def _is_small(request: SpendRequest, rules: Rules) -> bool:
    """Whether the price is known and needs no look by the server's setting."""
    return rules.confirm_above is not None and request.is_priced and request.total <= rules.confirm_above


def needs_approval(price: ShownPrice, rules: Rules) -> bool:
    if rules.approve_above is None:
        return False
    return price.credits > rules.approve_above or not price.known


def _unheld(request: SpendRequest, limits: Sequence[Limit], spending: SpendingView) -> frozenset[int]:
    """Return the items, by index, that wait for a price: under limits one finds it out, else one of each kind."""
    if request.is_priced or not (limits or _has_threshold(spending.rules)):
        return frozenset()
    is_shared = any(limit.scope.is_shared for limit in limits)
    found = [
        each
        for each in spending.unpriced(everywhere=counts_everywhere(limits))
        if each.member_id == request.spender.member_id or (is_shared and each.is_sent)
    ]
    kinds = {None if limits else (each.operation, each.kind) for each in found}
    unheld = set()
    for place, item in enumerate(request.items):
        kind = None if limits else (item.operation, item.kind)
        if not item.known and kind in kinds:
            unheld.add(place)
        elif not item.known:
            kinds.add(kind)
    return frozenset(unheld)


def may_start_unpriced(job: Unpriced, unpriced: Iterable[Unpriced], limits: Sequence[Limit], rules: Rules) -> bool:
    """Whether a job of unknown price may start: one at a time under each limit, one of its kind under a threshold."""
    sent = [each for each in unpriced if each.is_sent]
    own = [each for each in sent if each.member_id == job.member_id]
    if limits:
        return not (sent if any(limit.scope.is_shared for limit in limits) else own)
    return not _has_threshold(rules) or all((each.operation, each.kind) != (job.operation, job.kind) for each in own)


def counts_everywhere(limits: Iterable[Limit]) -> bool:
    """Whether a limit spans servers: then their jobs of unknown price take turns too."""
    return any(limit.scope is Scope.HOST_TOTAL for limit in limits)


def _has_threshold(rules: Rules) -> bool:
    return any(each is not None for each in (rules.job_ceiling, rules.confirm_above, rules.approve_above))


def decide(request: SpendRequest, spending: SpendingView) -> Verdict:
    """Return the verdict. Raises Refused with the exact reason and what would be accepted.

    Raises WordsChanged if the request was judged by another word list than the current one, KeyChanged if practice mode
    has changed since.
    """
    if request.practice is not spending.practice:
        raise KeyChanged
    _may_use(request, spending)
    _may_say(request, spending.rules)
    limits = binding_limits(request, spending)
    unheld = _unheld(request, limits, spending)
    is_dear = needs_approval(request.shown, spending.rules)
    request = request.waiting(unheld)
    guesses = guess_within(request, limits, spending)
    for item, credits_ in guesses.items():
        request = request.holding(item, credits_)
    draws, asked = _within_limits(request, limits, spending)
    _account_has(request, spending)
    states = _states(request, limits, spending, draws, is_to_approve=bool(asked) or is_dear)
    return Verdict(states=states, unheld=unheld, guesses=guesses, draws=draws, asked=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What was agreed to about jobs whose price may have become known, or another, while they waited."""

    credits: Decimal
    """The estimate of each."""
    jobs: int
    """How many of the kind were requested together."""
    allowed: bool
    """Whether a moderator has allowed them above the server's limits."""

    def covers(self, price: Decimal) -> bool:
        return price <= self.credits * YES_COVERS


def decide_waiting(request: SpendRequest, spending: SpendingView, agreed: Agreed) -> tuple[Draw, ...]:
    """Return the grants that pay for one job that waited for its price. Raises Refused if it does not fit any more."""
    require_agreed(request, spending.rules, agreed)
    try:
        return draws_within_limits(request, binding_limits(request, spending), spending)
    except Refused as error:
        if not (agreed.covers(request.total) and agreed.allowed) or error.reason == HOST_LIMIT:
            raise
        return ()


def require_agreed(request: SpendRequest, rules: Rules, agreed: Agreed) -> None:
    """Raise Refused if the one job costs more than was agreed to, and more than the rules allow without a question."""
    [item] = request.items
    if agreed.covers(item.credits):
        return
    _may_cost(request, rules)
    bounds = [each for each in (rules.confirm_above, rules.approve_above) if each is not None]
    if any(item.credits * agreed.jobs > bound for bound in bounds):
        raise Refused(texts.MORE_THAN_AGREED(price=item.credits, agreed=agreed.credits), "agreed")


def judge(request: SpendRequest, spending: SpendingView) -> Verdict:
    """Decide; the verdict says what limits leave, for alerts, and a refusal what the member has left."""
    try:
        verdict = decide(request, spending)
    except Refused as error:
        raise with_what_is_left(error, _fits(error, request, spending), request, spending) from None
    return replace(verdict, headrooms=alert_headrooms(request, spending))


_BY_NUMBER = frozenset({"limit", HOST_LIMIT, "queue"})
"""Reasons for which fewer jobs may be accepted."""


def _fits(error: Refused, request: SpendRequest, spending: SpendingView) -> int:
    """Return how many of several jobs would be accepted alone, 0 where that is no help."""
    by_number = error.reason in _BY_NUMBER and not any(item.linked for item in request.items)
    return _fitting(request, spending) if by_number else 0


def _fitting(request: SpendRequest, spending: SpendingView) -> int:
    """Return how many of the request's jobs, from the first, would be accepted alone."""
    fits, most = 0, len(request.items) - 1
    while fits < most:
        middle = (fits + most + 1) // 2
        try:
            decide(replace(request, items=request.items[:middle]), spending)
        except Refused:
            most = middle - 1
        else:
            fits = middle
    return fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a request will lead to once it is confirmed."""

    left: WhatIsLeft | None
    """What it leaves to the member; None without a limit."""
    needs_approval: bool
    """Whether it waits for a moderator first."""


def foresee(request: SpendRequest, spending: SpendingView) -> Foreseen:
    """Return what a confirmation will lead to. Raises what `judge` would."""
    states = judge(request, spending).states
    return Foreseen(left=left_after(request, spending), needs_approval=JobState.AWAITING_APPROVAL in states)


def admit(request: SpendRequest, spending: SpendingView) -> None:
    """Raise Refused early, for what `decide` would refuse anyway.

    The items' credits are minimum costs; their words are unknown.
    """
    _may_use(request, spending)
    _within_limits(request, binding_limits(request, spending), spending, is_priced=False)


def binding_limits(request: SpendRequest, spending: SpendingView) -> list[Limit]:
    """Return the server's limits, plus the host's where their key pays."""
    return [*spending.limits, *(spending.host_limits if request.host_pays else ())]


def _within_limits(
    request: SpendRequest, limits: Sequence[Limit], spending: SpendingView, *, is_priced: bool = True
) -> tuple[tuple[Draw, ...], str]:
    """Return the grants that pay, or the excess to ask a moderator about (no grants then).

    `is_priced`: the credits are more than minimum costs. Raises Refused for an excess if the member does not ask, or
    has changed the request.
    """
    asked = ""
    draws: tuple[Draw, ...] = ()
    try:
        if is_priced:
            _may_cost(request, spending.rules)
    except Refused as error:
        asked = _asked(error, request, spending)
    try:
        draws = draws_within_limits(request, limits, spending)
    except Refused as error:
        asked = _asked(error, request, spending)
    return () if asked else draws, asked


def _asked(error: Refused, request: SpendRequest, spending: SpendingView) -> str:
    """Return the reason a moderator is asked about. Raises Refused if they can't be."""
    if not request.consent.asked or not error.may_ask:
        raise error
    if spending.has_asked():
        raise Refused(texts.ASKED_ALREADY, "asked")
    return error.reason


def _may_use(request: SpendRequest, spending: SpendingView) -> None:
    if spending.rules.paused:
        raise Refused(texts.PAUSED, "paused")
    refuse_blocked(spending.block, spending.now)
    require_place(request.spender, spending.rules, unchecked=any(item.unchecked for item in request.items))


def refuse_blocked(block: Block | None, now: float) -> None:
    """Raise Refused unless the block has ended by now (Unix seconds)."""
    if block is not None and (block.until is None or block.until > now):
        until = None if block.until is None else stamp(block.until, "f")
        raise Refused(texts.blocked(until, full_stop(block.reason)), "block")


def _may_say(request: SpendRequest, rules: Rules) -> None:
    if request.words != rules.words:
        raise WordsChanged
    if any(item.has_forbidden_word for item in request.items):
        raise Refused(texts.FORBIDDEN_WORD, "word")


def _may_cost(request: SpendRequest, rules: Rules) -> None:
    for item in request.items:
        # An unknown price can't be compared: it needs confirmation.
        if rules.job_ceiling is not None and item.known and item.credits > rules.job_ceiling:
            sentence = texts.ABOVE_CEILING(ceiling=rules.job_ceiling, title=item.title, price=item.credits)
            raise Refused(sentence, "ceiling", may_ask=True)


def _account_has(request: SpendRequest, spending: SpendingView) -> None:
    if request.balance is None:
        return
    free, total = request.balance - spending.held_of_guild, request.total
    # Rough estimates must not lock out the last credits: only an empty account or an exact price refuses.
    if free <= 0 or (all(item.exact for item in request.items) and total > free):
        if request.host_pays:
            raise Refused(texts.HOST_BALANCE_TOO_LOW, "balance", needs_host=True)
        if request.own:
            raise Refused(texts.OWN_ACCOUNT_LEFT(count=max(free, ZERO), price=total), "own balance")
        raise Refused(
            sentences(
                texts.ACCOUNT_LEFT(count=max(free, ZERO)), texts.JOB_NEEDS(price=total), texts.TOP_UP_OR_OTHER_KEY
            ),
            "balance",
        )


def _states(
    request: SpendRequest,
    limits: Sequence[Limit],
    spending: SpendingView,
    draws: Sequence[Draw],
    *,
    is_to_approve: bool,
) -> tuple[JobState, ...]:
    """Return each item's first state: run as many as allowed, queue the rest; or all await approval."""
    rules = spending.rules
    free = min(
        rules.running_per_member - spending.running_of_member, rules.running_per_server - spending.running_of_guild
    )
    if is_to_approve:
        free = 0
    unpriced = [] if request.is_priced else [*spending.unpriced(everywhere=counts_everywhere(limits))]
    rooms = Rooms(limits if free > 0 else (), request, spending)
    states, queued = [], 0
    for at, item in enumerate(request.items):
        drawn = sum((draw.credits for draw in draws if draw.item == at), ZERO)
        sent = Unpriced(member_id=request.spender.member_id, operation=item.operation, kind=item.kind, is_sent=True)
        is_priced_or_next = item.known or may_start_unpriced(sent, unpriced, limits, rules)
        may_start = is_priced_or_next and not (item.linked or item.waits_for_price)
        if free > 0 and may_start and rooms.take(item, drawn):
            free -= 1
            unpriced += [] if item.known else [sent]
            states.append(JobState.SUBMITTING)
        else:
            queued += not item.linked
            states.append(JobState.AWAITING_APPROVAL if is_to_approve else JobState.WAITING)
    _fits_queue(request, spending, queued, is_to_approve=is_to_approve)
    return tuple(states)


def _fits_queue(request: SpendRequest, spending: SpendingView, queued: int, *, is_to_approve: bool) -> None:
    rules = spending.rules
    if queued > rules.queued_per_member and not is_to_approve:
        running, waiting = rules.running_per_member, rules.queued_per_member
        sentence = texts.TOO_MANY_AT_ONCE(count=len(request.items), running=running, queued=waiting)
        raise Refused(sentence, "queue")
    if queued and queued + spending.queued_of_member > rules.queued_per_member:
        sentence = texts.QUEUE_FULL(
            running=spending.running_of_member, queued=spending.queued_of_member, limit=rules.queued_per_member
        )
        raise Refused(sentence, "queue")
