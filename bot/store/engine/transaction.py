"""One function as one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from bot.store.engine.sqlite_errors import explained

T = TypeVar("T")


def transaction(db: sqlite3.Connection, begin: str, function: Callable[[sqlite3.Connection], T]) -> T:
    """Run `function` between `begin` and COMMIT; what it raises rolls everything back and propagates.

    Raises DatabaseFailing for what an operator can fix.
    """
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
