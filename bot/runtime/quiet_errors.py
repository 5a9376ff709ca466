"""Errors that come again and again: one traceback, then at most a line an hour that says how often."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType

from structlog.stdlib import BoundLogger

from bot.errors import DatabaseFailing
from bot.runtime.clock import Clock

HOUR_S = 3600.0
KINDS_KEPT = 1000


@dataclass(slots=True)
class _Seen:
    logged_at: float
    count: int = 0
    """How often it came since."""


class QuietErrors:
    """Knows what was logged of which subject. An error of another type or place is news."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], _Seen] = {}

    def note(self, log: BoundLogger, event: str, subject: str, error: BaseException, **facts: object) -> None:
        """Log that `error` has hit `subject`, unless that was said within the hour."""
        now, kind = self._clock.monotonic(), (f"{event} {subject}", _kind(error))
        seen = self._seen.get(kind)
        if seen is None:
            self._seen[kind] = _Seen(now)
            while len(self._seen) > KINDS_KEPT:
                self._seen.pop(next(iter(self._seen)))
            if isinstance(error, DatabaseFailing):  # no fault of the bot's
                log.warning(event, **facts, error=error.for_host)
            else:
                log.error(event, **facts, exc_info=error)
            return
        seen.count += 1
        if now - seen.logged_at >= HOUR_S:
            tell = log.warning if isinstance(error, DatabaseFailing) else log.error
            tell(event, **facts, error=type(error).__name__, times=seen.count)
            seen.logged_at, seen.count = now, 0


def _kind(error: BaseException) -> str:
    """Return the error's type and the line of code that raised it."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return f"{type(error).__name__} {place}"
