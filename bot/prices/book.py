"""The prices that members see before they spend: from lists, from jobs, and what the estimate tool has said.

Nothing here calls the tool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any, Final

from bot.account.api_keys import ApiKeys, UsableKey
from bot.catalogue import LiveCatalogue, Operation
from bot.domain.models import Estimate
from bot.domain.money.costs import PriceFactors, PriceList, PriceUnit, price_of
from bot.errors import NoKey
from bot.prices.estimates import EstimateTool
from bot.prices.factors import model_word, price_factors
from bot.prices.pricing import HostPrices, ListedPrices, by_model, guess_of, listed_price
from bot.store import CostsByKind, Store

TYPICAL_S: Final = 5.0
"""The length for which a price per second is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPrice:
    """What a job of one kind costs on a server."""

    factors: PriceFactors
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """A snapshot of a server's and key's prices, of all operations or one."""

    listed: Mapping[str, ListedPrices]
    costs: Mapping[str, CostsByKind]
    default_models: Mapping[str, str]
    estimated: Callable[[Operation, Mapping[str, Any]], Decimal | None] = lambda _operation, _values: None
    """What the estimate tool has said of an input."""
    hosted: HostPrices = field(default_factory=HostPrices)
    trusts_list: bool = True
    """Whether the server's list makes a price known."""

    def estimate(self, operation: Operation, values: Mapping[str, Any]) -> Estimate | None:
        """Return the price of this input, None if unknown."""
        model = self.default_models.get(operation.id)
        if model is not None and not values.get("model") and "model" in operation.names:
            values = {**values, "model": model}
        return self._of(operation, price_factors(operation, values), self.estimated(operation, values))

    def guess(self, operation: Operation) -> Decimal:
        """Return what is held for an input whose price is unknown, as intake does."""
        return guess_of(self.costs.get(operation.id, {}))

    def known(self, operation: Operation, model: str | None = None) -> list[KnownPrice]:
        """Return the known prices of usual jobs by kind, or by one model, cheapest first."""
        only = None if model is None else model_word(operation, model)
        found = [
            KnownPrice(factors=factors, estimate=estimate)
            for factors in self._usual(operation)
            if only in {None, factors.model} and (estimate := self._of(operation, factors)) is not None
        ]
        return sorted(found, key=lambda each: (each.estimate.credits, each.factors.kind))

    def _of(self, operation: Operation, factors: PriceFactors, tool: Decimal | None = None) -> Estimate | None:
        return price_of(
            fixed=operation.fixed_credits,
            tool=tool,
            listed=listed_price(self.listed.get(operation.id, {}), factors) if self.trusts_list else None,
            hosted=listed_price(self.hosted.of(operation), factors),
            seen=self.costs.get(operation.id, {}).get(factors.rounded, ()),
        )

    def _usual(self, operation: Operation) -> Iterable[PriceFactors]:
        """Return the kinds with one result that members had, else any of a listed model."""
        if operation.fixed_credits is not None:
            return [PriceFactors()]
        found = dict.fromkeys(each for each in self.costs.get(operation.id, {}) if each.outputs == 1)
        models = {each.model for each in found}
        for word, price in {**self.hosted.of(operation), **self.listed.get(operation.id, {})}.items():
            kind, size = f"model={word}" if word else "", TYPICAL_S if price.per is PriceUnit.SECOND else None
            if word not in models:
                found[PriceFactors(kind=kind, size=size)] = None
        return found


class PriceBooks:
    """Opens a server's price book."""

    def __init__(
        self, store: Store, *, keys: ApiKeys, catalogue: LiveCatalogue, tool: EstimateTool, hosted: HostPrices
    ) -> None:
        self._store = store
        self._hosted = hosted
        self._keys = keys
        self._catalogue = catalogue
        self._tool = tool

    async def of(self, guild_id: int, operation: Operation | None = None) -> PriceBook:
        """Return the current prices, without waiting for requests; of one operation if given."""
        rules = await self._store.settings.get(guild_id)
        book = PriceBook(
            listed=self._listed(await self._store.prices.all(guild_id)),
            costs={},
            default_models=rules.default_models,
            hosted=self._hosted,
        )
        key = await self._key(guild_id)
        if key is None:
            return book
        wanted = None if operation is None else operation.id
        return replace(
            book,
            costs=self._renamed(await self._store.true_costs.all(guild_id, key.id, operation=wanted)),
            estimated=partial(self._tool.cached, key.slot(guild_id)) if rules.estimate_tool else book.estimated,
            trusts_list=not key.is_limited,
        )

    async def _key(self, guild_id: int) -> UsableKey | None:
        try:
            return await self._keys.for_guild(guild_id) if guild_id else None  # 0: a DM
        except NoKey:
            return None

    def _listed(self, prices: PriceList) -> Mapping[str, ListedPrices]:
        operations = self._catalogue.current.operations
        return {key: by_model(prices, operations[key]) for key in {key for key, _ in prices} & operations.keys()}

    def _renamed(self, costs: Mapping[str, CostsByKind]) -> Mapping[str, CostsByKind]:
        aliases = self._catalogue.current.aliases
        return {aliases.get(operation_id, operation_id): found for operation_id, found in costs.items()}
