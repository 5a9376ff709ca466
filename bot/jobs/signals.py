"""Signals to whoever follows jobs, in this process or another: what members and moderators do matters to a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store.signals import Signals

if TYPE_CHECKING:
    from bot.jobs.worker import Worker

WAKE, CLAIM, HINT, DECIDED, RESUME = "wake", "claim", "hint", "decided", "resume"


class WorkerSignals:
    """Sends what `Worker` has methods for. The rows say the same: a lost signal costs a round of the worker's."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    def wake(self) -> None:
        """There is a new job, or one that may start, or may not start any more."""
        self._signals.send(WAKE)

    def claim(self) -> None:
        """There are jobs that nobody follows."""
        self._signals.send(CLAIM)

    def hint(self, job_id: str) -> None:
        """Somebody says that this job has changed."""
        self._signals.send(HINT, job_id)

    def decided(self, job_id: str) -> None:
        """Somebody has decided about a parked job."""
        self._signals.send(DECIDED, job_id)

    def resume(self, guild_id: int, slot: str | None = None) -> None:
        """What waits in the guild may try now. `slot` is that of a key which works, or works again; None: of none."""
        self._signals.send(RESUME, str(guild_id), slot or "")

    def reach(self, worker: Worker) -> None:
        """Have this process's worker do what any process signals."""
        self._signals.listen_to_gaps(worker.wake)
        self._signals.listen(WAKE, worker.wake)
        self._signals.listen(CLAIM, worker.claim_soon)
        self._signals.listen(HINT, worker.hint)
        self._signals.listen(DECIDED, worker.decided)
        self._signals.listen(RESUME, lambda guild_id, slot: worker.resume(int(guild_id), slot or None))
