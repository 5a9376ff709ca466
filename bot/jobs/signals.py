"""Signals to the workers of all processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.fleet import Signals

if TYPE_CHECKING:
    from bot.jobs.worker import Worker

WAKE, CLAIM, HINT, DECIDED, RESUME = "wake", "claim", "hint", "decided", "resume"


@dataclass(frozen=True)
class WorkerSignals:
    """Sends signals that `Worker` has methods for. A lost one only costs a round: the rows say the same."""

    signals: Signals

    def wake(self) -> None:
        """Announce a job that is new, or may or may not start any more."""
        self.signals.send(WAKE)

    def claim(self) -> None:
        """Announce jobs without a lease."""
        self.signals.send(CLAIM)

    def hint(self, job_id: str) -> None:
        self.signals.send(HINT, job_id)

    def decided(self, job_id: str) -> None:
        """Announce a decision about a parked job."""
        self.signals.send(DECIDED, job_id)

    def resume(self, guild_id: int, slot: str | None = None) -> None:
        """Let the guild's waiting jobs try now. `slot` is the working key's; None: no key's."""
        self.signals.send(RESUME, str(guild_id), slot or "")

    def reach(self, worker: Worker) -> None:
        self.signals.listen_to_gaps(worker.wake)
        self.signals.listen(WAKE, worker.wake)
        self.signals.listen(CLAIM, worker.agenda.claim_soon)
        self.signals.listen(HINT, worker.hint)
        self.signals.listen(DECIDED, worker.decided)
        self.signals.listen(RESUME, lambda guild_id, slot: worker.resume(int(guild_id), slot or None))
