"""Non-blocking standard error: a pipe's reader may have stopped reading.

Docker, systemd and a terminal stopped with Ctrl-S block writes once their buffer is full, and with them the event loop
and lock holders. So Python's output there is queued, and a thread waits for the reader.
"""

from __future__ import annotations

import atexit
import io
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import NoReturn, TextIO, cast

import structlog

WAITING_MAX_BYTES = 1024 * 1024
"""Buffer for a slow reader; excess is dropped and counted."""
FLUSH_S = 2.0
"""Timeout of a flush, and so of the exit."""

log = structlog.get_logger(__name__)


class QueuedOutput(io.TextIOBase):
    """A text stream on another's descriptor. Only `flush` waits, briefly."""

    encoding: str = "utf-8"
    errors: str | None = "backslashreplace"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding
        # A duplicate: a write into a stream's buffer would hold its lock, for which the interpreter's exit waits.
        self._descriptor = os.dup(stream.fileno())
        self._changed = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._unwritten = 0
        """The bytes waiting or being written."""
        self._is_stuck = False
        """Whether a flush has timed out since the last progress."""
        self._has_ended = False
        self.dropped = 0
        """The lines that were dropped so far."""
        threading.Thread(target=self._run, name="output", daemon=True).start()

    def write(self, text: str, /) -> int:
        """Queue the text, or drop it if the queue is full."""
        if self._has_ended:
            return len(text)
        written = text.encode(self.encoding, "backslashreplace")
        with self._changed:
            if self._unwritten + len(written) > WAITING_MAX_BYTES:
                self.dropped += text.count("\n")
            else:
                self._waiting.append(written)
                self._unwritten += len(written)
                self._changed.notify_all()
        return len(text)

    def flush(self) -> None:
        """Wait until all is written, FLUSH_S at most; not again before the reader has progressed."""
        if self._has_ended:
            return
        with self._changed:
            if not self._is_stuck:
                self._is_stuck = not self._changed.wait_for(lambda: self._unwritten == 0, FLUSH_S)

    def end(self) -> None:
        """Flush, then do nothing: the interpreter's exit may stop the thread while it holds the lock."""
        self.flush()
        self._has_ended = True
        with self._changed:
            self._changed.notify_all()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the stream's descriptor, on which writes may block."""
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def _run(self) -> None:
        reported = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._has_ended)
                lines = b"".join(self._waiting)
                self._waiting.clear()
            if not lines:
                os.close(self._descriptor)
                return
            is_written = self._write_out(lines)
            with self._changed:
                self._unwritten -= len(lines)
                self._is_stuck = False
                if not is_written:  # reader gone or disk full
                    self.dropped += lines.count(b"\n")
                self._changed.notify_all()
                dropped = self.dropped - reported if is_written else 0
            if dropped:
                reported += dropped
                log.warning("log.lines_dropped", lines=dropped)

    def _write_out(self, lines: bytes) -> bool:
        """Write, blocking; return whether it was possible."""
        try:
            while lines:
                lines = lines[os.write(self._descriptor, lines) :]
        except OSError:
            return False
        return True


def queue_standard_error() -> None:
    """Replace this process' standard error by a QueuedOutput, unless already replaced."""
    if isinstance(sys.stderr, io.TextIOWrapper) and sys.stderr is sys.__stderr__:
        queued = QueuedOutput(sys.stderr)
        sys.stderr = cast("TextIO", queued)
        atexit.register(queued.end)


def dropped_lines() -> int:
    return sys.stderr.dropped if isinstance(sys.stderr, QueuedOutput) else 0


def end_now(words: Callable[[], str], exit_code: int) -> NoReturn:
    """Exit at once, with this text on standard error if read within FLUSH_S."""

    def say() -> None:
        print(words(), file=sys.stderr, flush=True)  # noqa: T201 - the process' last words

    try:
        saying = threading.Thread(target=say, name="last-words", daemon=True)
        saying.start()
        saying.join(FLUSH_S)
    finally:
        os._exit(exit_code)
