"""One function as one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.errors import DatabaseFailing
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
