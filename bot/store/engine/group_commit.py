"""Writes that wait at the same time share a commit: docs/decisions/0009-writes-share-a-commit.md."""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.errors import StoreError
from bot.runtime.clock import Clock
from bot.store.engine.connection_thread import ConnectionThread
from bot.store.engine.kept import Kept, Key, Recalled
from bot.store.engine.transaction import CommitUnknown, transaction
from bot.store.sql import Connection, OwnConnection

T = TypeVar("T")

GROUP_S = 0.004
"""For how long writes are added to a group, in seconds: the first of them waits for the commit of all."""

NO_ROWS: frozenset[object] = frozenset()


@dataclass(slots=True, eq=False)
class _Write:
    """A waiting transaction, then its outcome."""

    function: Callable[[Connection], Any]
    heard: asyncio.Future[Any]
    """Resolved on the event loop; cancelled as soon as nobody waits for it."""
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """That of the caller: the language in which sentences are written."""
    result: Any = None
    error: BaseException | None = None

    def run(self, db: Connection) -> Any:
        try:
            return self.context.run(self.function, db)
        except StopIteration as error:  # a future refuses it, and its caller would wait forever
            raise RuntimeError("a function of the store raised StopIteration") from error


class GroupCommit:
    """Runs writes on the writer's thread: those that wait together are one transaction with one sync of the disk."""

    def __init__(
        self,
        thread: ConnectionThread,
        clock: Clock,
        kept: Kept,
        *,
        written: Callable[[Any], frozenset[tuple[Recalled, Key]] | None],
        note_commit: Callable[[Any], None],
        group_s: float = GROUP_S,
    ) -> None:
        """After each commit both are called on the writer's thread: `written` returns what is kept no longer."""
        self._group_s = group_s
        self._thread = thread
        self._kept, self._written = kept, written
        self._clock = clock
        self._note_commit = note_commit
        self._waiting: deque[_Write] = deque()
        self._turn_is_due = False

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run `function` as one transaction and return or raise what it does, once that is committed or undone.

        Raises StoreError once the thread is closed.
        """
        self._thread.require_open()
        write = _Write(function, asyncio.get_running_loop().create_future())
        self._waiting.append(write)
        if not self._turn_is_due:
            self._turn_is_due = True
            self._thread.post(self._take_turn)
        result: T = await write.heard
        return result

    def _take_turn(self, db: OwnConnection) -> None:
        """Run all writes that wait by now. What arrives from here on posts a turn of its own, behind other calls."""
        self._turn_is_due = False
        left = deque(self._waiting.popleft() for _ in range(len(self._waiting)))
        while left:
            group = self._together(db, left) if len(left) > 1 else [_alone(db, left.popleft())]
            if (written := self._written(db)) != NO_ROWS:
                self._thread.tell(self._kept.forget, written)
            self._thread.tell(_answer, group)
            self._note_commit(db)

    def _together(self, db: OwnConnection, left: deque[_Write]) -> list[_Write]:
        """Take writes from `left` and run them in one transaction, each in a savepoint; return them with outcomes.

        What one raises rolls back that one alone. An error of the database itself rolls back all: each is then retried
        alone, so that the right caller gets the error; at least one, so that no error makes the others wait for ever.
        """
        group: list[_Write] = []
        until = self._clock.monotonic() + self._group_s
        try:
            db.execute("BEGIN IMMEDIATE")
            while left and (not group or self._clock.monotonic() < until):
                group.append(left.popleft())
                _in_savepoint(db, group[-1])
            db.execute("COMMIT")
        except CommitUnknown as error:
            for write in group:
                write.error = write.error or error
        except (sqlite3.Error, StoreError):
            if db.in_transaction:
                db.execute("ROLLBACK")
            return [_alone(db, write) for write in group or [left.popleft()]]
        return group


def _in_savepoint(db: OwnConnection, write: _Write) -> None:
    """Run one write of a group. Raises sqlite3.Error and StoreError, which concern the whole group."""
    if write.heard.cancelled():
        return
    db.execute("SAVEPOINT one")
    try:
        write.result = write.run(db)
    except (sqlite3.Error, StoreError):
        raise
    except BaseException as error:  # noqa: BLE001 - raised by who waits for it
        write.error = error
        db.execute("ROLLBACK TO one")
    db.execute("RELEASE one")


def _alone(db: OwnConnection, write: _Write) -> _Write:
    """Run one write as a transaction of its own; return it with its outcome."""
    write.result = write.error = None
    if write.heard.cancelled():
        return write
    try:
        write.result = transaction(db, "BEGIN IMMEDIATE", write.run)
    except BaseException as error:  # noqa: BLE001 - raised by who waits for it
        write.error = error
    return write


def _answer(group: Iterable[_Write]) -> None:
    """Wake those who wait for these writes: one call on the event loop for all of them."""
    for write in group:
        if write.heard.done():  # cancelled meanwhile
            continue
        if write.error is None:
            write.heard.set_result(write.result)
        else:
            write.heard.set_exception(write.error)
