"""The followed jobs, by due time and lane."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

from bot.jobs.follow.lanes import REMOTE_STATES, Followed, Lane, LaneName, LaneSize, lane_of
from bot.runtime.clock import Clock

GATHER_S = 0.1
"""Delay for new jobs, so that simultaneous commands are answered before the first submission."""
HINT_PACE_S = 2.0
"""Minimum time between two polls of a job that hints ask for."""
SIZES: Mapping[LaneName, LaneSize] = {
    LaneName.SUBMIT: LaneSize(slots=64, most=160, per_server=8),
    LaneName.POLL: LaneSize(slots=64, most=160, per_server=8, least=8),
    LaneName.DELIVER: LaneSize(slots=64, most=160, per_server=2, per_card=1),
}
"""Together below the default limit of open files (1,024). Polls alone give way, as they fill the event loop: deliveries
wait for Discord's pace, and who came late would wait for their slots."""


class Agenda:
    """The followed jobs in their lanes, and when to claim more of them."""

    def __init__(self, clock: Clock, is_awaited: Callable[[], bool] = lambda: False) -> None:
        """`is_awaited` says whether a member waits for an answer."""
        self._clock = clock
        self._is_awaited = is_awaited
        self.lanes = {name: Lane(SIZES[name]) for name in LaneName}
        self.jobs: dict[str, Followed] = {}
        """By job id. Changed by the methods only."""
        self.open: Collection[LaneName] = tuple(LaneName)
        """The lanes in which turns begin."""
        self.claim_due = 0.0
        """When to claim free jobs, monotonic seconds."""
        self.changed = asyncio.Event()
        """Set when something is due sooner than the worker expects."""

    def put(self, followed: Followed) -> None:
        """Add a job, or note its new `due`, in the lane of its state."""
        self.jobs[followed.id] = followed
        self.lanes[lane_of(followed.state)].put(followed)

    def set_due(self, followed: Followed, wait_s: float = 0.0) -> None:
        """Make a job due in `wait_s` seconds."""
        followed.due = self._clock.monotonic() + wait_s
        self.put(followed)

    def hint(self, followed: Followed) -> None:
        """Poll a job soon; hints that come too soon share a poll."""
        if not followed.busy and followed.state not in REMOTE_STATES:
            return
        now = self._clock.monotonic()
        if followed.hint_due is None:
            followed.hint_due = max(now, followed.hint_served_at + HINT_PACE_S, followed.again_at(0.0))
        # While it is busy, the hint may precede the answer it is about: `hinted_wait_s` handles that.
        if not followed.busy and followed.due > followed.hint_due:
            self.set_due(followed, followed.hint_due - now)
            self.changed.set()

    def hinted_wait_s(self, followed: Followed, wait_s: float) -> float:
        """Return when the next turn is due after one that wants `wait_s`, given hints meanwhile."""
        if followed.hint_due is None:
            return wait_s
        if followed.state not in REMOTE_STATES:
            followed.hint_due = None
            return wait_s
        # A hint is a reason to poll, at any age, as soon as the API lets the request be polled.
        due = max(followed.hint_due, followed.again_at(0.0))
        return min(wait_s, max(0.0, due - self._clock.monotonic()))

    def drop(self, job_id: str) -> None:
        followed = self.jobs.pop(job_id, None)
        if followed is not None:
            followed.entry = None

    def clear(self) -> None:
        """Forget all jobs. Running turns keep their slots."""
        self.jobs.clear()
        for lane in self.lanes.values():
            lane.clear()

    def has(self, followed: Followed) -> bool:
        """Whether this very entry is still followed: the job may have been lost and claimed again."""
        return self.jobs.get(followed.id) is followed

    def claim_soon(self) -> None:
        """Claim soon: there is a new job."""
        self.claim_due = min(self.claim_due, self._clock.monotonic() + GATHER_S)
        self.changed.set()

    def next_at(self) -> float | None:
        """Return when a turn may be due, monotonic seconds; None if unknown."""
        return min((at for name in self.open if (at := self.lanes[name].next_at()) is not None), default=None)

    def take_due(self, name: LaneName, now: float) -> Followed | None:
        """Return the next due job of the lane, marked busy; None if nothing may start."""
        followed = self.lanes[name].take_due(now, is_awaited=self._is_awaited())
        if followed is not None:
            followed.busy = True
            if followed.hint_due is not None:  # the turn serves every hint until now
                followed.hint_due, followed.hint_served_at = None, self._clock.monotonic()
        return followed

    def oldest_due_s(self) -> dict[LaneName, float]:
        now = self._clock.monotonic()
        return {name: lane.oldest_due_s(now) for name, lane in self.lanes.items()}

    def turns_last_minute(self) -> dict[LaneName, int]:
        now = self._clock.monotonic()
        return {name: lane.turns_last_minute(now) for name, lane in self.lanes.items()}
