"""The page Prices of `/studio settings`: expected prices, set by hand or by a file."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import discord

from bot.catalogue import Operation, model_name
from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import UPLOAD_TIMEOUT_S, in_time
from bot.domain.money.costs import PriceList, PriceUnit
from bot.domain.server.setting import SettingsPage
from bot.domain.words.text import harmless, shortened
from bot.errors import InputError
from bot.language import tr
from bot.prices.factors import size_unit
from bot.prices.pricing import HostPrices
from bot.prices.server_list import FILE_BYTES_MAX, PriceChanges, credits_typed, priced_model, write_price_file
from bot.store import Prices
from cogs.moderate.settings import texts
from cogs.moderate.settings.forms import MODEL_CHARS
from cogs.ui.controls import Control, on
from cogs.ui.forms import TITLE_CHARS, Form, text_of_file
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.panels import OPTION_CHARS, PanelPage, number_in, part_of, settings_page, show_page
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import DONE, GONE

AMOUNT_CHARS = 13
MODELS_OFFERED = 24
"""A select has 25 options, one of them for all models."""
ALL_MODELS = "*"
Shows = Callable[[Interaction, str], Awaitable[None]]
"""Redraws the panel below a notice."""


class PriceForm(Form):
    """Takes a model of the operation, the priced unit, and the credits."""

    def __init__(self, bot: Bot, operation: Operation, prices: PriceList, shows: Shows) -> None:
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
        change = await use(interaction, PriceChanges).set(
            guild_of(interaction),
            self._operation,
            model,
            amount,
            per=PriceUnit(self._per.value or PriceUnit.JOB),
            by_id=interaction.user.id,
        )
        await self._shows(interaction, DONE(change=change))

    def _chosen_model(self) -> str:
        if isinstance(self._model, discord.ui.TextInput):
            return priced_model(self._operation, self._model.value)
        [chosen] = self._model.values
        return "" if chosen == ALL_MODELS else chosen


def _models(operation: Operation, prices: PriceList) -> dict[str, str]:
    listed = [model for name, model in prices if name == operation.id and model]
    known = [each.id for each in operation.models if each.id is not None]
    ids = dict.fromkeys([*known, *listed])
    return {model: model_name(operation, model) for model in ids if len(model) <= OPTION_CHARS}


FILE_NAME: Final = "prices.csv"
LINES_SHOWN, LINE_CHARS = 7, 480
"""A page has LINES_SHOWN lines in the 4096 characters of an embed's description."""
OFFERED = 24
"""Operations in a select next to the option for more."""
MORE: Final = "more"
CHOOSE, DOWNLOAD, UPLOAD = "price_choose", "price_download", "price_upload"


async def prices_page(interaction: Interaction, number: int = 0, offered: int = 0) -> PanelPage:
    """Draw a part of the list, with controls."""
    bot, guild_id = interaction.client, guild_of(interaction)
    prices = await use(bot, Prices).all(guild_id)
    hosted = _without_own(use(bot, HostPrices).lines, prices)
    part = part_of(_lines(bot.catalogue.operations, prices, hosted), number, LINES_SHOWN)
    text = "\n".join(part.items) or str(texts.NO_PRICES)
    select = _select(interaction, prices, part.number, offered)
    buttons = [
        Control.button(DOWNLOAD, "panel", label=str(texts.DOWNLOAD_PRICES)),
        Control.button(UPLOAD, "panel", label=str(texts.UPLOAD_PRICES)),
    ]
    controls = [*([] if select is None else [select]), *buttons]
    return settings_page(SettingsPage.PRICES, f"{texts.PRICES_ABOUT}\n\n{text}", controls, part=part)


def _select(interaction: Interaction, prices: PriceList, number: int, offered: int) -> Control | None:
    known = interaction.client.catalogue.operations.values()
    priceable = [each for each in known if each.fixed_credits is None and len(each.id) <= OPTION_CHARS]
    part = part_of(priceable, offered, OFFERED)
    options = [
        discord.SelectOption(
            label=shortened(tr(each.title), OPTION_CHARS),
            value=each.id,
            description=shortened(prices[each.id, ""].words, OPTION_CHARS) if (each.id, "") in prices else None,
        )
        for each in part.items
    ]
    if part.count > 1:
        options.append(discord.SelectOption(label=str(texts.MORE_OPERATIONS), value=MORE))
    if not options:
        return None
    following = (part.number + 1) % part.count
    return Control.select(CHOOSE, f"{number}.{following}", placeholder=str(texts.CHOOSE_PRICED), options=options)


def _without_own(hosted: PriceList, prices: PriceList) -> PriceList:
    return {key: price for key, price in hosted.items() if key not in prices and (key[0], "") not in prices}


def _lines(operations: Mapping[str, Operation], prices: PriceList, hosted: PriceList) -> list[str]:
    lines: list[str] = []
    for (operation_id, model), price in {**prices, **hosted}.items():
        operation = operations.get(operation_id)
        subject = texts.priced(_title(operations, operation_id), _model(operation, model))
        line = texts.price_line if (operation_id, model) in prices else texts.hosted_line
        lines.append(shortened(line(subject, price.words), LINE_CHARS))
    return lines


def _title(operations: Mapping[str, Operation], operation_id: str) -> str:
    operation = operations.get(operation_id)
    return operation_id if operation is None else harmless(shortened(tr(operation.title), MODEL_CHARS))


def _model(operation: Operation | None, model: str) -> str | None:
    name = model if operation is None or not model else model_name(operation, model)
    return harmless(shortened(name, MODEL_CHARS)) if model else None


@on(CHOOSE)
async def choose_priced(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    """Open the form for an operation's price, or offer other operations."""
    await require_moderator(interaction)
    if not values:
        raise InputError(GONE)
    shown, _, following = subject.partition(".")
    number = number_in(shown)
    if values[0] == MORE:
        await show_page(interaction, await prices_page(interaction, number, number_in(following)))
        return
    bot = interaction.client
    operation = bot.catalogue.resolve(values[0])
    prices = await use(bot, Prices).all(guild_of(interaction))

    async def shows(sent: Interaction, said: str) -> None:
        await show_page(sent, await prices_page(sent, number), said)

    await in_time(interaction.response.send_modal(PriceForm(bot, operation, prices, shows)))


@on(DOWNLOAD)
async def download_prices(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await defer(interaction, ephemeral=True, thinking=True)
    prices = await use(interaction, Prices).all(guild_of(interaction))
    file = discord.File(io.BytesIO(write_price_file(prices)), FILE_NAME)
    content = str(texts.PRICE_FILE_READY)
    await in_time(interaction.edit_original_response(content=content, attachments=[file]), UPLOAD_TIMEOUT_S)


@on(UPLOAD)
async def upload_prices(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Open the form for a price list file."""
    await require_moderator(interaction)
    await in_time(interaction.response.send_modal(PriceFileForm(interaction)))


class PriceFileForm(Form):
    """Takes the whole price list from a CSV file: all of it, or nothing."""

    def __init__(self, interaction: Interaction) -> None:
        super().__init__(interaction.client, title=str(texts.PRICE_FILE_FORM), name="price_file")
        self._upload: discord.ui.FileUpload[Any] = discord.ui.FileUpload(required=True, max_values=1)
        label, hint = str(texts.PRICE_FILE), str(texts.PRICE_FILE_HINT)
        self.add_item(discord.ui.Label(text=label, description=hint, component=self._upload))

    async def answer(self, interaction: Interaction) -> None:
        """Replace the list, if the sender is still a moderator."""
        await require_moderator(interaction)
        [file] = self._upload.values
        await defer(interaction)
        text = await text_of_file(file, at_most=FILE_BYTES_MAX)
        change = await use(interaction, PriceChanges).replace(
            guild_of(interaction), text, interaction.client.catalogue, by_id=interaction.user.id
        )
        await show_page(interaction, await prices_page(interaction), DONE(change=change))
