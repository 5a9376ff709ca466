"""Prices next to the choices of an option: what the job would cost with each, from what is known to this server."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import discord

from bot.app.client import CannonBot
from bot.catalogue import Operation
from bot.catalogue.price_factors import COUNTS, GRADES, LENGTHS
from bot.errors import InputError
from cogs.ui.choices import CHOICE_CHARS
from cogs.ui.prices import hint
from cogs.ui.texts import with_price

Offer = tuple[str, Any]

PRICED: Final = frozenset({"model", *GRADES, *LENGTHS, *COUNTS})
"""The fields that a price may depend on."""
WAIT_S: Final = 0.5
"""How long the store may take: Discord waits 3 seconds for choices, and prices are an extra."""


async def with_prices(
    interaction: discord.Interaction[CannonBot],
    operation_id: str,
    field: str,
    offered: Sequence[Offer],
    given: Mapping[str, object],
) -> list[Offer]:
    """Return the offers of a field, each with what the job would cost with it where that is known.

    `given` are the other values so far, by wire name. Reads memory and the store; asks nobody.
    """
    guild_id, bot = interaction.guild_id, interaction.client
    if field not in PRICED or guild_id is None or not offered:
        return list(offered)
    try:
        operation = bot.catalogue.resolve(operation_id)
        async with asyncio.timeout(WAIT_S):
            book = await bot.parts.price_books.of(guild_id, operation)
    except (InputError, TimeoutError):
        return list(offered)
    values = _values(operation, given)
    shown = []
    for label, value in offered:
        price = hint(operation, book, {**values, field: value}, of_model=field == "model")
        shown.append((with_price(label, price, CHOICE_CHARS) if price else label, value))
    return shown


def _values(operation: Operation, given: Mapping[str, object]) -> dict[str, Any]:
    """Return the plain values as they would go over the wire; files are not there yet."""
    names = {each.name for each in operation.fields}
    return {name: each for name, each in given.items() if name in names and isinstance(each, str | int | float)}
