"""The server's own price list: estimates for operations whose price Cannon Studio does not publish."""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import discord

from bot.catalogue import Operation, model_name
from bot.delivery.deadlines import UPLOAD_TIMEOUT_S, in_time
from bot.domain.harmless_text import harmless
from bot.domain.models import credits_of
from bot.domain.price_list import PriceList, PriceUnit
from bot.domain.text import shortened
from bot.errors import InputError
from bot.guild.learned_prices import LearnedKind, beside
from bot.guild.price_file import FILE_BYTES_MAX, priced_model, write_price_file
from cogs.moderate import texts
from cogs.moderate.settings.forms import MODEL_CHARS
from cogs.ui.interaction import Interaction
from cogs.ui.pages import pages
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.text_files import text_of_file

FILE_NAME: Final = "prices.csv"
KINDS_SHOWN, OTHERS_SHOWN = 3, 40
"""How many learned prices are shown beside a line, and below the list; the file has all of a line's."""


async def set_price(
    interaction: Interaction, operation_id: str, amount: float | Decimal | None, per: str, model: str | None
) -> None:
    """Set the price of an operation, or of one of its models; without an amount remove it."""
    await require_moderator(interaction)
    operation = interaction.client.catalogue.resolve(operation_id.strip())
    chosen = "" if model is None else priced_model(operation, model)
    new = None if amount is None else credits_of(amount)
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    text = await interaction.client.parts.moderation.prices.set(
        guild_of(interaction), operation, chosen, new, per=PriceUnit(per), by_id=interaction.user.id
    )
    await in_time(interaction.edit_original_response(content=texts.done(text)))


async def replace_prices(interaction: Interaction, file: discord.Attachment) -> None:
    """Replace the server's price list by that of a CSV file: all of it, or nothing."""
    await require_moderator(interaction)
    bot = interaction.client
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    text = await text_of_file(file, at_most=FILE_BYTES_MAX)
    done = await bot.parts.moderation.prices.replace(
        guild_of(interaction), text, bot.catalogue, by_id=interaction.user.id
    )
    await in_time(interaction.edit_original_response(content=texts.done(done)))


async def show_prices(interaction: Interaction) -> None:
    """Show the server's price list with what was learned beside it, and the same as a file to be changed."""
    await require_moderator(interaction)
    bot, guild_id = interaction.client, guild_of(interaction)
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    prices = await bot.parts.store.prices.all(guild_id)
    found = await bot.parts.learned_prices.of_guild(guild_id)
    operations = bot.catalogue.operations
    made = pages(texts.PRICES_TITLE, _lines(operations, prices, found) or [texts.NO_PRICES])
    made[-1].set_footer(text=texts.PRICES_FOOTER)
    data = write_price_file(prices, found, operations)
    files = [discord.File(io.BytesIO(data), FILE_NAME)]
    await in_time(interaction.edit_original_response(embed=made[0], attachments=files), UPLOAD_TIMEOUT_S)
    for more in made[1:]:
        await in_time(interaction.followup.send(embed=more, ephemeral=True))


def _lines(operations: Mapping[str, Operation], prices: PriceList, found: Sequence[LearnedKind]) -> list[str]:
    lines: list[str] = []
    shown: set[tuple[str, str]] = set()
    for (operation_id, model), price in prices.items():
        operation = operations.get(operation_id)
        learned = [] if operation is None else beside(operation, model, found, prices)
        shown.update((each.operation, each.kind) for each in learned)
        said = [] if operation is None else [each.words(operation) for each in learned[:KINDS_SHOWN]]
        lines.append(texts.price_line(operation_id, _model(operation, model), price.words, said))
    others = [each for each in found if (each.operation, each.kind) not in shown]
    for each in others[:OTHERS_SHOWN]:
        operation = operations.get(each.operation)
        if operation is not None and operation.fixed_credits is None:
            lines.append(texts.learned_line(each.operation, _model(operation, each.model), each.words(operation)))
    return lines


def _model(operation: Operation | None, model: str) -> str | None:
    name = model if operation is None or not model else model_name(operation, model)
    return harmless(shortened(name, MODEL_CHARS)) if model else None


def model_choices(interaction: Interaction, typed: str) -> list[discord.app_commands.Choice[str]]:
    """Return the known models of the operation that is chosen in another option."""
    bot = interaction.client
    try:
        operation = bot.catalogue.resolve(str(interaction.namespace["operation"] or ""))
        offered = bot.catalogue.suggest(operation.id, "model", typed)
    except (InputError, KeyError):
        return []
    return [discord.app_commands.Choice(name=name, value=str(value)) for name, value in offered]
