"""The bot's schedule of polls in virtual time: jobs as they come, and when each is seen to be done.

The schedule knows nothing at first but its guess; what it learns is what its own polls saw, and the API's times where
that is requested. What it is compared with is a fixed interval of the same lag: it is twice that lag.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.cannon import retry
from bot.cannon.budgets import Budget
from bot.domain.jobs.durations import DurationsByKind, Kind
from bot.domain.jobs.poll_schedule import least_wait_s, next_poll_s
from bot.errors import RateLimited
from bot.jobs.turns.key_waits import NEEDED_TIMES

SPREAD = 0.35
"""The sigma of the log-normal that durations are drawn from, as in the sandbox."""
WISH_S = 2.0
"""The API's sample says `poll_after_ms: 2000` when a job is accepted: that is for its whole life."""
NEEDED_S = NEEDED_TIMES * WISH_S
LATE_SHARE, LATE_S = 0.25, 2.0


@dataclass(frozen=True, slots=True)
class SimJob:
    at_s: float
    took_s: float
    kind: tuple[Kind, ...]
    workflow: str
    counts: bool = True
    """Whether it is measured; what came before only taught."""


@dataclass(frozen=True, slots=True)
class Seen:
    job: SimJob
    polls: int
    lag_s: float
    nearest: float
    """The shortest distance of two polls, of the wait that held then."""

    @property
    def lateness(self) -> float:
        """Its lag as a share of the longest that any may have."""
        return self.lag_s / (LATE_SHARE * self.job.took_s + LATE_S)


def run(
    jobs: Sequence[SimJob], rng: random.Random, *, reported: bool = False, wish_s: float | None = WISH_S
) -> list[Seen]:
    """Poll each job until it is done, in the order of time; return those that count."""
    learned, seen = DurationsByKind(most=500), []
    agenda: list[tuple[float, int, float, int]] = []

    def put(number: int, age_s: float, polls: int, wish_s: float | None) -> None:
        job = jobs[number]
        durations = learned.of(job.kind, job.workflow)
        age_s += next_poll_s(durations, age_s, poll_after_s=wish_s, jitter=rng.uniform(-1, 1))
        heapq.heappush(agenda, (job.at_s + age_s, number, age_s, polls + 1))

    last_seen_s, nearest = [0.0] * len(jobs), [math.inf] * len(jobs)
    coming = sorted(range(len(jobs)), key=lambda number: jobs[number].at_s, reverse=True)
    while coming or agenda:
        if coming and (not agenda or jobs[coming[-1]].at_s <= agenda[0][0]):
            put(coming.pop(), 0.0, 0, wish_s)
            continue
        _, number, age_s, polls = heapq.heappop(agenda)
        job, since_s = jobs[number], last_seen_s[number]
        nearest[number] = min(nearest[number], (age_s - since_s) / least_wait_s(wish_s, since_s))
        if age_s < job.took_s:
            learned.note_running(job.kind, job.workflow, since_s=since_s, age_s=age_s)
            last_seen_s[number] = age_s
            put(number, age_s, polls, wish_s)
            continue
        if job.counts:
            seen.append(Seen(job, polls, age_s - job.took_s, nearest[number]))
        if reported:
            learned.note_running(job.kind, job.workflow, since_s=since_s, age_s=job.took_s)
            since_s = age_s = job.took_s
        learned.note_done(job.kind, job.workflow, since_s=since_s, age_s=age_s)
    return seen


# ---------------------------------------------------------------------- workloads


def _lasting(median_s: float, rng: random.Random) -> float:
    return median_s * math.exp(rng.gauss(0, SPREAD))


def _kinds(operation: str, model: str, words: str = "") -> tuple[Kind, ...]:
    widest_last = [(operation, model, words), (operation, model, ""), (operation, "", "")]
    return tuple(dict.fromkeys(widest_last))


def _steady(median_s: float, workflow: str, rng: random.Random, *, jobs: int = 200, taught: int = 100) -> list[SimJob]:
    gap_s = median_s / 4
    return [
        SimJob(number * gap_s, _lasting(median_s, rng), _kinds(workflow, "one"), workflow, number >= taught)
        for number in range(taught + jobs)
    ]


def _burst(median_s: float, workflow: str, rng: random.Random, *, jobs: int = 200, taught: int = 100) -> list[SimJob]:
    before = _steady(median_s, workflow, rng, jobs=0, taught=taught)
    at_s = taught * median_s
    now = [SimJob(at_s, _lasting(median_s, rng), _kinds(workflow, "one"), workflow) for _ in range(jobs)]
    return before + now


def _cold(rng: random.Random) -> list[SimJob]:
    """Thirty jobs of each of six unused models."""
    return [
        SimJob(number * 20.0, _lasting(8.0, rng), _kinds("image", f"model {number % 6}"), "image")
        for number in range(180)
    ]


def _mixed(rng: random.Random) -> list[SimJob]:
    """One operation, two resolutions that take 5 s and 40 s."""
    made = []
    for number in range(400):
        median_s, name = rng.choice(((5.0, "1k"), (40.0, "4k")))
        kind = _kinds("image", "one", name)
        made.append(SimJob(number * 4.0, _lasting(median_s, rng), kind, "image", number >= 200))
    return made


def _heavy_tail(rng: random.Random) -> list[SimJob]:
    """Each tenth job takes from three to thirty times as long."""
    made = []
    for job in _steady(8.0, "image", rng):
        slower = 3 * 10 ** rng.random() if rng.random() < 0.1 else 1.0
        made.append(replace(job, took_s=job.took_s * slower))
    return made


def _ten_times_faster(median_s: float, workflow: str, rng: random.Random) -> list[SimJob]:
    """A quarter of the measured jobs take as long as before, the others a tenth of it."""
    before = _steady(median_s, workflow, rng, jobs=50)
    after = _steady(median_s / 10, workflow, rng, jobs=150, taught=0)
    gap_s = median_s / 4
    return [replace(job, at_s=number * gap_s) for number, job in enumerate(before + after)]


STEADY_IMAGE, STEADY_VIDEO, BURST_VIDEO = "image of 8 s", "video of 90 s", "burst of 200 videos"
FASTER = "ten times faster"
WORKLOADS: dict[str, Callable[[random.Random], list[SimJob]]] = {
    STEADY_IMAGE: lambda rng: _steady(8.0, "image", rng),
    "burst of 200 images": lambda rng: _burst(8.0, "image", rng),
    "burst of 200 images, nothing learned": lambda rng: _burst(8.0, "image", rng, taught=0),
    "six new models": _cold,
    "fast, 3 s": lambda rng: _steady(3.0, "image", rng),
    STEADY_VIDEO: lambda rng: _steady(90.0, "video", rng),
    BURST_VIDEO: lambda rng: _burst(90.0, "video", rng),
    f"{BURST_VIDEO}, nothing learned": lambda rng: _burst(90.0, "video", rng, taught=0),
    "two resolutions, 5 s and 40 s": _mixed,
    "heavy tail": _heavy_tail,
    FASTER: lambda rng: _ten_times_faster(90.0, "video", rng),
}
"""A change of pace is reported apart: no schedule sees the first job in time that polls seldom before."""


@dataclass(frozen=True, slots=True)
class Figures:
    polls: float
    """A job, on average."""
    lag_s: float
    fixed_polls: float
    lateness: float
    """The worst, as a share of what is allowed."""
    late: int
    jobs: int
    nearest: float


def measure(name: str, seeds: Sequence[int], *, reported: bool = False) -> Figures:
    """Run a workload once with each seed."""
    seen = [each for seed in seeds for each in _seen(name, seed, reported=reported)]
    lag_s = sum(each.lag_s for each in seen) / len(seen)
    return Figures(
        polls=sum(each.polls for each in seen) / len(seen),
        lag_s=lag_s,
        fixed_polls=sum(math.ceil(each.job.took_s / (2 * lag_s)) for each in seen) / len(seen),
        lateness=max(each.lateness for each in seen),
        late=sum(each.lateness > 1 for each in seen),
        jobs=len(seen),
        nearest=min(each.nearest for each in seen),
    )


def _seen(name: str, seed: int, *, reported: bool) -> list[Seen]:
    rng = random.Random(f"{seed} {name}")
    return run(WORKLOADS[name](rng), rng, reported=reported)


# ---------------------------------------------------------------------- a key that answers 429


@dataclass
class LimitedKey:
    """An API that answers 429 to more than so many calls of a key in any minute."""

    allowed: int
    calls: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def takes(self, now: float) -> bool:
        if sum(at > now - 60 for at in self.calls[-self.allowed :]) >= self.allowed:
            self.refused.append(now)
            return False
        self.calls.append(now)
        return True


@dataclass(frozen=True, slots=True)
class Limited:
    """How the jobs of a limited key ended."""

    ended: int
    most_of_budget: float
    """The most calls in a minute, of the highest budget that held in it."""
    refused_share: float
    """Calls that were answered 429, of all."""
    hours: float


def follow_with_budget(key: LimitedKey, *, jobs: int, median_s: float = 90.0, seed: int = 1) -> Limited:
    """Send and poll jobs that come at once, by the schedule and the key's budget, until all have ended."""
    rng, budget = random.Random(seed), Budget(0.0)
    durations = DurationsByKind(most=500).of(_kinds("video", "one"), "video")
    submitted: dict[int, float] = {}
    took = [_lasting(median_s, rng) for _ in range(jobs)]
    agenda = [(0.1 * number, number, 0) for number in range(jobs)]
    made: list[tuple[float, float]] = []
    heapq.heapify(agenda)
    ended, now, paused_until = 0, 0.0, 0.0
    while agenda:
        now, number, failures = heapq.heappop(agenda)
        if wait_s := max(0.0, paused_until - now) or budget.wait_s(f"{number}", now, NEEDED_S):
            heapq.heappush(agenda, (now + wait_s, number, failures))
            continue
        budget.note(now)
        made.append((now, budget.a_minute(now)))
        if not key.takes(now):
            budget.limited(now, now + 0.1)
            wait_s = retry.poll_again(failures + 1, RateLimited("", 429), rng.random()) or 1.0
            paused_until = now + max(wait_s, WISH_S)
            heapq.heappush(agenda, (paused_until, number, failures + 1))
            continue
        age_s = now - submitted.setdefault(number, now)
        if age_s >= took[number]:
            ended += 1
            continue
        wait_s = next_poll_s(durations, age_s, poll_after_s=WISH_S, jitter=rng.uniform(-1, 1))
        heapq.heappush(agenda, (now + wait_s, number, 0))
    return Limited(
        ended=ended,
        most_of_budget=_most_of_budget(made),
        refused_share=len(key.refused) / len(made),
        hours=now / 3600,
    )


def _most_of_budget(made: Sequence[tuple[float, float]]) -> float:
    """Return the most calls within a minute of a budget, as a share of its highest value in that minute."""
    most = 0.0
    limited = [(at, allowed) for at, allowed in made if allowed < math.inf]
    for number, (at, _) in enumerate(limited):
        within = [allowed for later, allowed in limited[number:] if later < at + 60]
        most = max(most, (len(within) - 1) / max(within))
    return most
