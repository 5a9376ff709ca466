"""Prices in words: of usual jobs, and of one with given options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import discord

from bot.catalogue import Operation
from bot.domain.models import Estimate, credits_of, credits_text, credits_words
from bot.domain.money.spend_request import DEFAULT_HOLD, ZERO, Consent, ShownPrice
from bot.errors import InputError
from bot.language import Text, plain_amount
from bot.prices.book import KnownPrice, PriceBook, PriceBooks
from bot.prices.factors import COUNTS, GRADES, LENGTHS, size_unit
from cogs.ui import texts
from cogs.ui.choices import CHOICE_CHARS
from cogs.ui.controls import items_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of
from cogs.ui.texts import PRICE_MARK, with_price


def usual_words(operation: Operation, known: KnownPrice) -> str:
    """Return a usual job's price."""
    amount, size = credits_words(known.estimate.credits), known.factors.size
    if known.estimate.basis == "fixed":
        return amount
    if size is not None:
        by = texts.price_for_seconds if size_unit(operation) == "second" else texts.price_for_characters
        return by(amount, size)
    return texts.ABOUT(price=amount)


def hint(operation: Operation, book: PriceBook, values: Mapping[str, Any], *, of_model: bool = False) -> str:
    """Return the price of a job with these values, '' if unknown.

    `of_model`: if the values are not enough, the usual price of their model.
    """
    found = book.estimate(operation, values)
    if found is not None:
        return exact(found)
    model = values.get("model")
    if not of_model or not isinstance(model, str):
        return ""
    return _usual(operation, book.known(operation, model))


def exact(estimate: Estimate) -> str:
    """Return a job's price: exact if fixed, else approximate."""
    words = credits_words(estimate.credits)
    return words if estimate.basis == "fixed" else texts.ABOUT(price=words)


def _usual(operation: Operation, known: Sequence[KnownPrice]) -> str:
    if not known:
        return ""
    low, high = known[0], known[-1]
    if low.factors == high.factors:
        return usual_words(operation, low)
    return from_to(low.estimate.credits, high.estimate.credits)


def from_to(low: Decimal, high: Decimal) -> str:
    return (
        texts.ABOUT(price=credits_words(low))
        if low == high
        else texts.FROM_TO(low=credits_text(low), high=credits_words(high))
    )


Offer = tuple[str, Any]

PRICED: Final = frozenset({"model", *GRADES, *LENGTHS, *COUNTS})
"""Fields that a price may depend on."""


async def with_prices(
    interaction: Interaction,
    operation_id: str,
    field: str,
    offered: Sequence[Offer],
    given: Mapping[str, object],
) -> list[Offer]:
    """Return a field's offers, each with its price if known.

    `given` are the other values so far, by wire name. Reads memory and the store; no network.
    """
    bot = interaction.client
    if field not in PRICED or not offered:
        return list(offered)
    guild_id = guild_of(interaction)
    try:
        operation = bot.catalogue.resolve(operation_id)
    except InputError:
        return list(offered)
    book = await use(bot, PriceBooks).of(guild_id, operation)
    values = _values(operation, given)
    shown = []
    for label, value in offered:
        price = hint(operation, book, {**values, field: value}, of_model=field == "model")
        shown.append((with_price(label, price, CHOICE_CHARS) if price else label, value))
    return shown


def _values(operation: Operation, given: Mapping[str, object]) -> dict[str, Any]:
    names = operation.names
    return {name: each for name, each in given.items() if name in names and isinstance(each, str | int | float)}


LABEL_CHARS = 80


def priced(label: Text | str, price: Decimal | None, shown_above: Decimal | None = None) -> str:
    """Return a label with its price in credits; without one if the price is unknown.

    Nor up to `shown_above`, what members may spend without confirmation; None: no such setting.
    """
    is_small = shown_above is not None and price is not None and price <= shown_above
    return str(label) if price is None or is_small else with_price(str(label), plain_amount(price), LABEL_CHARS)


def pressed(interaction: Interaction) -> Consent:
    """Return what a press accepts: the price on the button's label, if any; another one is confirmed first."""
    return Consent(pressed=True, labelled=_price_shown(interaction))


def _price_shown(interaction: Interaction) -> Decimal | None:
    """Return the price on the pressed button's label, in credits; None without one.

    It is read from the message as Discord sends it: only the bot writes there.
    """
    custom_id = None if interaction.data is None else interaction.data.get("custom_id")
    for item in items_of(interaction.message):
        if isinstance(item, discord.Button) and item.custom_id == custom_id and item.label is not None:
            _, mark, price = item.label.rpartition(PRICE_MARK)
            return _amount(price) if mark else None
    return None


def _amount(text: str) -> Decimal | None:
    """Parse an amount of `plain_amount` in any language."""
    try:
        return credits_of(text.replace(",", "."))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum of the known prices, in credits, and the number of jobs without one."""

    credits: Decimal
    unknown: int
    exact: bool
    """Whether all known prices are fixed."""
    guess: Decimal = ZERO
    """What is held for those without a price."""

    @property
    def most(self) -> Decimal:
        return self.credits + self.guess

    @property
    def price(self) -> Decimal | None:
        """The total; None if a price is unknown."""
        return None if self.unknown else self.credits

    @property
    def shown(self) -> ShownPrice:
        """The price as a request of these jobs shows it."""
        return ShownPrice(credits=self.most, known=not self.unknown)

    def on(self, label: Text | str) -> str:
        """Return a label with the total, or with the guess."""
        return texts.UNPRICED(label=str(label), guess=self.most) if self.unknown else priced(label, self.credits)

    def words(self) -> str:
        if not self.credits and self.unknown:
            return str(texts.PRICE_NOT_KNOWN)
        known = self._known()
        return texts.AND_UNKNOWN(known=known, count=self.unknown) if self.unknown else known

    def _known(self) -> str:
        amount = credits_words(self.credits)
        return amount if self.exact else texts.ABOUT(price=amount)


async def total_of(bot: Bot, guild_id: int, steps: Iterable[tuple[str, Mapping[str, Any]]]) -> Total:
    """Return the total price of these jobs on a server. Reads memory and the store; no network."""
    credits_, guess, unknown, exact = ZERO, ZERO, 0, True
    for operation_id, values in steps:
        operation = bot.catalogue.find(operation_id)
        book = None if operation is None else await use(bot, PriceBooks).of(guild_id, operation)
        found = None if operation is None or book is None else book.estimate(operation, values)
        if found is None:
            unknown += 1  # also of a retired operation
            guess += DEFAULT_HOLD if operation is None or book is None else book.guess(operation)
        else:
            credits_ += found.credits
            exact = exact and found.basis == "fixed"
    return Total(credits=credits_, unknown=unknown, exact=exact, guess=guess)
