"""The pages of `/studio settings`: an embed and controls, redrawn at each change.

An embed rather than Components V2: five rows are enough, and the controls are the same kind as in all our messages.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import discord

from bot.catalogue import Catalogue
from bot.delivery.channels.facts import EMBED_FIELD_CHARS, OPTIONS_PER_SELECT
from bot.domain.server.guild_rules import Rules
from bot.domain.server.setting import FormSpec, Setting, SettingsPage, Widget, settings_of
from bot.domain.texts import chosen, on_off
from bot.domain.words.text import shortened
from bot.language import tr
from cogs.moderate.settings import texts
from cogs.ui.controls import Control
from cogs.ui.panels import OPTION_CHARS, PanelPage, settings_page

TALK = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
)
"""Where the bot can post messages."""
PLACES = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
    discord.ChannelType.category,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
)
"""Where the bot can be used; a category includes its channels."""
RELEASED_IDS: Mapping[str, tuple[str, str]] = {"rerun_payer": ("set_payer", "panel")}
"""The legacy action and subject of a select, still on old panels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the panel shows besides the rules."""

    catalogue: Catalogue
    switched_off: int
    """How many operations are off here."""
    channel_ids: frozenset[int]
    """Existing channels and threads: Discord rejects others as a select's default value."""
    role_ids: frozenset[int]
    now: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """A setting with its value."""

    name: str
    setting: Setting
    value: Any
    known: Known

    @property
    def control(self) -> str:
        """The label of its button or select."""
        return str(self.setting.control)


_EMPTY: tuple[Any, ...] = (None, "", (), frozenset(), {})


def panel(page: SettingsPage, rules: Rules, known: Known) -> PanelPage:
    shown = [
        SettingRow(name=name, setting=each, value=getattr(rules, name), known=known)
        for name, each in settings_of(type(rules)).items()
        if each.page is page
    ]
    drawn = settings_page(page, "", _controls(page, shown))
    for each in shown:
        drawn.embed.add_field(name=str(each.setting.label), value=_value(each), inline=False)
    if page is SettingsPage.ACCESS:
        drawn.embed.add_field(name=texts.OPERATIONS, value=texts.operations(known.switched_off), inline=False)
    if rules.paused:
        drawn.embed.set_footer(text=texts.PAUSED)
    return drawn


def _value(shown: SettingRow) -> str:
    if shown.value in _EMPTY and shown.name in texts.NOT_SET:
        return str(texts.NOT_SET[shown.name])
    kind = shown.setting.kind
    return shortened(f"{kind.show(shown.value)}{kind.show_more(shown.value, shown.known.now)}", EMBED_FIELD_CHARS)


def _controls(page: SettingsPage, shown: list[SettingRow]) -> list[Control]:
    """Return the page's controls: selects, which take a row each, before buttons."""
    selects = [select(each) for each in shown if (select := _SELECTS.get(each.setting.kind.widget)) is not None]
    controls = [*(each for each in selects if each is not None), *_buttons(shown)]
    if page is SettingsPage.ACCESS:
        controls.append(Control.button("set_operations", "panel", label=str(texts.OPEN_OPERATIONS)))
    return controls


def _buttons(shown: list[SettingRow]) -> Iterator[Control]:
    forms: set[FormSpec] = set()
    for each in shown:
        form = each.setting.form
        if each.setting.kind.widget is Widget.BUTTON:
            yield _switch(each)
        elif form is not None and form not in forms:
            forms.add(form)
            yield Control.button("set_form", form.id, label=form.button, style=discord.ButtonStyle.primary)


def _switch(shown: SettingRow) -> Control:
    style = discord.ButtonStyle.success if shown.value else discord.ButtonStyle.secondary
    return Control.button(
        "set_flip", shown.name, label=chosen(str(shown.setting.control), on_off(shown.value)), style=style
    )


def _choice(shown: SettingRow) -> Control:
    kind = shown.setting.kind
    action, subject = RELEASED_IDS.get(shown.name, ("set_choice", shown.name))
    options = [
        discord.SelectOption(label=kind.show_choice(each), value=each.value, default=each is shown.value)
        for each in kind.choices
    ]
    return Control.select(action, subject, placeholder=shown.control, options=options)


def _role(shown: SettingRow) -> Control:
    chosen = shown.value if shown.value in shown.known.role_ids else None
    return Control.role("set_role", shown.name, placeholder=shown.control, chosen=chosen)


def _channel(shown: SettingRow) -> Control:
    chosen = [shown.value] if shown.value in shown.known.channel_ids else []
    return Control.channels("set_channels", shown.name, placeholder=shown.control, chosen=chosen, kinds=TALK)


def _places(shown: SettingRow) -> Control:
    return Control.channels(
        "set_channels",
        shown.name,
        placeholder=shown.control,
        chosen=sorted(shown.value & shown.known.channel_ids),
        kinds=PLACES,
        at_most=OPTIONS_PER_SELECT,
    )


def _operation(shown: SettingRow) -> Control | None:
    options = [
        discord.SelectOption(
            label=shortened(tr(operation.title), OPTION_CHARS),
            value=operation.id,
            description=shortened(shown.value.get(operation.id, "") or str(texts.NO_DEFAULT_MODEL), OPTION_CHARS),
        )
        for operation in shown.known.catalogue.operations.values()
        if any(field.name == "model" for field in operation.fields) and len(operation.id) <= OPTION_CHARS
    ]
    if not options:
        return None
    return Control.select("set_model", "panel", placeholder=shown.control, options=options[:OPTIONS_PER_SELECT])


_SELECTS: Mapping[Widget, Callable[[SettingRow], Control | None]] = {
    Widget.SELECT: _choice,
    Widget.ROLE: _role,
    Widget.CHANNEL: _channel,
    Widget.PLACES: _places,
    Widget.OPERATION: _operation,
}
