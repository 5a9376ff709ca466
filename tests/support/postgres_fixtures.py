"""The fixtures of tests on PostgreSQL: one server for all processes of a test run (shared_postgres.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import shared_postgres

if TYPE_CHECKING:
    from tests.support.databases import PostgresDatabases
    from tests.support.postgres import Server

RUN = pytest.StashKey[shared_postgres.Run]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[RUN] = shared_postgres.Run()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Pass the run's server to a worker of pytest-xdist."""
    node.workerinput["postgres"] = str(node.config.stash[RUN].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if (run := config.stash.get(RUN, None)) is not None:
        run.end()


@pytest.fixture(scope="session")
def postgres_folder(pytestconfig: pytest.Config) -> Path:
    """What all processes of this test run know of its server."""
    given = getattr(pytestconfig, "workerinput", None)
    return pytestconfig.stash[RUN].folder if given is None else Path(given["postgres"])


@pytest.fixture(scope="session")
def postgres_server(postgres_folder: Path) -> Server:
    """The PostgreSQL of this test run, which forgets everything in a crash: for one to kill, see `postgres.running`."""
    from tests.support.postgres import Server

    return Server(shared_postgres.sockets(postgres_folder))


@pytest.fixture
def postgres_databases(postgres_server: Server) -> Iterator[PostgresDatabases]:
    """Databases with the newest schema and nothing in them, dropped after the test."""
    from tests.support.databases import PostgresDatabases

    made = PostgresDatabases(postgres_server, shared_postgres.WITH_SCHEMA)
    yield made
    made.clear()


@pytest.fixture(scope="session")
def machines_on_postgres(postgres_server: Server) -> None:
    """Let machines of Hypothesis have databases on the server."""
    from tests.support.databases import OnPostgres

    OnPostgres.server = postgres_server


@pytest.fixture
def postgres_database(postgres_databases: PostgresDatabases) -> str:
    """The URL of one of them."""
    return postgres_databases.new().get_secret_value()


@pytest.fixture
def empty_postgres_database(postgres_server: Server) -> Iterator[str]:
    """The URL of a database without a schema, dropped after the test."""
    from tests.support.databases import PostgresDatabases

    made = PostgresDatabases(postgres_server, "template0")
    yield made.new().get_secret_value()
    made.clear()
