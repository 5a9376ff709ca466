"""`/quota`: limits on spending, and grants on top of them. For moderators only, checked at every step."""

from typing import Literal, TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.delivery.colours import NEUTRAL
from bot.delivery.deadlines import in_time
from bot.domain.guild_rules import Limit, Period, Scope
from bot.domain.models import credits_of
from bot.errors import InputError
from cogs.moderate.quota import texts
from cogs.moderate.quota.panel import limits_page
from cogs.ui.durations import SPAN_CHARS, seconds_of
from cogs.ui.interaction import Interaction
from cogs.ui.limit_text import member_usage, member_usage_text
from cogs.ui.permissions import guild_of, moderators_only
from cogs.ui.texts import done

CREDITS_MAX = 999_999_999.0
LINES_PER_BLOCK = 20
"""A line has up to about 180 characters, a page of an embed 4000."""

Credits = app_commands.Range[float, 0.0, CREDITS_MAX]
Periods = Literal["day", "week", "month", "total"]
Who: TypeAlias = discord.Member | discord.User | discord.Role


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Quota(commands.GroupCog, group_name="quota", group_description=texts.GROUP):
    """Limits and grants."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let moderators through only."""
        return await moderators_only(interaction)

    @app_commands.command(name="set", description=texts.SET_COMMAND)
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

    @app_commands.command(name="server", description=texts.SERVER_COMMAND)
    @app_commands.rename(amount="credits")
    @app_commands.describe(amount=texts.SERVER_LIMIT_OPTION, period=texts.PERIOD_OPTION)
    async def server(self, interaction: Interaction, amount: Credits, period: Periods) -> None:
        """Set a limit for all members together."""
        await _set(interaction, Limit(scope=Scope.SERVER, period=Period(period), credits=credits_of(amount)))

    @app_commands.command(name="grant", description=texts.GRANT_COMMAND)
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
        await in_time(interaction.edit_original_response(content=done(text)))

    @app_commands.command(name="show", description=texts.SHOW_COMMAND)
    @app_commands.describe(member=texts.SHOWN_MEMBER_OPTION)
    async def show(self, interaction: Interaction, member: discord.User | None = None) -> None:
        """Show all limits, or a member's limits, grants and open jobs."""
        if member is None:
            page = await limits_page(interaction)
            await in_time(interaction.response.send_message(embed=page.embed, view=page.view(), ephemeral=True))
            return
        roles = [role.id for role in getattr(member, "roles", ())]
        shown = await member_usage(interaction.client, guild_of(interaction), member.id, roles)
        embed = discord.Embed(
            title=texts.ALLOWANCE_TITLE,
            description=f"<@{member.id}>\n{member_usage_text(shown, interaction.client.catalogue)}",
            colour=NEUTRAL,
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
    await in_time(interaction.edit_original_response(content=done(text)))


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(Quota())
