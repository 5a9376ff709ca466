"""`/quota`: limits on spending, and grants on top of them. For moderators only, checked at every step."""

import itertools
from collections.abc import Sequence
from typing import Literal, TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.delivery.colours import NEUTRAL
from bot.delivery.deadlines import in_time
from bot.domain.guild_rules import Limit, Period, Scope
from bot.domain.limit_words import terms, whose
from bot.domain.models import credits_of
from bot.domain.text import stamp
from bot.errors import InputError
from cogs.moderate import texts
from cogs.ui.choices import CHOICES_MAX
from cogs.ui.durations import SPAN_CHARS, seconds_of
from cogs.ui.interaction import Interaction
from cogs.ui.limit_text import label, member_usage, member_usage_text
from cogs.ui.pages import pages
from cogs.ui.permissions import guild_of, is_moderator, moderators_only

CREDITS_MAX = 999_999_999.0
LINES_PER_BLOCK = 20
"""A line has up to about 180 characters, a page of an embed 4000."""

Credits = app_commands.Range[float, 0.0, CREDITS_MAX]
Periods = Literal["day", "week", "month", "total"]
Who: TypeAlias = discord.Member | discord.User | discord.Role


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Quota(commands.GroupCog, group_name="quota", group_description=texts.QUOTA_GROUP):
    """Limits and grants."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let moderators through only."""
        return await moderators_only(interaction)

    @app_commands.command(name="set", description=texts.QUOTA_SET)
    @app_commands.rename(amount="credits")
    @app_commands.describe(
        amount=texts.LIMIT_OPTION,
        period=texts.PERIOD_OPTION,
        who=texts.WHO_OPTION,
        operation=texts.LIMITED_OPERATION_OPTION,
        channel=texts.LIMITED_CHANNEL_OPTION,
    )
    async def set_limit(
        self,
        interaction: Interaction,
        amount: Credits,
        period: Periods,
        who: discord.Member | discord.User | discord.Role | None = None,
        operation: str | None = None,
        channel: discord.TextChannel | discord.CategoryChannel | None = None,
    ) -> None:
        """Set a limit that applies to each member separately."""
        scope, scope_id = _scope(who, guild_of(interaction))
        found = None if operation is None else interaction.client.catalogue.resolve(operation.strip())
        limit = Limit(
            scope=scope,
            scope_id=scope_id,
            operation="" if found is None else found.id,
            channel_id=0 if channel is None else channel.id,
            period=Period(period),
            credits=credits_of(amount),
        )
        await _set(interaction, limit)

    @set_limit.autocomplete("operation")
    async def _operation(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        offered = interaction.client.catalogue.suggest_operations(typed)
        return [app_commands.Choice(name=name, value=value) for name, value in offered]

    @app_commands.command(name="server", description=texts.QUOTA_SERVER)
    @app_commands.rename(amount="credits")
    @app_commands.describe(amount=texts.SERVER_LIMIT_OPTION, period=texts.PERIOD_OPTION)
    async def server(self, interaction: Interaction, amount: Credits, period: Periods) -> None:
        """Set a limit for all members together."""
        await _set(interaction, Limit(scope=Scope.SERVER, period=Period(period), credits=credits_of(amount)))

    @app_commands.command(name="list", description=texts.QUOTA_LIST)
    async def list_limits(self, interaction: Interaction) -> None:
        """Show every limit, to whom it applies and who set it."""
        limits = await interaction.client.parts.store.limits.all(guild_of(interaction))
        blocks = [_listed(scope, [each for each in limits if each.scope is scope]) for scope in Scope]
        shown = list(itertools.chain(*blocks)) or [texts.NO_LIMITS]
        made = pages(texts.LIMITS_TITLE, shown)
        await in_time(interaction.response.send_message(embed=made[0], ephemeral=True))
        for more in made[1:]:
            await in_time(interaction.followup.send(embed=more, ephemeral=True))

    @app_commands.command(name="remove", description=texts.QUOTA_REMOVE)
    @app_commands.describe(limit=texts.REMOVED_LIMIT_OPTION)
    async def remove(self, interaction: Interaction, limit: str) -> None:
        """Remove one limit."""
        await in_time(interaction.response.defer(ephemeral=True, thinking=True))
        # A snowflake has 19 digits, and what SQLite cannot hold is no id either.
        limit_id = int(limit) if limit.isascii() and limit.isdecimal() and len(limit) < 19 else 0
        quota = interaction.client.parts.moderation.quota
        text = await quota.remove_limit(guild_of(interaction), limit_id, by_id=interaction.user.id)
        await in_time(interaction.edit_original_response(content=texts.done(text)))

    @remove.autocomplete("limit")
    async def _limits(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        if not await is_moderator(interaction):
            return []
        word = typed.strip().casefold()
        limits = await interaction.client.parts.store.limits.all(guild_of(interaction))
        offered = [(label(each, interaction.guild), str(each.id)) for each in limits]
        found = [(name, value) for name, value in offered if word in name.casefold() or word == value]
        return [app_commands.Choice(name=name, value=value) for name, value in found[:CHOICES_MAX]]

    @app_commands.command(name="grant", description=texts.QUOTA_GRANT)
    @app_commands.rename(amount="credits")
    @app_commands.describe(
        member=texts.GRANTED_MEMBER_OPTION,
        amount=texts.GRANT_OPTION,
        note=texts.GRANT_NOTE_OPTION,
        expires=texts.GRANT_DURATION_OPTION,
    )
    async def grant(
        self,
        interaction: Interaction,
        member: discord.User,
        amount: app_commands.Range[float, 0.001, CREDITS_MAX],
        note: app_commands.Range[str, 1, 200] | None = None,
        expires: app_commands.Range[str, 2, SPAN_CHARS] | None = None,
    ) -> None:
        """Grant credits that are used when a limit would refuse a job."""
        guild_id, bot = guild_of(interaction), interaction.client
        _refuse_bot(member)
        until = None if expires is None else bot.clock.wall() + seconds_of(expires, "expires")
        await in_time(interaction.response.defer(ephemeral=True, thinking=True))
        text = await bot.parts.moderation.quota.grant(
            guild_id,
            member.id,
            credits_of(amount),
            note=note or "",
            expires_at=until,
            by_id=interaction.user.id,
        )
        await in_time(interaction.edit_original_response(content=texts.done(text)))

    @app_commands.command(name="show", description=texts.QUOTA_SHOW)
    @app_commands.describe(member=texts.SHOWN_MEMBER_OPTION)
    async def show(self, interaction: Interaction, member: discord.User | None = None) -> None:
        """Show a member's limits, grants and open jobs."""
        someone = member or interaction.user
        roles = [role.id for role in getattr(someone, "roles", ())]
        shown = await member_usage(interaction.client, guild_of(interaction), someone.id, roles)
        embed = discord.Embed(
            title=texts.ALLOWANCE_TITLE, description=f"<@{someone.id}>\n{member_usage_text(shown)}", colour=NEUTRAL
        )
        await in_time(interaction.response.send_message(embed=embed, ephemeral=True))


def _scope(who: Who | None, guild_id: int) -> tuple[Scope, int]:
    if who is None or who.id == guild_id:  # the role @everyone has the server's id
        return Scope.EVERYONE, 0
    if isinstance(who, discord.Role):
        return Scope.ROLE, who.id
    _refuse_bot(who)
    return Scope.MEMBER, who.id


def _refuse_bot(member: discord.Member | discord.User) -> None:
    if member.bot:
        raise InputError(texts.BOT_CHOSEN)


async def _set(interaction: Interaction, limit: Limit) -> None:
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    quota = interaction.client.parts.moderation.quota
    text = await quota.set_limit(guild_of(interaction), limit, by_id=interaction.user.id)
    await in_time(interaction.edit_original_response(content=texts.done(text)))


_HEADINGS = {
    Scope.SERVER: texts.SERVER_LIMITS,
    Scope.EVERYONE: texts.EVERYONE_LIMITS,
    Scope.ROLE: texts.ROLE_LIMITS,
    Scope.MEMBER: texts.MEMBER_LIMITS,
}


def _listed(scope: Scope, limits: Sequence[Limit]) -> list[str]:
    """Return the limits of a scope under their heading, in blocks that each fit on a page."""
    named = scope in {Scope.ROLE, Scope.MEMBER}
    lines = [
        texts.limit_line(whose(each) if named else None, terms(each), each.set_by, stamp(each.set_at, "d"))
        for each in limits
    ]
    starts = range(0, len(lines), LINES_PER_BLOCK)
    return [f"**{_HEADINGS[scope]}**\n" + "\n".join(lines[start : start + LINES_PER_BLOCK]) for start in starts]


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(Quota())
