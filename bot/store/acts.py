"""What a service for moderators is given.

Each of its methods is one act: the change and its line of the record are one transaction of the store. Discord is
answered by the caller, afterwards: what fails there undoes nothing and hides nothing.
"""

from __future__ import annotations

from typing import Protocol

from bot.store import Store


class JobSignals(Protocol):
    """Tells the worker what a moderator's act means for it. The rows say the same: a lost signal only costs time."""

    def wake(self) -> None:
        """Waiting jobs may start now, or may not start any more."""
        ...

    def resume(self, guild_id: int, slot: str) -> None:
        """A key of the guild works, or works again. `slot` is its name (bot/account/api_keys.py)."""
        ...

    def decided(self, job_id: str) -> None:
        """A result's review has ended."""
        ...


class ModeratorActs:
    """The base of the services: the acts of moderators on one subject."""

    def __init__(self, store: Store, *, worker: JobSignals) -> None:
        self._store = store
        self._worker = worker
