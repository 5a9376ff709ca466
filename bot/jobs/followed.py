"""A job as the worker follows it: what is needed to find its turn, and what only this process knows of it.

A bot may wait for 100,000 jobs, so a waiting one is small: its row is read when its turn comes (`job_rows`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.domain.models import Job, JobState

REMOTE_STATES = frozenset({JobState.QUEUED, JobState.PROCESSING})
"""The states in which Cannon Studio works on a job."""

Entry = tuple[float, int, "Followed"]
"""When a job is due, monotonic seconds, and a number that no other entry of its lane has."""


Value = TypeVar("Value")


class _Rare(Generic[Value]):
    """An attribute of `Followed` that most have at its default: it takes no memory there."""

    def __init__(self, default: Value) -> None:
        self._default = default
        self._name = ""

    def __set_name__(self, _owner: type[Followed], name: str) -> None:
        self._name = name

    def __get__(self, followed: Followed, _owner: type[Followed]) -> Value:
        rare = followed.rare
        if rare is None:
            return self._default
        value: Value = rare.get(self._name, self._default)
        return value

    def __set__(self, followed: Followed, value: Value) -> None:
        if value != self._default:
            if followed.rare is None:
                followed.rare = {}
            followed.rare[self._name] = value
        elif followed.rare is not None:
            followed.rare.pop(self._name, None)
            followed.rare = followed.rare or None


@dataclass(slots=True, eq=False)
class Followed:
    """A job this process follows. `due` is monotonic seconds."""

    id: str
    guild_id: int
    card_id: str
    """'' while the row is not read, but for a result that is to be posted: its lane counts by it."""
    state: JobState
    due: float
    active_s: float
    """As the job's, but up to date: it is written now and then only."""
    row: Job | None = None
    """None while it waits and many others have had a turn since."""
    entry: Entry | None = None
    """Its place in a lane. Any other entry that names it is an old one."""
    answered_at: float | None = None
    """When the API answered the last poll, monotonic seconds; None if it failed, or if there was none."""
    is_watched: bool = False
    """Whether this process has submitted it and every poll since then was answered."""
    answers_to: str | None = None
    """The slot of the key with which the API knows the job, once a poll was answered."""
    rare: dict[str, Any] | None = None
    """What the attributes below are, where that is not their default."""

    is_overdue = _Rare[bool](False)
    busy = _Rare[bool](False)
    attempted_at = _Rare[float | None](None)
    """When it was first submitted by this process, monotonic seconds."""
    denied_at = _Rare[float | None](None)
    """When the API denied the request last, if the poll before was denied too; monotonic seconds."""
    denials = _Rare[int](0)
    """How often in a row it was denied."""
    blocked_at = _Rare[float | None](None)
    """When there was no key for it last, if there was none before; monotonic seconds."""
    posting_failed_at = _Rare[float | None](None)
    """When its posting failed last, if nothing else happened since; monotonic seconds."""
    failures = _Rare[int](0)
    trouble = _Rare[str]("")
    """What came of its last call, if it failed: the same again is not stored again."""
    hint_due = _Rare[float | None](None)
    """When a hint wants it polled at the latest, monotonic seconds; None if no hint is unserved."""
    hint_served_at = _Rare[float](-math.inf)
    """When a turn began that served a hint, monotonic seconds."""
    decided = _Rare[bool](False)
    """Whether a decision came while it was busy."""

    @property
    def job(self) -> Job:
        """The job as this process knows it, during its turn at least."""
        if self.row is None:
            raise LookupError(f"the row of job {self.id} is not read")
        return self.row

    @job.setter
    def job(self, job: Job) -> None:
        self.row, self.card_id = job, job.card_id
        self.state, self.is_overdue = job.state, job.overdue_at is not None

    def forget_row(self) -> None:
        """Let go of the row until the next turn."""
        self.row = None
        if self.state is not JobState.READY:
            self.card_id = ""
