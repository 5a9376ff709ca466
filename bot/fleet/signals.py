"""Messages between processes on a database. The rows are the truth: a lost message only costs time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

COMMITTED = "committed"
"""A commit that others wait for: a record line, a price above a limit."""


class Signals:
    """Signals between the database's processes. The rows are the truth: a lost one only costs time."""

    def __init__(self, carry: Callable[[str, tuple[str, ...]], None]) -> None:
        """`carry` broadcasts to all processes, including this one."""
        self._listeners: defaultdict[str, list[Callable[..., object]]] = defaultdict(list)
        self._if_missed: list[Callable[[], object]] = []
        self._carry = carry

    def listen(self, name: str, callback: Callable[..., object]) -> None:
        """Call `callback`, which must not block, on the event loop with each signal of this name."""
        self._listeners[name].append(callback)

    def send(self, name: str, *words: str) -> None:
        """Send a signal; never blocks and never raises."""
        self._carry(name, words)

    def heard(self, name: str, *words: str) -> None:
        """Call the listeners. A failing one is logged and does not affect the others."""
        for callback in self._listeners[name]:
            _call(name, callback, *words)

    def listen_to_gaps(self, callback: Callable[[], object]) -> None:
        """Call `callback` after a gap in which signals may have been lost."""
        self._if_missed.append(callback)

    def missed(self) -> None:
        for callback in self._if_missed:
            _call("missed", callback)


def _call(name: str, callback: Callable[..., object], *words: str) -> None:
    try:
        callback(*words)
    except Exception:
        log.exception("signal.failed", name=name)
