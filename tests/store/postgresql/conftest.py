"""The schemas of both engines, each as its migrations make it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.fleet.postgresql import schema as postgres_steps
from bot.store.engine import schema as sqlite_steps

if TYPE_CHECKING:
    import psycopg

    from tests.support.postgres import Server


def migrate(db: psycopg.Connection) -> None:
    """Give an empty database the schema."""
    for step in postgres_steps.migrations():
        db.execute(step.sql)


@pytest.fixture(scope="session")
def postgres_schema(postgres_server: Server) -> Iterator[psycopg.Connection]:
    """A connection to a database with the schema and without rows. It commits each statement."""
    name = f"schema_{os.getpid()}"
    postgres_server.new_database(name, "template0")
    with postgres_server.connect(name) as db:
        migrate(db)
        yield db
    postgres_server.drop_database(name)


@pytest.fixture
def postgres(postgres_schema: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The same in a transaction that is rolled back after the test."""
    postgres_schema.execute("BEGIN")
    yield postgres_schema
    postgres_schema.execute("ROLLBACK")


@pytest.fixture(scope="session")
def sqlite_schema() -> bytes:
    """What is in an SQLite file with the schema and without rows."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        sqlite_steps.migrate(db, sqlite_steps.migrations())
        return db.serialize()


@pytest.fixture
def sqlite(sqlite_schema: bytes) -> Iterator[sqlite3.Connection]:
    """An SQLite database with the schema and without rows."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.deserialize(sqlite_schema)
        db.execute("PRAGMA foreign_keys = ON")
        yield db
