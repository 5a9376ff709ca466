"""When to poll a job again, and when it will probably be done. Pure.

For each (operation, model) a decayed histogram of past durations is kept. One poll, when the server wants it, tells
that work has begun; the next is at a low percentile, then polls follow at a constant interval of twice the wanted lag;
past the 99th percentile the interval grows. No wait is longer than the job's age. The server's own wish
(`poll_after_ms`, `Retry-After`) always wins. The same histogram gives the estimated time of arrival on the card.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

BUCKET_BASE_S = 0.25
BUCKET_GROWTH = 1.15
BUCKETS = 80
"""80 buckets of 15 % width reach from a quarter of a second to about five hours."""
DECAY = 0.97
"""Weight kept by older durations at each new one: about the last 30 count."""
PRIOR_WEIGHT = 2.0
"""How many real durations a guess from the kind of work is worth."""

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

FIRST_LOOK_S = 2.0
"""The API's sample says `poll_after_ms: 2000`."""
EARLY_QUANTILE = 0.07
"""Before this share of jobs is done, a second look is not worth its request."""
LAG_SHARE = 0.054
"""Wanted lag as a share of the median duration."""
LAG_MIN_S = 0.4
LAG_MAX_S = 4.0
TAIL_GROWTH = 1.3
INTERVAL_MAX_S = 60.0
AGE_MIN_S = 1.0
"""Below this age waits do not shrink any more."""
SLOW_WAITS_S = (3600.0, 6 * 3600.0, 24 * 3600.0)
"""How long to wait before the first, the second and every later poll of a job that takes unusually long."""
REMEMBERED_S = 7 * 24 * 3600.0
"""How long the API remembers a request after it was submitted."""
JITTER = 0.1
TOLD_SLACK_S, TOLD_SLACK_SHARE = 2.0, 0.1
"""By how much the API's own times may leave what was observed here, in seconds and as a share."""
FORGOTTEN_S = 2 * REMEMBERED_S
"""After this long no poll can find anything any more, whatever answers."""


def _bucket(seconds: float) -> int:
    if seconds <= BUCKET_BASE_S:
        return 0
    return min(BUCKETS - 1, 1 + int(math.log(seconds / BUCKET_BASE_S) / math.log(BUCKET_GROWTH)))


def _upper_s(bucket: int) -> float:
    return BUCKET_BASE_S * BUCKET_GROWTH**bucket


def _spread(median_s: float) -> list[float]:
    """Return the prior: weights around `median_s`, from half of it to twice it."""
    weights = [0.0] * BUCKETS
    shares = ((0.5, 0.1), (0.7, 0.2), (1.0, 0.4), (1.4, 0.2), (2.0, 0.1))
    for factor, share in shares:
        weights[_bucket(median_s * factor)] += PRIOR_WEIGHT * share
    return weights


@dataclass(slots=True)
class Durations:
    """How long jobs of one (operation, model) took, newest heaviest. Seconds throughout."""

    weights: list[float] = field(default_factory=lambda: [0.0] * BUCKETS)

    @classmethod
    def prior(cls, workflow: str) -> Durations:
        """Return what is assumed of a workflow before anything was learned."""
        return cls(_spread(PRIOR_MEDIAN_S.get(workflow, PRIOR_DEFAULT_S)))

    @classmethod
    def from_json(cls, text: str) -> Durations | None:
        """Read what `to_json` wrote; None for anything else."""
        try:
            weights = json.loads(text)
        except ValueError:
            return None
        if not isinstance(weights, list) or len(weights) != BUCKETS:
            return None
        if not all(isinstance(w, int | float) and not isinstance(w, bool) and 0 <= w < 1e9 for w in weights):
            return None
        return cls([float(w) for w in weights])

    def to_json(self) -> str:
        """Write the weights as a JSON list, rounded to a thousandth."""
        return json.dumps([round(w, 3) for w in self.weights], separators=(",", ":"))

    def add(self, seconds: float) -> None:
        """Learn that a job took `seconds`; nonsense (negative, not finite) is ignored."""
        if not math.isfinite(seconds) or seconds < 0:
            return
        self.weights = [w * DECAY for w in self.weights]
        self.weights[_bucket(seconds)] += 1.0

    def quantile(self, share: float, *, beyond_s: float = 0.0) -> float:
        """Return the duration below which `share` of those longer than `beyond_s` lie, in seconds."""
        start = _bucket(beyond_s) if beyond_s > 0 else 0
        total = sum(self.weights[start:])
        if total <= 0:
            return max(beyond_s * TAIL_GROWTH, _upper_s(start))
        return max(beyond_s, _upper_s(_walk(self.weights, start, total * share)))


def _walk(weights: Sequence[float], start: int, target: float) -> int:
    seen = 0.0
    for bucket in range(start, len(weights)):
        seen += weights[bucket]
        if seen >= target - 1e-9:
            return bucket
    return len(weights) - 1


def first_poll_s(durations: Durations, *, poll_after_s: float | None, jitter: float) -> float:
    """Return after how many seconds to look first: when the server says, or soon, to tell that work has begun.

    `jitter` is a random number from -1 to 1.
    """
    if poll_after_s is not None:
        return poll_after_s
    return min(FIRST_LOOK_S, durations.quantile(EARLY_QUANTILE)) * (1 + JITTER * jitter)


def next_poll_s(durations: Durations, age_s: float, *, poll_after_s: float | None, jitter: float) -> float:
    """Return after how many seconds to look again at a job that has run for `age_s`."""
    early = durations.quantile(EARLY_QUANTILE)
    lag = min(LAG_MAX_S, max(LAG_MIN_S, LAG_SHARE * durations.quantile(0.5)))
    interval = 2 * lag
    late = durations.quantile(0.99)
    if age_s > late:
        # Intervals that grow by TAIL_GROWTH sum to this line, so that no counter of polls has to be kept.
        interval += (TAIL_GROWTH - 1) * (age_s - late)
    # Never later than at twice the age: waits double while little is known, and a model that got faster is noticed.
    wait = min(max(early - age_s, min(INTERVAL_MAX_S, interval)), max(AGE_MIN_S, age_s))
    return max(wait * (1 + JITTER * jitter), poll_after_s or 0.0)


def slow_wait_s(polls: int, *, jitter: float = 0.0) -> float:
    """Return after how many seconds to poll next what takes unusually long, after so many slow `polls`."""
    return SLOW_WAITS_S[min(polls, len(SLOW_WAITS_S) - 1)] * (1 + JITTER * jitter)


def recheck_at(now: float, submitted_at: float | None, polls: int) -> float | None:
    """Return when to poll next a job that ended without its result, in Unix seconds; None for never again.

    `polls` is how many of these polls were answered. The API remembers a request for seven days.
    """
    at = now + slow_wait_s(polls)
    since = now if submitted_at is None else submitted_at
    return at if at - since <= REMEMBERED_S else None


def observed_s(told_s: float | None, last_seen_s: float | None, seen_done_s: float) -> float | None:
    """Return how long a job took, in seconds; None if that is not known well enough to be learned.

    The work was not done at the age `last_seen_s` (None: it was not watched from its start) and done at `seen_done_s`.
    `told_s` is what the API's own times say: believed if it fits.
    """
    earliest = last_seen_s or 0.0
    if told_s is not None:
        slack_s = max(TOLD_SLACK_S, TOLD_SLACK_SHARE * seen_done_s)
        if max(earliest - slack_s, 0.0) <= told_s <= seen_done_s + slack_s:
            return told_s
    middle = (earliest + seen_done_s) / 2
    return middle if last_seen_s is not None and seen_done_s - earliest <= middle else None


def remaining_s(durations: Durations, age_s: float) -> float:
    """Return how many seconds more a job of `age_s` probably needs: the median of those that took longer."""
    return max(1.0, durations.quantile(0.5, beyond_s=age_s) - age_s)


def deadline_s(durations: Durations) -> float:
    """Return the age past which a job takes unusually long: ten times the 99th percentile, 30 minutes to 6 hours."""
    return min(6 * 3600.0, max(1800.0, 10 * durations.quantile(0.99)))
