"""The prices a server sees before spending: from its list, its jobs and the estimate tool.

Only `refresh` and `run_once` call the tool; completions use memory or the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from bot.account.api_keys import ApiKeys, UsableKey
from bot.catalogue import LiveCatalogue, Operation
from bot.domain.models import Estimate
from bot.domain.money.costs import CostSeen, PriceFactors, PriceList, PriceUnit, Shape, guessed_hold, known_hold, learn
from bot.domain.money.spend_request import DEFAULT_HOLD, ZERO
from bot.domain.server.guild_rules import Rules
from bot.errors import NoKey
from bot.prices.factors import learned_hold, model_word, price_factors
from bot.prices.pricing import HOSTS_LIST, HostPrices, ListedPrices, by_model, highest, listed_line, listed_price
from bot.prices.samples import ASKED_IN_AN_HOUR, AT_ONCE, TYPICAL_S, PriceSample, ToolPrice, ToolPrices, price_samples
from bot.store import PricedKind, Store

REFRESH_S: Final = 1.8
"""How long `/help` waits for the tool; later answers are shown next time."""
_RATE_STEP: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPrice:
    """The cost of a typical job of one kind on a server."""

    factors: PriceFactors
    estimate: Estimate
    rate: Decimal | None = None
    """Credits per unit of size, if priced so."""
    jobs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """A snapshot of a server's and key's prices, of all operations or one."""

    listed: Mapping[str, ListedPrices]
    costs: Mapping[str, Mapping[str, Sequence[CostSeen]]]
    estimated: Mapping[str, Sequence[ToolPrice]]
    default_models: Mapping[str, str]
    hosted: HostPrices = field(default_factory=HostPrices)
    trusts_list: bool = True
    """Whether a price from the list alone counts as known."""

    def estimate(self, operation: Operation, values: Mapping[str, Any]) -> Estimate | None:
        """Return the price of this input, None if unknown."""
        if operation.fixed_credits is not None:
            return Estimate(credits=operation.fixed_credits, basis="fixed")
        model = self.default_models.get(operation.id)
        if model is not None and not values.get("model") and any(each.name == "model" for each in operation.fields):
            values = {**values, "model": model}
        return self._of(operation, price_factors(operation, values))

    def guess(self, operation: Operation, values: Mapping[str, Any]) -> Decimal:
        """Return what is held for this input if its price is unknown, as intake does."""
        factors, kinds = price_factors(operation, values), self.costs.get(operation.id, {})
        seen = guessed_hold(factors, kinds.get(factors.kind, ()))
        listed = listed_price(self.listed.get(operation.id, {}), factors)
        highest_cost = max((each.credits for costs in kinds.values() for each in costs), default=DEFAULT_HOLD)
        return max(seen or highest_cost, listed or ZERO)

    def known(self, operation: Operation, model: str | None = None) -> list[KnownPrice]:
        """Return the known prices of typical jobs by kind, or by one model, cheapest first."""
        if operation.fixed_credits is not None:
            fixed = Estimate(credits=operation.fixed_credits, basis="fixed")
            return [KnownPrice(factors=PriceFactors(), estimate=fixed)]
        found = [
            self._learned(operation, KnownPrice(factors=factors, estimate=estimate))
            for factors in self._usual(operation, None if model is None else model_word(operation, model))
            if (estimate := self._of(operation, factors)) is not None
        ]
        return sorted(found, key=lambda each: (each.estimate.credits, each.factors.kind))

    def _of(self, operation: Operation, factors: PriceFactors) -> Estimate | None:
        estimated = (each.credits for each in self.estimated.get(operation.id, ()) if each.factors == factors)
        return highest(
            estimated=next(estimated, None),
            listed=listed_price(self.listed.get(operation.id, {}), factors),
            hosted=self.hosted.price(operation, factors),
            learned=learned_hold(factors, self.costs.get(operation.id, {})),
            trusts_list=self.trusts_list,
        )

    def _usual(self, operation: Operation, only: str | None) -> Iterable[PriceFactors]:
        """Return a typical job per kind: members' own, else the samples, else any of a listed model.

        `only` is one wanted model, as in a kind; None for all.
        """
        found = self._of_costs(self.costs.get(operation.id, {}), only)
        for estimated in self.estimated.get(operation.id, ()):
            found.setdefault(estimated.factors.kind, estimated.factors)
        found = {**self._of_costs(self.hosted.samples.get(operation.id, {}), only), **found}
        models = {each.model for each in found.values()}
        for word, price in {**self.hosted.of(operation), **self.listed.get(operation.id, {})}.items():
            kind, size = f"model={word}" if word else "", TYPICAL_S if price.per is PriceUnit.SECOND else None
            if word not in models:
                found.setdefault(kind, PriceFactors(kind=kind, size=size))
        return [each for each in found.values() if only in {None, each.model}]

    def _of_costs(self, costs_by_kind: Mapping[str, Sequence[CostSeen]], only: str | None) -> dict[str, PriceFactors]:
        found: dict[str, PriceFactors] = {}
        for kind, costs in costs_by_kind.items():
            if only not in {None, PriceFactors(kind=kind).model}:
                continue
            sizes = [each.size for each in costs if each.size is not None]
            usual = PriceFactors(kind=kind, size=statistics.median_low(sizes) if sizes else None)
            if known_hold(usual, costs) is not None:
                found[kind] = usual
        return found

    def _learned(self, operation: Operation, known: KnownPrice) -> KnownPrice:
        """Add the price per second, if priced so, and the number of earlier jobs."""
        lists = {"price list": self.listed.get(operation.id, {}), HOSTS_LIST: self.hosted.of(operation)}
        line = listed_line(lists.get(known.estimate.basis, {}), known.factors)
        if line is not None and line.per is PriceUnit.SECOND:
            return replace(known, rate=line.credits)
        if known.estimate.basis != "earlier jobs":
            return known
        costs = self.costs[operation.id][known.factors.kind]
        learned = learn([each for each in costs if (each.size is None) == (known.factors.size is None)])
        if learned is None or learned.shape is not Shape.BY_SIZE:
            return replace(known, jobs=len(costs))
        rate = Decimal(repr(round(learned.rate * learned.bound, 6))).quantize(_RATE_STEP, ROUND_CEILING)
        return replace(known, jobs=len(costs), rate=rate)


class PriceBooks:
    """Opens a server's price book, and asks the estimate tool for missing prices."""

    def __init__(
        self,
        store: Store,
        *,
        keys: ApiKeys,
        catalogue: LiveCatalogue,
        estimated: ToolPrices,
        hosted: HostPrices,
    ) -> None:
        self._store = store
        self._hosted = hosted
        self._keys = keys
        self._catalogue = catalogue
        self._estimated = estimated
        self._in_use: dict[int, None] = {}

    async def of(self, guild_id: int, operation: Operation | None = None) -> PriceBook:
        """Return the current prices, without waiting for requests; of one operation if given."""
        self._in_use[guild_id] = None
        listed = self._listed(await self._store.prices.all(guild_id))
        rules = await self._store.settings.get(guild_id)
        key = await self._key(guild_id)
        if key is None:
            return PriceBook(
                listed=listed, costs={}, estimated={}, default_models=rules.default_models, hosted=self._hosted
            )
        if rules.estimate_tool and not key.is_practice:
            self._estimated.expect()
        wanted = None if operation is None else operation.id
        return PriceBook(
            listed=listed,
            costs=self._by_operation(await self._store.true_costs.all(guild_id, key.id, operation=wanted)),
            estimated=self._estimated_of(key.slot(guild_id), self._samples(rules, operation)),
            default_models=rules.default_models,
            hosted=self._hosted,
            trusts_list=not key.is_limited,
        )

    async def is_complete(self, guild_id: int) -> bool:
        key = await self._key(guild_id)
        if key is None or key.refused or key.is_practice:
            return True
        rules = await self._store.settings.get(guild_id)
        return not self._estimated.unasked(key.slot(guild_id), self._samples(rules))

    async def refresh(self, guild_id: int, *, most: int = ASKED_IN_AN_HOUR) -> None:
        """Ask the tool for missing prices, for at most REFRESH_S."""
        key = await self._key(guild_id)
        if key is None or key.refused or key.is_practice:
            return
        samples = self._samples(await self._store.settings.get(guild_id))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REFRESH_S):
                await self._estimated.ask(guild_id, key, samples, most=most)

    async def run_once(self) -> None:
        """Ask a few questions for servers whose prices were read, in turn."""
        waiting: list[int] = []
        for guild_id in list(self._in_use):  # a copy: prices are read meanwhile
            if await self.is_complete(guild_id):
                del self._in_use[guild_id]
            else:
                waiting.append(guild_id)
        asked = waiting[:AT_ONCE]
        await asyncio.gather(*(self.refresh(guild_id, most=AT_ONCE) for guild_id in asked))
        for guild_id in asked:  # last: they may need more
            self._in_use[guild_id] = self._in_use.pop(guild_id)

    async def _key(self, guild_id: int) -> UsableKey | None:
        try:
            return await self._keys.for_guild(guild_id) if guild_id else None  # 0: a DM
        except NoKey:
            return None

    def _listed(self, prices: PriceList) -> Mapping[str, ListedPrices]:
        operations = self._catalogue.current.operations
        return {key: by_model(prices, operations[key]) for key in {key for key, _ in prices} & operations.keys()}

    def _samples(self, rules: Rules, operation: Operation | None = None) -> list[PriceSample]:
        if not rules.estimate_tool:
            return []
        wanted = self._catalogue.current.operations.values() if operation is None else (operation,)
        return [each for one in wanted for each in price_samples(one, rules.default_models.get(one.id, ""))]

    def _estimated_of(self, slot: str, samples: Iterable[PriceSample]) -> Mapping[str, Sequence[ToolPrice]]:
        found: dict[str, list[ToolPrice]] = {}
        for each in samples:
            if (credits_ := self._estimated.estimated(slot, each)) is not None:
                factors = price_factors(self._catalogue.current.operations[each.operation], each.input)
                estimated = ToolPrice(sample=each, factors=factors, credits=credits_)
                found.setdefault(each.operation, []).append(estimated)
        return found

    def _by_operation(
        self, costs: Mapping[PricedKind, Sequence[CostSeen]]
    ) -> Mapping[str, Mapping[str, Sequence[CostSeen]]]:
        found: dict[str, dict[str, Sequence[CostSeen]]] = {}
        for each, seen in costs.items():
            operation_id = self._catalogue.current.aliases.get(each.operation, each.operation)
            found.setdefault(operation_id, {})[each.kind] = seen
        return found
