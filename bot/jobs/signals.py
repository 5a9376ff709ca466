"""Signals to whoever follows jobs, in this process or another: what members and moderators do matters to a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.signals import Signals

if TYPE_CHECKING:
    from bot.jobs.worker import Worker

WAKE, CLAIM, HINT, DECIDED, RESUME = "wake", "claim", "hint", "decided", "resume"


@dataclass(frozen=True)
class WorkerSignals:
    """Sends what `Worker` has methods for. The rows say the same: a lost signal costs a round of the worker's."""

    signals: Signals

    def wake(self) -> None:
        """There is a new job, or one that may start, or may not start any more."""
        self.signals.send(WAKE)

    def claim(self) -> None:
        """There are jobs that nobody follows."""
        self.signals.send(CLAIM)

    def hint(self, job_id: str) -> None:
        """Somebody says that this job has changed."""
        self.signals.send(HINT, job_id)

    def decided(self, job_id: str) -> None:
        """Somebody has decided about a parked job."""
        self.signals.send(DECIDED, job_id)

    def resume(self, guild_id: int, slot: str | None = None) -> None:
        """What waits in the guild may try now. `slot` is that of a key which works, or works again; None: of none."""
        self.signals.send(RESUME, str(guild_id), slot or "")

    def reach(self, worker: Worker) -> None:
        """Have this process's worker do what any process signals."""
        self.signals.listen_to_gaps(worker.wake)
        self.signals.listen(WAKE, worker.wake)
        self.signals.listen(CLAIM, worker.claim_soon)
        self.signals.listen(HINT, worker.hint)
        self.signals.listen(DECIDED, worker.decided)
        self.signals.listen(RESUME, lambda guild_id, slot: worker.resume(int(guild_id), slot or None))
