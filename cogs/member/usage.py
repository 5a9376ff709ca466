"""`/usage`: what a member may still spend, and where credits went: theirs, or for moderators the server's."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.account.api_keys import ApiKeys, UsableKey
from bot.account.key_health import StatusChecks
from bot.catalogue import Catalogue
from bot.delivery.answers.command_payload import anywhere
from bot.delivery.answers.deferral import defer
from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import ALT_TEXT_CHARS, DISCORD_ERRORS, EMBED_FIELD_CHARS, UPLOAD_TIMEOUT_S, in_time
from bot.delivery.texts import PRACTICE_TITLE
from bot.domain.models import CreditPack, credits_text, credits_words
from bot.domain.money.account import DAY_S, percents
from bot.domain.texts import FORMER_MEMBER, mention
from bot.domain.words.text import bare, harmless, shortened
from bot.errors import CannonError, NoKey
from bot.language import both, percent, sentences, short_day
from bot.media.chart import ROWS_MAX, Bar, Chart, draw
from bot.store import GuildSettings, JobLists, Ledger, Mark, Report, ReportPage, Reports
from cogs.member import texts
from cogs.member.export import as_csv, export_files
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import fitting, job_line, title_of, usage_of
from cogs.ui.panels import box_of, layout
from cogs.ui.permissions import file_limit_of, guild_of, is_host, is_moderator, require_moderator
from cogs.ui.texts import BUY_CREDITS
from cogs.ui.top_up import pack_lines

JOBS_SHOWN = 10
Day = tuple[dt.date, float, float]
"""A day with its start and end in Unix seconds."""


async def spending_embed(interaction: Interaction) -> discord.Embed:
    """Return the member's spending today and this month, by kind, the rest, and their last jobs."""
    bot, guild_id, user = interaction.client, guild_of(interaction), interaction.user
    month = await days_of(bot, guild_id, None)
    found = await use(bot, Reports).totals(guild_id, [(start, end) for _, start, end in month], member_id=user.id)
    jobs = await use(bot, JobLists).recent(guild_id, limit=JOBS_SHOWN, author_id=user.id)
    left = await usage_of(bot, guild_id, user, is_own=True)
    title = PRACTICE_TITLE(title=str(texts.YOUR_CREDITS)) if found.practice else str(texts.YOUR_CREDITS)
    embed = discord.Embed(title=title, description=left, colour=NEUTRAL)
    embed.add_field(name=str(texts.TODAY), value=credits_words(found.spans[-1]))
    embed.add_field(name=str(texts.THIS_MONTH), value=credits_words(found.total))
    if found.total:
        embed.add_field(
            name=str(texts.BY_KIND_THIS_MONTH), value=_kind_lines(bot.catalogue, found.operations), inline=False
        )
    last = fitting([job_line(job, bot.catalogue, is_own=True) for job in jobs], EMBED_FIELD_CHARS) or str(texts.NO_JOBS)
    embed.add_field(name=texts.last_jobs(len(jobs)), value=last, inline=False)
    return embed


def by_kind(catalogue: Catalogue, operations: Sequence[tuple[str, Decimal]]) -> list[tuple[str, Decimal]]:
    """Return the spending by kind of work, largest first."""
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


async def days_of(bot: Bot, guild_id: int, count: int | None) -> list[Day]:
    """Return the last `count` days in the guild's zone, today included; None: this month's."""
    zone = (await use(bot, GuildSettings).get(guild_id)).zone
    today = dt.datetime.fromtimestamp(bot.clock.wall(), zone).date()
    dates = [today - dt.timedelta(days=back) for back in range((count or today.day) - 1, -2, -1)]
    starts = [dt.datetime.combine(date, dt.time(), zone).timestamp() for date in dates]
    return list(zip(dates[:-1], starts[:-1], starts[1:], strict=True))


NAME_TIMEOUT_S = 5.0
DAYS = {"week": 7, "month": 30, "quarter": 90}
DAYS_DRAWN_MIN = 7
"""The chart begins with the first day that has a cost, but shows at least so many."""
CHART_NAME = "usage.png"

SERVER, MINE = "server", "mine"
SCOPES = [
    app_commands.Choice(name=texts.SCOPE_MINE, value=MINE),
    app_commands.Choice(name=texts.SCOPE_SERVER, value=SERVER),
]

Periods = Literal["week", "month", "quarter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingRate:
    """Spending rate and remaining balance, in credits; None where unknown."""

    a_day: Decimal
    free: Decimal | None
    """The account's credits less held ones, at `as of`."""
    packs: Sequence[CreditPack] = ()
    """What the server's account may buy."""

    @property
    def days_left(self) -> Decimal | None:
        """Days the account lasts at this rate."""
        return None if self.free is None or not self.a_day else max(self.free, Decimal(0)) / self.a_day


class Usage(commands.Cog):
    """Where credits went."""

    @app_commands.command(name="usage", description=texts.USAGE)
    @anywhere
    @app_commands.describe(period=texts.REPORT_PERIOD_OPTION, scope=texts.SCOPE_OPTION)
    @app_commands.choices(scope=SCOPES)
    async def report(self, interaction: Interaction, period: Periods = "month", scope: str | None = None) -> None:
        """Show where the credits went: a moderator the server's, a member their own."""
        member_id = await _of_member(interaction, scope)
        guild_id, bot = guild_of(interaction), interaction.client
        await defer(interaction, ephemeral=True, thinking=True)
        days = await days_of(bot, guild_id, DAYS[period])
        found = await use(bot, Reports).totals(guild_id, [(start, end) for _, start, end in days], member_id=member_id)
        rate = None if member_id is not None else await _rate(interaction, found, days[0][1])
        title = texts.OWN_REPORT_TITLE(count=len(days)) if rate is None else texts.REPORT_TITLE(count=len(days))
        box = box_of(f"### {PRACTICE_TITLE(title=title) if found.practice else title}")
        files, lines = list[discord.File](), _lines(bot.catalogue, found, rate)
        with ExitStack() as stack:
            if found.total:
                chart = await _chart(interaction, found, [day for day, _, _ in days], is_own=member_id is not None)
                text = alt_text(chart, found.total, len(days), is_own=member_id is not None)
                picture = discord.MediaGalleryItem(f"attachment://{CHART_NAME}", description=text)
                box.add_item(discord.ui.MediaGallery(picture))
                names = [f"#{number} {harmless(name)}" for number, name in enumerate(chart.numbered, start=1)]
                lines += [texts.fact(texts.IN_THE_IMAGE, both(names))] if names else []

                async def ledger(mark: Mark) -> ReportPage:
                    since = days[0][1]
                    return await use(bot, Reports).ledger_page(guild_id, since=since, after=mark, member_id=member_id)

                name, limit = "ledger" if member_id is None else "my-ledger", file_limit_of(interaction)
                sources = {f"{name}.csv": (ledger, as_csv)}
                files = [discord.File(io.BytesIO(chart.png), CHART_NAME, description=text)]
                files += await export_files(stack, sources, f"{name}.zip", file_limit=limit)
            box.add_item(discord.ui.TextDisplay("\n".join(lines)))
            for file in files[1:]:
                box.add_item(discord.ui.File(f"attachment://{file.filename}"))
            await in_time(interaction.edit_original_response(view=layout(box), attachments=files), UPLOAD_TIMEOUT_S)


async def _of_member(interaction: Interaction, scope: str | None) -> int | None:
    """Return whose books are meant: None for the server's, which only moderators see. Raises NotAllowed."""
    guild_of(interaction)
    if scope is None:
        return None if await is_moderator(interaction) else interaction.user.id
    if scope == SERVER:
        await require_moderator(interaction)
        return None
    return interaction.user.id


async def _rate(interaction: Interaction, found: Report, since: float) -> SpendingRate:
    """Return the rate over the report's days, or since the first job if later; at least one day."""
    bot, guild_id = interaction.client, guild_of(interaction)
    first = since if found.first_at is None else max(since, found.first_at)
    days = max(Decimal(1), Decimal(str((bot.clock.wall() - first) / DAY_S)))
    rate = SpendingRate(a_day=found.total / days, free=None)
    try:
        key = await use(bot, ApiKeys).for_guild(guild_id)
    except NoKey:
        return rate
    balance = await _balance(interaction, key)
    if balance is None:
        return rate
    held = (await use(bot, Ledger).balance(guild_id)).held
    return replace(rate, free=balance - held, packs=use(bot, ApiKeys).packs(key))


async def _balance(interaction: Interaction, key: UsableKey) -> Decimal | None:
    """Return the account's current credits, else as of the last check.

    None for the host's account, unless the host asks.
    """
    guild_id = guild_of(interaction)
    if key.id is None and not is_host(interaction):
        return None
    try:
        status = await use(interaction, StatusChecks).status(guild_id, key)
    except CannonError:
        return key.balance
    return key.balance if status is None else status.credits


def _lines(catalogue: Catalogue, found: Report, rate: SpendingRate | None) -> list[str]:
    """Return the totals, and the first of each list that the chart shows."""
    spent = texts.SPENT_FOR(amount=credits_words(found.total), count=found.jobs)
    lines = [texts.fact(texts.SPENT, spent if found.total else str(texts.NOTHING_SPENT))]
    if rate is not None:
        lines += _rate_lines(rate)
    if rate is not None and found.total:
        members = [(mention(member_id), spent) for member_id, spent in found.members]
        lines.append(texts.fact(texts.MOST_BY, _first(members, found.total)))
    if found.total:
        operations = [(title_of(catalogue, operation), spent) for operation, spent in found.operations]
        lines.append(texts.fact(texts.MOST_FOR, _first(operations, found.total)))
    return lines if rate is None else [*lines, *_account_lines(rate)]


def _rate_lines(rate: SpendingRate) -> list[str]:
    if rate.free is None:
        left = texts.fact(texts.CREDITS_LEFT, str(texts.BALANCE_NOT_KNOWN))
    elif rate.days_left is None:
        left = texts.fact(texts.CREDITS_LEFT, credits_words(rate.free))
    else:
        left = texts.fact(texts.DAYS_LEFT, texts.days_left(round(rate.days_left, 0), credits_words(rate.free)))
    return [texts.fact(texts.RATE, texts.A_DAY(credits=round(rate.a_day, 1))), left]


def _account_lines(rate: SpendingRate) -> list[str]:
    return [f"**{BUY_CREDITS}**\n{pack_lines(rate.packs, rate.a_day)}"] if rate.packs else []


def _first(rows: Sequence[tuple[str, Decimal]], total: Decimal) -> str:
    """Return the first row of a list that adds up to `total`, with its amount and share."""
    [(name, spent), *_] = rows
    [share, *_] = percents([each for _, each in rows], total)
    return texts.share_line(name, credits_words(spent), percent(share / 100))


async def _chart(interaction: Interaction, found: Report, dates: Sequence[dt.date], *, is_own: bool) -> Chart:
    catalogue = interaction.client.catalogue
    if is_own:
        left = [Bar(kind, spent) for kind, spent in by_kind(catalogue, found.operations)]
    else:
        names = await _names(interaction, [member_id for member_id, _ in found.members[: ROWS_MAX + 1]])
        left = [Bar(names.get(who, str(who)), spent) for who, spent in found.members]
    begun = next(day for day, spent in enumerate(found.spans) if spent)
    begun = max(0, min(begun, len(dates) - DAYS_DRAWN_MIN))
    return await asyncio.to_thread(
        draw,
        str(texts.OWN_CHART_TITLE if is_own else texts.CHART_TITLE),
        texts.CHART_SUBTITLE(start=short_day(dates[0]), end=short_day(dates[-1]), credits=credits_words(found.total)),
        days=[Bar(short_day(date), spent) for date, spent in zip(dates[begun:], found.spans[begun:], strict=True)],
        members=left,
        headings=(str(texts.BY_KIND if is_own else texts.BY_MEMBER), str(texts.BY_OPERATION)),
        operations=[Bar(title_of(catalogue, what), spent) for what, spent in found.operations],
    )


async def _names(interaction: Interaction, member_ids: Iterable[int]) -> dict[int, str]:
    """Return members' names; for those who left, the end of their id."""
    found = await asyncio.gather(*(_name(interaction.guild, member_id) for member_id in member_ids))
    return dict(found)


async def _name(guild: discord.Guild | None, member_id: int) -> tuple[int, str]:
    if member_id < 0:
        return member_id, str(FORMER_MEMBER)
    fallback = texts.unknown_member(member_id)
    if guild is None:
        return member_id, fallback
    member = guild.get_member(member_id)
    if member is None:
        try:
            async with asyncio.timeout(NAME_TIMEOUT_S):
                member = await guild.fetch_member(member_id)
        except DISCORD_ERRORS:
            return member_id, fallback
    return member_id, bare(member.display_name) or fallback


def alt_text(chart: Chart, total: Decimal, days: int, *, is_own: bool) -> str:
    """Describe the chart within Discord's limit of an alt text: the lists first, then the days."""
    parts = [texts.CHART_TOTAL(count=days, amount=credits_text(total))]
    left = texts.BY_KIND if is_own else texts.BY_MEMBER
    for panel, heading in (("members", left), ("operations", texts.BY_OPERATION), ("days", texts.BY_DAY)):
        rows = [
            f"{bare(bar.label)} {credits_text(bar.value)}" for bar in chart.bars if bar.panel == panel and bar.value
        ]
        parts.append(texts.CHART_LIST(heading=str(heading), rows=rows))
    return shortened(sentences(*parts), ALT_TEXT_CHARS)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Usage())
