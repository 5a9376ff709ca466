"""What the core knows of several processes on one database: the way to `bot.fleet`, signals, and who leads."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from bot import install_line
from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.store import texts

log = structlog.get_logger(__name__)


def fleet_module(name: str) -> Any:
    """Import a module of `bot.fleet` by name: a process on SQLite never loads one.

    Raises StoreError without the extra `postgres`.
    """
    try:
        return importlib.import_module(f"bot.fleet.{name}")
    except ImportError as error:
        missing = texts.POSTGRES_MISSING(command=install_line("postgres"))
        raise StoreError(missing, exit_code=RESTART_CANNOT_HELP) from error


COMMITTED = "committed"
"""A commit that others wait for: a record line, a price above a limit."""


class Signals:
    """Signals between the database's processes. The rows are the truth: a lost one only costs time."""

    def __init__(self, carry: Callable[[str, tuple[str, ...]], None] | None = None) -> None:
        """`carry` broadcasts to all processes, including this one; None: single process."""
        self._listeners: defaultdict[str, list[Callable[..., object]]] = defaultdict(list)
        self._if_missed: list[Callable[[], object]] = []
        self._carry = carry

    def listen(self, name: str, callback: Callable[..., object]) -> None:
        """Call `callback`, which must not block, on the event loop with each signal of this name."""
        self._listeners[name].append(callback)

    def send(self, name: str, *words: str) -> None:
        """Send a signal; never blocks and never raises."""
        if self._carry is None:
            self.heard(name, *words)
        else:
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


class Leadership(Protocol):
    """Leader election. Leadership may change at any time: leaders' work must be idempotent."""

    @property
    def is_leader(self) -> bool:
        """Whether this process leads now."""
        ...

    async def wait(self) -> None:
        """Return once this process leads. Without a call it never leads."""
        ...


class OnlyProcess:
    """Leadership of a single process: always leads."""

    is_leader = True

    async def wait(self) -> None:
        """Return at once."""
