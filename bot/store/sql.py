"""The subset of DB-API 2.0 (PEP 249) shared by both databases.

`sqlite3.Connection` is one; PostgreSQL has the other. SQL is written once, in SQLite's dialect.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

SqlValue: TypeAlias = str | int | float | bytes | None
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WriteScope:
    """Whose rows a write changes, or reads to decide. Writes with nothing in common may overlap on PostgreSQL."""

    guild_id: int | None = None
    host: bool = False
    """The rows of no server: what processes have, and what is spent on the host's key."""

    @property
    def is_everything(self) -> bool:
        return self.guild_id is None and not self.host


EVERYTHING = WriteScope()
"""Waits for all other writes, and they for it."""
HOST = WriteScope(host=True)


def of_guild(guild_id: int, *, host: bool = False) -> WriteScope:
    """Return the scope of a guild; EVERYTHING for 0, which means the host or all guilds."""
    return WriteScope(guild_id=guild_id, host=host) if guild_id else EVERYTHING


class Collision(sqlite3.IntegrityError):
    """Another process may have written the same row at the same time: repeated, the transaction sees it."""


class Row(Protocol):
    """A row, accessible by position and column name."""

    def __getitem__(self, key: int | str, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...

    def keys(self) -> Sequence[str]: ...


class Cursor(Protocol):
    """A statement's result."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection inside a transaction."""

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Run a statement. Raises `sqlite3.IntegrityError` for violated constraints and triggers."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Run a statement for each of these parameters; `rowcount` is the total."""
        ...


class OwnConnection(Connection, Protocol):
    """A connection owned by its thread, which begins and ends transactions."""

    @property
    def in_transaction(self) -> bool: ...

    def close(self) -> None:
        """Close the connection; uncommitted changes are rolled back."""
        ...
