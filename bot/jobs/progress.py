"""How far the worker is, for whoever watches it from outside."""

from __future__ import annotations

from dataclasses import dataclass


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
