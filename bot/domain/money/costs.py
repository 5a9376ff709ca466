"""Job costs learned from actual costs, with spread. Pure.

Four price shapes: fixed, per output, per size (a second, a character) and output, or a base plus size. The simplest
that fits about as well as the best wins. The hold is that price times a factor that 9 of 10 jobs stay within. Too few
costs for a shape bracket a price: the hold is the bracket's upper end.
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

JOBS_TO_FIT = 3
"""How many actual costs show the shape and the spread of a price."""
SIBLINGS_TO_AGREE = 2
"""How many equal costs of jobs on the same card outweigh all earlier ones."""
JOBS_READ = 20
"""The newest costs read: old ones drop out soon after a price change."""
COVERED = 0.9
_T_90 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.44, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356, 1.35, 1.345, 1.341, 1.337,
         1.333, 1.33, 1.328)  # fmt: skip
"""Student's t by degrees of freedom from 1: 9 of 10 draws are below."""
_VARIED = 1.25
"""Ratio of longest to shortest above which a price by size differs from a fixed one."""
_REACH = 2.0
"""How far outside the seen sizes a price counts as known, as a factor."""
_REACH_UNVARIED = 1.1
"""The same if all seen sizes are alike."""
_AS_GOOD, _AS_GOOD_AT_LEAST = 1.3, 0.02
"""Extra spread, relative and absolute, that a simpler shape may have."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSeen:
    """An earlier job's actual cost in credits, with its factors."""

    credits: Decimal
    size: float | None = None
    outputs: int = 1


class Shape(StrEnum):
    """What a price depends on."""

    FIXED = "fixed"
    BY_OUTPUT = "by output"
    BY_SIZE = "by size"
    BASE_AND_SIZE = "base and size"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedPrice:
    """A learned price: `base` and `rate` in credits, `rate` per result or unit of size."""

    shape: Shape
    base: float
    rate: float
    bound: float
    """The factor that 9 of 10 costs stay within."""
    jobs: int
    step: Decimal
    """Granularity of the costs: 1 for whole credits."""
    shortest: float | None
    longest: float | None
    """Sizes seen, None without sizes."""

    def expected(self, size: float | None, outputs: int) -> float:
        """Return the average cost in credits, even outside the known sizes."""
        return self.base * outputs + self.rate * _units(self.shape, size, outputs)

    def hold(self, size: float | None, outputs: int) -> Decimal | None:
        """Return the credits that 9 of 10 such jobs stay within; None if unknown."""
        if size is None or self.longest is None or self.shortest is None:
            return _rounded(self.expected(size, outputs) * self.bound, self.step)
        reach = _REACH if self.longest >= self.shortest * _VARIED else _REACH_UNVARIED
        if size > self.longest * reach:
            return None
        # Short jobs may cost more than their share: there may be a minimum price.
        return _rounded(self.expected(max(size, self.shortest / reach), outputs) * self.bound, self.step)


def known_hold(factors: PriceFactors, seen: Sequence[CostSeen], siblings: Sequence[CostSeen] = ()) -> Decimal | None:
    """Return the hold of a job; None if the costs of its kind do not suffice.

    `siblings` are costs on the same card: two that agree are a better sample than all others.
    """
    beside = [each.credits for each in siblings if _is_same(each, factors)]
    if len(beside) >= SIBLINGS_TO_AGREE and len(set(beside)) == 1:
        return beside[0]
    alike = _alike(factors, seen)
    same = [each for each in alike if _is_same(each, factors)]
    if len(same) >= JOBS_TO_FIT and len({each.credits for each in same}) == 1:
        alike = same
    price = learn(alike)
    hold = None if price is None else price.hold(factors.size, factors.outputs)
    return _upper_bracket(factors, alike) if hold is None else hold


def _upper_bracket(factors: PriceFactors, alike: Sequence[CostSeen]) -> Decimal | None:
    """Return the cost of the next larger jobs; None without, or if all are larger by far.

    Assumes that a larger job costs no less, and n results no more than n times one. Costs of 0 alone prove no price.
    """
    size, outputs = factors.size or 1.0, factors.outputs
    points: dict[tuple[float, int], Decimal] = {}
    for each in alike:
        point = (each.size or 1.0, each.outputs)
        points[point] = max(each.credits, points.get(point, each.credits))
    is_bracketed = any(length <= size for length, _ in points)
    reach = math.inf if is_bracketed else size * _REACH
    above = [
        float(cost) * max(1.0, size / length) * max(1.0, outputs / count)
        for (length, count), cost in points.items()
        if size / _REACH_UNVARIED <= length <= reach
    ]
    if not above:
        return None
    below = [float(cost) for (length, count), cost in points.items() if length <= size and count <= outputs]
    return _rounded(max(min(above), *below, 0.0), _step(alike)) or None


def guessed_hold(factors: PriceFactors, seen: Sequence[CostSeen]) -> Decimal | None:
    """Return a high guess for an unknown price; None without costs of its kind."""
    found = []
    for each in _alike(factors, seen):
        longer = 1.0 if factors.size is None or not each.size else max(1.0, factors.size / each.size)
        found.append(float(each.credits) * longer * max(1.0, factors.outputs / each.outputs))
    return _rounded(max(found), Decimal(1)) if found else None


def learn(seen: Sequence[CostSeen]) -> LearnedPrice | None:
    """Return the price shown by these costs; None if too few. All have a size, or none."""
    if len(seen) < JOBS_TO_FIT:
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
        step=_step(seen),
        shortest=min(sizes, default=None),
        longest=max(sizes, default=None),
    )


def learned_from_few(seen: Sequence[CostSeen]) -> LearnedPrice | None:
    """Return the price that too few costs for `learn` show of such jobs; None without any."""
    rate = max((float(each.credits) / each.outputs for each in seen), default=0.0)
    if not rate:
        return None
    sizes = [each.size for each in seen if each.size is not None]
    return LearnedPrice(
        shape=Shape.BY_OUTPUT,
        base=0.0,
        rate=rate,
        bound=1.0,
        jobs=len(seen),
        step=_step(seen),
        shortest=min(sizes, default=None),
        longest=max(sizes, default=None),
    )


def _step(seen: Sequence[CostSeen]) -> Decimal:
    """Return the granularity of costs: 1 for whole credits."""
    return Decimal(1) if all(each.credits == each.credits.to_integral_value() for each in seen) else CREDIT_STEP


def _alike(factors: PriceFactors, seen: Sequence[CostSeen]) -> list[CostSeen]:
    """Return the costs of jobs with a length if this one has one, else without."""
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
    """Actual cost divided by price, for each."""

    @property
    def spread(self) -> float:
        degrees = len(self.ratios) - self.parameters
        return math.sqrt(sum((each - 1) ** 2 for each in self.ratios) / degrees)


def _fits(seen: Sequence[CostSeen]) -> Iterator[_Fit]:
    """Return the costs' fit to each shape, the simplest first."""
    # If all had one result, assume that two cost twice as much.
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
    """Return the line through the costs of one result by size; None unless it rises from above 0.

    Least squares of relative errors.
    """
    if len(seen) <= JOBS_TO_FIT or len({each.size for each in seen}) < JOBS_TO_FIT:
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
    """Return the factor that 9 of 10 jobs stay within.

    The larger of a distribution-free bound (the k-th smallest of n, k = 0.9 (n + 1)) and the bound of a normal
    distribution with the mean and spread of n jobs.
    """
    jobs = len(fit.ratios)
    counted = sorted(fit.ratios)[min(jobs, math.ceil(COVERED * (jobs + 1))) - 1]
    t = _T_90[min(jobs - fit.parameters, len(_T_90)) - 1]
    return max(counted, 1 + t * fit.spread * math.sqrt(1 + 1 / jobs))


def _rounded(amount: float, step: Decimal) -> Decimal:
    """Round up to the step, ignoring floating-point excess."""
    return (Decimal(repr(round(amount, 6))) / step).to_integral_value(ROUND_CEILING) * step


MOST = Decimal(999_999_999)


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
