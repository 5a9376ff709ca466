"""Learned costs of a server's jobs by kind, shown next to its moderators' prices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bot.account.api_keys import ApiKeys
from bot.catalogue import Operation
from bot.domain import texts
from bot.domain.models import credits_text, credits_words
from bot.domain.money.costs import CostSeen, LearnedPrice, PriceFactors, PriceList, Shape, learn, learned_from_few
from bot.errors import NoKey
from bot.prices.factors import model_word, size_unit
from bot.store import Store

_RESULT = "output"
_ROUNDED_TO = Decimal("0.01")


def learned_words(price: LearnedPrice, unit: str) -> str:
    """Return a price as `5.2 credits per second, up to 12% more (9 jobs)`; `unit` is its size's unit."""
    match price.shape:
        case Shape.FIXED:
            words = credits_words(_rounded(price.rate))
        case Shape.BY_OUTPUT:
            words = texts.price_per(credits_words(_rounded(price.rate)), _RESULT)
        case Shape.BY_SIZE:
            words = texts.price_per(credits_words(_rounded(price.rate)), unit)
        case Shape.BASE_AND_SIZE:
            rate = texts.price_per(credits_text(_rounded(price.rate)), unit)
            words = texts.base_and_rate(credits_words(_rounded(price.base)), rate)
    return texts.learned(words, math.ceil(round((price.bound - 1) * 100, 6)) / 100, price.jobs)


def _rounded(amount: float) -> Decimal:
    """Round credits to cents, or below that to three significant digits."""
    exact = Decimal(repr(amount))
    step = _ROUNDED_TO if exact >= 1 else Decimal("0.001")
    return exact.quantize(step, rounding=ROUND_HALF_UP)


_MODEL = "model="


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedKind:
    """The learned price of a kind of job."""

    operation: str
    kind: str
    """As in PriceFactors."""
    price: LearnedPrice

    @property
    def model(self) -> str:
        """The model in the kind, '' for none."""
        return PriceFactors(kind=self.kind).model

    def words(self, operation: Operation) -> str:
        """Return the price with its other factors: `resolution=1080p: 12 credits per output (9 jobs)`."""
        rest = " ".join(word for word in self.kind.split() if not word.startswith(_MODEL))
        said = learned_words(self.price, size_unit(operation))
        return f"{rest}: {said}" if rest else said


@dataclass(frozen=True)
class LearnedPrices:
    """Learns from jobs paid with the server's current key only."""

    store: Store
    keys: ApiKeys

    async def of_guild(self, guild_id: int) -> list[LearnedKind]:
        """Return learned prices by kind, those with the most jobs first."""
        try:
            key = await self.keys.for_guild(guild_id)
        except NoKey:
            return []
        found = [
            LearnedKind(operation=each.operation, kind=each.kind, price=price)
            for each, costs in (await self.store.true_costs.all(guild_id, key.id)).items()
            for price in _learned(costs)
        ]
        return sorted(found, key=lambda each: (-each.price.jobs, each.operation, each.kind))


def beside(operation: Operation, model: str, found: Iterable[LearnedKind], prices: PriceList) -> Sequence[LearnedKind]:
    """Return learned prices next to a line of the price list; model '' is the general line."""
    of_operation = [each for each in found if each.operation == operation.id]
    if model:
        own = model_word(operation, model)
        return [each for each in of_operation if each.model == own]
    others = {model_word(operation, other) for name, other in prices if name == operation.id and other}
    return [each for each in of_operation if each.model not in others]


def _learned(costs: Sequence[CostSeen]) -> Iterable[LearnedPrice]:
    """Learn separately from costs with and without a length."""
    for has_size in (True, False):
        alike = [each for each in costs if (each.size is not None) == has_size]
        price = learn(alike) or learned_from_few(alike)
        if price is not None:
            yield price
