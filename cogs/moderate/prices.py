"""The server's own price list: estimates for operations whose price Cannon Studio does not publish."""

from collections.abc import Mapping
from decimal import Decimal

import discord

from bot.catalogue import Operation, model_name
from bot.delivery.deadlines import in_time
from bot.delivery.formatting import plain
from bot.domain.models import credits_of, credits_words
from bot.domain.text import shortened
from bot.errors import InputError
from cogs.moderate import texts
from cogs.moderate.settings.forms import MODEL_CHARS, model_typed
from cogs.ui.interaction import Interaction
from cogs.ui.pages import pages
from cogs.ui.permissions import guild_of, require_moderator


async def set_price(interaction: Interaction, operation_id: str, amount: float | None, model: str | None) -> None:
    """Set the price of an operation, or of one of its models; without an amount remove it."""
    await require_moderator(interaction)
    operation = interaction.client.catalogue.resolve(operation_id.strip())
    chosen = "" if model is None else model_typed(operation, model)
    new = None if amount is None else credits_of(amount)
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    text = await interaction.client.parts.moderation.prices.set(
        guild_of(interaction), operation, chosen, new, by_id=interaction.user.id
    )
    await in_time(interaction.edit_original_response(content=texts.done(text)))


async def show_prices(interaction: Interaction) -> None:
    """Show the server's price list."""
    await require_moderator(interaction)
    bot = interaction.client
    prices = await bot.parts.store.prices.all(guild_of(interaction))
    made = pages(texts.PRICES_TITLE, _lines(bot.catalogue.operations, prices) or [texts.NO_PRICES])
    await in_time(interaction.response.send_message(embed=made[0], ephemeral=True))
    for more in made[1:]:
        await in_time(interaction.followup.send(embed=more, ephemeral=True))


def _lines(operations: Mapping[str, Operation], prices: Mapping[tuple[str, str], Decimal]) -> list[str]:
    lines = []
    for (operation_id, model), amount in prices.items():
        operation = operations.get(operation_id)
        name = model if operation is None or not model else model_name(operation, model)
        shown = plain(shortened(name, MODEL_CHARS)) if model else None
        lines.append(texts.price_line(operation_id, shown, credits_words(amount)))
    return lines


def model_choices(interaction: Interaction, typed: str) -> list[discord.app_commands.Choice[str]]:
    """Return the known models of the operation that is chosen in another option."""
    bot = interaction.client
    try:
        operation = bot.catalogue.resolve(str(interaction.namespace["operation"] or ""))
        offered = bot.catalogue.suggest(operation.id, "model", typed)
    except (InputError, KeyError):
        return []
    return [discord.app_commands.Choice(name=name, value=str(value)) for name, value in offered]
