"""`/usage`: for each member what is left of their limits; for moderators where the credits went."""

import asyncio
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.catalogue import Catalogue
from bot.delivery.colours import NEUTRAL
from bot.delivery.deadlines import UPLOAD_TIMEOUT_S, in_time
from bot.delivery.discord_facts import ALT_TEXT_CHARS, DISCORD_ERRORS, EMBED_FIELD_CHARS
from bot.delivery.texts import practice_title
from bot.domain.credit_expiry import days_left
from bot.domain.harmless_text import bare
from bot.domain.models import ExpiringCredits, credits_text, credits_words
from bot.domain.shares import percents
from bot.domain.text import shortened
from bot.errors import CannonError, NoKey
from bot.guild.api_keys import UsableKey
from bot.language import percent, short_day
from bot.media.chart import ROWS_MAX, Bar, Chart, draw
from bot.media.lettering import drawable
from bot.store.money.reports import Report
from cogs.member import texts
from cogs.member.export import books
from cogs.ui.account_words import expiring_words
from cogs.ui.interaction import Interaction
from cogs.ui.limit_text import fitting, job_line, member_usage, member_usage_text
from cogs.ui.permissions import guild_of, is_host, require_moderator
from cogs.ui.viewer import viewer_of

JOBS_SHOWN = 10
TOP_SHOWN = 10
NAME_TIMEOUT_S = 5.0
DAY_S = 86_400.0
DAYS = {"week": 7, "month": 30, "quarter": 90}
CHART_NAME = "usage.png"

Periods = Literal["week", "month", "quarter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingRate:
    """How fast credits are spent, and how long the account lasts. All in credits; None where it is not known."""

    a_day: Decimal
    free: Decimal | None
    """The account's credits less what is held, as of now or of the last check."""
    expiring: Sequence[ExpiringCredits] = ()
    """Those of the account's credits that expire."""
    top_up_url: str | None = None
    """Where credits can be bought."""
    at: float = 0.0
    """As of when, Unix seconds."""

    @property
    def days_left(self) -> Decimal | None:
        """For how many days the account lasts at this rate, without what expires before it is spent."""
        return None if self.free is None else days_left(self.free, self.expiring, self.a_day, self.at)


@app_commands.guild_only()
class Usage(commands.GroupCog, group_name="usage", group_description=texts.USAGE_GROUP):
    """Limits, spending and the server's books."""

    @app_commands.command(name="me", description=texts.USAGE_ME)
    async def me(self, interaction: Interaction) -> None:
        """Show a member their own limits, grants and jobs, ephemerally."""
        guild_id, user = guild_of(interaction), interaction.user
        roles = [role.id for role in getattr(user, "roles", ())]
        shown = await member_usage(interaction.client, guild_id, user.id, roles)
        jobs = await interaction.client.parts.store.job_lists.recent(guild_id, limit=JOBS_SHOWN, author_id=user.id)
        is_practice = await interaction.client.parts.practice.is_on(guild_id)
        title = practice_title(texts.YOUR_CREDITS) if is_practice else texts.YOUR_CREDITS
        embed = discord.Embed(title=title, description=member_usage_text(shown), colour=NEUTRAL)
        last = fitting([job_line(job) for job in jobs], EMBED_FIELD_CHARS) or texts.NO_JOBS
        embed.add_field(name=texts.last_jobs(len(jobs)), value=last, inline=False)
        await in_time(interaction.response.send_message(embed=embed, ephemeral=True))

    @app_commands.command(name="report", description=texts.USAGE_REPORT)
    @app_commands.describe(period=texts.REPORT_PERIOD_OPTION)
    async def report(self, interaction: Interaction, period: Periods = "month") -> None:
        """Show what was spent by day, member and operation, and how long the account lasts."""
        await require_moderator(interaction)
        guild_id, bot = guild_of(interaction), interaction.client
        await in_time(interaction.response.defer(ephemeral=True, thinking=True))
        days = await _days(bot, guild_id, DAYS[period])
        found = await bot.parts.store.reports.totals(guild_id, [(start, end) for _, start, end in days])
        rate = await _rate(interaction, found, days[0][1])
        embed = _embed(found, rate, len(days))
        if not found.total:
            await in_time(interaction.edit_original_response(embed=embed))
            return
        chart = await _chart(interaction, found, [day for day, _, _ in days])
        file = discord.File(io.BytesIO(chart.png), CHART_NAME, description=alt_text(chart, found.total, len(days)))
        embed.set_image(url=f"attachment://{CHART_NAME}")
        await in_time(interaction.edit_original_response(embed=embed, attachments=[file]), UPLOAD_TIMEOUT_S)

    @app_commands.command(name="export", description=texts.USAGE_EXPORT)
    @app_commands.describe(period=texts.EXPORT_PERIOD_OPTION)
    async def export(self, interaction: Interaction, period: Periods | None = None) -> None:
        """Send the server's books, ephemerally."""
        await require_moderator(interaction)
        guild_id, bot, viewer = guild_of(interaction), interaction.client, await viewer_of(interaction)
        await in_time(interaction.response.defer(ephemeral=True, thinking=True))
        since = 0.0 if period is None else (await _days(bot, guild_id, DAYS[period]))[0][1]
        jobs, file_limit = bot.parts.generation.visible.books(viewer, since=since), interaction.filesize_limit
        with ExitStack() as stack:
            files = await books(stack, bot.parts.store, guild_id, jobs, since=since, file_limit=file_limit)
            await in_time(interaction.edit_original_response(content=texts.BOOKS, attachments=files), UPLOAD_TIMEOUT_S)


async def _days(bot: CannonBot, guild_id: int, count: int) -> list[tuple[dt.date, float, float]]:
    """Return the last `count` days in the guild's zone, today included: each with its start and end in Unix seconds."""
    zone = (await bot.parts.store.settings.get(guild_id)).zone
    today = dt.datetime.fromtimestamp(bot.clock.wall(), zone).date()
    dates = [today - dt.timedelta(days=back) for back in range(count - 1, -2, -1)]
    starts = [dt.datetime.combine(date, dt.time(), zone).timestamp() for date in dates]
    return list(zip(dates[:-1], starts[:-1], starts[1:], strict=True))


async def _rate(interaction: Interaction, found: Report, since: float) -> SpendingRate:
    """Return the rate over the report's days, or since the first job if that is later; over one day at least."""
    bot, guild_id = interaction.client, guild_of(interaction)
    first = since if found.first_at is None else max(since, found.first_at)
    days = max(Decimal(1), Decimal(str((bot.clock.wall() - first) / DAY_S)))
    rate = SpendingRate(a_day=found.total / days, free=None, at=bot.clock.wall())
    try:
        key = await bot.parts.keys.for_guild(guild_id)
    except NoKey:
        return rate
    balance = await _balance(interaction, key)
    if balance is None:
        return rate
    held = (await bot.parts.store.ledger.balance(guild_id)).held
    told = bot.parts.keys.told(guild_id, key)
    return replace(
        rate,
        free=balance - held,
        expiring=() if told is None else told.expiring,
        top_up_url=bot.parts.keys.top_up_url(guild_id, key),
    )


async def _balance(interaction: Interaction, key: UsableKey) -> Decimal | None:
    """Return the account's credits: as Cannon Studio reports them now, else as of the last check.

    None for the host's account, unless the host asks.
    """
    parts, guild_id = interaction.client.parts, guild_of(interaction)
    if key.id is None and not is_host(interaction):
        return None
    if not parts.status_pace.allows(guild_id):
        return key.balance
    try:
        status = await parts.client.status(key.secret)
    except CannonError:
        return key.balance
    await parts.keys.note_status(guild_id, key, status)
    return status.credits


def _embed(found: Report, rate: SpendingRate, days: int) -> discord.Embed:
    title = texts.report_title(days)
    embed = discord.Embed(title=practice_title(title) if found.practice else title, colour=NEUTRAL)
    embed.add_field(
        name=texts.SPENT,
        value=texts.spent_for(credits_words(found.total), found.jobs) if found.total else texts.NOTHING_SPENT,
    )
    embed.add_field(name=texts.RATE, value=texts.a_day(_tenths(rate.a_day)))
    if rate.free is None:
        left = texts.BALANCE_NOT_KNOWN
    elif rate.days_left is None:
        left = texts.credits_left(credits_words(rate.free))
    else:
        left = texts.days_left(_whole(rate.days_left), credits_words(rate.free))
    embed.add_field(name=texts.DAYS_LEFT, value=left)
    if expiring := expiring_words(rate.expiring, rate.at):
        embed.add_field(name=texts.EXPIRING, value=expiring, inline=False)
    if rate.top_up_url is not None:
        embed.add_field(name=texts.TOP_UP, value=rate.top_up_url, inline=False)
    if found.total:
        members = _top(((f"<@{member_id}>", spent) for member_id, spent in found.members), found.total)
        embed.add_field(name=texts.TOP_SPENDERS, value=members, inline=False)
        operations = _top(((f"`{operation}`", spent) for operation, spent in found.operations), found.total)
        embed.add_field(name=texts.BY_OPERATION, value=operations, inline=False)
    return embed


def _top(rows: Iterable[tuple[str, Decimal]], total: Decimal) -> str:
    """Write the first rows with their place, amount and share."""
    listed = list(rows)
    shares = percents([spent for _, spent in listed], total)
    lines = [
        f"{place}. {name} {credits_text(spent)} ({percent(share / 100)})"
        for place, ((name, spent), share) in enumerate(zip(listed, shares, strict=True), start=1)
        if place <= TOP_SHOWN
    ]
    return fitting(lines, EMBED_FIELD_CHARS)


def _whole(number: Decimal) -> str:
    return credits_text(number.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _tenths(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


async def _chart(interaction: Interaction, found: Report, dates: Sequence[dt.date]) -> Chart:
    names = await _names(interaction, [member_id for member_id, _ in found.members[: ROWS_MAX + 1]])
    catalogue = interaction.client.catalogue
    return await asyncio.to_thread(
        draw,
        texts.CHART_TITLE,
        texts.chart_subtitle(_date(dates[0]), _date(dates[-1]), credits_words(found.total)),
        days=[Bar(_date(date), spent) for date, spent in zip(dates, found.spans, strict=True)],
        members=[Bar(names.get(who, str(who)), spent) for who, spent in found.members],
        operations=[Bar(_title(catalogue, what), spent) for what, spent in found.operations],
    )


def _title(catalogue: Catalogue, operation_id: str) -> str:
    """Return an operation's title; its id if the catalogue no longer has it."""
    operation = catalogue.operations.get(operation_id)
    return operation_id if operation is None else operation.title


def _date(date: dt.date) -> str:
    return short_day(date)


async def _names(interaction: Interaction, member_ids: Iterable[int]) -> dict[int, str]:
    """Return the members' names on this server; of those who left, the end of their id."""
    found = await asyncio.gather(*(_name(interaction.guild, member_id) for member_id in member_ids))
    return dict(found)


async def _name(guild: discord.Guild | None, member_id: int) -> tuple[int, str]:
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
    return member_id, drawable(member.display_name) or fallback


def alt_text(chart: Chart, total: Decimal, days: int) -> str:
    """Describe the chart within Discord's limit of an alt text: the lists first, then the days."""
    parts = [texts.chart_total(days, credits_text(total))]
    for panel, heading in (("members", texts.BY_MEMBER), ("operations", texts.BY_OPERATION), ("days", texts.BY_DAY)):
        rows = [
            f"{bare(bar.label)} {credits_text(bar.value)}" for bar in chart.bars if bar.panel == panel and bar.value
        ]
        parts.append(texts.chart_list(heading, rows))
    return shortened(" ".join(parts), ALT_TEXT_CHARS)


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(Usage())
