"""The pages of `/studio settings`: each setting with its value and its control, redrawn at each change."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.catalogue import Catalogue
from bot.delivery.channels.facts import EMBED_FIELD_CHARS, OPTIONS_PER_SELECT
from bot.domain.server.guild_rules import Rules
from bot.domain.server.setting import FormSpec, Setting, SettingsPage, Widget, settings_of
from bot.domain.words.text import shortened
from bot.language import Text, tr
from cogs.moderate.settings import texts
from cogs.moderate.texts import ROLE_ACCESS
from cogs.ui.controls import Control
from cogs.ui.panels import FORUMS, OPTION_CHARS, PAGE_ACTION, PanelEntry, PanelPage, settings_page

TALK = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
)
"""Where the bot can post messages."""
HOMES = (discord.ChannelType.text, discord.ChannelType.news, *FORUMS)
"""Where the bot can show results."""
PLACES = (
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    *FORUMS,
    discord.ChannelType.category,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
)
"""Where the bot can be used; a category includes its channels."""


_EMPTY: tuple[Any, ...] = (None, "", (), frozenset(), {})


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
    def is_empty(self) -> bool:
        """Whether nothing is set; then NOT_SET says what that means."""
        return self.value in _EMPTY and self.name in texts.NOT_SET

    @property
    def placeholder(self) -> str:
        """What its select shows while nothing is chosen in it."""
        return str(texts.NOT_SET[self.name] if self.is_empty else self.setting.label)


def panel(
    page: SettingsPage, rules: Rules, known: Known, *, access: str | None = None, more: Sequence[PanelEntry] = ()
) -> PanelPage:
    """Draw a page with `more` entries; `access` is what the moderator role still lacks, on its page."""
    shown = [
        SettingRow(name=name, setting=each, value=getattr(rules, name), known=known)
        for name, each in settings_of(type(rules)).items()
        if each.page is page
    ]
    entries = [*_entries(shown), *more]
    if access is not None:
        entries.insert(1, PanelEntry(named(ROLE_ACCESS, access)))  # below the role
    if page is SettingsPage.ACCESS:
        button = Control.button(PAGE_ACTION, SettingsPage.OPERATIONS, label=texts.OPEN_OPERATIONS)
        entries.append(PanelEntry(named(texts.OPERATIONS, texts.operations(known.switched_off)), button))
    return settings_page(page, entries=entries, foot=str(texts.PAUSED) if rules.paused else "")


def named(name: Text | str, value: str) -> str:
    """Return a setting's name above its value; '' for one that its select shows."""
    return f"**{name}**\n{value}".rstrip()


def _value(shown: SettingRow) -> str:
    if shown.is_empty:
        return str(texts.NOT_SET[shown.name])
    kind = shown.setting.kind
    return shortened(f"{kind.show(shown.value)}{kind.show_more(shown.value, shown.known.now)}", EMBED_FIELD_CHARS)


def _entries(shown: Iterable[SettingRow]) -> Iterator[PanelEntry]:
    """Yield the settings in order, those of one form together at the place of the first."""
    forms: dict[FormSpec, list[SettingRow]] = {}
    for each in shown:
        if each.setting.form is not None:
            forms.setdefault(each.setting.form, []).append(each)
    for each in shown:
        form, widget = each.setting.form, each.setting.kind.widget
        if form is not None and forms[form][0] is each:
            button = Control.button("set_form", form.id, label=form.button)
            yield PanelEntry("\n".join(named(row.setting.label, _value(row)) for row in forms[form]), button)
        elif form is None and widget is Widget.BUTTON:
            yield PanelEntry(named(each.setting.label, _value(each)), _switch(each))
        elif form is None:
            select = _SELECTS[widget](each)
            is_shown = select is not None and (each.is_empty or _has_chosen(select))
            value = "" if is_shown else _value(each)
            yield PanelEntry(named(each.setting.label, value), select)


def _has_chosen(select: Control) -> bool:
    item = select.item
    if isinstance(item, discord.ui.Select):
        return any(option.default for option in item.options)
    return bool(getattr(item, "default_values", ()))


def _switch(shown: SettingRow) -> Control:
    return Control.button("set_flip", shown.name, label=texts.SWITCH_OFF if shown.value else texts.SWITCH_ON)


def _choice(shown: SettingRow) -> Control:
    kind, several = shown.setting.kind, shown.setting.kind.widget is Widget.SEVERAL
    options = [
        discord.SelectOption(
            label=kind.show_choice(each),
            value=str(each),
            default=each in shown.value if several else each == shown.value,
        )
        for each in kind.choices
    ]
    return Control.select("set_choice", shown.name, placeholder=shown.placeholder, options=options, several=several)


def _role(shown: SettingRow) -> Control:
    chosen = shown.value if shown.value in shown.known.role_ids else None
    return Control.roles("set_role", shown.name, placeholder=shown.placeholder, chosen=list(filter(None, [chosen])))


def _channel(shown: SettingRow) -> Control:
    chosen = [shown.value] if shown.value in shown.known.channel_ids else []
    kinds = HOMES if shown.setting.kind.widget is Widget.HOME else TALK
    return Control.channels("set_channels", shown.name, placeholder=shown.placeholder, chosen=chosen, kinds=kinds)


def _places(shown: SettingRow) -> Control:
    return Control.channels(
        "set_channels",
        shown.name,
        placeholder=shown.placeholder,
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
        if "model" in operation.names and len(operation.id) <= OPTION_CHARS
    ]
    if not options:
        return None
    return Control.select("set_model", "panel", placeholder=shown.placeholder, options=options[:OPTIONS_PER_SELECT])


_SELECTS: Mapping[Widget, Callable[[SettingRow], Control | None]] = {
    Widget.SELECT: _choice,
    Widget.SEVERAL: _choice,
    Widget.ROLE: _role,
    Widget.CHANNEL: _channel,
    Widget.HOME: _channel,
    Widget.PLACES: _places,
    Widget.OPERATION: _operation,
}
