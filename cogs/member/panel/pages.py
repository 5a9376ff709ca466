"""The pages of `/me`: settings, spending and data of a member."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import discord

from bot.catalogue import Operation
from bot.catalogue.operation import model_name
from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import OPTIONS_PER_SELECT
from bot.domain.server.member_settings import PRESETS_MAX, MemberSettings, Notify, Preset
from bot.domain.words.text import harmless, shortened
from bot.language import tr
from bot.server.members import OwnSettings
from bot.server.operations import OperationSwitches
from bot.store import GuildSettings
from cogs.member.help import legal_links
from cogs.member.panel import texts
from cogs.member.panel.account import account_page
from cogs.member.usage import spending_embed
from cogs.ui.controls import Control, view_of
from cogs.ui.interaction import Interaction, use
from cogs.ui.limit_text import fitting
from cogs.ui.panels import show_instead
from cogs.ui.permissions import guild_of

LIST_CHARS, OPTION_CHARS, VALUE_CHARS = 3500, 100, 60
MODEL = "model"
RATIO, STYLE = "ratio", "style"
"""Other choices on the page of defaults; models are `model.` and the operation's id."""

Panel = tuple[discord.Embed, discord.ui.View]
_Drawn = tuple[discord.Embed, Sequence[discord.ui.Item[Any]]]


class MePage(StrEnum):
    """A page of the panel."""

    SPENDING = "spending"
    DEFAULTS = "defaults"
    PRESETS = "presets"
    NOTIFICATIONS = "notifications"
    ACCOUNT = "account"
    DATA = "data"


async def panel(interaction: Interaction, page: MePage, chosen: str = "") -> Panel:
    """Return a page for the member; `chosen` is the key of a preset."""
    drawn: Mapping[MePage, Callable[[Interaction], Awaitable[_Drawn]]] = {
        MePage.DEFAULTS: _defaults,
        MePage.NOTIFICATIONS: _notifications,
        MePage.SPENDING: _spending,
        MePage.ACCOUNT: _account,
        MePage.DATA: _data,
    }
    shown: _Drawn = await (_presets(interaction, chosen) if page is MePage.PRESETS else drawn[page](interaction))
    embed, controls = shown
    return embed, view_of([*_tabs(page), *controls])


async def show(interaction: Interaction, page: MePage, chosen: str = "") -> None:
    """Show a page in place of the interaction's message."""
    embed, view = await panel(interaction, page, chosen)
    await show_instead(interaction, embed=embed, view=view)


def _tabs(page: MePage) -> list[Control]:
    return [
        Control.button(
            "me",
            each.value,
            label=str(texts.PAGES[each.value]),
            style=discord.ButtonStyle.primary if each is page else discord.ButtonStyle.secondary,
        )
        for each in MePage
    ]


def _embed(page: MePage, text: str) -> discord.Embed:
    return discord.Embed(title=texts.ME_TITLE(page=str(texts.PAGES[page.value])), description=text, colour=NEUTRAL)


async def _own(interaction: Interaction) -> MemberSettings:
    return await use(interaction, OwnSettings).of(guild_of(interaction), interaction.user.id)


# ---------------------------------------------------------------------- defaults


def with_models(interaction: Interaction) -> list[Operation]:
    bot, guild_id = interaction.client, guild_of(interaction)
    return [
        each
        for each in bot.catalogue.operations.values()
        if each.offered
        and MODEL in each.names
        and len(bot.catalogue.suggest(each.id, MODEL, "")) > 1
        and use(bot, OperationSwitches).is_on(guild_id, each.id)
    ]


async def _defaults(interaction: Interaction) -> tuple[discord.Embed, list[Control]]:
    own, operations = await _own(interaction), with_models(interaction)
    rules = await use(interaction, GuildSettings).get(guild_of(interaction))
    lines = [
        *(
            texts.MODEL_LINE(operation=tr(each.title), model=_model(each, own.models.get(each.id, "")))
            for each in operations
        ),
        texts.RATIO_LINE(ratio=own.aspect_ratio),
        texts.STYLE_LINE(style=harmless(own.style)),
        texts.VOICE_LINE(voice=harmless(own.voice)),
        texts.private_line(on=own.private),
        texts.spoiler_line(rules.spoilers, on=own.spoiler),
        str(texts.UNSHOWN_LINE if own.is_unshown else texts.SHOWN_LINE),
    ]
    options = [
        discord.SelectOption(label=str(texts.RATIO), value=RATIO),
        discord.SelectOption(label=str(texts.STYLE), value=STYLE),
        *(
            discord.SelectOption(
                label=shortened(texts.MODEL_OF(operation=tr(each.title)), OPTION_CHARS), value=f"{MODEL}.{each.id}"
            )
            for each in operations
        ),
    ]
    controls = [
        Control.select(
            "me_set", "defaults", placeholder=str(texts.CHOOSE_DEFAULT), options=options[:OPTIONS_PER_SELECT]
        ),
        Control.button("me_toggle", "private", label=str(texts.MAKE_PUBLIC if own.private else texts.MAKE_PRIVATE)),
        Control.button("me_toggle", "spoiler", label=str(texts.SPOILER_OFF if own.spoiler else texts.SPOILER_ON)),
        Control.button("me_toggle", "shown", label=str(texts.SHOWN_OFF if own.is_unshown else texts.SHOWN_ON)),
        Control.button("me_clear", "defaults", label=str(texts.CLEAR_DEFAULTS), style=discord.ButtonStyle.danger),
    ]
    text = "\n".join([str(texts.DEFAULTS_ABOUT), "", fitting(lines, LIST_CHARS)])
    return _embed(MePage.DEFAULTS, text), controls


def _model(operation: Operation, model: str) -> str:
    return harmless(model_name(operation, model)) if model else ""


# ---------------------------------------------------------------------- presets


def key_of(name: str) -> str:
    """Return a preset's name as a custom id."""
    return hashlib.sha256(name.casefold().encode()).hexdigest()[:24]


async def presets_of(interaction: Interaction) -> Sequence[Preset]:
    return await use(interaction, OwnSettings).presets(guild_of(interaction), interaction.user.id)


def with_presets(interaction: Interaction) -> list[Operation]:
    bot, guild_id = interaction.client, guild_of(interaction)
    found = [
        each
        for each in bot.catalogue.operations.values()
        if each.offered and each.fields and use(bot, OperationSwitches).is_on(guild_id, each.id)
    ]
    return found[:OPTIONS_PER_SELECT]


async def _presets(interaction: Interaction, chosen: str) -> tuple[discord.Embed, list[Control]]:
    presets = await presets_of(interaction)
    lines = [_preset_line(interaction, each, is_chosen=key_of(each.name) == chosen) for each in presets]
    text = "\n".join([texts.PRESETS_ABOUT(count=PRESETS_MAX), "", fitting(lines, LIST_CHARS) or str(texts.NO_PRESETS)])
    controls: list[Control] = []
    if presets:
        options = [
            discord.SelectOption(label=each.name, value=key_of(each.name), default=key_of(each.name) == chosen)
            for each in presets
        ]
        controls.append(Control.select("preset_pick", "list", placeholder=str(texts.CHOOSE_PRESET), options=options))
    kinds = [
        discord.SelectOption(label=shortened(tr(each.title), OPTION_CHARS), value=each.id)
        for each in with_presets(interaction)
    ]
    if kinds:
        controls.append(Control.select("preset_new", "list", placeholder=str(texts.NEW_PRESET), options=kinds))
    if any(key_of(each.name) == chosen for each in presets):
        controls += [
            Control.button("preset_run", chosen, label=str(texts.RUN), style=discord.ButtonStyle.success),
            Control.button("preset_edit", chosen, label=str(texts.EDIT)),
            Control.button("preset_delete", chosen, label=str(texts.DELETE_PRESET), style=discord.ButtonStyle.danger),
        ]
    return _embed(MePage.PRESETS, text), controls


def _preset_line(interaction: Interaction, preset: Preset, *, is_chosen: bool) -> str:
    operation = interaction.client.catalogue.find(preset.operation)
    labels = {} if operation is None else {field.name: field.label for field in operation.fields}
    values = [
        f"{tr(labels.get(name, name))}: {shortened(harmless(str(value)), VALUE_CHARS)}"
        for name, value in preset.values.items()
    ]
    title = preset.operation if operation is None else tr(operation.title)
    line = f"• **{harmless(preset.name)}** · {title}\n-# {' · '.join(values)}"
    return f"▶ {line}" if is_chosen else line


# ---------------------------------------------------------------------- notifications, spending, data


async def _notifications(interaction: Interaction) -> tuple[discord.Embed, list[Control]]:
    own = await _own(interaction)
    rules = await use(interaction, GuildSettings).get(guild_of(interaction))
    options = [
        discord.SelectOption(label=str(texts.NOTIFY[each]), value=each.value, default=each is own.notify)
        for each in Notify
    ]
    text = "\n".join([str(texts.NOTIFY_ABOUT), "", texts.notify_now(own.notify, server_pings=rules.ping)])
    select = Control.select("me_notify", "how", placeholder=str(texts.CHOOSE_NOTIFY), options=options)
    return _embed(MePage.NOTIFICATIONS, text), [select]


async def _spending(interaction: Interaction) -> tuple[discord.Embed, list[Control]]:
    return await spending_embed(interaction), []


async def _account(interaction: Interaction) -> _Drawn:
    text, controls = await account_page(interaction)
    return _embed(MePage.ACCOUNT, text), controls


async def _data(interaction: Interaction) -> _Drawn:
    guild_of(interaction)
    return _embed(MePage.DATA, str(texts.DATA_ABOUT)), [
        Control.button("me_export", "data", label=str(texts.EXPORT)),
        Control.button(
            "privacy_delete", str(interaction.user.id), label=str(texts.DELETE_DATA), style=discord.ButtonStyle.danger
        ),
        *legal_links(interaction),
    ]
