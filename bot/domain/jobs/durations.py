"""How long jobs of one kind take, learned from polls. Pure.

A life table: for each age bucket, how many jobs were observed in it and how many ended. Running jobs count up to their
age, so that quick ones do not bias a burst. Recent observations weigh most, and surprising ones discount the past: a
model may have become faster.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any, TypeAlias, TypeVar

Made = TypeVar("Made")
Kind: TypeAlias = tuple[str, str, str]
"""Operation, model and other common factors; '' for all."""

BUCKETS = 80
BUCKET_BASE_S, BUCKET_GROWTH = 0.25, 1.15
EDGES_S = (0.0, *(BUCKET_BASE_S * BUCKET_GROWTH**bucket for bucket in range(BUCKETS)))
"""Bucket edges: each age is 15 % above the last, up to about five hours."""
MEMORY_JOBS = 250.0
"""About how many recent jobs count per age."""
PRIOR_JOBS = 3.0
"""How many real jobs a prior is worth."""
PRIOR_SPREAD = ((0.5, 0.1), (0.7, 0.2), (1.0, 0.4), (1.4, 0.2), (2.0, 0.1))
"""The prior: multiples of a median, and their shares of jobs."""
UNKNOWN_JOBS = 0.1
"""Assumed jobs that may end at any age, however much was learned."""
TRACE_JOBS = 0.05
"""The same for displayed durations: it matters only at ages that no job has reached."""
CHANGE_SHARE = 0.005
"""Assumed share of jobs after which durations change."""
DOUBT_MAX = 0.75
"""Above this probability the past is discounted to its shape."""
_ANY_S = 4 * EDGES_S[-1] / EDGES_S[1]
FORGOTTEN_JOBS = 2.0
"""How many jobs the past counts for then."""
SMOOTHED = 2
"""Smoothing passes: a bucket is narrower than a few jobs can resolve."""
NARROWEST = 0.01
MOST_DONE = 1 - 1e-6
"""No displayed age has a larger share done."""
HISTORY_MAX = 1e6

PRIOR_MEDIAN_S = {
    "image": 10.0,
    "video": 90.0,
    "audio": 25.0,
    "prompt": 4.0,
    "finish": 60.0,
    "sora": 150.0,
    "3d": 180.0,
}
PRIOR_DEFAULT_S = 60.0


class Durations:
    """Durations of one kind of job, in seconds."""

    __slots__ = ("_derived", "doubt", "ended", "is_guess", "watched")

    def __init__(self, ended: Sequence[float] | None = None, watched: Sequence[float] | None = None) -> None:
        self.ended = list(ended or [0.0] * BUCKETS)
        """Jobs ended per bucket, discounted by age."""
        self.watched = list(watched or [0.0] * BUCKETS)
        """Jobs that passed each bucket; ending halfway counts half."""
        self.doubt = CHANGE_SHARE
        """Probability that durations have changed."""
        self.is_guess = False
        """Whether no job has ended yet: it is a prior."""
        self._derived: dict[Callable[[Durations], Any], Any] = {}

    @classmethod
    def prior(cls, workflow: str) -> Durations:
        made, median_s = cls(), PRIOR_MEDIAN_S.get(workflow, PRIOR_DEFAULT_S)
        for factor, share in PRIOR_SPREAD:
            made._add(median_s * factor, PRIOR_JOBS * share)
        made.is_guess = True
        return made

    def borrowed(self) -> Durations:
        """Return a copy as the prior of a narrower kind."""
        made = Durations(self.ended, self.watched)
        made.is_guess = self.is_guess
        made._weigh_at_most(PRIOR_JOBS)
        return made

    @classmethod
    def from_json(cls, text: str) -> Durations | None:
        """Parse `to_json`; None for anything else."""
        try:
            data = json.loads(text)
        except ValueError:
            return None
        if not isinstance(data, dict) or data.keys() != {"ended", "watched"}:
            return None
        ended, watched = data["ended"], data["watched"]
        return cls(ended, watched) if _is_history(ended) and _is_history(watched) else None

    def to_json(self) -> str:
        """Return the counts, rounded to a thousandth."""
        data = {name: [round(count, 3) for count in getattr(self, name)] for name in ("ended", "watched")}
        return json.dumps(data, separators=(",", ":"))

    def note_running(self, since_s: float, age_s: float) -> None:
        """Learn that a job, last seen at age `since_s`, is not done at `age_s`."""
        for bucket, share in _through(since_s, age_s):
            self._watch(bucket, share, 0.0)

    def note_done(self, since_s: float, age_s: float) -> None:
        """Learn that a job ended between `since_s`, noted as running before, and `age_s`."""
        age_s = min(max(age_s, BUCKET_BASE_S / 2), EDGES_S[-1])
        since_s = min(since_s, age_s * (1 - NARROWEST))
        self._doubt_what_is_known(since_s, age_s)
        self._end_between(since_s, age_s)
        self.is_guess = False
        self._derived.clear()

    def _doubt_what_is_known(self, since_s: float, age_s: float) -> None:
        """Update the probability of a change after a job ended between two ages.

        One outlier raises doubt; the next job lowers or confirms it.
        """
        as_before = (1 - self.doubt) * (self.share_done(age_s) - self.share_done(since_s))
        changed = self.doubt * min(1.0, math.log(age_s / max(since_s, BUCKET_BASE_S / 4)) / math.log(_ANY_S))
        self.doubt = max(CHANGE_SHARE, changed / (as_before + changed))
        if self.doubt > DOUBT_MAX:
            self._weigh_at_most(FORGOTTEN_JOBS)
            self.doubt = CHANGE_SHARE

    def weight(self) -> float:
        """Return about how many jobs it rests on."""
        return max(self.watched)

    def _end_between(self, since_s: float, age_s: float) -> None:
        """Split one job over the buckets between two ages, by the known distribution."""
        rates, alive, parts = self.rates(), 1.0, []
        for bucket, share in _through(since_s, age_s):
            left = alive * math.exp(-rates[bucket] * share)
            parts.append((bucket, share, alive, left))
            alive = left
        total = 1 - alive
        for bucket, share, before, after in parts:
            done = (before - after) / total
            still = (after - alive) / total
            self._watch(bucket, share * (still + done / 2), done)

    def _add(self, seconds: float, weight: float) -> None:
        parts = list(_through(0.0, seconds))
        for bucket, share in parts:
            self.watched[bucket] += weight * share
        self.ended[parts[-1][0]] += weight

    def _watch(self, bucket: int, share: float, done: float) -> None:
        kept = 1 - share / MEMORY_JOBS
        self.watched[bucket] = self.watched[bucket] * kept + share
        self.ended[bucket] = self.ended[bucket] * kept + done

    def _weigh_at_most(self, jobs: float) -> None:
        """Keep the shape, but reduce its weight to so many jobs."""
        kept = min(1.0, jobs / max(self.weight(), jobs))
        self.ended = [count * kept for count in self.ended]
        self.watched = [count * kept for count in self.watched]
        self._derived.clear()

    def derived(self, make: Callable[[Durations], Made]) -> Made:
        """Return `make` of it, cached until another job ends."""
        if make not in self._derived:
            self._derived[make] = make(self)
        made: Made = self._derived[make]
        return made

    def rates(self) -> list[float]:
        """Return the rate of jobs ending per bucket, which may exceed 1."""
        return self.derived(_rates)

    def hazards(self) -> list[float]:
        """Return the sum of earlier rates per edge: the share not done is e to its negative."""
        return self.derived(_hazards)

    def share_done(self, age_s: float) -> float:
        return 1 - math.exp(-between(EDGES_S, self.hazards(), age_s))

    def quantile(self, share: float, *, beyond_s: float = 0.0) -> float:
        """Return the age at which `share` of the jobs still running at `beyond_s` are done."""
        hazard = between(EDGES_S, self.hazards(), beyond_s) - math.log1p(-min(share, MOST_DONE))
        return max(beyond_s, between(self.hazards(), EDGES_S, hazard))

    def seen_done_by(self, share: float) -> float:
        """Return the age at which `share` of the ended jobs were done, ignoring hanging ones."""
        done = list(accumulate(self.ended))
        return EDGES_S[min(bisect_left(done, share * done[-1]) + 1, BUCKETS)]


class DurationsByKind:
    """Durations per kind. A job's `kinds` go from the narrowest to the widest.

    A wider kind is the prior of a narrower one without jobs.
    """

    def __init__(self, *, most: int) -> None:
        self.known: dict[Kind, Durations] = {}
        self._priors: dict[str, Durations] = {}
        """By workflow; immutable, so that derived values are computed once."""
        self._most = most

    def of(self, kinds: Sequence[Kind], workflow: str) -> Durations:
        """Return the narrowest known kind's durations, else the workflow's prior."""
        for kind in kinds:
            if kind in self.known:
                return self.known[kind]
        if workflow not in self._priors:
            self._priors[workflow] = Durations.prior(workflow)
        return self._priors[workflow]

    def note_running(self, kinds: Sequence[Kind], workflow: str, *, since_s: float, age_s: float) -> None:
        """Learn that a job, last seen at age `since_s`, is not done at `age_s`."""
        for durations in self._each(kinds, workflow).values():
            durations.note_running(since_s, age_s)

    def note_done(self, kinds: Sequence[Kind], workflow: str, *, since_s: float, age_s: float) -> set[Kind]:
        """Learn that a job ended between two ages; return the updated kinds."""
        changed = self._each(kinds, workflow)
        for durations in changed.values():
            durations.note_done(since_s, age_s)
        return set(changed)

    def _each(self, kinds: Sequence[Kind], workflow: str) -> dict[Kind, Durations]:
        found, wider = {}, None
        for kind in reversed(kinds):
            durations = self.known.get(kind)
            if durations is None:
                if len(self.known) >= self._most:
                    continue
                durations = self.known[kind] = Durations.prior(workflow) if wider is None else wider.borrowed()
            found[kind] = wider = durations
        return found


def _rates(durations: Durations) -> list[float]:
    return _with_unknown(durations, UNKNOWN_JOBS + (durations.doubt - CHANGE_SHARE) * durations.weight())


def _hazards(durations: Durations) -> list[float]:
    return [0.0, *accumulate(_with_unknown(durations, TRACE_JOBS))]


def _with_unknown(durations: Durations, unknown_jobs: float) -> list[float]:
    """Return the rates with so many more jobs that may end at any age."""
    all_ended, all_watched = durations.derived(_smoothed_counts)
    unknown_ended = unknown_jobs * math.log(BUCKET_GROWTH)
    return [
        (ended + unknown_ended) / (watched + unknown_jobs)
        for ended, watched in zip(all_ended, all_watched, strict=True)
    ]


def _smoothed_counts(durations: Durations) -> tuple[list[float], list[float]]:
    return _smoothed(durations.ended), _smoothed(durations.watched)


def between(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """Return y at `x` by linear interpolation; the last line is extended."""
    right = min(max(bisect_left(xs, x), 1), len(xs) - 1)
    left_x, left_y = xs[right - 1], ys[right - 1]
    return left_y + (x - left_x) * (ys[right] - left_y) / (xs[right] - left_x)


def _through(since_s: float, age_s: float) -> Iterator[tuple[int, float]]:
    """Yield the buckets between two ages, with the covered share."""
    bucket = min(max(bisect_left(EDGES_S, since_s, 1) - 1, 0), BUCKETS - 1)
    while bucket < BUCKETS:
        low, high = EDGES_S[bucket], EDGES_S[bucket + 1]
        yield bucket, max(0.0, min(age_s, high) - max(since_s, low)) / (high - low)
        if age_s <= high:
            return
        bucket += 1


def _smoothed(counts: Sequence[float]) -> list[float]:
    for _ in range(SMOOTHED):
        before, after = [counts[0], *counts[:-1]], [*counts[1:], counts[-1]]
        counts = [(left + 2 * count + right) / 4 for left, count, right in zip(before, counts, after, strict=True)]
    return list(counts)


def _is_history(data: Any) -> bool:
    return (
        isinstance(data, list)
        and len(data) == BUCKETS
        and all(isinstance(count, int | float) and not isinstance(count, bool) for count in data)
        and all(0 <= count < HISTORY_MAX for count in data)
    )
