"""Keeps calls back that would fail as those before did: in an outage of the API one job tries, and the others rest."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.runtime.clock import Clock

JOBS_IN_A_ROW = 5
"""So many different jobs have to fail, and none in between to be answered, before the others rest. One that fails by
itself keeps nobody back, however often it does."""
FIRST_REST_S, LONGEST_REST_S = 10.0, 60.0
PROBE_S = 60.0
"""By when the job that tries has told how it went; else another one tries."""


@dataclass(slots=True)
class _Outage:
    jobs: set[str] = field(default_factory=set)
    """Those that have failed, up to as many as it takes."""
    prober: str | None = None
    """The job that tries."""
    rest_s: float = 0.0
    try_at: float = 0.0
    """When a job may try next, monotonic seconds."""

    @property
    def is_certain(self) -> bool:
        return len(self.jobs) >= JOBS_IN_A_ROW


class Breaker:
    """Knows the outages, each by the name of who suffers it. A failure is no answer or a 5xx, nothing else."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._outages: dict[str, _Outage] = {}

    def failed(self, name: str, job_id: str) -> None:
        """A call of this job was not answered. What was under way when an outage began does not prolong it."""
        outage = self._outages.setdefault(name, _Outage())
        if not outage.is_certain:
            outage.jobs.add(job_id)
        if outage.is_certain and (outage.rest_s == 0.0 or outage.prober == job_id):
            outage.prober = None
            outage.rest_s = min(max(FIRST_REST_S, 2 * outage.rest_s), LONGEST_REST_S)
            outage.try_at = self._clock.monotonic() + outage.rest_s

    def worked(self, name: str) -> None:
        """A call was answered, whatever the answer was."""
        self._outages.pop(name, None)

    def rest_s(self, name: str, job_id: str) -> float:
        """Return for how many seconds the job should rest; 0: it may call, and during an outage it is who tries."""
        outage = self._outages.get(name)
        if outage is None or not outage.is_certain:
            return 0.0
        now = self._clock.monotonic()
        if now < outage.try_at:
            return outage.try_at - now
        outage.prober, outage.try_at = job_id, now + PROBE_S
        return 0.0
