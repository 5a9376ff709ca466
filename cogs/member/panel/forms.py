"""The forms of `/me`: defaults and presets."""

from collections.abc import Mapping
from typing import Any, Final

import discord

from bot.account.api_keys import KEY_LENGTH_MAX, KEY_LENGTH_MIN, key_typed
from bot.catalogue import FieldKind, Operation
from bot.catalogue.checks.values import take
from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import OPTIONS_PER_SELECT, in_time
from bot.domain.server.member_settings import PRESET_NAME_CHARS, STYLE_CHARS, MemberSettings
from bot.domain.words.text import shortened
from bot.language import Text, tr
from bot.server.community.own_accounts import OwnAccounts
from bot.server.members import OwnSettings
from bot.store import StoredPreset
from cogs.member.panel import texts
from cogs.member.panel.pages import MODEL, RATIO, STYLE, MePage, key_of, show
from cogs.ui.forms import INPUT_CHARS, INPUTS, TITLE_CHARS, Form
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of
from cogs.workflows.asked.own import preset_fields

NONE: Final = "-"
"""The choice that clears a default; no model or ratio has this value."""
OPTION_CHARS: Final = 100


class DefaultForm(Form):
    """Asks for one default, chosen by `key`."""

    def __init__(self, bot: Bot, key: str, own: MemberSettings) -> None:
        super().__init__(bot, title=str(texts.DEFAULT_FORM), name="default")
        self.key = key
        self.choice: discord.ui.Select[Any] | None = None
        self.style: discord.ui.TextInput[Any] | None = None
        if key == STYLE:
            about = texts.STYLE_ABOUT
            self.style = self.ask_text(texts.STYLE, about, text=own.style, chars=STYLE_CHARS, long=True, required=False)
            return
        if key == RATIO:
            label, offered, now = str(texts.RATIO), ratios(bot), own.aspect_ratio
        else:
            operation = bot.catalogue.resolve(key.removeprefix(f"{MODEL}."))
            label = texts.MODEL_OF(operation=tr(operation.title))
            offered = [(name, str(value)) for name, value in bot.catalogue.suggest(operation.id, MODEL, "")]
            now = own.models.get(operation.id, "")
        options = [discord.SelectOption(label=str(texts.NO_DEFAULT), value=NONE, default=not now)]
        options += [
            discord.SelectOption(label=shortened(name, OPTION_CHARS), value=value, default=value == now)
            for name, value in offered[: OPTIONS_PER_SELECT - 1]
        ]
        self.choice = self.ask(label, discord.ui.Select[Any](options=options), texts.NO_DEFAULT_ABOUT)

    async def answer(self, interaction: Interaction) -> None:
        """Store the default and show the page. Raises InputError for a style that is too long."""
        own, member = use(interaction, OwnSettings), (guild_of(interaction), interaction.user.id)
        if self.style is not None:
            await own.set_style(*member, self.style.value)
        elif self.choice is not None:
            value = "" if self.choice.values[0] == NONE else self.choice.values[0]
            if self.key == RATIO:
                await own.set_ratio(*member, value)
            else:
                await own.set_model(*member, self.key.removeprefix(f"{MODEL}."), value)
        await show(interaction, MePage.DEFAULTS)


def ratios(bot: Bot) -> list[tuple[str, str]]:
    """Return the aspect ratios for images and videos, as labels and values."""
    found: dict[str, None] = {}
    for operation in bot.catalogue.operations.values():
        for field in operation.fields:
            if field.name == "aspect_ratio" and operation.workflow in {"image", "video"}:
                known = [
                    *field.choices,
                    *field.suggestions,
                    *(each for some in field.choices_by_model.values() for each in some),
                ]
                found |= dict.fromkeys(str(each) for each in known)
    return [(each, each) for each in found]


class AccountForm(Form):
    """Takes the key of the member's own account: a form's text reaches the bot only, never the channel."""

    takes_key = True

    def __init__(self, bot: Bot, *, says: Text | None = None) -> None:
        """`says`: said in place of the message that it was opened from, which else shows the page."""
        super().__init__(bot, title=str(texts.ACCOUNT_FORM), name="account")
        self.says = says
        self.secret: discord.ui.TextInput[Any] = discord.ui.TextInput(
            label=str(texts.ACCOUNT_KEY),
            placeholder=texts.KEY_PLACEHOLDER,
            min_length=KEY_LENGTH_MIN,
            max_length=KEY_LENGTH_MAX,
        )
        self.add_item(self.secret)
        self.add_item(discord.ui.TextDisplay(texts.ACCOUNT_FORM_ABOUT(page=texts.KEY_PAGE)))

    async def answer(self, interaction: Interaction) -> None:
        """Check the key with the status call, store it, and show the page. Raises as `OwnAccounts.link` does."""
        secret = key_typed(self.secret.value)
        await defer(interaction)
        await use(interaction, OwnAccounts).link(interaction.user.id, secret)
        if self.says is not None:
            await in_time(interaction.edit_original_response(content=str(self.says), view=None))
            return
        await show(interaction, MePage.ACCOUNT)


class PresetForm(Form):
    """Asks for a preset's name and main options; other `values` are kept. `of_result`: for the name alone."""

    def __init__(
        self, bot: Bot, operation: Operation, values: Mapping[str, Any], *, name: str = "", of_result: bool = False
    ) -> None:
        title = texts.PRESET_TITLE(operation=tr(operation.title))
        super().__init__(bot, title=shortened(title, TITLE_CHARS), name="preset")
        self.operation, self.values, self.before, self.of_result = operation, values, name, of_result
        self.label = self.ask_text(texts.PRESET_NAME, texts.PRESET_NAME_ABOUT, text=name, chars=PRESET_NAME_CHARS)
        self.inputs: dict[str, discord.ui.TextInput[Any]] = {}
        for field in () if of_result else preset_fields(operation)[: INPUTS - 1]:
            label, now = tr(field.label), str(values.get(field.name, ""))
            self.inputs[field.name] = self.ask_text(
                f"{label[:1].upper()}{label[1:]}",
                tr(field.help),
                text=now,
                chars=min(field.longest, INPUT_CHARS),
                required=False,
            )

    async def answer(self, interaction: Interaction) -> None:
        """Store the preset and show it. Raises InputError for an invalid name or value."""
        own, member = use(interaction, OwnSettings), (guild_of(interaction), interaction.user.id)
        typed = {name: _taken(self.operation, name, item.value) for name, item in self.inputs.items()}
        values = {name: value for name, value in {**self.values, **typed}.items() if value is not None}
        preset, kept = await own.keep_preset(*member, self.label.value, operation=self.operation.id, values=values)
        if self.of_result:
            said = texts.PRESET_REPLACED if kept is StoredPreset.REPLACED else texts.PRESET_KEPT
            await in_time(interaction.response.send_message(said(name=preset.name), ephemeral=True))
            return
        if self.before and key_of(self.before) != key_of(preset.name):
            await own.remove_preset(*member, self.before)
        await show(interaction, MePage.PRESETS, key_of(preset.name))


def _taken(operation: Operation, name: str, typed: str) -> Any:
    """Return the typed value in its wire form, None if empty. Raises InputError."""
    field = operation.field(name)
    if field.kind is not FieldKind.TEXT and not typed.strip():
        return None
    return take(field, typed, allow_local=False)
