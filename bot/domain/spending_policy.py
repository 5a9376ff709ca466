"""May this member spend this here, now? Pure: what is known goes in; a verdict, or a Refused, comes out."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.guild_rules import Block, Limit, Rules
from bot.domain.limit_rules import draws_within_limits
from bot.domain.models import JobState, credits_text
from bot.domain.spend_request import ZERO, SpendingView, SpendRequest, Verdict
from bot.domain.text import full_stop, stamp
from bot.domain.word_filter import forbidden_word
from bot.errors import Refused


def decide(
    request: SpendRequest,
    *,
    rules: Rules,
    limits: Iterable[Limit],
    block: Block | None,
    spending: SpendingView,
    now: float,
) -> Verdict:
    """Return what becomes of the request. Raises Refused with the exact reason and what would work."""
    _may_use(request, rules, block, now)
    _may_say(request, rules)
    _may_cost(request, rules)
    draws = draws_within_limits(request, list(limits), rules, spending, now)
    _account_has(request, spending)
    return Verdict(states=_states(request, rules, spending), draws=draws)


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
    """Raise Refused if the block has not ended by now (Unix seconds)."""
    if block is not None and (block.until is None or block.until > now):
        until = "" if block.until is None else f" until {stamp(block.until, 'f')}"
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


def _may_cost(request: SpendRequest, rules: Rules) -> None:
    for item in request.items:
        if rules.job_ceiling is not None and item.credits > rules.job_ceiling:
            raise Refused(
                f"A job here may cost {credits_text(rules.job_ceiling)} credits at most; "
                f"{item.title} is about {credits_text(item.credits)}.",
                "ceiling",
            )


def _account_has(request: SpendRequest, spending: SpendingView) -> None:
    if request.balance is None:
        return
    free = request.balance - spending.held_of_guild
    # A guess must not lock a server out of its last credits: only an empty account or a known price refuses.
    if free <= 0 or (all(item.exact for item in request.items) and request.total > free):
        raise Refused(
            f"This server's Cannon Studio account has {credits_text(max(free, ZERO))} free credits left; "
            f"this needs about {credits_text(request.total)}. A moderator can top it up or set another key.",
            "balance",
        )


def _states(request: SpendRequest, rules: Rules, spending: SpendingView) -> tuple[JobState, ...]:
    """Return each item's first state: as many run as may, the rest wait; above the threshold all await approval."""
    needs_approval = rules.approve_above is not None and request.total > rules.approve_above and not request.approved
    free = min(
        rules.running_per_member - spending.running_of_member, rules.running_per_server - spending.running_of_guild
    )
    if needs_approval:
        free = 0
    states, queued = [], 0
    for item in request.items:
        if not item.linked and free > 0:
            free -= 1
            states.append(JobState.SUBMITTING)
        else:
            queued += not item.linked
            states.append(JobState.AWAITING_APPROVAL if needs_approval else JobState.WAITING)
    if queued > rules.queued_per_member and not needs_approval:
        most = rules.running_per_member + rules.queued_per_member
        raise Refused(
            f"{len(request.items)} at once are too many here: of a member's jobs "
            f"{rules.running_per_member} may run and {rules.queued_per_member} wait, so ask for {most} at most.",
            "queue",
        )
    if queued and queued + spending.queued_of_member > rules.queued_per_member:
        raise Refused(
            f"You have {spending.running_of_member} jobs running and {spending.queued_of_member} waiting, and "
            f"{rules.queued_per_member} may wait; try again when one of them is done.",
            "queue",
        )
    return tuple(states)
