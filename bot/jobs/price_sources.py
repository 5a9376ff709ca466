"""Which of several prices of a job counts: the tool's, the server's list's, the learned one. Pure; in credits."""

from __future__ import annotations

from decimal import Decimal

from bot.catalogue import Operation
from bot.catalogue.price_factors import model_word
from bot.domain.models import Estimate
from bot.domain.price_list import ListedPrice, PriceList
from bot.domain.price_model import PriceFactors


def highest(*, told: Decimal | None, listed: Decimal | None, learned: Decimal | None) -> Estimate | None:
    """Return the highest of the prices that are known, None without any.

    The highest, as a list or a tool that true costs have shown to be too low would guard nothing.
    """
    found = [
        Estimate(credits=credits_, basis=basis)
        for credits_, basis in ((told, "estimate tool"), (listed, "price list"), (learned, "earlier jobs"))
        if credits_ is not None
    ]
    return max(found, key=lambda each: each.credits, default=None)


def listed_price(prices: PriceList, operation: Operation, factors: PriceFactors) -> Decimal | None:
    """Return what the server's price list says of such a job, None where it says nothing or the length is not given."""
    line = listed_line(prices, operation, factors)
    return None if line is None else line.of_job(factors)


def listed_line(prices: PriceList, operation: Operation, factors: PriceFactors) -> ListedPrice | None:
    """Return the line of the list for such a job: of its model, else of all models of its operation."""
    if factors.model:
        for (operation_id, model), price in prices.items():
            if operation_id == operation.id and model and model_word(operation, model) == factors.model:
                return price
    return prices.get((operation.id, ""))
