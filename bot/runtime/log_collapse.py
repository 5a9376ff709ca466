"""Collapses the complaints that a library repeats, such as asyncio's when no connection can be accepted any more.

Of lines that differ at most in their values, one a minute is written; the next that is written says how many were not.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

COLLAPSED = frozenset({"asyncio", "aiohttp.server"})
"""The loggers of libraries that complain once for each connection, and so as often as a stranger wants."""
WINDOW_S = 60.0
KINDS_MAX = 100

_Kind = tuple[str, int, str, str]
_OTHER: _Kind = ("", 0, "", "")
_VALUE = re.compile(r"0x[0-9a-f]+|\d+")


@dataclass(slots=True)
class _Window:
    """A minute that began with a written line; `left_out` are those that followed.

    It keeps no record: one holds its traceback, and with that all that the code had in hand.
    """

    began_at: float
    logger: str
    level: int
    first_line: str
    left_out: int = 0


class LogCollapse:
    """Decides which records are written. Not a filter, since one record may release what is to be said of others."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._windows: dict[_Kind, _Window] = {}

    def let_through(self, record: logging.LogRecord) -> list[logging.LogRecord]:
        """Return what to write when `record` comes: first what was left out in minutes that are over, then `record`."""
        now = self._monotonic()
        written = self._ended(now)
        if record.name not in COLLAPSED:
            return [*written, record]
        kind = _kind(record)
        if kind not in self._windows and len(self._windows) >= KINDS_MAX:
            kind = _OTHER
        if kind in self._windows:
            self._windows[kind].left_out += 1
            return written
        first_line, _, _ = record.getMessage().partition("\n")
        self._windows[kind] = _Window(now, record.name, record.levelno, first_line)
        return [*written, record]

    def _ended(self, now: float) -> list[logging.LogRecord]:
        over = [kind for kind, window in self._windows.items() if now - window.began_at >= WINDOW_S]
        windows = [self._windows.pop(kind) for kind in over]
        return [_summary(window) for window in windows if window.left_out]


def _kind(record: logging.LogRecord) -> _Kind:
    """Return what lines have in common that say the same: logger, level, first line without values, and the place."""
    first_line, _, _ = str(record.msg).partition("\n")
    error, place = (record.exc_info[1], _place(record.exc_info[2])) if record.exc_info else (None, "")
    return record.name, record.levelno, _VALUE.sub("#", first_line), f"{type(error).__name__} {place}"


def _place(trace: TracebackType | None) -> str:
    """Return the line of code that raised."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def _summary(window: _Window) -> logging.LogRecord:
    """Return the line that stands for those that were left out."""
    values = (window.first_line, window.left_out, WINDOW_S)
    return logging.LogRecord(
        window.logger, window.level, __file__, 0, "%s (%d more like it in %d seconds)", values, None
    )
