"""One process for each database: an advisory lock that the kernel releases when its process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from bot.errors import DatabaseTaken, StoreError
from bot.runtime.writable import refusal
from bot.store import texts
from bot.store.engine.sqlite_database import prepare_file


class ProcessLock:
    """Held on `<database>.lock` from `take` to `release`. The holder knows that no other process serves the file.

    It is not a lock of SQLite: a backup tool or `cannon-bot check` may read the database meanwhile.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, database: Path) -> ProcessLock:
        """Take the lock without waiting. Raises DatabaseTaken if it is held, StoreError if it cannot be."""
        prepare_file(database)
        path = database.with_name(f"{database.name}.lock")
        try:
            # Never deleted: a process that opened the old file would hold a lock that nobody else sees.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise refusal(path, error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise DatabaseTaken(texts.runs_already(database)) from None
        except OSError as error:
            os.close(descriptor)
            raise StoreError(texts.not_lockable(path, error.strerror)) from None
        return cls(descriptor)

    def release(self) -> None:
        """Release the lock. Idempotent."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)
