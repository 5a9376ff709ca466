"""Kinds of jobs that the sandbox prices by its price functions, and how well their holds cover what they cost."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.domain.money.costs import CostSeen, PriceFactors, known_hold
from bot.prices.factors import price_factors
from sandbox.studio.costs import PriceFunction, Tariff, by_output, by_resolution, by_second, fixed

Input = Mapping[str, Any]
CLIP_LENGTHS_S = (4, 5, 8, 10, 12, 15)
CATALOGUE = Catalogue()


@dataclass(frozen=True, kw_only=True)
class SampledKind:
    """An operation with its price, None for the sandbox's own, and what members ask of it."""

    name: str
    operation: str
    function: PriceFunction | None
    draw: Callable[[random.Random], Input]


KINDS = (
    SampledKind(
        name="fixed", operation="three_d.model.generate", function=fixed(40), draw=lambda _dice: {"prompt": "a chair"}
    ),
    SampledKind(
        name="by second", operation="video.generate", function=by_second(4.8),
        draw=lambda dice: {"model": "seedance2", "duration": dice.choice(CLIP_LENGTHS_S)},
    ),
    SampledKind(
        name="by second, any length", operation="subtitles.generate", function=by_second(0.5),
        draw=lambda dice: {"duration": round(dice.uniform(5, 120), 2)},
    ),
    SampledKind(
        name="by resolution", operation="image.generate",
        function=by_resolution({"1K": 12, "2K": 20, "4K": 28}, "1K"),
        draw=lambda dice: {"model": "gptimage2", "resolution": dice.choice(("1K", "2K", "4K"))},
    ),
    SampledKind(
        name="by output", operation="image.generate", function=by_output(12),
        draw=lambda dice: {"model": "seedream5", "num_images": dice.randint(1, 4)},
    ),
    SampledKind(
        name="a base and by character", operation="narration.generate", function=None,
        draw=lambda dice: {"text": "a" * dice.randint(40, 3000)},
    ),
)  # fmt: skip
NOISES = (0.0, 0.1, 0.2)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How the holds of a kind compare with what its jobs cost."""

    kind: str
    noise: float
    known: float
    """The share of jobs whose price was known."""
    covered: float
    """The share of those whose hold was at least their cost."""
    ratio: float
    """Their holds divided by their costs, on average."""


class SeenCosts:
    """True costs by operation and kind, newest first, as the store gives them."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], list[CostSeen]] = {}

    def of(self, operation: str, factors: PriceFactors) -> Sequence[CostSeen]:
        return self._seen.get((operation, factors.kind), [])

    def add(self, operation: str, factors: PriceFactors, cost: Decimal) -> None:
        seen = CostSeen(credits=cost, size=factors.size, outputs=factors.outputs)
        self._seen.setdefault((operation, factors.kind), []).insert(0, seen)


def figures(kind: SampledKind, noise: float, *, jobs: int = 10, trials: int = 200, seed: int = 0) -> Figures:
    """Return how the next hold of `kind` does after `jobs` jobs of its kind, in so many independent trials."""
    dice, tariff = random.Random(f"{seed}:{kind.name}"), Tariff(seed)
    usual = lambda given: float(Tariff().estimate(kind.operation, given))  # noqa: E731 - a price function
    tariff.set(kind.operation, kind.function or usual, noise=noise)
    operation = CATALOGUE.resolve(kind.operation)
    holds: list[tuple[Decimal, Decimal]] = []
    for _ in range(trials):
        given = kind.draw(dice)
        factors, ledger = price_factors(operation, given), SeenCosts()
        while len(seen := ledger.of(kind.operation, factors)) < jobs:
            earlier = kind.draw(dice)
            ledger.add(kind.operation, price_factors(operation, earlier), tariff.charge(kind.operation, earlier))
        hold = known_hold(factors, seen)
        if hold is not None:
            holds.append((hold, tariff.charge(kind.operation, given)))
    return Figures(
        kind=kind.name,
        noise=noise,
        known=len(holds) / trials,
        covered=sum(hold >= cost for hold, cost in holds) / len(holds),
        ratio=sum(float(hold / cost) for hold, cost in holds) / len(holds),
    )
