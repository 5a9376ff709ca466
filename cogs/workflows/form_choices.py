"""Inputs of a form in which nothing is typed: yes or no, and the values of a short closed list."""

from typing import Any, TypeAlias

import discord

from bot.catalogue import Field, FieldKind, Scalar
from bot.catalogue.texts import counted
from bot.domain.text import shortened
from cogs.workflows import texts

RadioInput: TypeAlias = discord.ui.RadioGroup[Any]

OPTIONS_MIN, OPTIONS_MAX = 2, 10
"""Discord's limits of a radio group."""
OPTION_CHARS = 100
LEFT_OUT = "-"
"""The value of the choice that leaves an optional field out."""
YES, NO = "true", "false"


def radio_for(field: Field, text: str, *, model: str | None) -> RadioInput | None:
    """Return a radio group for a field, with the value that `text` is chosen; None if it has to be typed.

    `model` is the model of the request, None if it is not settled.
    """
    options = _options(field, model)
    values = [value for value, _ in options]
    if not OPTIONS_MIN <= len(options) <= OPTIONS_MAX - (not field.required):
        return None
    if text and text not in values:
        return None
    if not field.required:
        options.append((LEFT_OUT, str(texts.LEAVE_OPEN)))
    chosen = text or (None if field.required else LEFT_OUT)
    return discord.ui.RadioGroup(
        required=field.required,
        options=[
            discord.RadioGroupOption(label=shortened(label, OPTION_CHARS), value=value, default=value == chosen)
            for value, label in options
        ],
    )


def chosen_in(radio: RadioInput) -> str:
    """Return the value that was chosen, as text; '' for none."""
    return "" if radio.value in {None, LEFT_OUT} else str(radio.value)


def _options(field: Field, model: str | None) -> list[tuple[str, str]]:
    """Return the values that a field may have, each with its label; none if any may be typed."""
    if field.kind is FieldKind.BOOLEAN:
        return [(YES, str(texts.YES_TO_FIELD)), (NO, str(texts.NO_TO_FIELD))]
    return [(str(value), _label(field, value)) for value in field.choices_for(model)]


def _label(field: Field, value: Scalar) -> str:
    return counted(value, field.unit) if field.unit else str(value)
