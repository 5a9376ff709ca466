"""Short messages to whoever runs on this database. The rows are the truth: a lost message only costs time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

COMMITTED = "committed"
"""Something was committed that others wait for: a line of the record, a price that exceeds a limit."""


class Signals:
    """The signals of the processes on a database."""

    def __init__(self, carry: Callable[[str, tuple[str, ...]], None] | None = None) -> None:
        """`carry` takes a signal to all processes, this one included; without it there is this process alone."""
        self._listeners: defaultdict[str, list[Callable[..., object]]] = defaultdict(list)
        self._if_missed: list[Callable[[], object]] = []
        self._carry = carry

    @property
    def is_shared(self) -> bool:
        """Whether other processes may be at work on the database."""
        return self._carry is not None

    def listen(self, name: str, callback: Callable[..., object]) -> None:
        """Have `callback` called with the words of each signal of this name, on the event loop. It must not block."""
        self._listeners[name].append(callback)

    def send(self, name: str, *words: str) -> None:
        """Send a signal; never blocks and never raises."""
        if self._carry is None:
            self.heard(name, *words)
        else:
            self._carry(name, words)

    def heard(self, name: str, *words: str) -> None:
        """Call the listeners. One that fails is logged, and keeps no other from hearing it."""
        for callback in self._listeners[name]:
            _call(name, callback, *words)

    def listen_to_gaps(self, callback: Callable[[], object]) -> None:
        """Have `callback` called when signals may have been missed: the rows say what they would have said."""
        self._if_missed.append(callback)

    def missed(self) -> None:
        """Tell of a time in which nothing was heard."""
        for callback in self._if_missed:
            _call("missed", callback)


def _call(name: str, callback: Callable[..., object], *words: str) -> None:
    try:
        callback(*words)
    except Exception:
        log.exception("signal.failed", name=name)


class Leadership(Protocol):
    """Whether this process leads. Another may lead a moment later: what the leader does must bear being done twice."""

    @property
    def is_leader(self) -> bool:
        """Whether this process leads now."""
        ...

    async def wait(self) -> None:
        """Return once this process leads. One that never calls it never leads."""
        ...


class OnlyProcess:
    """That of a process that is alone on its database: it always leads."""

    is_leader = True

    async def wait(self) -> None:
        """Return at once."""
