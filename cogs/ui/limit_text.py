"""Text of limits, grants and open jobs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import discord

from bot.catalogue import Catalogue
from bot.delivery.card.states import state_of
from bot.delivery.texts import SECRET_COST
from bot.domain.jobs.card_jobs import job_words
from bot.domain.models import OPEN_STATES, PAID_STATES, Job, credits_text, credits_words
from bot.domain.money.account import PACK_DAYS, ROLL_OVER_DAYS
from bot.domain.money.limit_rules import all_headrooms, terms, whose
from bot.domain.money.spend_request import Headroom, Spender, SpendItem, SpendRequest
from bot.domain.server.guild_rules import Grant, Limit, Scope
from bot.domain.words.text import harmless, one_line, shortened, stamp
from bot.language import tr
from bot.store import JobLists, Spending, SpendingViews
from cogs.ui import texts
from cogs.ui.choices import CHOICE_CHARS
from cogs.ui.interaction import Bot, use

SHOWN_CHARS, JOB_WORDS_CHARS = 4000, 50
"""Discord takes 4096 in an embed's description."""
OPEN_JOBS_SHOWN = 20
_ZERO = Decimal(0)


# ---------------------------------------------------------------------- lists


def label(limit: Limit, guild: discord.Guild | None) -> str:
    """Return a limit without mentions, for a select, in at most 100 characters."""
    found = None if guild is None or not limit.channel_id else guild.get_channel(limit.channel_id)
    channel = f"#{found.name if found is not None else limit.channel_id}"
    said = terms(limit, operation=limit.operation, channel=channel)
    return shortened(texts.OPTION_IS(option=_name(limit, guild), value=said), CHOICE_CHARS)


def _name(limit: Limit, guild: discord.Guild | None) -> str:
    if limit.scope is Scope.SERVER:
        return str(texts.SERVER)
    if limit.scope is Scope.EVERYONE:
        return str(texts.EVERYONE)
    if limit.scope is Scope.ROLE:
        role = None if guild is None else guild.get_role(limit.scope_id)
        return texts.ROLE(name=shortened(role.name, 30) if role is not None else str(limit.scope_id))
    member = None if guild is None else guild.get_member(limit.scope_id)
    return texts.MEMBER(name=shortened(member.display_name, 30) if member is not None else str(limit.scope_id))


def fitting(lines: Sequence[str], limit: int = SHOWN_CHARS) -> str:
    """Join the lines that fit in `limit` characters, and add the number of the others."""
    shown: list[str] = []
    size = 0
    for place, line in enumerate(lines):
        size += len(line) + 1
        if size > limit - 30:
            return "\n".join([*shown, texts.AND_MORE(count=len(lines) - place)])
        shown.append(line)
    return "\n".join(shown)


# ---------------------------------------------------------------------- a member's usage


async def usage_of(bot: Bot, guild_id: int, member: discord.abc.User, *, is_own: bool = False) -> str:
    """Return a member's limits, grants and open jobs in paragraphs; `is_own`: for the member, who may read prompts."""
    member_id, roles = member.id, frozenset(role.id for role in getattr(member, "roles", ()))

    def read(spending: Spending) -> tuple[tuple[Headroom, ...], tuple[Grant, ...], int, int]:
        request = _everywhere(spending.limits, member_id, roles)
        found = all_headrooms(spending.limits, request, spending)
        return found, tuple(spending.grants()), spending.running_of_member, spending.queued_of_member

    headrooms, granted, running, waiting = await use(bot, SpendingViews).view(guild_id, member_id, read)
    found = await use(bot, JobLists).recent(guild_id, limit=OPEN_JOBS_SHOWN, states=OPEN_STATES, author_id=member_id)
    catalogue, none = bot.catalogue, [str(texts.NONE_LISTED)]
    limits = [_headroom_line(each, member_id, catalogue) for each in headrooms]
    if all(each.limit.scope is Scope.SERVER for each in headrooms):
        limits.insert(0, str(texts.NO_LIMIT))
    grants = [_grant_line(grant) for grant in granted] or none
    # Those of a vote are left out: the ones that are missing would be the ones that have failed.
    jobs = [job_line(job, catalogue, is_own=is_own) for job in found if not job.is_secret] or none
    return "\n".join(
        [
            str(texts.LIMITS),
            fitting(limits, SHOWN_CHARS // 2),
            "",
            str(texts.GRANTS),
            fitting(grants, SHOWN_CHARS // 5),
            "",
            texts.OPEN_JOBS(running=running, waiting=waiting),
            fitting(jobs, SHOWN_CHARS // 4),
        ]
    )


def _everywhere(limits: Sequence[Limit], member_id: int, role_ids: frozenset[int]) -> SpendRequest:
    """Return a request that every limit applies to: all channels, all operations with limits."""
    channel_ids = frozenset(limit.channel_id for limit in limits if limit.channel_id)
    spender = Spender(member_id=member_id, role_ids=role_ids, channel_ids=channel_ids, age_restricted=False)
    items = [
        SpendItem(operation=operation, title=operation, credits=_ZERO, exact=True)
        for operation in sorted({limit.operation for limit in limits if limit.operation})
    ]
    return SpendRequest.of(spender, items)


def _headroom_line(headroom: Headroom, member_id: int, catalogue: Catalogue) -> str:
    limit = headroom.limit
    allowed = terms(limit, operation=title_of(catalogue, limit.operation) if limit.operation else "")
    own = limit.scope is Scope.MEMBER and limit.scope_id == member_id
    source = str(texts.OWN_LIMIT) if own else texts.LIMIT_OF(whose=whose(limit))
    if limit.credits == 0:
        return texts.BLOCKING_LIMIT(limit=allowed, source=source)
    left, used = headroom.left, credits_text(limit.credits - headroom.left)
    refills = None if headroom.refills_at is None else stamp(headroom.refills_at)
    said, amount = texts.LIMIT_LINES[left < 0, refills is not None], credits_text(abs(left))
    return said(limit=allowed, source=source, used=used, left=amount, over=amount, when=refills)


def _grant_line(grant: Grant) -> str:
    expires = None if grant.expires_at is None else stamp(grant.expires_at, "f")
    note = f" · {harmless(grant.note)}" if grant.note else ""
    said = texts.GRANT_LINES[expires is not None]
    return said(left=credits_text(grant.left), granted=credits_words(grant.credits), when=expires) + note


def job_line(job: Job, catalogue: Catalogue, *, is_own: bool = False) -> str:
    """Return a job's line in a list: named by its words for its author, else by its id."""
    words = harmless(shortened(one_line(job_words(job)), JOB_WORDS_CHARS)) if is_own else ""
    name, title = f"{words} ·" if words else f"`{job.id}`", title_of(catalogue, job.operation)
    return f"• {name} {title} · {state_of(job)} · {cost_words(job)} · {stamp(job.created_at)}"


def title_of(catalogue: Catalogue, operation_id: str) -> str:
    """Return an operation's title; its id if the catalogue no longer has it."""
    operation = catalogue.operations.get(operation_id)
    return operation_id if operation is None else tr(operation.title)


def cost_words(job: Job) -> str:
    """Return a job's actual cost, or the amount held for it; neither while members vote on it."""
    if job.is_secret:
        return str(SECRET_COST)
    if job.state in PAID_STATES:
        return credits_words(job.charge)
    return str(texts.FREE) if job.state.ended else texts.HELD(credits=credits_words(job.reserved))


def expiry_rule(plan: str | None) -> str:
    """Return how long credits last on a plan, '' if unknown."""
    days = ROLL_OVER_DAYS.get((plan or "").casefold())
    return "" if days is None else texts.LAST_FOR(days=days, pack_days=PACK_DAYS)
