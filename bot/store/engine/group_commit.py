"""Writes that wait at the same time share a commit: docs/decisions/0009-writes-share-a-commit.md."""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.errors import DatabaseFailing, StoreError
from bot.runtime.background import UNDER_WAY_S, done_within, in_patience
from bot.runtime.clock import Clock
from bot.store import texts
from bot.store.engine.connection import ConnectionThread
from bot.store.engine.kept import Kept, Key, Recalled
from bot.store.engine.pulse import Pulse
from bot.store.engine.sqlite_errors import explained
from bot.store.sql import Connection, OwnConnection

T = TypeVar("T")

TRIES = 3
"""How often a transaction is run at most whose connection is lost before anything was committed."""


class TransactionLost(DatabaseFailing):
    """Nothing was committed, and not because of what was done: the whole may be repeated."""


class CommitUnknown(DatabaseFailing):
    """Whether it was committed cannot be learned now: nothing of it may be repeated."""


def transaction(db: OwnConnection, begin: str, function: Callable[[Connection], T]) -> T:
    """Run `function` between `begin` and COMMIT; what it raises rolls everything back and propagates.

    It is run again if the connection to a server was lost meanwhile. Raises DatabaseFailing for what an operator can
    fix.
    """
    for _ in range(TRIES - 1):
        try:
            return _once(db, begin, function)
        except TransactionLost:
            continue
    return _once(db, begin, function)


def _once(db: OwnConnection, begin: str, function: Callable[[Connection], T]) -> T:
    with explained():
        db.execute(begin)
        try:
            result = function(db)
            db.execute("COMMIT")
        finally:
            # SQLite rolls back by itself when the disk is full; after a COMMIT there is nothing to roll back.
            if db.in_transaction:
                db.execute("ROLLBACK")
        return result


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
    _decided: threading.Lock = field(default_factory=threading.Lock)
    """Taken once: by the thread that runs it, or by the caller who gives it up before."""
    _has_begun: bool = False

    def begins(self) -> bool:
        """Whether it may be run, also again: nobody has given it up. From now on nobody can."""
        self._has_begun = not self.heard.cancelled() and (self._has_begun or self._decided.acquire(blocking=False))
        return self._has_begun

    def give_up(self) -> bool:
        """See to it that it is never run; False if it has begun."""
        return self._decided.acquire(blocking=False)

    def run(self, db: Connection) -> Any:
        """Return what it returns, or raise what it raises; CancelledError, which rolls back, if it was given up."""
        if not self.begins():
            raise asyncio.CancelledError
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
        pulse: Pulse,
        written: Callable[[Any], frozenset[tuple[Recalled, Key]] | None],
        note_commit: Callable[[Any], None],
        require_usable: Callable[[], None] = lambda: None,
        group_s: float = GROUP_S,
    ) -> None:
        """After each commit both are called on the writer's thread: `written` returns what is kept no longer.

        `require_usable` is called there before each transaction, and raises DatabaseFailing if none may be begun.
        """
        self._pulse = pulse
        self._require_usable = require_usable
        self._group_s = group_s
        self._thread = thread
        self._kept, self._written = kept, written
        self._clock = clock
        self._note_commit = note_commit
        self._waiting: deque[_Write] = deque()
        self._turn_is_due = False

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run `function` as one transaction and return or raise what it does, once that is committed or undone.

        Raises StoreError once the thread is closed. While a member waits for the answer to an interaction, also when
        that can wait no longer: the write is then never run or, if it was under way, CommitUnknown is raised.
        """
        self._thread.require_open()
        write = _Write(function, asyncio.get_running_loop().create_future())
        self._waiting.append(write)
        if not self._turn_is_due:
            self._turn_is_due = True
            self._thread.post(self._take_turn)
        if not await in_patience(write.heard, self._clock):
            await self._leave(write)
        result: T = await write.heard
        return result

    async def _leave(self, write: _Write) -> None:
        """Wait no longer for a write that has not begun, and hardly longer for one that has. Raises DatabaseFailing."""
        if write.give_up():
            error = busy()
        elif await done_within(write.heard, UNDER_WAY_S, self._clock):
            return
        else:
            error = CommitUnknown(texts.STILL_SAVING, kind="slow")
        write.heard.cancel()
        self._pulse.note_failure(error)
        raise error

    def _take_turn(self, db: OwnConnection) -> None:
        """Run all writes that wait by now. What arrives from here on posts a turn of its own, behind other calls."""
        self._turn_is_due = False
        left = deque(self._waiting.popleft() for _ in range(len(self._waiting)))
        while left:
            group = self._together(db, left) if len(left) > 1 else [self._alone(db, left.popleft())]
            if (written := self._written(db)) != NO_ROWS:
                self._thread.tell(self._kept.forget, written)
            self._thread.tell(self._answer, group)
            self._note_commit(db)

    def _together(self, db: OwnConnection, left: deque[_Write]) -> list[_Write]:
        """Take writes from `left` and run them in one transaction, each in a savepoint; return them with outcomes.

        What one raises rolls back that one alone. An error of the database itself rolls back all: each is then retried
        alone, so that the right caller gets the error. A transaction that cannot even begin is nobody's fault: all hear
        so at once, instead of one after another waiting for the same lock.
        """
        group: list[_Write] = []
        try:
            self._require_usable()
            with explained():
                db.execute("BEGIN IMMEDIATE")
        except (sqlite3.Error, StoreError) as error:
            while left:
                group.append(left.popleft())
                group[-1].error = error
            return group
        until = self._clock.monotonic() + self._group_s
        try:
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
            return [self._alone(db, write) for write in group]
        return group

    def _alone(self, db: OwnConnection, write: _Write) -> _Write:
        """Run one write as a transaction of its own; return it with its outcome."""
        write.result = write.error = None
        if write.heard.cancelled():
            return write
        try:
            self._require_usable()
            write.result = transaction(db, "BEGIN IMMEDIATE", write.run)
        except BaseException as error:  # noqa: BLE001 - raised by who waits for it
            write.error = error
        return write

    def _answer(self, group: Sequence[_Write]) -> None:
        """Wake those who wait for these writes: one call on the event loop for all of them."""
        for write in group:
            self._pulse.note_failure(write.error)
            if write.heard.done():  # cancelled meanwhile
                continue
            if write.error is None:
                write.heard.set_result(write.result)
            else:
                write.heard.set_exception(write.error)


def _in_savepoint(db: OwnConnection, write: _Write) -> None:
    """Run one write of a group. Raises sqlite3.Error and StoreError, which concern the whole group."""
    if not write.begins():
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


def busy() -> DatabaseFailing:
    """Return what is said of a transaction that was waited for long enough, and was never begun."""
    return DatabaseFailing(str(texts.SERVER_IS_BUSY).format(name=texts.OUR_DATABASE), kind="busy")
