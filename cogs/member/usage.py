"""`/usage`: for every member what is left for them; for moderators where the credits went."""

import asyncio
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.catalogue import Catalogue
from bot.delivery.colours import NEUTRAL
from bot.delivery.discord_facts import ALT_TEXT_CHARS, DISCORD_ERRORS, EMBED_FIELD_CHARS
from bot.domain.models import credits_text, credits_words
from bot.domain.text import shortened
from bot.errors import CannonError, NoKey
from bot.media.chart import ROWS_MAX, Bar, Chart, draw, drawable
from bot.store.money.reports import Report
from cogs.member.export import books
from cogs.ui.interaction import Interaction
from cogs.ui.limit_text import fitting, job_line, standing, standing_text
from cogs.ui.permissions import guild_of, require_moderator

JOBS_SHOWN = 10
TOP_SHOWN = 10
NAME_TIMEOUT_S = 5.0
DAY_S = 86_400.0
DAYS = {"week": 7, "month": 30, "quarter": 90}
CHART_NAME = "usage.png"

Periods = Literal["week", "month", "quarter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingRate:
    """How fast credits go, and what that means for the account. All in credits; None where it is not known."""

    a_day: Decimal
    free: Decimal | None
    """The account's credits less what is held, as of now or of the last look."""

    @property
    def days_left(self) -> Decimal | None:
        """For how many days the account lasts at this pace."""
        return None if self.free is None or not self.a_day else max(self.free, Decimal(0)) / self.a_day


@app_commands.guild_only()
class Usage(commands.GroupCog, group_name="usage", group_description="Credits: what is left, and where they went"):
    """What has been spent."""

    @app_commands.command(name="me", description="What is left for you here, when it refills, and your last jobs")
    async def me(self, interaction: Interaction) -> None:
        """Show a member their own limits, grants and jobs, to nobody else."""
        guild_id, user = guild_of(interaction), interaction.user
        roles = [role.id for role in getattr(user, "roles", ())]
        shown = await standing(interaction.client, guild_id, user.id, roles)
        jobs = await interaction.client.parts.store.job_lists.recent(guild_id, limit=JOBS_SHOWN, author_id=user.id)
        embed = discord.Embed(title="Your credits here", description=standing_text(shown), colour=NEUTRAL)
        last = fitting([job_line(job) for job in jobs], EMBED_FIELD_CHARS) or "None yet."
        embed.add_field(name=f"Last {len(jobs)} jobs" if len(jobs) > 1 else "Last job", value=last, inline=False)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command(name="report", description="Where the credits went, as a chart; for moderators")
    @app_commands.describe(period="The last 7 days, 30 days (as without it) or 90 days")
    async def report(self, interaction: Interaction, period: Periods = "month") -> None:
        """Show what was spent by day, member and operation, and how long the account lasts."""
        await require_moderator(interaction)
        guild_id, bot = guild_of(interaction), interaction.client
        await interaction.response.defer(ephemeral=True, thinking=True)
        days = await _days(bot, guild_id, DAYS[period])
        found = await bot.parts.store.reports.totals(guild_id, [(start, end) for _, start, end in days])
        pace = await _pace(bot, guild_id, found, days[0][1])
        embed = _embed(found, pace, len(days))
        if not found.total:
            await interaction.edit_original_response(embed=embed)
            return
        chart = await _chart(interaction, found, [day for day, _, _ in days])
        file = discord.File(io.BytesIO(chart.png), CHART_NAME, description=alt_text(chart, found.total, len(days)))
        embed.set_image(url=f"attachment://{CHART_NAME}")
        await interaction.edit_original_response(embed=embed, attachments=[file])

    @app_commands.command(name="export", description="The ledger as CSV, jobs and decisions as JSON; for moderators")
    @app_commands.describe(period="The last 7, 30 or 90 days; left out, everything")
    async def export(self, interaction: Interaction, period: Periods | None = None) -> None:
        """Hand out the server's books, privately."""
        await require_moderator(interaction)
        guild_id, bot = guild_of(interaction), interaction.client
        await interaction.response.defer(ephemeral=True, thinking=True)
        since = 0.0 if period is None else (await _days(bot, guild_id, DAYS[period]))[0][1]
        with ExitStack() as stack:
            files = await books(stack, bot.parts.store, guild_id, since=since, file_limit=interaction.filesize_limit)
            await interaction.edit_original_response(content="The books of this server:", attachments=files)


async def _days(bot: CannonBot, guild_id: int, count: int) -> list[tuple[dt.date, float, float]]:
    """Return the last `count` days in the guild's zone, today included: each with its start and end in Unix seconds."""
    zone = (await bot.parts.store.settings.get(guild_id)).zone
    today = dt.datetime.fromtimestamp(bot.clock.wall(), zone).date()
    dates = [today - dt.timedelta(days=back) for back in range(count - 1, -2, -1)]
    starts = [dt.datetime.combine(date, dt.time(), zone).timestamp() for date in dates]
    return list(zip(dates[:-1], starts[:-1], starts[1:], strict=True))


async def _pace(bot: CannonBot, guild_id: int, found: Report, since: float) -> SpendingRate:
    """Return the pace over the report's days, or since the first job where that is later; a day at least."""
    first = since if found.first_at is None else max(since, found.first_at)
    days = max(Decimal(1), Decimal(str((bot.clock.wall() - first) / DAY_S)))
    balance = await _balance(bot, guild_id)
    held = (await bot.parts.store.ledger.balance(guild_id)).held
    return SpendingRate(a_day=found.total / days, free=None if balance is None else balance - held)


async def _balance(bot: CannonBot, guild_id: int) -> Decimal | None:
    """Return the account's credits: as Cannon Studio says now, else as of the last look."""
    try:
        key = await bot.parts.keys.for_guild(guild_id)
    except NoKey:
        return None
    try:
        status = await bot.parts.client.status(key.secret)
    except CannonError:
        return key.balance
    await bot.parts.keys.note_status(guild_id, key, status)
    return status.credits


def _embed(found: Report, pace: SpendingRate, days: int) -> discord.Embed:
    embed = discord.Embed(title=f"Credits spent in the last {days} days", colour=NEUTRAL)
    jobs = f"{found.jobs} job{'' if found.jobs == 1 else 's'}"
    embed.add_field(name="Spent", value=f"{credits_words(found.total)} for {jobs}" if found.total else "nothing")
    embed.add_field(name="Burn rate", value=f"{_tenths(pace.a_day)} credits a day")
    if pace.free is None:
        left = "the account's credits are not known"
    elif pace.days_left is None:
        left = f"{credits_words(pace.free)} left"
    else:
        left = f"about {_whole(pace.days_left)} at this rate ({credits_words(pace.free)} left)"
    embed.add_field(name="Days of credit left", value=left)
    if found.total:
        members = _top(((f"<@{member_id}>", spent) for member_id, spent in found.members), found.total)
        embed.add_field(name="Top spenders", value=members, inline=False)
        operations = _top(((f"`{operation}`", spent) for operation, spent in found.operations), found.total)
        embed.add_field(name="By operation", value=operations, inline=False)
    return embed


def _top(rows: Iterable[tuple[str, Decimal]], total: Decimal) -> str:
    """Write the first rows with their place, amount and share."""
    lines = [
        f"{place}. {name} {credits_text(spent)} ({_whole(spent * 100 / total)} %)"
        for place, (name, spent) in enumerate(rows, start=1)
        if place <= TOP_SHOWN
    ]
    return fitting(lines, EMBED_FIELD_CHARS)


def _whole(number: Decimal) -> str:
    return f"{number.quantize(Decimal(1), rounding=ROUND_HALF_UP):,}"


def _tenths(number: Decimal) -> str:
    return credits_text(number.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


async def _chart(interaction: Interaction, found: Report, dates: Sequence[dt.date]) -> Chart:
    names = await _names(interaction, [member_id for member_id, _ in found.members[: ROWS_MAX + 1]])
    catalogue = interaction.client.catalogue
    return await asyncio.to_thread(
        draw,
        "Credits spent",
        f"{_date(dates[0])} to {_date(dates[-1])} · {credits_words(found.total)}",
        days=[Bar(_date(date), spent) for date, spent in zip(dates, found.spans, strict=True)],
        members=[Bar(names.get(who, str(who)), spent) for who, spent in found.members],
        operations=[Bar(_title(catalogue, what), spent) for what, spent in found.operations],
    )


def _title(catalogue: Catalogue, operation_id: str) -> str:
    """Return an operation's title; its id, where the catalogue has lost it."""
    operation = catalogue.operations.get(operation_id)
    return operation_id if operation is None else operation.title


def _date(date: dt.date) -> str:
    return f"{date.day} {date:%b}"


async def _names(interaction: Interaction, member_ids: Iterable[int]) -> dict[int, str]:
    """Return how members are called here; who left is called by the end of their id."""
    found = await asyncio.gather(*(_name(interaction.guild, member_id) for member_id in member_ids))
    return dict(found)


async def _name(guild: discord.Guild | None, member_id: int) -> tuple[int, str]:
    fallback = f"member ...{member_id % 10_000:04}"
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
    """Say in words what the chart shows, as far as Discord lets an alt text go: the lists first, then the days."""
    parts = [f"Credits spent in the last {days} days: {credits_text(total)} in all."]
    for panel, heading in (("members", "By member"), ("operations", "By operation"), ("days", "By day")):
        rows = [f"{bar.label} {credits_text(bar.value)}" for bar in chart.bars if bar.panel == panel and bar.value]
        parts.append(f"{heading}: {', '.join(rows)}.")
    return shortened(" ".join(parts), ALT_TEXT_CHARS)


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(Usage())
