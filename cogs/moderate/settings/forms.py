"""The forms of `/studio settings`: typed settings, parsed by their kind."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import discord

from bot.catalogue import Operation
from bot.catalogue.operation import model_id
from bot.domain.server.guild_rules import Rules
from bot.domain.server.setting import FormSpec, Setting, SettingsPage, Typing, settings_of
from bot.domain.texts import NOT_PRINTABLE
from bot.domain.words.text import one_line
from bot.errors import InputError
from bot.language import tr
from cogs.moderate.settings import texts
from cogs.ui.forms import INPUT_CHARS, Form
from cogs.ui.interaction import Bot, Interaction
from cogs.ui.permissions import require_moderator

MODEL_CHARS = 100

NewRules = Callable[[Rules], Rules]
Apply = Callable[[Interaction, SettingsPage, NewRules], Awaitable[None]]
"""Applies a change, and redraws the page."""
TextInput = discord.ui.TextInput[Any]


class SettingsForm(Form):
    """A form that changes settings. An unchanged input writes nothing, so that parallel changes stay."""

    def __init__(self, bot: Bot, *, title: str, page: SettingsPage, apply: Apply) -> None:
        super().__init__(bot, title=title, name="settings")
        self._page = page
        self._apply = apply

    def add_input(self, title: str, text: str, *, hint: str, chars: int | None) -> TextInput:
        """Add an input with `text`. It takes `chars`; None: Discord's maximum, on several lines."""
        long, most = chars is None, chars or INPUT_CHARS
        return self.ask_text(title, hint, text=text, chars=most, long=long, required=False)

    def new_rules(self) -> NewRules:
        """Return the typed change. Raises InputError."""
        raise NotImplementedError

    async def answer(self, interaction: Interaction) -> None:
        """Apply what was typed, if the sender is still a moderator."""
        await require_moderator(interaction)
        await self._apply(interaction, self._page, self.new_rules())


class TypedSettings(SettingsForm):
    """Settings that are typed into one form."""

    def __init__(self, bot: Bot, spec: FormSpec, rules: Rules, apply: Apply) -> None:
        super().__init__(bot, title=str(spec.title), page=spec.page, apply=apply)
        self._inputs = [
            (name, setting, typing, self._input(setting, typing, getattr(rules, name)))
            for name, setting in settings_of(type(rules)).items()
            if setting.form == spec and (typing := setting.kind.typing) is not None
        ]

    def _input(self, setting: Setting, typing: Typing, value: Any) -> TextInput:
        return self.add_input(str(setting.label), typing.write(value), hint=typing.hint(), chars=typing.chars)

    def new_rules(self) -> NewRules:
        """Parse each changed input by its kind."""
        values = {
            name: typing.read(item.value.strip(), str(setting.label), name)
            for name, setting, typing, item in self._inputs
            if _was_changed(item)
        }
        return lambda rules: replace(rules, **values)


class ModelForm(SettingsForm):
    """An operation's default model."""

    def __init__(self, bot: Bot, operation: Operation, rules: Rules, apply: Apply) -> None:
        super().__init__(bot, title=str(texts.MODEL_FORM), page=SettingsPage.WORDS, apply=apply)
        self._operation = operation
        self._input = self.add_input(
            texts.MODEL_INPUT(operation=tr(operation.title)),
            rules.default_models.get(operation.id, ""),
            hint=str(texts.MODEL_HINT),
            chars=MODEL_CHARS,
        )

    def new_rules(self) -> NewRules:
        """Set this operation's default, or remove it if empty."""
        if not _was_changed(self._input):
            return lambda rules: rules
        operation_id, model = self._operation.id, model_typed(self._operation, self._input.value.strip())

        def changed(rules: Rules) -> Rules:
            rest = {name: each for name, each in rules.default_models.items() if name != operation_id}
            return replace(rules, default_models=MappingProxyType({**rest, operation_id: model} if model else rest))

        return changed


def _was_changed(item: TextInput) -> bool:
    return item.value != (item.default or "")


def model_typed(operation: Operation, typed: str) -> str:
    """Parse a model's id or name; '' for none. Raises InputError for unprintable characters."""
    name = one_line(typed)
    if not name.isprintable():
        raise InputError(NOT_PRINTABLE(setting=tr("model")), "model")
    return model_id(operation, name)
