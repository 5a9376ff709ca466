"""Base of the services for moderators.

Each method is one act: the change and its record line are one transaction. The caller answers Discord afterwards; a
failure there undoes nothing.
"""

from __future__ import annotations

from typing import Protocol

from bot.store import Store


class JobSignals(Protocol):
    """Calls the worker after a moderator's act. The rows are the truth: a lost signal only costs time."""

    def wake(self) -> None:
        """Waiting jobs may have become startable, or barred."""
        ...

    def resume(self, guild_id: int, slot: str) -> None:
        """A key of the guild works again. `slot` is its name (bot/account/api_keys.py)."""
        ...

    def decided(self, job_id: str) -> None: ...


class ModeratorActs:
    """The base of the services: the acts of moderators on one subject."""

    def __init__(self, store: Store, *, worker: JobSignals) -> None:
        self._store = store
        self._worker = worker
