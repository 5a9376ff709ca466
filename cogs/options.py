"""Slash options drawn from the catalogue: their descriptions and their autocomplete."""

from collections.abc import Callable
from typing import Any, TypeVar

import discord
from discord import app_commands

from bot.app import CannonBot
from bot.catalogue import Catalogue, Field, FieldKind

Callback = TypeVar("Callback", bound=Callable[..., Any])

COUNT_HELP = "How many to make, 1 to 4; each is a job of its own and costs as one"
PRIVATE_HELP = "Only you see it; a late result comes as a direct message"

_BUILT_IN = Catalogue()
_COMPLETED = {FieldKind.TEXT, FieldKind.INTEGER, FieldKind.NUMBER}


def offers(operation_id: str, **own: str) -> Callable[[Callback], Callback]:
    """Describe a command's options from the operation's fields, and complete them while typing.

    `own` describes the options that are no field, by name. What is offered comes from the bot's present catalogue,
    from memory; any other text may be typed.
    """
    fields = {field.name: field for field in _BUILT_IN.resolve(operation_id).fields}

    def decorate(callback: Callback) -> Callback:
        names = callback.__code__.co_varnames[2 : callback.__code__.co_argcount]
        helps = {name: fields[name].help for name in names if name in fields} | own
        completed = {name: _completion(operation_id, name) for name in names if _offers_values(fields.get(name))}
        return app_commands.autocomplete(**completed)(app_commands.describe(**helps)(callback))

    return decorate


def _offers_values(field: Field | None) -> bool:
    if field is None or field.kind not in _COMPLETED:
        return False
    return field.name == "model" or bool(field.choices or field.choices_by_model or field.suggestions)


def _completion(operation_id: str, name: str) -> Any:
    async def complete(
        interaction: discord.Interaction[CannonBot], typed: str | float
    ) -> list[app_commands.Choice[Any]]:
        given = {key: value for key, value in vars(interaction.namespace).items() if key != name}
        offered = interaction.client.catalogue.suggest(operation_id, name, str(typed), given)
        return [app_commands.Choice(name=label, value=value) for label, value in offered]

    return complete
