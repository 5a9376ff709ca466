from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import AccountStatus, Card, Job, JobState
from bot.errors import StoreError
from bot.settings import PostgresUrl
from bot.store import Database, Store
from tests.support.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.support.notes import Open
from tests.support.totals import differing

GUILD = 700
AUTHOR = 42


class HandClock:
    """A clock that only a test moves: both times are `now`."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        raise AssertionError("the store never waits")


class Made:
    """Makes cards and jobs with ids that count up, each a thousandth of a second after the one before."""

    def __init__(self, clock: HandClock) -> None:
        self._numbers = itertools.count(1)
        self._clock = clock

    def card(self, guild_id: int = GUILD, **values: Any) -> Card:
        number = next(self._numbers)
        defaults: dict[str, Any] = {
            "id": f"C{number:09}",
            "guild_id": guild_id,
            "channel_id": 55,
            "author_id": AUTHOR,
            "interaction_id": 10**18 + number,
            "token": f"token-{number}",
            "token_expires_at": 1_000_900.0,
            "created_at": self._clock.now + number / 1000,
        }
        return Card(**(defaults | values))

    def job(self, card: Card, position: int = 0, held: str = "10", **values: Any) -> Job:
        number = next(self._numbers)
        defaults: dict[str, Any] = {
            "id": f"J{number:09}",
            "card_id": card.id,
            "guild_id": card.guild_id,
            "position": position,
            "author_id": card.author_id,
            "operation": "image.generate",
            "input": {"prompt": "a fox", "model": "flux"},
            "state": JobState.SUBMITTING,
            "idempotency_key": f"key-{number}",
            "key_id": None,
            "held": Decimal(held),
            "basis": "fixed",
            "created_at": card.created_at,
        }
        return Job(**(defaults | values))

    def status(self, credits_: str | None = "100") -> AccountStatus:
        balance = None if credits_ is None else Decimal(credits_)
        return AccountStatus(credits=balance, plan="Creator", scopes=("media", "status"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def made(clock: HandClock) -> Made:
    return Made(clock)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that has a store on both databases, unless it is marked as one about SQLite's file."""
    if "databases" in metafunc.fixturenames and metafunc.definition.get_closest_marker("sqlite_only") is None:
        kinds = ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]
        metafunc.parametrize("databases", kinds, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out single cases of such a test that are marked so."""
    own = [
        item
        for item in items
        if item.get_closest_marker("sqlite_only") is not None
        and getattr(item, "callspec", None) is not None
        and item.callspec.params.get("databases") == "postgresql"  # type: ignore[attr-defined]  # it has one
    ]
    if own:
        config.hook.pytest_deselected(items=own)
        items[:] = [item for item in items if item not in own]


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Databases]:
    """The kind of database that the test runs on."""
    if getattr(request, "param", "sqlite") == "postgresql":
        from bot.fleet.postgresql.database import PostgresDatabase

        # What a fleet shares goes by the server's clock, which no test moves.
        monkeypatch.setattr(PostgresDatabase, "now", lambda database, _db: database.clock.wall())
        made: PostgresDatabases = request.getfixturevalue("postgres_databases")
        yield made
        assert made.wrong_running_jobs() == []
    else:
        yield SqliteDatabases(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store's file is on SQLite: for a test that is marked as `sqlite_only`."""
    return tmp_path / "bot.db"


@pytest.fixture
def address(databases: Databases, path: Path) -> Path | PostgresUrl:
    """Where the test's own database is; a file is not there yet."""
    return path if isinstance(databases, SqliteDatabases) else databases.new()


@pytest.fixture
async def open_store(
    databases: Databases, address: Path | PostgresUrl, clock: HandClock
) -> AsyncIterator[Callable[..., Awaitable[Store]]]:
    opened: list[Store] = []

    async def open_(at: Path | PostgresUrl = address, **options: Any) -> Store:
        store = await Store.open(at, clock=clock, **databases.options(options))
        opened.append(store)
        return store

    yield open_
    for store in opened:
        await store.close()


@pytest.fixture
async def store(
    open_store: Callable[..., Awaitable[Store]], databases: Databases, address: Path | PostgresUrl
) -> AsyncIterator[Store]:
    if isinstance(databases, SqliteDatabases):
        databases.new("bot.db")  # migrated once for all tests
    opened = await open_store(address)
    yield opened
    with contextlib.suppress(StoreError):  # closed by the test
        assert await differing(opened) == []


@pytest.fixture
def accepted(made: Made) -> Callable[..., Awaitable[tuple[Card, tuple[Job, ...]]]]:
    """Accepts a card with jobs of these holds, and answers it."""

    async def accept(
        store: Store, *holds: str, guild_id: int = GUILD, answered: bool = True, **values: Any
    ) -> tuple[Card, tuple[Job, ...]]:
        card = made.card(guild_id)
        jobs = [made.job(card, position, held, **values) for position, held in enumerate(holds or ("10",))]
        card, stored, is_new = await store.cards.accept(card, jobs, lambda _: None)
        assert is_new
        if answered:
            await store.cards.mark_answered(guild_id, card.id, 900, 55)
        return card, stored

    return accept


@pytest.fixture
async def open_database(databases: Databases, address: Path | PostgresUrl, clock: Any) -> AsyncIterator[Open]:
    opened: list[Database] = []

    async def open_(at: Path | PostgresUrl = address, **options: Any) -> Database:
        database = await databases.open(at, clock=clock, **options)
        opened.append(database)
        return database

    yield open_
    for database in opened:
        await database.close()
