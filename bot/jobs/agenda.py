"""What the worker follows, and what is due when."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass

from bot.domain.models import Job, JobState
from bot.runtime.clock import Clock

REMOTE_STATES = frozenset({JobState.QUEUED, JobState.PROCESSING})
"""The states in which Cannon Studio works on a job."""
GATHER_S = 0.1
"""How long a new job may wait: of commands that come at once, all are answered before the first is submitted."""


@dataclass(slots=True)
class Followed:
    """A job this process follows. `due` is monotonic seconds."""

    job: Job
    due: float
    active_s: float
    """As the job's, but up to date: it is written now and then only."""
    answered_at: float | None = None
    """When the API answered the last poll, monotonic seconds; None if it failed, or if there was none."""
    is_watched: bool = False
    """Whether this process has submitted it and every poll since then was answered."""
    answers_to: str | None = None
    """The slot of the key with which the API knows the job, once a poll was answered."""
    attempted_at: float | None = None
    """When it was first submitted by this process, monotonic seconds."""
    denied_at: float | None = None
    """When the API denied the request last, if the poll before was denied too; monotonic seconds."""
    denials: int = 0
    """How often in a row it was denied."""
    blocked_at: float | None = None
    """When there was no key for it last, if there was none before; monotonic seconds."""
    failures: int = 0
    busy: bool = False
    hinted: bool = False
    """Whether a hint came while it was busy."""
    decided: bool = False
    """Whether a decision came while it was busy."""


class Agenda:
    """The followed jobs in a heap with lazy deletion, and when to claim more of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, str]] = []
        self.jobs: dict[str, Followed] = {}
        """By job id. To be changed by the methods alone."""
        self.claim_due = 0.0
        """When to claim jobs that nobody follows, monotonic seconds."""
        self.changed = asyncio.Event()
        """Set when something is due sooner than the worker knew."""

    def put(self, followed: Followed) -> None:
        """Add a job, or note its new `due`."""
        self.jobs[followed.job.id] = followed
        heapq.heappush(self._heap, (followed.due, followed.job.id))

    def set_due(self, followed: Followed, wait_s: float = 0.0) -> None:
        """Let a job be due in `wait_s` seconds."""
        followed.due = self._clock.monotonic() + wait_s
        self.put(followed)

    def drop(self, job_id: str) -> None:
        """Forget a job."""
        self.jobs.pop(job_id, None)

    def clear(self) -> None:
        """Forget all jobs."""
        self.jobs.clear()
        self._heap.clear()

    def has(self, followed: Followed) -> bool:
        """Whether this very entry is still on it: the job may have been lost and claimed again."""
        return self.jobs.get(followed.job.id) is followed

    def claim_soon(self) -> None:
        """Let jobs be claimed soon: there is a new one."""
        self.claim_due = min(self.claim_due, self._clock.monotonic() + GATHER_S)
        self.changed.set()

    def next_due(self) -> float | None:
        """Return when the next job is due, monotonic seconds, None if none is."""
        current = self._current()
        return None if current is None else current.due

    def take_due(self, now: float) -> Followed | None:
        """Return a job that is due at `now`, monotonic seconds, marked busy; None if none is."""
        current = self._current()
        if current is None or current.due > now:
            return None
        heapq.heappop(self._heap)
        current.busy = True
        return current

    def _current(self) -> Followed | None:
        while self._heap:
            due, job_id = self._heap[0]
            followed = self.jobs.get(job_id)
            if followed is not None and not followed.busy and followed.due == due:
                return followed
            heapq.heappop(self._heap)
        return None
