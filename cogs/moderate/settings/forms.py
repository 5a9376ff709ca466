"""The forms of `/studio settings`: numbers, thresholds, words, models, the time zone."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.catalogue import Operation
from bot.catalogue.operation import model_id
from bot.domain.guild_rules import WORDS_MAX, Rules
from bot.domain.models import credits_of
from bot.domain.text import one_line, shortened
from bot.domain.time_zones import zone_named
from bot.domain.word_filter import forbidden_word
from bot.errors import InputError
from cogs.moderate.settings.labels import label
from cogs.moderate.settings.panel import SettingsPage
from cogs.ui.forms import INPUT_CHARS, LABEL_CHARS, Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import require_moderator

COUNT_MAX = 1000
WORD_CHARS = 60
MODEL_CHARS = 100
ZONE_CHARS = 60
_CREDITS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,4}", re.ASCII)

Apply = Callable[[Interaction, SettingsPage, Callable[[Rules], Rules]], Awaitable[None]]
TextInput = discord.ui.TextInput[Any]


class SettingsForm(Form):
    """A form whose texts become settings. What was left as it stood is not touched: another may have changed it."""

    page: SettingsPage
    heading: str

    def __init__(self, bot: CannonBot, rules: Rules, apply: Apply) -> None:
        super().__init__(bot, title=self.heading, name="settings")
        self._apply = apply
        self._inputs: dict[str, tuple[TextInput, str]] = {}
        self.ask(rules)

    def ask(self, rules: Rules) -> None:
        """Add the inputs."""
        raise NotImplementedError

    def add(self, name: str, text: str, *, about: str, long: bool = False, chars: int, title: str = "") -> None:
        """Add an input for the setting `name`, filled with `text`."""
        item: TextInput = discord.ui.TextInput(
            style=discord.TextStyle.paragraph if long else discord.TextStyle.short,
            default=text or None,
            required=False,
            max_length=chars,
        )
        words = title or label(name)
        heading = shortened(f"{words[:1].upper()}{words[1:]}", LABEL_CHARS)
        self.add_item(discord.ui.Label(text=heading, description=about, component=item))
        self._inputs[name] = (item, text)

    def read(self, name: str, typed: str) -> Any:
        """Return the setting's value as typed. Raises InputError."""
        raise NotImplementedError

    def change(self, values: Mapping[str, Any]) -> Callable[[Rules], Rules]:
        """Return the change that the values make."""
        return lambda rules: replace(rules, **values)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Read what was typed and set it, if the sender still is a moderator."""
        await require_moderator(interaction)  # type: ignore[arg-type]  # our client's type
        typed = {name: item.value.strip() for name, (item, shown) in self._inputs.items() if item.value != shown}
        values = {name: self.read(name, text) for name, text in typed.items()}
        await self._apply(interaction, self.page, self.change(values))  # type: ignore[arg-type]  # our client's type


class LimitsForm(SettingsForm):
    """How many jobs, and how dear."""

    page, heading = SettingsPage.LIMITS, "Limits"

    def ask(self, rules: Rules) -> None:
        """Ask for three counts and two thresholds."""
        for name in ("running_per_member", "queued_per_member", "running_per_server"):
            self.add(name, str(getattr(rules, name)), about=f"A whole number from 1 to {COUNT_MAX:,}", chars=4)
        for name in ("job_ceiling", "confirm_above"):
            self.add(name, credits_as_typed(getattr(rules, name)), about="In credits; empty: no such limit", chars=13)

    def read(self, name: str, typed: str) -> Any:
        """Read a count or a threshold."""
        return credits_typed(typed, name) if name in {"job_ceiling", "confirm_above"} else count_typed(typed, name)


class ApprovalForm(SettingsForm):
    """From which price on a moderator decides."""

    page, heading = SettingsPage.APPROVAL, "Approval"

    def ask(self, rules: Rules) -> None:
        """Ask for the threshold."""
        text = credits_as_typed(rules.approve_above)
        self.add("approve_above", text, about="In credits; empty: nothing waits for approval", chars=13)

    def read(self, name: str, typed: str) -> Any:
        """Read the threshold."""
        return credits_typed(typed, name)


class ZoneForm(SettingsForm):
    """Where the server's days begin."""

    page, heading = SettingsPage.RESULTS, "Time zone"

    def ask(self, rules: Rules) -> None:
        """Ask for the zone's name."""
        self.add("timezone", rules.timezone, about="A name such as Europe/Berlin; empty: UTC", chars=ZONE_CHARS)

    def read(self, name: str, typed: str) -> Any:
        """Read the zone's name."""
        return zone_named(typed) if typed else "UTC"


class WordsForm(SettingsForm):
    """Words that no prompt may have."""

    page, heading = SettingsPage.WORDS, "Word list"

    def ask(self, rules: Rules) -> None:
        """Ask for the words."""
        about = "One a line, or with commas between; case and accents make no difference"
        self.add("words", "\n".join(rules.words)[:INPUT_CHARS], about=about, long=True, chars=INPUT_CHARS)

    def read(self, name: str, typed: str) -> Any:
        """Read the words."""
        return words_typed(typed)


class ModelForm(SettingsForm):
    """The model that an operation uses where the member names none."""

    page, heading = SettingsPage.WORDS, "Default model"

    def __init__(self, bot: CannonBot, rules: Rules, apply: Apply, operation: Operation) -> None:
        self._operation = operation
        super().__init__(bot, rules, apply)

    def ask(self, rules: Rules) -> None:
        """Ask for the model."""
        self.add(
            "default_models",
            rules.default_models.get(self._operation.id, ""),
            about="Its id or name; empty: Cannon Studio's own choice",
            chars=MODEL_CHARS,
            title=f"Model of {self._operation.title}",
        )

    def read(self, name: str, typed: str) -> Any:
        """Read the model."""
        return model_typed(self._operation, typed)

    def change(self, values: Mapping[str, Any]) -> Callable[[Rules], Rules]:
        """Set, or without a model remove, this operation's default."""
        if "default_models" not in values:
            return lambda rules: rules
        operation_id, model = self._operation.id, values["default_models"]

        def changed(rules: Rules) -> Rules:
            rest = {name: each for name, each in rules.default_models.items() if name != operation_id}
            return replace(rules, default_models=MappingProxyType({**rest, operation_id: model} if model else rest))

        return changed


def credits_as_typed(amount: Decimal | None) -> str:
    """Write a threshold as it can be typed."""
    return "" if amount is None else f"{amount.normalize():f}"


def credits_typed(typed: str, name: str) -> Decimal | None:
    """Read a threshold; None for nothing. Raises InputError."""
    if not typed:
        return None
    if _CREDITS.fullmatch(typed) is None:
        raise InputError(f"Give “{label(name)}” in credits, such as 50 or 12.5, or leave it empty.", name)
    return credits_of(typed)


def count_typed(typed: str, name: str) -> int:
    """Read a count. Raises InputError."""
    if _COUNT.fullmatch(typed) is None or not 1 <= int(typed) <= COUNT_MAX:
        raise InputError(f"Give “{label(name)}” as a whole number from 1 to {COUNT_MAX:,}.", name)
    return int(typed)


def model_typed(operation: Operation, typed: str) -> str:
    """Read a model by its id or name; '' for nothing. Raises InputError for what nobody could read."""
    name = one_line(typed)
    if not name.isprintable():
        raise InputError("The model's name has characters that cannot be seen; type it anew.", "model")
    return model_id(operation, name)


def words_typed(typed: str) -> tuple[str, ...]:
    """Read a list of words, each once, in lower case. Raises InputError for what could never be found in a text."""
    words = dict.fromkeys(one_line(word).lower() for word in re.split(r"[,;\n]", typed) if word.strip())
    if len(words) > WORDS_MAX:
        raise InputError(f"The list takes {WORDS_MAX} words; you gave {len(words)}.", "words")
    for word in words:
        if len(word) > WORD_CHARS:
            raise InputError(f"A word of the list may have {WORD_CHARS} characters; one has {len(word)}.", "words")
        if forbidden_word(word, [word]) is None:
            raise InputError("Each word of the list needs a letter or a digit; one has none.", "words")
    return tuple(words)
