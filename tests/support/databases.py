"""The two kinds of database that the tests of the store run on, each with as many databases as a test wants."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest
from psycopg.conninfo import conninfo_to_dict

from bot.settings import PostgresUrl
from bot.store import Database, SqliteDatabase
from bot.store.engine.connection import connect
from bot.store.sql import Connection
from tests.support.new_file import write_empty_database
from tests.support.postgres import Server
from tests.support.shared_postgres import WITH_SCHEMA

SECRET_KEY = "k" * 32
"""On PostgreSQL no key file is made."""

_numbers = itertools.count(1)


class Databases(Protocol):
    """Databases of one kind, with the newest schema and nothing in them."""

    name: str

    def new(self) -> Path | PostgresUrl:
        """Make another one; return its address."""
        ...

    def copy_of(self, address: Path | PostgresUrl) -> Path | PostgresUrl:
        """Make a copy of a closed database of this kind; return its address."""
        ...

    def options(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the options with which `Store.open` is called."""
        ...

    async def open(self, address: Path | PostgresUrl, **options: Any) -> Database:
        """Open one without a store."""
        ...

    def connection(self, address: Path | PostgresUrl) -> contextlib.AbstractContextManager[Connection]:
        """Connect to one in use, to read or to damage it: each statement is committed."""
        ...

    def clear(self) -> None:
        """Delete them."""
        ...


class SqliteDatabases:
    """Files in a folder, which belongs to the test."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self, name: str | None = None) -> Path:
        path = self._folder / (f"{next(_numbers)}.db" if name is None else name)
        write_empty_database(path)
        return path

    def copy_of(self, address: Path | PostgresUrl) -> Path:
        assert isinstance(address, Path)
        for file in address.parent.glob(f"{address.name}*"):  # with its key
            shutil.copy(file, self._folder)
        return self._folder / address.name

    def options(self, given: dict[str, Any]) -> dict[str, Any]:
        return given

    async def open(self, address: Path | PostgresUrl, **options: Any) -> Database:
        assert isinstance(address, Path)
        return await SqliteDatabase.open(address, **options)

    @contextlib.contextmanager
    def connection(self, address: Path | PostgresUrl) -> Iterator[Connection]:
        assert isinstance(address, Path)
        with contextlib.closing(connect(address)) as db:
            yield db

    def clear(self) -> None:
        """Nothing: who made the folder deletes it."""


_TRUE = """
SELECT id, card_id, lease, CASE WHEN lease IS NULL THEN next_at END FROM jobs
WHERE state IN ('submitting', 'queued', 'processing', 'ready')
"""
_KEPT = "SELECT id, card_id, lease, CASE WHEN lease IS NULL THEN next_at END FROM running_jobs"
WRONG_RUNNING_JOBS = f"({_TRUE} EXCEPT {_KEPT}) UNION ALL ({_KEPT} EXCEPT {_TRUE})"


class PostgresDatabases:
    """Databases of a server, copied from one with the schema: a hundredth of a second for each."""

    name = "postgresql"

    def __init__(self, server: Server, template: str) -> None:
        self._server = server
        self._template = template
        self._names: list[str] = []

    def new(self, template: str | None = None) -> PostgresUrl:
        self._names.append(f"test_{os.getpid()}_{next(_numbers)}")
        return PostgresUrl(self._server.new_database(self._names[-1], template or self._template))

    def copy_of(self, address: Path | PostgresUrl) -> PostgresUrl:
        assert isinstance(address, PostgresUrl)
        return self.new(str(conninfo_to_dict(address.get_secret_value())["dbname"]))

    def options(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"secret_keys": (SECRET_KEY,), **given}

    async def open(self, address: Path | PostgresUrl, **options: Any) -> Database:
        from bot.fleet.postgresql.database import PostgresDatabase

        assert isinstance(address, PostgresUrl)
        return await PostgresDatabase.open(address, **options)

    @contextlib.contextmanager
    def connection(self, address: Path | PostgresUrl) -> Iterator[Connection]:
        from bot.fleet.postgresql.connection import PostgresConnection

        assert isinstance(address, PostgresUrl)
        with contextlib.closing(PostgresConnection(address)) as db:
            yield db

    def wrong_running_jobs(self) -> list[Any]:
        """Return what is in the table of running jobs that is not in `jobs`, and the other way round."""
        found = []
        for name in self._names:
            with self._server.connect(name) as db:
                if db.execute("SELECT to_regclass('running_jobs')").fetchone() != (None,):
                    found += db.execute(WRONG_RUNNING_JOBS).fetchall()
        return found

    def clear(self) -> None:
        while self._names:
            self._server.drop_database(self._names.pop())


class OnPostgres:
    """Has a machine of Hypothesis open its store on PostgreSQL: it comes first among the machine's bases.

    Its test needs the fixture `machines_on_postgres`, which starts the server.
    """

    server: ClassVar[Server]
    _made: PostgresDatabases | None = None
    _address: PostgresUrl

    @property
    def place(self) -> PostgresUrl:
        """Where the machine's store is; the same whenever it is opened again."""
        if self._made is None:
            self._made = PostgresDatabases(self.server, WITH_SCHEMA)
            self._address = self._made.new()
        return self._address

    def teardown(self) -> None:
        """Drop the database after all else."""
        try:
            super().teardown()  # type: ignore[misc]  # of the machine
        finally:
            if self._made is not None:
                self._made.clear()


def on_postgres(case: type[unittest.TestCase]) -> type[unittest.TestCase]:
    """Mark the test of such a machine: each of its steps is a few ways to the server and back."""
    for mark in (pytest.mark.long, pytest.mark.usefixtures("machines_on_postgres")):
        case = mark(case)
    return case
