"""Standard error without waiting: a pipe's reader may have stopped reading.

Docker, systemd and a terminal stopped with Ctrl-S block writes once their buffer is full, and with them the event loop
and lock holders. So lines are queued, and a thread waits for the reader.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from logging.handlers import QueueHandler, QueueListener
from typing import NoReturn

import structlog

LINES_MAX = 4000
"""Lines kept for a slow reader; excess is dropped and counted."""
FLUSH_S = 2.0
"""Timeout of a flush, and so of the exit: `logging.shutdown` flushes."""

log = structlog.get_logger(__name__)


class LineQueue(QueueHandler):
    """Formats records where they are logged, and has a thread write them to a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._lines: queue.Queue[logging.LogRecord] = queue.Queue(LINES_MAX)
        super().__init__(self._lines)
        self.descriptor = descriptor
        self.dropped = 0
        """The records that were dropped so far."""
        _Writer(self._lines, self).start()

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(record)
        except queue.Full:
            self.dropped += 1

    def flush(self) -> None:
        """Wait until all is written, FLUSH_S at most."""
        with self._lines.all_tasks_done:
            self._lines.all_tasks_done.wait_for(lambda: not self._lines.unfinished_tasks, FLUSH_S)


class _Writer(QueueListener):
    """Writes to the descriptor itself: the interpreter's exit waits for the locks of streams and handlers."""

    def __init__(self, lines: queue.Queue[logging.LogRecord], owner: LineQueue) -> None:
        super().__init__(lines)
        self._lines, self._owner = lines, owner
        self._reported = 0

    def handle(self, record: logging.LogRecord) -> None:
        rest = f"{record.msg}\n".encode(errors="backslashreplace")
        try:
            while rest:
                rest = rest[os.write(self._owner.descriptor, rest) :]
        except OSError:  # reader gone or disk full
            self._owner.dropped += 1
            return
        dropped = self._owner.dropped - self._reported
        if dropped and self._lines.empty():  # a warning takes no other line's place
            self._reported += dropped
            log.warning("log.lines_dropped", lines=dropped)


def _queued() -> LineQueue | None:
    return next((each for each in logging.getLogger().handlers if isinstance(each, LineQueue)), None)


def dropped_lines() -> int:
    lines = _queued()
    return 0 if lines is None else lines.dropped


def say(text: str) -> None:
    """Print on standard error, after the log lines so far."""
    lines = _queued()
    if lines is None:
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - a command line's words
    else:
        lines.enqueue(logging.makeLogRecord({"msg": text}))


def end_now(words: Callable[[], str], exit_code: int) -> NoReturn:
    """Exit at once, with this text on standard error if read within FLUSH_S."""

    def last_words() -> None:
        say(words())
        if (lines := _queued()) is not None:
            lines.flush()

    try:
        saying = threading.Thread(target=last_words, name="last-words", daemon=True)
        saying.start()
        saying.join(FLUSH_S)
    finally:
        os._exit(exit_code)
