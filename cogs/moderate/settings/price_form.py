"""The form for one price of the server's list."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.catalogue import Operation, model_name
from bot.catalogue.price_factors import size_unit
from bot.domain.price_list import PriceList, PriceUnit
from bot.domain.text import shortened
from bot.guild.price_file import credits_typed, priced_model
from bot.language import tr
from cogs.moderate.settings import texts
from cogs.moderate.settings.forms import MODEL_CHARS
from cogs.ui.forms import TITLE_CHARS, Form
from cogs.ui.interaction import Interaction
from cogs.ui.panels import OPTION_CHARS
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import done

AMOUNT_CHARS = 13
MODELS_OFFERED = 24
"""A select has 25 options, of which one stands for all models."""
ALL_MODELS = "*"
Shows = Callable[[Interaction, str], Awaitable[None]]
"""Redraws the panel below what was done."""


class PriceForm(Form):
    """Takes one of the operation's models, what the price is for, and the credits."""

    def __init__(self, bot: CannonBot, operation: Operation, prices: PriceList, shows: Shows) -> None:
        super().__init__(bot, title=shortened(tr(operation.title), TITLE_CHARS), name="price")
        self._operation = operation
        self._shows = shows
        now = prices.get((operation.id, ""))
        self._model = self._model_input(_models(operation, prices))
        units = [each for each in PriceUnit if each is not PriceUnit.SECOND or size_unit(operation) == "second"]
        chosen = PriceUnit.JOB if now is None or now.per not in units else now.per
        self._per: discord.ui.RadioGroup[Any] = discord.ui.RadioGroup(
            options=[
                discord.RadioGroupOption(label=str(texts.PRICE_UNITS[each]), value=each.value, default=each is chosen)
                for each in units
            ]
        )
        self.add_item(discord.ui.Label(text=str(texts.PRICE_UNIT), component=self._per))
        self._amount: discord.ui.TextInput[Any] = discord.ui.TextInput(
            default=None if now is None else f"{now.credits.normalize():f}", required=False, max_length=AMOUNT_CHARS
        )
        hint = str(texts.PRICE_AMOUNT_HINT)
        self.add_item(discord.ui.Label(text=str(texts.PRICE_AMOUNT), description=hint, component=self._amount))

    def _model_input(self, models: dict[str, str]) -> discord.ui.Select[Any] | discord.ui.TextInput[Any]:
        """Add a select of the models, or an input where they are not known or too many."""
        item: discord.ui.Select[Any] | discord.ui.TextInput[Any]
        if models and len(models) <= MODELS_OFFERED:
            every = discord.SelectOption(label=str(texts.ALL_MODELS), value=ALL_MODELS, default=True)
            options = [
                discord.SelectOption(label=shortened(name, OPTION_CHARS), value=model) for model, name in models.items()
            ]
            item = discord.ui.Select(options=[every, *options])
        else:
            item = discord.ui.TextInput(required=False, max_length=MODEL_CHARS, placeholder=str(texts.ALL_MODELS))
        hint = str(texts.PRICE_MODEL_HINT)
        self.add_item(discord.ui.Label(text=str(texts.PRICE_MODEL), description=hint, component=item))
        return item

    async def answer(self, interaction: Interaction) -> None:
        """Set or remove the price, if the sender is still a moderator."""
        await require_moderator(interaction)
        typed, model = self._amount.value.strip(), self._chosen_model()
        amount = credits_typed(typed) if typed else None
        change = await interaction.client.parts.moderation.prices.set(
            guild_of(interaction),
            self._operation,
            model,
            amount,
            per=PriceUnit(self._per.value or PriceUnit.JOB),
            by_id=interaction.user.id,
        )
        await self._shows(interaction, done(change))

    def _chosen_model(self) -> str:
        """Return the model's id, '' for all."""
        if isinstance(self._model, discord.ui.TextInput):
            return priced_model(self._operation, self._model.value)
        [chosen] = self._model.values
        return "" if chosen == ALL_MODELS else chosen


def _models(operation: Operation, prices: PriceList) -> dict[str, str]:
    """Return the names of the operation's known models and of those with a price, by their ids."""
    listed = [model for name, model in prices if name == operation.id and model]
    known = [each.id for each in operation.models if each.id is not None]
    ids = dict.fromkeys([*known, *listed])
    return {model: model_name(operation, model) for model in ids if len(model) <= OPTION_CHARS}
