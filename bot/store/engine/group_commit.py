"""Group commit: docs/decisions/0009-writes-share-a-commit.md."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from bot.errors import DatabaseFailing, StoreError
from bot.runtime.background import UNDER_WAY_S, done_within, in_patience
from bot.runtime.clock import Clock
from bot.store import texts
from bot.store.engine.connection import ConnectionThread
from bot.store.engine.pulse import Pulse
from bot.store.engine.sqlite_errors import explained
from bot.store.sql import Collision, Connection, OwnConnection, WriteScope

T = TypeVar("T")

TRIES = 3
"""Attempts of a transaction that another writer, or a lost connection, has prevented."""


class TransactionLost(DatabaseFailing):
    """Nothing was committed, through no fault of the transaction: it may be repeated."""


class CommitUnknown(DatabaseFailing):
    """The outcome of the commit is unknown: nothing may be repeated."""


class Begin(Protocol):
    """Begins a transaction that writes rows of a scope, and adds writes to it."""

    def transaction(self, db: Any, scope: WriteScope) -> None:
        """Begin; wait for other processes' writes in this scope."""
        ...

    def savepoint(self, db: Any, scope: WriteScope) -> bool:
        """Set the savepoint `one`; False, without one, if another writer is in this scope. Never waits."""
        ...


class BeginAlone:
    """One transaction writes at a time, whatever its scope: SQLite."""

    def transaction(self, db: OwnConnection, _scope: WriteScope) -> None:
        db.execute("BEGIN IMMEDIATE")

    def savepoint(self, db: OwnConnection, _scope: WriteScope) -> bool:
        db.execute("SAVEPOINT one")
        return True


def begin_reading(db: OwnConnection) -> None:
    db.execute("BEGIN")


def transaction(db: OwnConnection, begin: Callable[[OwnConnection], None], function: Callable[[Connection], T]) -> T:
    """Run `function` between `begin` and COMMIT; an exception rolls back and propagates.

    Re-run if the connection to a server was lost, or another writer was in the way. Raises DatabaseFailing for what an
    operator can fix.
    """
    for _ in range(TRIES - 1):
        try:
            return _once(db, begin, function)
        except (TransactionLost, Collision):
            continue
    return _once(db, begin, function)


def _once(db: OwnConnection, begin: Callable[[OwnConnection], None], function: Callable[[Connection], T]) -> T:
    with explained(db=db):
        begin(db)
        try:
            result = function(db)
            db.execute("COMMIT")
        finally:
            _roll_back(db)
        return result


def _roll_back(db: OwnConnection) -> None:
    """Roll back what is left: nothing after a COMMIT, nor on a full disk, where SQLite does so by itself."""
    if db.in_transaction:
        with contextlib.suppress(Exception):  # then the connection is lost, and the transaction with it
            db.execute("ROLLBACK")


GROUP_S = 0.004
"""How long a group accepts writes, in seconds: the first one waits for the commit of all."""


@dataclass(slots=True, eq=False)
class _Write:
    function: Callable[[Connection], Any]
    scope: WriteScope
    heard: asyncio.Future[Any]
    """Resolved on the event loop; cancelled when its caller gives up."""
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """The caller's context, with the language of its sentences."""
    result: Any = None
    error: BaseException | None = None
    _decided: threading.Lock = field(default_factory=threading.Lock)
    """Acquired once: by the thread that runs it, or by the caller who gives it up."""
    _has_begun: bool = False

    def begins(self) -> bool:
        """Claim it for a run or re-run; False if given up. Afterwards `give_up` fails."""
        self._has_begun = not self.heard.cancelled() and (self._has_begun or self._decided.acquire(blocking=False))
        return self._has_begun

    def give_up(self) -> bool:
        """Prevent it from running; False if it has begun."""
        return self._decided.acquire(blocking=False)

    def run(self, db: Connection) -> Any:
        if not self.begins():
            raise asyncio.CancelledError
        try:
            return self.context.run(self.function, db)
        except StopIteration as error:  # a future rejects it, and the caller would hang
            raise RuntimeError("a function of the store raised StopIteration") from error


class GroupCommit:
    """Runs concurrent writes as one transaction with one sync of the disk."""

    def __init__(
        self,
        thread: ConnectionThread,
        clock: Clock,
        *,
        pulse: Pulse,
        note_commit: Callable[[Any], None],
        require_usable: Callable[[], None] = lambda: None,
        begin: Begin | None = None,
        group_s: float = GROUP_S,
    ) -> None:
        """Both callbacks run on the writer's thread: `note_commit` after each commit.

        `require_usable` runs before each transaction; raises DatabaseFailing if none may begin.
        """
        self._pulse = pulse
        self._require_usable = require_usable
        self._begin: Begin = begin or BeginAlone()
        self._group_s = group_s
        self._thread = thread
        self._clock = clock
        self._note_commit = note_commit
        self._waiting: deque[_Write] = deque()
        self._turn_is_due = False

    async def write(self, function: Callable[[Connection], T], scope: WriteScope) -> T:
        """Run `function` as one transaction; return or raise its outcome once committed or rolled back.

        Raises StoreError after `close`, and when an interaction's deadline passes: then the write never runs
        or, if under way, CommitUnknown is raised.
        """
        self._thread.require_open()
        write = _Write(function, scope, asyncio.get_running_loop().create_future())
        self._waiting.append(write)
        if not self._turn_is_due:
            self._turn_is_due = True
            self._thread.post(self._take_turn)
        with self._pulse.waiting():
            if not await in_patience(write.heard, self._clock, is_failing=self._pulse.failure is not None):
                await self._leave(write)
            try:
                result: T = await write.heard
            except DatabaseFailing as error:
                raise error.for_caller() from error
        return result

    async def _leave(self, write: _Write) -> None:
        """Abandon a write that has not begun; wait briefly for one that has. Raises DatabaseFailing."""
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
        """Run all waiting writes. Later ones post a turn of their own."""
        self._turn_is_due = False
        left = deque(self._waiting.popleft() for _ in range(len(self._waiting)))
        while left:
            group = self._together(db, left) if len(left) > 1 else [self._alone(db, left.popleft())]
            self._thread.tell(self._answer, group)
            self._note_commit(db)

    def _together(self, db: OwnConnection, left: deque[_Write]) -> list[_Write]:
        """Run writes from `left` in one transaction, each in a savepoint; return their outcomes.

        The transaction waits for the first write's scope alone, while it has none that others wait for. A write whose
        scope another writer has stays in `left`, in its order.

        An exception rolls back that write alone. A database error rolls back all, and each is retried alone, so
        that the right caller gets it. If the transaction cannot begin, all fail at once instead of each waiting
        for the lock.
        """
        group: list[_Write] = []
        passed: deque[_Write] = deque()
        try:
            self._require_usable()
            with explained(db=db):
                self._begin.transaction(db, left[0].scope)
        except Exception as error:  # noqa: BLE001 - raised by who waits for it
            while left:
                group.append(left.popleft())
                group[-1].error = error
            return group
        until = self._clock.monotonic() + self._group_s
        try:
            while left and (not group or self._clock.monotonic() < until):
                group.append(left.popleft())  # before anything that may fail: who is in no list is never answered
                if self._begin.savepoint(db, group[-1].scope):
                    _in_savepoint(db, group[-1])
                else:
                    passed.append(group.pop())
            db.execute("COMMIT")
        except CommitUnknown as error:
            for write in group:
                write.error = write.error or error
        except Exception:  # noqa: BLE001 - each is run again, and its own caller gets the error
            _roll_back(db)
            return [self._alone(db, write) for write in group]
        finally:
            left.extendleft(reversed(passed))
        return group

    def _alone(self, db: OwnConnection, write: _Write) -> _Write:
        write.result = write.error = None
        if write.heard.cancelled():
            return write
        try:
            self._require_usable()
            write.result = transaction(db, lambda db: self._begin.transaction(db, write.scope), write.run)
        except BaseException as error:  # noqa: BLE001 - raised by who waits for it
            write.error = error
        return write

    def _answer(self, group: Sequence[_Write]) -> None:
        for write in group:
            self._pulse.note_failure(write.error)
            if write.heard.done():  # cancelled meanwhile
                continue
            if write.error is None:
                write.heard.set_result(write.result)
            else:
                write.heard.set_exception(write.error)


def _in_savepoint(db: OwnConnection, write: _Write) -> None:
    """Run one write of a group. sqlite3.Error and StoreError concern the whole group."""
    if not write.begins():
        db.execute("RELEASE one")
        return
    try:
        write.result = write.run(db)
    except (sqlite3.Error, StoreError):
        raise
    except BaseException as error:  # noqa: BLE001 - raised by who waits for it
        write.error = error
        db.execute("ROLLBACK TO one")
    db.execute("RELEASE one")


def busy() -> DatabaseFailing:
    """Return the error for a transaction that timed out before it began."""
    return DatabaseFailing(texts.SERVER_IS_BUSY, name=texts.OUR_DATABASE, kind="slow")
