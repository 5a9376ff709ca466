"""A store whose every call runs in one open transaction, which is rolled back: thousands of short lives a minute."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar, cast

from bot.domain.server.guild_rules import Limit
from bot.store import Database, Store
from bot.store.sql import Connection
from bot.store.vault.secret_box import SecretBox
from tests.support.databases import SECRET_KEY

T = TypeVar("T")


class OneTransaction:
    """A substitute for Database: no thread, no commit. What raises is not undone."""

    text_index = None
    process = ""

    def __init__(self, db: Connection, clock: Any) -> None:
        self.db, self.clock = db, clock
        self.host_limits: tuple[Limit, ...] = ()

    def language_of(self, _db: Connection, _guild_id: int) -> str:
        return "en"

    def now(self, _db: Connection) -> float:
        return float(self.clock.wall())

    async def write(self, function: Callable[[Connection], T], _scope: object = None) -> T:
        return function(self.db)

    async def read(self, function: Callable[[Connection], T]) -> T:
        return function(self.db)

    async def recall(self, _subject: object, _key: object, function: Callable[[Connection], T]) -> T:
        return function(self.db)

    def notify(self) -> None:
        pass


@contextlib.contextmanager
def rolled_back(db: Any, clock: Any) -> Iterator[Store]:
    """Yield a store on the connection; nothing that it does remains."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield Store(cast("Database", OneTransaction(db, clock)), SecretBox([SECRET_KEY]), clock)
    finally:
        db.execute("ROLLBACK")


def now(call: Coroutine[Any, Any, T]) -> T:
    """Run a call that waits for nothing, without an event loop."""
    try:
        call.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    call.close()
    raise AssertionError("it waited for something")
