"""What a job costs: one function of its fixed price, the estimate tool, the lists, and earlier costs. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from bot.domain import texts
from bot.domain.models import CREDIT_STEP, Estimate, credits_words

JOBS_READ = 20
"""The newest costs of a kind that are read: old ones drop out soon after a price change."""
EARLIER_JOBS = "earlier jobs"
HOSTS_LIST = "host's price list"
MOST = Decimal(999_999_999)
_EXACT_UP_TO = 15.0
"""Lengths that models offer as choices; beyond, sizes are rounded up to one digit: 20, 30, …, 100, 200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFactors:
    """What determines a job's price besides its operation."""

    kind: str = ""
    """Kinds with independent prices, as sorted words: `model=seedance2 resolution=1080p`."""
    size: float | None = None
    """Its length in seconds, or characters for speech; None if the input does not say."""
    outputs: int = 1

    @property
    def model(self) -> str:
        """The model in the kind, '' for none."""
        words = (word.partition("=") for word in self.kind.split())
        return next((value for name, _, value in words if name == "model"), "")

    @property
    def rounded(self) -> PriceFactors:
        """These with the size up to which jobs count as of one kind."""
        return self if self.size is None else replace(self, size=_rounded_up(self.size))


def _rounded_up(size: float) -> float:
    step = 1.0 if size <= _EXACT_UP_TO else 10.0 ** math.floor(math.log10(size))
    return math.ceil(round(size / step, 6)) * step


def price_of(
    *,
    fixed: Decimal | None = None,
    tool: Decimal | None = None,
    listed: Decimal | None = None,
    hosted: Decimal | None = None,
    seen: Sequence[Decimal] = (),
) -> Estimate | None:
    """Return a job's price in credits, None if unknown.

    The fixed one; else what the estimate tool says, else the server's list, else the host's; but no less than the
    highest of the last costs of its kind: a price below actual costs would guard nothing. Costs of 0 prove no price.
    """
    if fixed is not None:
        return Estimate(credits=fixed, basis="fixed")
    named = ((tool, "estimate tool"), (listed, "price list"), (hosted, HOSTS_LIST))
    first = next((Estimate(credits=each, basis=basis) for each, basis in named if each is not None), None)
    highest = max(seen, default=Decimal(0))
    if highest and (first is None or highest > first.credits):
        return Estimate(credits=highest, basis=EARLIER_JOBS)
    return first


class PriceUnit(StrEnum):
    """The unit of a listed price."""

    JOB = "job"
    """The whole job, regardless of length and results."""
    OUTPUT = "output"
    SECOND = "second"
    """Each second of each result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPrice:
    """Credits per unit."""

    credits: Decimal
    per: PriceUnit = PriceUnit.JOB

    def of_job(self, factors: PriceFactors) -> Decimal | None:
        """Return the job's cost in credits; None per second without a length."""
        match self.per:
            case PriceUnit.JOB:
                return self.credits
            case PriceUnit.OUTPUT:
                return min(self.credits * factors.outputs, MOST)
        if factors.size is None:
            return None
        exact = self.credits * Decimal(str(factors.size)) * factors.outputs
        return min(exact.quantize(CREDIT_STEP, rounding=ROUND_CEILING), MOST)

    @property
    def words(self) -> str:
        """The price with its unit: `12 credits`, `1.5 credits per second`."""
        return texts.price_per(credits_words(self.credits), "" if self.per is PriceUnit.JOB else self.per.value)


PriceList = Mapping[tuple[str, str], ListedPrice]
"""Prices by operation and model; model '' is the default."""
