"""The roles of docs/postgresql.md, made by the very statements that stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.domain.models import JobState
from bot.errors import DatabaseFailing
from bot.settings import PostgresUrl
from bot.store import Store
from tests.support.postgres import Server

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "postgresql.md"
SECRETS = ["x" * 32]


@pytest.fixture
def roles(postgres_server: Server) -> Iterator[tuple[str, str]]:
    """The URLs of the owner and of the role that owns nothing, on a new database; both end with the test."""
    ours, in_database = _statements()
    with postgres_server.connect() as admin:
        _drop(admin)
        for statement in ours:
            admin.execute(statement)  # type: ignore[arg-type]  # of the guide
    owner, runner = (
        re.sub(r"postgres@/\w+", f"{role}@/cannon_bot", postgres_server.dsn("cannon_bot"))
        for role in ("cannon_bot", "cannon_bot_run")
    )
    with psycopg.connect(owner, autocommit=True) as db:
        for statement in in_database:
            db.execute(statement)  # type: ignore[arg-type]  # of the guide
    yield owner, runner
    with postgres_server.connect() as admin:
        _drop(admin)


def _statements() -> tuple[list[str], list[str]]:
    """Return the guide's statements for whoever administers the server, and those for the owner in the database."""
    blocks = re.findall(r"```sql\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    text = "\n".join(blocks).replace("…", "secret")
    before, _, inside = text.partition("-- in the database")
    return _split(before), _split(inside.partition("\n")[2])


def _split(text: str) -> list[str]:
    return [each.strip() for each in text.split(";") if each.strip()]


def _drop(admin: psycopg.Connection[Any]) -> None:
    admin.execute("DROP DATABASE IF EXISTS cannon_bot WITH (FORCE)")
    for role in ("cannon_bot_run", "cannon_bot"):
        admin.execute(f"DROP ROLE IF EXISTS {role}")  # type: ignore[arg-type]


async def test_the_role_that_owns_nothing_runs_the_bot_and_changes_no_schema(
    roles: tuple[str, str], clock: Any, accepted: Callable[..., Any]
) -> None:
    owner, runner = roles
    await (await Store.open(PostgresUrl(owner), clock=clock, secret_keys=SECRETS)).close()
    store = await Store.open(PostgresUrl(runner), clock=clock, secret_keys=SECRETS)
    try:
        _, (job,) = await accepted(store, "10")
        done = await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(9), delivered_at=clock.now)
        assert done is not None
        assert await store.check() == []
        for statement in ("DROP TRIGGER ledger_never_updates ON ledger", "TRUNCATE draws"):
            with pytest.raises(DatabaseFailing) as refused:
                await store._database.write(lambda db, sql=statement: db.execute(sql))
            assert "permissions" in refused.value.for_host
    finally:
        await store.close()


async def test_a_role_that_owns_nothing_cannot_make_the_schema_and_says_so(roles: tuple[str, str], clock: Any) -> None:
    _, runner = roles
    with pytest.raises(DatabaseFailing, match="permission denied for schema"):
        await Store.open(PostgresUrl(runner), clock=clock, secret_keys=SECRETS)
