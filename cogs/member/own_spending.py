"""What a member has spent here, today and this month, and what they have left."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import discord

from bot.app.client import CannonBot
from bot.catalogue import Catalogue
from bot.delivery.colours import NEUTRAL
from bot.delivery.discord_facts import EMBED_FIELD_CHARS
from bot.delivery.texts import practice_title
from bot.domain.models import credits_words
from bot.domain.shares import percents
from bot.language import percent
from cogs.member import texts
from cogs.ui.interaction import Interaction
from cogs.ui.limit_text import fitting, job_line, member_usage, member_usage_text
from cogs.ui.permissions import guild_of

JOBS_SHOWN = 10
Day = tuple[dt.date, float, float]
"""A day with its start and its end in Unix seconds."""


async def spending_embed(interaction: Interaction) -> discord.Embed:
    """Return what the member has spent today and this month, by kind, what is left, and their last jobs."""
    bot, guild_id, user = interaction.client, guild_of(interaction), interaction.user
    month = await days_of(bot, guild_id, await _days_of_month(bot, guild_id))
    found = await bot.parts.store.reports.totals(guild_id, [(start, end) for _, start, end in month], member_id=user.id)
    roles = [role.id for role in getattr(user, "roles", ())]
    left = await member_usage(bot, guild_id, user.id, roles)
    jobs = await bot.parts.store.job_lists.recent(guild_id, limit=JOBS_SHOWN, author_id=user.id)
    title = practice_title(str(texts.YOUR_CREDITS)) if found.practice else str(texts.YOUR_CREDITS)
    embed = discord.Embed(title=title, description=member_usage_text(left, bot.catalogue), colour=NEUTRAL)
    embed.add_field(name=str(texts.TODAY), value=credits_words(found.spans[-1]))
    embed.add_field(name=str(texts.THIS_MONTH), value=credits_words(found.total))
    if found.total:
        embed.add_field(
            name=str(texts.BY_KIND_THIS_MONTH), value=_kind_lines(bot.catalogue, found.operations), inline=False
        )
    last = fitting([job_line(job, bot.catalogue) for job in jobs], EMBED_FIELD_CHARS) or str(texts.NO_JOBS)
    embed.add_field(name=texts.last_jobs(len(jobs)), value=last, inline=False)
    return embed


def by_kind(catalogue: Catalogue, operations: Sequence[tuple[str, Decimal]]) -> list[tuple[str, Decimal]]:
    """Return what was spent on each kind of work, as members call it, the most first."""
    sums: dict[str, Decimal] = {}
    for operation_id, spent in operations:
        operation = catalogue.find(operation_id)
        kind = texts.kind_of("" if operation is None else operation.workflow)
        sums[kind] = sums.get(kind, Decimal(0)) + spent
    return sorted(sums.items(), key=lambda each: -each[1])


def _kind_lines(catalogue: Catalogue, operations: Sequence[tuple[str, Decimal]]) -> str:
    kinds = by_kind(catalogue, operations)
    shares = percents([spent for _, spent in kinds], sum((spent for _, spent in kinds), Decimal(0)))
    lines = [
        texts.share_line(kind, credits_words(spent), percent(share / 100))
        for (kind, spent), share in zip(kinds, shares, strict=True)
    ]
    return fitting(lines, EMBED_FIELD_CHARS)


async def days_of(bot: CannonBot, guild_id: int, count: int) -> list[Day]:
    """Return the last `count` days in the guild's zone, today included."""
    zone = (await bot.parts.store.settings.get(guild_id)).zone
    today = dt.datetime.fromtimestamp(bot.clock.wall(), zone).date()
    dates = [today - dt.timedelta(days=back) for back in range(count - 1, -2, -1)]
    starts = [dt.datetime.combine(date, dt.time(), zone).timestamp() for date in dates]
    return list(zip(dates[:-1], starts[:-1], starts[1:], strict=True))


async def _days_of_month(bot: CannonBot, guild_id: int) -> int:
    zone = (await bot.parts.store.settings.get(guild_id)).zone
    return dt.datetime.fromtimestamp(bot.clock.wall(), zone).day
