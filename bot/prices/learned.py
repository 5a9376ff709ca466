"""What a server's jobs have cost by kind, shown next to its moderators' prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.account.api_keys import ApiKeys
from bot.catalogue import Operation
from bot.domain import texts
from bot.domain.money.costs import PriceFactors, PriceList
from bot.errors import NoKey
from bot.prices.factors import model_word
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedKind:
    """The highest of the last costs of a kind, in credits."""

    operation: str
    factors: PriceFactors
    credits: Decimal
    jobs: int

    @property
    def words(self) -> str:
        """The price with its other factors: `resolution=1080p size=5: 12 credits (9 jobs)`."""
        rest = [word for word in self.factors.kind.split() if not word.startswith("model=")]
        rest += [f"size={self.factors.size:g}"] if self.factors.size is not None else []
        rest += [f"outputs={self.factors.outputs}"] if self.factors.outputs > 1 else []
        said = texts.LEARNED(price=self.credits, count=self.jobs)
        return f"{' '.join(rest)}: {said}" if rest else said


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
            LearnedKind(operation=operation_id, factors=factors, credits=max(seen), jobs=len(seen))
            for operation_id, costs in (await self.store.true_costs.all(guild_id, key.id)).items()
            for factors, seen in costs.items()
        ]
        return sorted(found, key=lambda each: (-each.jobs, each.operation, each.factors.kind))


def beside(operation: Operation, model: str, found: Iterable[LearnedKind], prices: PriceList) -> Sequence[LearnedKind]:
    """Return learned prices next to a line of the price list; model '' is the general line."""
    of_operation = [each for each in found if each.operation == operation.id]
    if model:
        own = model_word(operation, model)
        return [each for each in of_operation if each.factors.model == own]
    others = {model_word(operation, other) for name, other in prices if name == operation.id and other}
    return [each for each in of_operation if each.factors.model not in others]
