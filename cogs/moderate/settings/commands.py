"""The controls of `/studio settings`. Permission is checked at each press, forms included."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.delivery.channels.facts import in_time
from bot.domain.server.guild_rules import Rules
from bot.domain.server.setting import FormSpec, Kind, SettingsPage, Widget, settings_of
from bot.errors import InputError
from bot.server.community.week import WeekChanges
from bot.server.operations import OperationSwitches
from bot.server.settings import SettingsChanges
from bot.store import BestOfWeek, GuildSettings
from cogs.moderate.settings import texts
from cogs.moderate.settings.blocked import blocked_page
from cogs.moderate.settings.forms import ModelForm, NewRules, TypedSettings
from cogs.moderate.settings.operations import operations_page
from cogs.moderate.settings.panel import HOMES, Known, named, panel
from cogs.moderate.settings.prices import prices_page
from cogs.moderate.settings.reviews import reviews_page
from cogs.moderate.settings.role_access import role_access
from cogs.moderate.setup.page import setup_page
from cogs.ui.controls import Control, on
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.panels import PAGE_ACTION, PanelEntry, PanelPage, number_in, show_page
from cogs.ui.permissions import guild_of, require_manager, require_may_post_in, require_moderator
from cogs.ui.texts import DONE, GONE

WEEK = "week_channel"


async def open_settings(interaction: Interaction, page: SettingsPage) -> None:
    """Answer with a page of the panel, ephemerally."""
    await require_moderator(interaction)
    shown = await draw(interaction, page)
    await in_time(interaction.response.send_message(view=shown.view(), ephemeral=True))


_LISTS: Mapping[SettingsPage, Callable[[Interaction], Awaitable[PanelPage]]] = {
    SettingsPage.SETUP: setup_page,
    SettingsPage.REVIEW: reviews_page,
}
"""Pages with a list of their own instead of `Rules`."""
_LONG_LISTS: Mapping[SettingsPage, Callable[[Interaction, int], Awaitable[PanelPage]]] = {
    SettingsPage.PRICES: prices_page,
    SettingsPage.BLOCKED: blocked_page,
    SettingsPage.OPERATIONS: operations_page,
}
"""Those whose list is shown in parts."""


async def draw(interaction: Interaction, page: SettingsPage, number: int = 0) -> PanelPage:
    """Draw a page; of a long list the part with this number."""
    if page in _LISTS:
        return await _LISTS[page](interaction)
    if page in _LONG_LISTS:
        return await _LONG_LISTS[page](interaction, number)
    known = _known(interaction.client, guild_of(interaction), interaction.guild)
    access = await role_access(interaction) if page is SettingsPage.ACCESS else None
    more = [await _week(interaction, known)] if page is SettingsPage.GALLERY else []
    return panel(page, await _rules(interaction), known, access=access, more=more)


async def _week(interaction: Interaction, known: Known) -> PanelEntry:
    weekly = await use(interaction, BestOfWeek).channel_of(guild_of(interaction))
    chosen = [weekly] if weekly in known.channel_ids else []
    select = Control.channels(WEEK, "panel", placeholder=str(texts.NO_WEEK), chosen=chosen, kinds=HOMES)
    return PanelEntry(named(texts.WEEK, str(texts.WEEK_ABOUT)), select)


async def _rules(interaction: Interaction) -> Rules:
    return await use(interaction, GuildSettings).get(guild_of(interaction))


def _known(bot: Bot, guild_id: int, guild: discord.Guild | None) -> Known:
    places = [] if guild is None else [*guild.channels, *guild.threads]
    return Known(
        catalogue=bot.catalogue,
        switched_off=len(use(bot, OperationSwitches).off(guild_id)),
        channel_ids=frozenset(each.id for each in places),
        role_ids=frozenset() if guild is None else frozenset(role.id for role in guild.roles),
        now=bot.clock.wall(),
    )


async def change(interaction: Interaction, page: SettingsPage, new: NewRules) -> None:
    """Change the settings and redraw the page. They stay changed even if Discord rejects the answer."""
    await require_moderator(interaction)
    await use(interaction, SettingsChanges).change(guild_of(interaction), new, by_id=interaction.user.id)
    await show_page(interaction, await draw(interaction, page))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """A control's setting."""

    name: str
    kind: Kind
    page: SettingsPage


def _chosen(name: str, *widgets: Widget) -> _Chosen:
    """Return the setting of a control of one of these kinds. Raises InputError for any other name."""
    setting = settings_of(Rules).get(name)
    if setting is None or setting.page is None or setting.kind.widget not in widgets:
        raise InputError(GONE)
    return _Chosen(name=name, kind=setting.kind, page=setting.page)


async def _set(interaction: Interaction, chosen: _Chosen, value: Any) -> None:
    await change(interaction, chosen.page, lambda rules: rules.having(chosen.name, value))


@on(PAGE_ACTION)
async def set_page(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    name, _, number = (values[0] if values else subject).partition(".")
    if name not in set(SettingsPage):
        raise InputError(GONE)
    await show_page(interaction, await draw(interaction, SettingsPage(name), number_in(number or "0")))


@on("set_role")
async def set_role(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    setting = _chosen(subject, Widget.ROLE)
    require_manager(interaction)  # the moderator role may not choose itself
    role_id = int(values[0]) if values else None
    if role_id == interaction.guild_id:  # @everyone has the server's id
        raise InputError(texts.EVERYONE)
    await _set(interaction, setting, role_id)


@on("set_channels")
async def set_channels(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    setting = _chosen(subject, Widget.CHANNEL, Widget.HOME, Widget.PLACES)
    ids = frozenset(int(each) for each in values)
    if setting.kind.widget is Widget.PLACES:
        await _set(interaction, setting, ids)
        return
    await require_moderator(interaction)
    chosen = next(iter(ids), None)
    if chosen is not None:
        require_may_post_in(interaction, chosen, files=setting.kind.widget is Widget.HOME)
    await _set(interaction, setting, chosen)


@on(WEEK)
async def set_week(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Choose where the best of the week are posted; nowhere turns it off."""
    await require_moderator(interaction)
    chosen = next(map(int, values), None)
    if chosen is not None:
        require_may_post_in(interaction, chosen, files=True)
    said = await use(interaction, WeekChanges).set_channel(guild_of(interaction), chosen, by_id=interaction.user.id)
    await show_page(interaction, await draw(interaction, SettingsPage.GALLERY), DONE(change=said))


@on("set_flip")
async def flip(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    page = _chosen(subject, Widget.BUTTON).page
    await change(interaction, page, lambda rules: rules.having(subject, not getattr(rules, subject)))


@on("set_choice")
async def set_choice(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    setting = _chosen(subject, Widget.SELECT, Widget.SEVERAL)
    try:
        chosen = setting.kind.parse(values if setting.kind.widget is Widget.SEVERAL else values[0])
    except (IndexError, ValueError):
        raise InputError(GONE) from None
    await _set(interaction, setting, chosen)


@on("set_form")
async def open_form(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    bot, rules = interaction.client, await _rules(interaction)
    await TypedSettings(bot, _form(subject), rules, change).open(interaction)


def _form(form_id: str) -> FormSpec:
    found = [each.form for each in settings_of(Rules).values() if each.form is not None and each.form.id == form_id]
    if not found:
        raise InputError(GONE)
    return found[0]


@on("set_model")
async def open_model_form(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    if not values:
        raise InputError(GONE)
    bot, rules = interaction.client, await _rules(interaction)
    operation = bot.catalogue.resolve(values[0])
    await ModelForm(bot, operation, rules, change).open(interaction)
