"""What a kind of job costs, learned from true costs, with its spread. Pure.

A price has one of four shapes: fixed, by output, by size (a second, a character) and output, or a base and by size. The
simplest that explains the costs about as well as the best one counts. What is held is that price times a factor that
nine of ten jobs stay within.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from operator import mul

from bot.domain import texts
from bot.domain.models import CREDIT_STEP, credits_words

JOBS_TO_KNOW = 3
"""From how many true costs on a price is known."""
JOBS_READ = 20
"""How many true costs are read, the newest: after a change of the price, the old ones are soon gone."""
COVERED = 0.9
_T_90 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.44, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356, 1.35, 1.345, 1.341, 1.337,
         1.333, 1.33, 1.328)  # fmt: skip
"""Student's t by degrees of freedom, from 1 on: nine of ten draws are below."""
_VARIED = 1.25
"""How much longer the longest must be than the shortest, for a price by size to be told from a fixed one."""
_REACH = 2.0
"""How many times longer than the longest seen, or shorter than the shortest, a job may be for its price to be known."""
_REACH_UNVARIED = 1.1
"""The same, where all that were seen are about as long."""
_AS_GOOD, _AS_GOOD_AT_LEAST = 1.3, 0.02
"""How much more spread, relative and absolute, a simpler shape may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFactors:
    """What makes the price of a job, in addition to its operation."""

    kind: str = ""
    """What makes prices that do not follow from each other, as sorted words: `model=seedance2 resolution=1080p`."""
    size: float | None = None
    """How long it is, in seconds, or in characters for speech; None where its input does not say."""
    outputs: int = 1
    """How many results it is to have."""

    @property
    def model(self) -> str:
        """The model in the kind, '' for none."""
        words = (word.partition("=") for word in self.kind.split())
        return next((value for name, _, value in words if name == "model"), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSeen:
    """The true cost of an earlier job, in credits, with what made it."""

    credits: Decimal
    size: float | None = None
    outputs: int = 1


class Shape(StrEnum):
    """What a price grows with."""

    FIXED = "fixed"
    BY_OUTPUT = "by output"
    BY_SIZE = "by size"
    BASE_AND_SIZE = "base and size"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedPrice:
    """A price as earlier jobs show it: `base` and `rate` in credits, `rate` by result or by unit of size."""

    shape: Shape
    base: float
    rate: float
    bound: float
    """The factor that nine of ten true costs stay within."""
    jobs: int
    """How many true costs it rests on."""
    step: Decimal
    """In which steps those come: 1 where all are whole credits."""
    shortest: float | None
    longest: float | None
    """The sizes seen, None where inputs do not say any."""

    def expected(self, size: float | None, outputs: int) -> float:
        """Return what a job costs on average, in credits, whether or not a price for that size is known."""
        return self.base * outputs + self.rate * _units(self.shape, size, outputs)

    def hold(self, size: float | None, outputs: int) -> Decimal | None:
        """Return the credits that nine of ten jobs of this size stay within; None where that is not known."""
        if size is None or self.longest is None or self.shortest is None:
            return _rounded(self.expected(size, outputs) * self.bound, self.step)
        reach = _REACH if self.longest >= self.shortest * _VARIED else _REACH_UNVARIED
        if size > self.longest * reach:
            return None
        # A very short job may cost more than its share: there may be a least price.
        return _rounded(self.expected(max(size, self.shortest / reach), outputs) * self.bound, self.step)


def known_hold(factors: PriceFactors, seen: Sequence[CostSeen]) -> Decimal | None:
    """Return what to hold for a job; None if the costs of earlier jobs of its kind do not tell enough."""
    alike = _alike(factors, seen)
    same = [each for each in alike if _is_same(each, factors)]
    if len(same) >= JOBS_TO_KNOW and len({each.credits for each in same}) == 1:
        alike = same
    price = learn(alike)
    return None if price is None else price.hold(factors.size, factors.outputs)


def guessed_hold(factors: PriceFactors, seen: Sequence[CostSeen]) -> Decimal | None:
    """Return a guess for a job whose price is not known, on the high side: None without any cost of its kind."""
    found = []
    for each in _alike(factors, seen):
        longer = 1.0 if factors.size is None or not each.size else max(1.0, factors.size / each.size)
        found.append(float(each.credits) * longer * max(1.0, factors.outputs / each.outputs))
    return _rounded(max(found), Decimal(1)) if found else None


def learn(seen: Sequence[CostSeen]) -> LearnedPrice | None:
    """Return the price that these costs show; None if they are too few. All have a size, or none has one."""
    if len(seen) < JOBS_TO_KNOW:
        return None
    fits = list(_fits(seen))
    best = min(fit.spread for fit in fits)
    fit = next(fit for fit in fits if fit.spread <= max(best * _AS_GOOD, best + _AS_GOOD_AT_LEAST))
    sizes = [each.size for each in seen if each.size is not None]
    return LearnedPrice(
        shape=fit.shape,
        base=fit.base,
        rate=fit.rate,
        bound=_bound(fit),
        jobs=len(seen),
        step=Decimal(1) if all(each.credits == each.credits.to_integral_value() for each in seen) else CREDIT_STEP,
        shortest=min(sizes, default=None),
        longest=max(sizes, default=None),
    )


def _alike(factors: PriceFactors, seen: Sequence[CostSeen]) -> list[CostSeen]:
    """Return the costs of those jobs that say how long they are, if this one does; else of those that do not."""
    return [each for each in seen if (each.size is None) == (factors.size is None)]


def _is_same(seen: CostSeen, factors: PriceFactors) -> bool:
    return seen.outputs == factors.outputs and (seen.size or 0.0) == (factors.size or 0.0)


@dataclass(frozen=True, slots=True)
class _Fit:
    shape: Shape
    base: float
    rate: float
    parameters: int
    ratios: Sequence[float]
    """Each true cost divided by what the price says."""

    @property
    def spread(self) -> float:
        degrees = len(self.ratios) - self.parameters
        return math.sqrt(sum((each - 1) ** 2 for each in self.ratios) / degrees)


def _fits(seen: Sequence[CostSeen]) -> Iterator[_Fit]:
    """Return the costs as each shape explains them, the simplest first."""
    # Where all had one result, that two cost twice as much is the safe assumption.
    if len({each.outputs for each in seen}) > 1:
        yield _proportional(Shape.FIXED, seen)
    yield _proportional(Shape.BY_OUTPUT, seen)
    sizes = [each.size for each in seen if each.size]
    if len(sizes) < len(seen) or max(sizes) < min(sizes) * _VARIED:
        return
    yield _proportional(Shape.BY_SIZE, seen)
    if (fit := _with_base(seen)) is not None:
        yield fit


def _proportional(shape: Shape, seen: Sequence[CostSeen]) -> _Fit:
    rates = [float(each.credits) / _units(shape, each.size, each.outputs) for each in seen]
    rate = statistics.fmean(rates)
    return _Fit(shape, 0.0, rate, 1, [each / rate if rate else 1.0 for each in rates])


def _with_base(seen: Sequence[CostSeen]) -> _Fit | None:
    """Return the line through the costs of one result by size; None where there is none that rises from above 0.

    It is the line with the least squares of relative errors.
    """
    if len(seen) <= JOBS_TO_KNOW or len({each.size for each in seen}) < JOBS_TO_KNOW:
        return None
    points = [(each.size or 0.0, float(each.credits) / each.outputs) for each in seen if each.credits]
    if len(points) < len(seen):
        return None
    weights = [1 / cost**2 for _, cost in points]
    size, cost = (sum(map(mul, weights, values)) / sum(weights) for values in zip(*points, strict=True))
    above = sum(weight * (x - size) * (y - cost) for weight, (x, y) in zip(weights, points, strict=True))
    below = sum(weight * (x - size) ** 2 for weight, (x, _) in zip(weights, points, strict=True))
    rate = above / below
    base = cost - rate * size
    if rate <= 0 or base <= 0:
        return None
    return _Fit(Shape.BASE_AND_SIZE, base, rate, 2, [y / (base + rate * x) for x, y in points])


def _units(shape: Shape, size: float | None, outputs: int) -> float:
    match shape:
        case Shape.FIXED:
            return 1.0
        case Shape.BY_OUTPUT:
            return float(outputs)
    return (size or 0.0) * outputs


def _bound(fit: _Fit) -> float:
    """Return the factor that nine of ten jobs stay within.

    It is the larger of two: what nine of ten of those seen stayed within, counted so that it holds for the next one
    whatever the distribution (the k-th smallest of n, k = 0.9 (n + 1)); and the bound of a normal distribution, of
    which n jobs have shown mean and spread.
    """
    jobs = len(fit.ratios)
    counted = sorted(fit.ratios)[min(jobs, math.ceil(COVERED * (jobs + 1))) - 1]
    t = _T_90[min(jobs - fit.parameters, len(_T_90)) - 1]
    return max(counted, 1 + t * fit.spread * math.sqrt(1 + 1 / jobs))


def _rounded(amount: float, step: Decimal) -> Decimal:
    """Return the amount rounded up to the step; an excess that only comes of computing is cut off."""
    return (Decimal(repr(round(amount, 6))) / step).to_integral_value(ROUND_CEILING) * step


MOST = Decimal(999_999_999)


class PriceUnit(StrEnum):
    """What a listed price is for."""

    JOB = "job"
    """The whole job, however long it is and however many results it has."""
    OUTPUT = "output"
    """Each result."""
    SECOND = "second"
    """Each second of each result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPrice:
    """A line of the list: credits for each unit."""

    credits: Decimal
    per: PriceUnit = PriceUnit.JOB

    def of_job(self, factors: PriceFactors) -> Decimal | None:
        """Return what the job costs by this line, in credits; None by the second where its length is not given."""
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
"""Prices by operation and model; model '' is for all models without a price of their own."""
