"""What the worker follows, what is due when, and in which lane."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bot.jobs.follow.lanes import Followed, Lane, LaneName, LaneSize, lane_of
from bot.runtime.clock import Clock

GATHER_S = 0.1
"""How long a new job may wait: of commands that come at once, all are answered before the first is submitted."""
SIZES: Mapping[LaneName, LaneSize] = {
    LaneName.SUBMIT: LaneSize(slots=64, most=160, per_server=8),
    LaneName.POLL: LaneSize(slots=64, most=160, per_server=8),
    LaneName.DELIVER: LaneSize(slots=64, most=160, per_server=2, per_card=1),
}
"""All together open fewer files and sockets than a process may by default (1,024)."""


class Agenda:
    """The followed jobs in their lanes, and when to claim more of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lanes = {name: Lane(SIZES[name]) for name in LaneName}
        self.jobs: dict[str, Followed] = {}
        """By job id. To be changed by the methods alone."""
        self.claim_due = 0.0
        """When to claim jobs that nobody follows, monotonic seconds."""
        self.changed = asyncio.Event()
        """Set when something is due sooner than the worker knew."""

    def put(self, followed: Followed) -> None:
        """Add a job, or note its new `due`, in the lane of its state."""
        self.jobs[followed.id] = followed
        self.lanes[lane_of(followed.state)].put(followed)

    def set_due(self, followed: Followed, wait_s: float = 0.0) -> None:
        """Let a job be due in `wait_s` seconds."""
        followed.due = self._clock.monotonic() + wait_s
        self.put(followed)

    def drop(self, job_id: str) -> None:
        """Forget a job."""
        followed = self.jobs.pop(job_id, None)
        if followed is not None:
            followed.entry = None

    def clear(self) -> None:
        """Forget all jobs. Turns under way hold their slots until they are done."""
        self.jobs.clear()
        for lane in self.lanes.values():
            lane.clear()

    def has(self, followed: Followed) -> bool:
        """Whether this very entry is still on it: the job may have been lost and claimed again."""
        return self.jobs.get(followed.id) is followed

    def claim_soon(self) -> None:
        """Let jobs be claimed soon: there is a new one."""
        self.claim_due = min(self.claim_due, self._clock.monotonic() + GATHER_S)
        self.changed.set()

    def next_at(self) -> float | None:
        """Return when to look for a turn again, monotonic seconds; None if no time brings one."""
        return min((at for lane in self.lanes.values() if (at := lane.next_at()) is not None), default=None)

    def take_due(self, name: LaneName, now: float) -> Followed | None:
        """Return the job of the lane whose turn begins at `now`, monotonic seconds, marked busy; None if none may."""
        followed = self.lanes[name].take_due(now)
        if followed is not None:
            followed.busy = True
        return followed

    def startable_at(self) -> float | None:
        """Return since when, monotonic seconds, a job is due that lacks a slot alone; None if there is none."""
        return min((at for lane in self.lanes.values() if (at := lane.startable_at()) is not None), default=None)

    def oldest_due_s(self) -> dict[LaneName, float]:
        """Return for how many seconds the job of each lane that was due first has waited for its turn."""
        now = self._clock.monotonic()
        return {name: lane.oldest_due_s(now) for name, lane in self.lanes.items()}

    def turns_last_minute(self) -> dict[LaneName, int]:
        """Return how many turns of each lane have ended in the last minute."""
        now = self._clock.monotonic()
        return {name: lane.turns_last_minute(now) for name, lane in self.lanes.items()}


@dataclass(frozen=True, slots=True)
class WorkerProgress:
    """What the watchdog reads, from a thread of its own. Times are monotonic seconds."""

    beat: float
    """When the loop last went round."""
    next_beat: float
    """When it will go round again at the latest."""
    turned: float
    """When a turn last ended."""
    startable_at: float | None
    """Since when a job was due then that lacked a free slot alone; None: there was none."""
