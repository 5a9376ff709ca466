from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.store import SecretBox, Store
from bot.store.engine.schema import Migration, migrations
from bot.store.vault.secret_box import key_file_of

pytestmark = pytest.mark.sqlite_only("what is found in a file that nobody has open")

Open = Callable[..., Awaitable[Store]]
KEY = "a secret of at least thirty-two characters"


def contents(path: Path) -> dict[str, bytes]:
    """What lies there, without SQLite's shared memory, which every reader writes."""
    return {file.name: file.read_bytes() for file in path.parent.iterdir() if not file.name.endswith("-shm")}


async def test_a_sound_file_has_no_problems_and_is_left_alone(open_store: Open, made: Any, path: Path) -> None:
    store = await open_store()
    await store.keys.set(1, "cs_live_0123456789", set_by=1, status=made.status())
    assert await store.check() == []
    before = contents(path)
    assert "bot.db-wal" in before
    assert Store.check_file(path) == []
    assert contents(path) == before
    await store.close()
    before = contents(path)
    assert Store.check_file(path) == []
    assert contents(path) == before
    assert set(before) == {"bot.db", "bot.db.key"}


def test_a_file_that_is_not_there_is_no_problem_and_stays_away(path: Path) -> None:
    assert Store.check_file(path) == []
    assert list(path.parent.iterdir()) == []


async def test_what_is_in_the_log_is_checked(open_store: Open, accepted: Any, path: Path) -> None:
    store = await open_store(secret_keys=(KEY,))
    await accepted(store)
    assert Store.check_file(path, (KEY,)) == []
    await store._database.write(lambda db: db.execute("DROP TRIGGER jobs_end_closes_hold"))
    await store._database.write(lambda db: db.execute("UPDATE jobs SET state = 'failed'"))
    expected = ["1 jobs ended while their hold is open."]
    assert Store.check_file(path, (KEY,)) == expected
    assert await store.check() == expected


async def test_a_broken_ledger_is_reported(open_store: Open, accepted: Any) -> None:
    store = await open_store()
    _, (job, _) = await accepted(store, "1", "2")

    def cook(db: sqlite3.Connection) -> None:
        for name in ("ledger_never_deletes", "ledger_never_replaces"):
            db.execute(f"DROP TRIGGER {name}")
        db.execute("DROP INDEX ledger_closes_once")
        for kind in ("settle", "release"):
            db.execute(
                "INSERT INTO ledger (guild_id, member_id, job_id, kind, credits_milli, at)"
                " VALUES (700, 1, ?, ?, 1000, 1)",
                (job.id, kind),
            )
        db.execute("DELETE FROM ledger WHERE kind = 'hold'")

    await store._database.write(cook)
    missing, both, *of_totals = await store.check()
    assert (missing, both) == ("2 jobs have no hold.", "1 jobs are both settled and released.")
    assert of_totals == [
        "The running totals of CANNON_API_KEY differ from the ledger. Restore the last backup.",
        "Server 700: the running totals differ from the ledger. Restore the last backup.",
    ]


async def test_orphans_are_reported(open_store: Open, accepted: Any, path: Path) -> None:
    store = await open_store()
    await accepted(store)
    await store.close()
    db = sqlite3.connect(path)
    db.execute("DELETE FROM cards")
    db.commit()
    db.close()
    assert Store.check_file(path)[0] == "1 rows refer to rows that are missing."


@pytest.mark.parametrize("content", [b"GIF89a" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_is_not_a_database_is_reported(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    (problem,) = Store.check_file(path)
    assert str(path) in problem
    assert path.read_bytes() == content


def test_a_directory_is_reported(path: Path) -> None:
    path.mkdir()
    (problem,) = Store.check_file(path)
    assert "can't be opened" in problem


async def test_a_newer_schema_is_reported(path: Path, open_store: Open) -> None:
    await (await open_store()).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 999")
    db.close()
    (problem,) = Store.check_file(path)
    assert "newer cannon-bot" in problem


async def test_an_older_schema_is_no_problem_and_is_not_migrated(
    path: Path, open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await open_store()).close()
    more = (*migrations(), Migration(len(migrations()) + 1, "CREATE TABLE later (a) STRICT;"))
    monkeypatch.setattr("bot.store.engine.schema.migrations", lambda: more)
    assert Store.check_file(path) == []
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone()[0] == len(more) - 1
    db.close()


async def test_a_lost_key_is_reported_by_its_fingerprint(open_store: Open, made: Any, path: Path) -> None:
    store = await open_store()
    await store.keys.set(1, "cs_live_0123456789", set_by=1, status=made.status())
    await store.close()
    fingerprint = SecretBox([key_file_of(path).read_text()]).fingerprints[0]
    key_file_of(path).unlink()
    for keys in ((), (KEY,)):
        (problem,) = Store.check_file(path, keys)
        assert fingerprint in problem
    assert Store.check_file(path, ("short",)) == ["A secret key needs at least 32 characters."]
    assert not key_file_of(path).exists()


async def test_a_key_of_another_server_is_reported(open_store: Open, made: Any, path: Path) -> None:
    store = await open_store()
    await store.keys.set(1, "cs_live_0123456789", set_by=1, status=made.status())
    await store._database.write(lambda db: db.execute("UPDATE guild_keys SET guild_id = 2"))
    problems = await store.check()
    assert len(problems) == 1
    assert problems[0].startswith("Server 2: A stored secret belongs to another server")
    assert Store.check_file(path) == problems
