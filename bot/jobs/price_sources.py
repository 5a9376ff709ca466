"""Which of several prices of a job counts: the tool's, the server's list's, the learned one. Pure; in credits."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bot.catalogue import Operation
from bot.catalogue.price_factors import model_word
from bot.domain.models import Estimate
from bot.domain.price_list import ListedPrice, PriceList
from bot.domain.price_model import PriceFactors

ListedPrices = Mapping[str, ListedPrice]
"""An operation's prices by model, as in a kind; '' is for all models."""


def highest(
    *, told: Decimal | None, listed: Decimal | None, learned: Decimal | None, trusts_list: bool
) -> Estimate | None:
    """Return the highest of the prices that are known, None without any.

    The highest, as a list or a tool that true costs have shown to be too low would guard nothing. Without `trusts_list`
    a price that only the list has is not known.
    """
    if told is None and learned is None and not trusts_list:
        return None
    found = [
        Estimate(credits=credits_, basis=basis)
        for credits_, basis in ((told, "estimate tool"), (listed, "price list"), (learned, "earlier jobs"))
        if credits_ is not None
    ]
    return max(found, key=lambda each: each.credits, default=None)


def by_model(prices: PriceList, operation: Operation) -> ListedPrices:
    """Return an operation's part of the server's price list."""
    return {
        model_word(operation, model) if model else "": price
        for (operation_id, model), price in prices.items()
        if operation_id == operation.id
    }


def listed_price(listed: ListedPrices, factors: PriceFactors) -> Decimal | None:
    """Return what the price list says of such a job, None where it says nothing or the length is not given."""
    line = listed_line(listed, factors)
    return None if line is None else line.of_job(factors)


def listed_line(listed: ListedPrices, factors: PriceFactors) -> ListedPrice | None:
    """Return the line of the list for such a job: of its model, else of all models of its operation."""
    return listed.get(factors.model, listed.get(""))
