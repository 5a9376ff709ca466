"""What the repositories use of a connection: the part of DB-API 2.0 (PEP 249) that both databases offer.

`sqlite3.Connection` is one; `bot.store.postgresql` has the other. SQL is written once, in SQLite's dialect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

SqlValue: TypeAlias = str | int | float | bytes | None
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]


class Row(Protocol):
    """A row of a result: its values in order, and by the names of their columns."""

    def __getitem__(self, key: int | str, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...

    def keys(self) -> Sequence[str]:
        """Return the names of the columns, in order."""
        ...


class Cursor(Protocol):
    """What a statement has returned."""

    @property
    def rowcount(self) -> int:
        """How many rows an INSERT, UPDATE or DELETE has changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, None after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection inside the transaction of the function that it is given to."""

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Run a statement. Raises IntegrityError of `sqlite3` for what a constraint or a trigger refuses."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Run a statement once for each of these parameters; `rowcount` is of all together."""
        ...


class OwnConnection(Connection, Protocol):
    """A connection in the hands of its thread, which begins and ends transactions by the statements for it."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction was begun and not ended."""
        ...

    def close(self) -> None:
        """End the connection; what was not committed is undone."""
        ...
