"""What the rest of the bot lets the worker know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from bot.jobs.worker import Worker

log = structlog.get_logger(__name__)

WAKE, CLAIM, HINT, DECIDED, RESUME = "wake", "claim", "hint", "decided", "resume"


class WorkerSignals:
    """Calls the worker by name. A lost call only costs a round: the rows say the same."""

    def __init__(self) -> None:
        self._calls: dict[str, Callable[..., object]] = {}
        self.tell: Callable[..., None] = self.heard
        """Passes each call on: its name and words."""

    def wake(self) -> None:
        """Announce a job that is new, or may or may not start any more."""
        self.tell(WAKE)

    def claim(self) -> None:
        """Announce jobs that are not followed."""
        self.tell(CLAIM)

    def hint(self, job_id: str) -> None:
        self.tell(HINT, job_id)

    def decided(self, job_id: str) -> None:
        """Announce a decision about a parked job."""
        self.tell(DECIDED, job_id)

    def resume(self, guild_id: int, slot: str | None = None) -> None:
        """Let the guild's waiting jobs try now. `slot` is the working key's; None: no key's."""
        self.tell(RESUME, str(guild_id), slot or "")

    def reach(self, worker: Worker) -> None:
        self._calls = {
            WAKE: worker.wake,
            CLAIM: worker.agenda.claim_soon,
            HINT: worker.hint,
            DECIDED: worker.decided,
            RESUME: lambda guild_id, slot: worker.resume(int(guild_id), slot or None),
        }

    def heard(self, name: str, *words: str) -> None:
        """Call the worker, if there is one; never raises."""
        try:
            if (call := self._calls.get(name)) is not None:
                call(*words)
        except Exception:
            log.exception("worker.signal_failed", name=name)
