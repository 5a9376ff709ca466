"""`/quota`: limits on spending, and grants. For moderators only, checked at every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal, TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.delivery.answers.deferral import defer
from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import in_time
from bot.domain.models import credits_of
from bot.domain.money.limit_rules import terms, whose
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.domain.server.setting import credits_in
from bot.domain.texts import AMOUNT, CREDITS_LEAST, CREDITS_MOST, OTHER_MEMBER
from bot.domain.words.text import stamp
from bot.errors import InputError
from bot.moderation.members import QuotaChanges
from bot.store import Limits
from cogs.moderate.quota import texts
from cogs.ui.choices import SPAN_CHARS, seconds_of
from cogs.ui.controls import Control, on
from cogs.ui.forms import Form
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import label, usage_of
from cogs.ui.panels import PanelPage, number_in, part_of, show_page, turns
from cogs.ui.permissions import guild_of, moderators_only, require_moderator
from cogs.ui.texts import DONE, GONE

SHOWN = 15
"""A line has up to about 240 characters, an embed's description 4096."""
CHOOSE, REMOVE, TURN = "limit_choose", "limit_remove", "limit_turn"
ID_DIGITS = 18
"""A snowflake has 19 digits; a number too large for SQLite is no id."""
_HEADINGS = {
    Scope.SERVER: texts.SERVER_LIMITS,
    Scope.EVERYONE: texts.EVERYONE_LIMITS,
    Scope.ROLE: texts.ROLE_LIMITS,
    Scope.MEMBER: texts.MEMBER_LIMITS,
}


async def limits_page(interaction: Interaction, number: int = 0) -> PanelPage:
    limits = await _limits(interaction)
    part = part_of(limits, number, SHOWN)
    text = f"{texts.ABOUT}\n{_listed(part.items)}" if limits else str(texts.NO_LIMITS)
    options = [discord.SelectOption(label=label(each, interaction.guild), value=str(each.id)) for each in part.items]
    select = Control.select(CHOOSE, str(part.number), placeholder=str(texts.REMOVE_LIMIT), options=options)
    return PanelPage(
        title=str(texts.LIMITS_TITLE), text=text, controls=[*([select] if options else []), *turns(TURN, part)]
    )


async def _limits(interaction: Interaction) -> list[Limit]:
    found = await use(interaction, Limits).all(guild_of(interaction))
    return [each for scope in Scope for each in found if each.scope is scope]


def _listed(limits: Sequence[Limit]) -> str:
    lines: list[str] = []
    heading = None
    for each in limits:
        if each.scope is not heading:
            heading = each.scope
            lines.append(f"\n**{_HEADINGS[heading]}**")
        named = each.scope in {Scope.ROLE, Scope.MEMBER}
        lines.append(
            texts.limit_line(whose(each) if named else None, terms(each), each.set_by, stamp(each.set_at, "d"))
        )
    return "\n".join(lines)


@on(TURN)
async def turn_limits(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await show_page(interaction, await limits_page(interaction, number_in(subject)))


@on(CHOOSE)
async def choose_limit(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    """Ask for confirmation before the limit is removed."""
    await require_moderator(interaction)
    number, limit_id = number_in(subject), _id(values[0] if values else "")
    limit = next((each for each in await _limits(interaction) if each.id == limit_id), None)
    if limit is None:
        raise InputError(GONE)
    page = await limits_page(interaction, number)
    controls = [
        Control.button(REMOVE, str(limit.id), label=str(texts.REMOVE), style=discord.ButtonStyle.danger),
        Control.button(TURN, str(number), label=str(texts.KEEP)),
    ]
    asked = texts.REMOVE_QUESTION(limit=label(limit, interaction.guild))
    await show_page(interaction, replace(page, controls=controls), asked)


@on(REMOVE)
async def remove_limit(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    quota = use(interaction, QuotaChanges)
    change = await quota.remove_limit(guild_of(interaction), _id(subject), by_id=interaction.user.id)
    await show_page(interaction, await limits_page(interaction), DONE(change=change))


def _id(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS):
        raise InputError(GONE)
    return int(text)


CREDITS_MAX = 999_999_999.0
CREDITS_CHARS, NOTE_CHARS = 13, 200

Credits = app_commands.Range[float, 0.0, CREDITS_MAX]
Periods = Literal["day", "week", "month", "total"]
SCOPES = [
    app_commands.Choice(name=texts.SCOPE_EACH, value=Scope.EVERYONE.value),
    app_commands.Choice(name=texts.SCOPE_SERVER, value=Scope.SERVER.value),
]
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
        scope=texts.SCOPE_OPTION,
    )
    @app_commands.choices(scope=SCOPES)
    async def set_limit(
        self,
        interaction: Interaction,
        amount: Credits,
        period: Periods,
        who: discord.Member | discord.User | discord.Role | None = None,
        operation: str | None = None,
        channel: discord.TextChannel | discord.CategoryChannel | None = None,
        scope: str | None = None,
    ) -> None:
        """Set a limit that applies to each member separately, or one for all members together."""
        if scope == Scope.SERVER:
            if who is not None or operation is not None or channel is not None:
                raise InputError(texts.SERVER_LIMIT_IS_WHOLE, "scope")
            await _set(interaction, Limit(scope=Scope.SERVER, period=Period(period), credits=credits_of(amount)))
            return
        limited, scope_id = _scope(who, guild_of(interaction))
        found = None if operation is None else interaction.client.catalogue.resolve(operation.strip())
        limit = Limit(
            scope=limited,
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
        note: app_commands.Range[str, 1, NOTE_CHARS] | None = None,
        expires: app_commands.Range[str, 2, SPAN_CHARS] | None = None,
    ) -> None:
        """Grant credits that are used when a limit would refuse a job."""
        refuse_bot(member)
        life_s = None if expires is None else seconds_of(expires, "expires")
        await _grant(interaction, member.id, credits_of(amount), note or "", life_s)

    @app_commands.command(name="show", description=texts.SHOW_COMMAND)
    @app_commands.describe(member=texts.SHOWN_MEMBER_OPTION)
    async def show(self, interaction: Interaction, member: discord.User | None = None) -> None:
        """Show all limits, or a member's limits, grants and open jobs."""
        if member is None:
            page = await limits_page(interaction)
            await in_time(interaction.response.send_message(view=page.view(), ephemeral=True))
            return
        await show_usage(interaction, member)


async def show_usage(interaction: Interaction, member: discord.Member | discord.User) -> None:
    """Show a member's limits, grants and open jobs, ephemerally, to a moderator."""
    await require_moderator(interaction)
    shown = await usage_of(interaction.client, guild_of(interaction), member)
    embed = discord.Embed(title=texts.ALLOWANCE_TITLE, description=f"<@{member.id}>\n{shown}", colour=NEUTRAL)
    await in_time(interaction.response.send_message(embed=embed, ephemeral=True))


class GrantForm(Form):
    """Takes the credits, note and life of a grant."""

    def __init__(self, bot: Bot, member_id: int) -> None:
        super().__init__(bot, title=str(texts.GRANT_FORM), name="grant")
        self._member_id = member_id
        self.add_item(discord.ui.TextDisplay(f"<@{member_id}>"))
        self._credits = self.ask_text(texts.GRANT_CREDITS, texts.GRANT_CREDITS_HINT, chars=CREDITS_CHARS)
        self._note = self.ask_text(texts.GRANT_NOTE, texts.GRANT_NOTE_HINT, chars=NOTE_CHARS, required=False)
        self._life = self.ask_text(texts.GRANT_LIFE, texts.GRANT_LIFE_HINT, chars=SPAN_CHARS, required=False)

    async def answer(self, interaction: Interaction) -> None:
        """Grant the credits, if the sender is still a moderator."""
        await require_moderator(interaction)
        amount = credits_in(self._credits.value.strip())
        if not amount:
            raise InputError(AMOUNT(field=texts.GRANT_CREDITS, low=CREDITS_LEAST, high=CREDITS_MOST), "credits")
        typed = self._life.value.strip()
        life_s = seconds_of(typed, str(texts.GRANT_LIFE)) if typed else None
        await _grant(interaction, self._member_id, amount, self._note.value, life_s)


async def _grant(interaction: Interaction, member_id: int, amount: Decimal, note: str, life_s: int | None) -> None:
    guild_id, bot = guild_of(interaction), interaction.client
    until = None if life_s is None else bot.clock.wall() + life_s
    await defer(interaction, ephemeral=True, thinking=True)
    text = await use(bot, QuotaChanges).grant(
        guild_id, member_id, amount, note=note, expires_at=until, by_id=interaction.user.id
    )
    await in_time(interaction.edit_original_response(content=DONE(change=text)))


def _scope(who: Who | None, guild_id: int) -> tuple[Scope, int]:
    if who is None or who.id == guild_id:  # @everyone has the server's id
        return Scope.EVERYONE, 0
    if isinstance(who, discord.Role):
        return Scope.ROLE, who.id
    refuse_bot(who)
    return Scope.MEMBER, who.id


def refuse_bot(member: discord.Member | discord.User) -> None:
    if member.bot:
        raise InputError(OTHER_MEMBER)


async def _set(interaction: Interaction, limit: Limit) -> None:
    await defer(interaction, ephemeral=True, thinking=True)
    quota = use(interaction, QuotaChanges)
    text = await quota.set_limit(guild_of(interaction), limit, by_id=interaction.user.id)
    await in_time(interaction.edit_original_response(content=DONE(change=text)))


async def setup(bot: Bot) -> None:
    await bot.add_cog(Quota())
