"""How a member stands with their limits, in words; and a limit as a choice of a list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import discord

from bot.app.client import CannonBot
from bot.delivery.card import state_word
from bot.delivery.formatting import plain
from bot.domain.guild_rules import Grant, Limit, Scope
from bot.domain.limit_rules import all_headrooms
from bot.domain.limit_words import terms, whose
from bot.domain.models import OPEN_STATES, PAID_STATES, Job, credits_text, credits_words
from bot.domain.spend_request import Headroom, SpendItem, SpendRequest
from bot.domain.text import shortened, stamp
from bot.store import Spending
from cogs.ui.choices import CHOICE_CHARS

SHOWN_CHARS = 4000
"""Discord takes 4096 in an embed's description."""
OPEN_JOBS_SHOWN = 20
_NOBODY = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a member stands: what each limit that holds for them leaves, their grants, and their open jobs."""

    member_id: int
    headrooms: tuple[Headroom, ...]
    """The server's limits are among them."""
    grants: tuple[Grant, ...]
    running: int
    waiting: int
    jobs: tuple[Job, ...]
    """The newest open ones."""


# ---------------------------------------------------------------------- words


def label(limit: Limit, guild: discord.Guild | None) -> str:
    """Say a limit without mentions, for a list to choose from, in at most 100 characters."""
    found = None if guild is None or not limit.channel_id else guild.get_channel(limit.channel_id)
    channel = f"#{found.name if found is not None else limit.channel_id}"
    return shortened(f"{_name(limit, guild)}: {terms(limit, operation=limit.operation, channel=channel)}", CHOICE_CHARS)


def _name(limit: Limit, guild: discord.Guild | None) -> str:
    if limit.scope is Scope.SERVER:
        return "Server"
    if limit.scope is Scope.EVERYONE:
        return "Everyone"
    if limit.scope is Scope.ROLE:
        role = None if guild is None else guild.get_role(limit.scope_id)
        return f"Role {shortened(role.name, 30) if role is not None else limit.scope_id}"
    member = None if guild is None else guild.get_member(limit.scope_id)
    return f"Member {shortened(member.display_name, 30) if member is not None else limit.scope_id}"


def fitting(lines: Sequence[str], limit: int = SHOWN_CHARS) -> str:
    """Join as many lines as fit, and say how many do not."""
    shown: list[str] = []
    size = 0
    for place, line in enumerate(lines):
        size += len(line) + 1
        if size > limit - 30:
            return "\n".join([*shown, f"… and {len(lines) - place} more"])
        shown.append(line)
    return "\n".join(shown)


# ---------------------------------------------------------------------- a member's standing


async def standing(bot: CannonBot, guild_id: int, member_id: int, role_ids: Iterable[int]) -> Standing:
    """Look up how a member with these roles stands."""
    roles = frozenset(role_ids)

    def look(spending: Spending) -> tuple[tuple[Headroom, ...], tuple[Grant, ...], int, int]:
        request = _everywhere(spending.limits, member_id, roles)
        found = all_headrooms(spending.limits, request, spending.rules, spending, spending.now)
        return found, tuple(spending.grants()), spending.running_of_member, spending.queued_of_member

    left, grants, running, waiting = await bot.parts.store.spending.view(guild_id, member_id, look)
    jobs = await bot.parts.store.job_lists.recent(
        guild_id, limit=OPEN_JOBS_SHOWN, states=OPEN_STATES, author_id=member_id
    )
    return Standing(
        member_id=member_id, headrooms=left, grants=grants, running=running, waiting=waiting, jobs=tuple(jobs)
    )


def _everywhere(limits: Iterable[Limit], member_id: int, role_ids: frozenset[int]) -> SpendRequest:
    """Return a request that every limit applies to: in all channels and for all operations that limits name."""
    named = list(limits)
    return SpendRequest(
        member_id=member_id,
        role_ids=role_ids,
        channel_ids=frozenset(limit.channel_id for limit in named if limit.channel_id),
        age_restricted=False,
        items=[
            SpendItem(operation=operation, title=operation, credits=_NOBODY, exact=True)
            for operation in sorted({limit.operation for limit in named if limit.operation})
        ],
        balance=None,
    )


def standing_text(shown: Standing) -> str:
    """Write a standing in paragraphs, for an embed's description."""
    limits = [_headroom_line(headroom, shown.member_id) for headroom in shown.headrooms]
    if not any(headroom.limit.scope is not Scope.SERVER for headroom in shown.headrooms):
        limits.insert(0, "No limit for a member holds here.")
    grants = [_grant_line(grant) for grant in shown.grants] or ["None."]
    jobs = [job_line(job) for job in shown.jobs] or ["None."]
    counts = f"{shown.running} running, {shown.waiting} waiting"
    parts = [
        "**Limits**",
        fitting(limits, SHOWN_CHARS // 2),
        "**Grants**",
        fitting(grants, SHOWN_CHARS // 5),
        f"**Open jobs** · {counts}",
        fitting(jobs, SHOWN_CHARS // 4),
    ]
    return "\n".join(parts)


def _headroom_line(headroom: Headroom, member_id: int) -> str:
    limit = headroom.limit
    own = limit.scope is Scope.MEMBER and limit.scope_id == member_id
    source = "own" if own else f"of {whose(limit)}"
    if limit.credits == 0:
        return f"• {terms(limit)} ({source}): may not be used"
    used = limit.credits - headroom.left
    refill = "" if headroom.refills_at is None else f", refills {stamp(headroom.refills_at)}"
    left = f"{credits_text(headroom.left)} left" if headroom.left >= 0 else f"{credits_text(-headroom.left)} over it"
    return f"• {terms(limit)} ({source}): {credits_text(used)} spent or held, {left}{refill}"


def _grant_line(grant: Grant) -> str:
    until = "" if grant.expires_at is None else f", until {stamp(grant.expires_at, 'f')}"
    note = f" · {plain(grant.note)}" if grant.note else ""
    return f"• {credits_text(grant.left)} of {credits_words(grant.credits)} left{until}{note}"


def job_line(job: Job) -> str:
    """Write a job with its state and cost in one line."""
    return f"• `{job.id}` `{job.operation}` · {state_word(job.state)} · {cost_words(job)} · {stamp(job.created_at)}"


def cost_words(job: Job) -> str:
    """Say what a job cost: its true cost, what is held for it, or nothing."""
    if job.state in PAID_STATES:
        return credits_words(job.held if job.cost is None else job.cost)
    return "cost nothing" if job.state.ended else f"{credits_words(job.held)} held"
