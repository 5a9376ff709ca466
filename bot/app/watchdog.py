"""Ends a process in which nothing moves any more, so that its supervisor starts it again.

It is a thread: an event loop that hangs cannot watch itself.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable

from bot.errors import RESTART_MAY_HELP
from bot.jobs.progress import WorkerProgress
from bot.runtime.clock import Clock
from bot.runtime.output import end_now

STILL_S = 300.0
"""For how long nothing may move although something is due."""
CHECK_EVERY_S = 5.0


class Watchdog:
    """Watches the worker's progress.

    It stands still while its loop does not come back from a round when it should, or while a job waits for a slot alone
    and no turn ends. What waits for a slow server of its own is no reason to end the others' work.
    """

    def __init__(self, progress: Callable[[], WorkerProgress], clock: Clock, *, end: Callable[[], None]) -> None:
        self._progress = progress
        self._clock = clock
        self._end = end
        self._still_s = 0.0
        self._checked_at = clock.monotonic()
        self._turned = 0.0
        self._stopped = threading.Event()

    def start(self) -> None:
        """Watch until `stop`."""
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(CHECK_EVERY_S):
            if self.is_over():
                self._end()

    def is_over(self) -> bool:
        """Look once; return whether nothing has moved for too long."""
        now, progress = self._clock.monotonic(), self._progress()
        # A process that was stopped and continued (SIGSTOP) has not hung for as long as it was away.
        passed_s = min(now - self._checked_at, 2 * CHECK_EVERY_S)
        is_late = now > progress.next_beat
        is_stuck = progress.startable_at is not None and progress.turned == self._turned
        self._still_s = self._still_s + passed_s if is_late or is_stuck else 0.0
        self._checked_at, self._turned = now, progress.turned
        return self._still_s >= STILL_S


def end_process(sentence: object) -> None:
    """Say on standard error what has happened and where each thread is, and end: nobody needs to read it."""
    end_now(lambda: f"{sentence}\n{_where_threads_are()}", RESTART_MAY_HELP)


def _where_threads_are() -> str:
    # Not faulthandler: it writes to the descriptor itself, and lets no other thread run until that is read.
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"Thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()  # noqa: SLF001 - documented, and the only way
    )
