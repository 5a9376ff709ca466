"""The form for one price of the server's list."""

from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.domain.price_list import PriceUnit
from bot.guild.price_file import credits_typed
from cogs.moderate import texts
from cogs.moderate.prices import set_price
from cogs.moderate.settings.forms import MODEL_CHARS
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import require_moderator

OPERATION_CHARS = 80
AMOUNT_CHARS = 13


class PriceForm(Form):
    """Takes an operation, one of its models, what the price is for, and the credits."""

    def __init__(self, bot: CannonBot, amount: str, per: str, model: str) -> None:
        super().__init__(bot, title=texts.PRICE_FORM, name="price")
        self._operation = self._input(texts.PRICE_OPERATION, texts.PRICE_OPERATION_HINT, "", OPERATION_CHARS)
        self._operation.required = True
        self._model = self._input(texts.PRICE_MODEL, texts.PRICE_MODEL_HINT, model, MODEL_CHARS)
        self._per: discord.ui.Select[Any] = discord.ui.Select(
            options=[
                discord.SelectOption(label=texts.PRICE_UNITS[each.value], value=each.value, default=each.value == per)
                for each in PriceUnit
            ]
        )
        self.add_item(discord.ui.Label(text=texts.PRICE_UNIT, description=texts.PRICE_UNIT_HINT, component=self._per))
        self._amount = self._input(texts.PRICE_AMOUNT, texts.PRICE_AMOUNT_HINT, amount, AMOUNT_CHARS)

    def _input(self, label: str, hint: str, text: str, chars: int) -> discord.ui.TextInput[Any]:
        item: discord.ui.TextInput[Any] = discord.ui.TextInput(default=text or None, required=False, max_length=chars)
        self.add_item(discord.ui.Label(text=label, description=hint, component=item))
        return item

    async def answer(self, interaction: Interaction) -> None:
        """Set or remove the price, if the sender is still a moderator."""
        typed = self._amount.value.strip()
        amount = credits_typed(typed) if typed else None
        [per] = self._per.values
        await set_price(interaction, self._operation.value, amount, per, self._model.value.strip() or None)


async def open_price_form(interaction: Interaction, amount: float | None, per: str, model: str | None) -> None:
    """Open the form, with what was given filled in."""
    await require_moderator(interaction)
    shown = "" if amount is None else f"{amount:g}"
    await in_time(interaction.response.send_modal(PriceForm(interaction.client, shown, per, model or "")))
