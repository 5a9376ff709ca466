from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.domain.server.first_contact import SetupStep, StepOutcome, WelcomePlace
from bot.store import Store
from bot.store.engine.connection import connect
from bot.store.engine.schema import migrate, migrations
from tests.support import old_database

GUILD, OTHER = 700, 701
NUMBER = 20
"""Of the migration that begins with welcomes."""


async def test_a_guild_is_expected_once_and_due_until_it_is_greeted(store: Store) -> None:
    assert await store.welcomes.expect({GUILD: 5.0, OTHER: 4.0}) == 2
    assert await store.welcomes.expect({GUILD: 9.0}) == 0
    assert await store.welcomes.due() == [(OTHER, 4.0, False), (GUILD, 5.0, False)]
    await store.welcomes.begin(GUILD)
    await store.welcomes.end(OTHER, WelcomePlace.OWNER)
    assert await store.welcomes.due() == [(GUILD, 5.0, True)]
    await store.welcomes.end(GUILD, WelcomePlace.CHANNEL)
    assert await store.welcomes.expect({GUILD: 9.0, OTHER: 9.0}) == 0
    assert await store.welcomes.due() == []


async def test_the_last_word_on_a_step_counts(store: Store) -> None:
    await store.setup_steps.note(GUILD, SetupStep.ROLE, StepOutcome.SKIPPED, by_id=1)
    await store.setup_steps.note(GUILD, SetupStep.ROLE, StepOutcome.DONE, by_id=2)
    [(step, state)] = (await store.setup_steps.of(GUILD)).items()
    assert (step, state.outcome, state.by_id) == (SetupStep.ROLE, StepOutcome.DONE, 2)
    assert await store.setup_steps.of(OTHER) == {}


@pytest.mark.sqlite_only("a file of an older version: PostgreSQL begins with the schema of 31")
async def test_guilds_of_an_old_database_are_not_greeted(
    path: Path, open_store: Callable[..., Awaitable[Store]]
) -> None:
    old_database.write_database(path)
    guilds = {row[0] for row in old_database.rows(path, "SELECT guild_id FROM jobs UNION SELECT guild_id FROM rules")}
    assert guilds
    store = await open_store(secret_keys=[old_database.SECRET_KEY])
    assert await store.welcomes.due() == []
    assert await store.welcomes.expect(dict.fromkeys(guilds, 8000000000.0)) == 0
    assert await store.welcomes.expect({GUILD: 8e9}) == 1


def test_a_guild_that_only_has_limits_is_an_old_one_too(tmp_path: Path) -> None:
    with contextlib.closing(connect(tmp_path / "bot.db")) as db:
        migrate(db, [each for each in migrations() if each.version < NUMBER])
        db.execute(
            "INSERT INTO limits"
            " (guild_id, scope, scope_id, operation, channel_id, period, credits_milli, set_by, set_at)"
            " VALUES (?, 'everyone', 0, '', 0, 'day', 1000, 1, 1)",
            (GUILD,),
        )
        db.commit()
        migrate(db, migrations())
        assert [tuple(row) for row in db.execute("SELECT guild_id, place FROM welcomes")] == [(GUILD, "nowhere")]
