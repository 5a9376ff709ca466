# ruff: noqa: ASYNC240 - a test may wait for the disk
"""A backup beside a bot that writes, and putting it back: whole, checked, and never at the cost of what is there."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.errors import DatabaseTaken, StoreError
from bot.runtime.progress import no_progress
from bot.store import Store, texts
from bot.store.engine.schema import migrations
from bot.store.host import backup as module
from bot.store.host.backup import back_up
from bot.store.host.jobs import reading
from bot.store.host.restore import restore
from bot.store.vault.secret_box import key_file_of

pytestmark = pytest.mark.sqlite_only("PostgreSQL has means of its own")

Open = Callable[..., Awaitable[Store]]
NOW = 1_000_000.0
KEY = "a secret of at least thirty-two characters"


def taken(path: Path, target: Path, **options: Any) -> Any:
    values: dict[str, Any] = {"with_key": True, "replaces": False, "now": NOW, "progress": no_progress}
    return back_up(path, target, **(values | options))


def put_back(backup: Path, path: Path, *keys: str, now: float = NOW) -> Any:
    return restore(backup, path, secret_keys=keys, now=now, progress=no_progress)


def one(path: Path, query: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchone()[0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_what_is_only_in_the_log_is_in_the_backup(open_store: Open, accepted: Any, made: Any, path: Path) -> None:
    store = await open_store()
    _, (job,) = await accepted(store)
    await store.keys.set(700, "cs_live_0123456789", set_by=1, status=made.status())
    target = path.with_name("copy.backup")
    done = taken(path, target)
    assert (done.path, done.key_file, done.needed) == (target, key_file_of(target), frozenset())
    assert [mode(each) for each in (target, key_file_of(target))] == [0o600, 0o600]
    assert not list(path.parent.glob("*.partial*"))
    assert one(target, "PRAGMA journal_mode") == "delete", "it needs no log beside it"
    copy = await open_store(target)
    assert await copy.jobs.get(700, job.id) == job
    assert await copy.check() == []


async def test_a_backup_is_one_moment_although_the_bot_writes(
    open_store: Open, accepted: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store()
    for _ in range(30):
        await accepted(store, *["1"] * 20)
    monkeypatch.setattr("bot.store.engine.connection.TICK_STEPS", 500)
    loop, calls = asyncio.get_running_loop(), -1

    def write(what: str, _done: int, _total: int) -> None:
        nonlocal calls
        if what == texts.COPYING and calls < 5:  # the first is before the copy
            calls += 1
            if calls:
                asyncio.run_coroutine_threadsafe(accepted(store, "1"), loop).result(10)

    before = one(path, "SELECT count(*) FROM jobs")
    target = path.with_name("copy.backup")
    await asyncio.to_thread(taken, path, target, progress=write)
    assert calls == 5
    assert one(target, "SELECT count(*) FROM jobs") == before, "as it was when it began"
    assert one(path, "SELECT count(*) FROM jobs") == before + 5
    assert Store.check_file(target) == []


async def test_a_file_that_is_there_is_replaced_only_if_told_so(open_store: Open, path: Path) -> None:
    await open_store()
    target = path.with_name("copy.backup")
    target.write_text("precious")
    with pytest.raises(StoreError, match="--force"):
        taken(path, target)
    assert target.read_text() == "precious"
    taken(path, target, replaces=True)
    assert one(target, "PRAGMA user_version") == len(migrations())


async def test_a_backup_without_its_key_says_which_one_it_needs(open_store: Open, made: Any, path: Path) -> None:
    store = await open_store()
    await store.keys.set(700, "cs_live_0123456789", set_by=1, status=made.status())
    done = taken(path, path.with_name("copy.backup"), with_key=False)
    assert done.key_file is None
    assert len(done.needed) == 1
    assert not key_file_of(done.path).exists()


@pytest.mark.parametrize("name", ["bot.db", "bot.db.key", "."])
async def test_a_backup_is_no_file_of_the_bot(open_store: Open, path: Path, name: str) -> None:
    await open_store()
    before = path.read_bytes()
    with pytest.raises(StoreError):
        taken(path, path.parent / name, replaces=True, with_key=False)
    assert path.read_bytes() == before


async def test_a_full_disk_leaves_the_earlier_backup(
    open_store: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_store()
    target = path.with_name("copy.backup")
    target.write_text("the earlier one")
    monkeypatch.setattr(module, "room_for", lambda _db, _directory: (4096, 4095))
    with pytest.raises(StoreError, match=r"4\.0 KB"):
        taken(path, target, replaces=True)
    assert target.read_text() == "the earlier one"


async def test_restoring_brings_back_what_was_and_keeps_what_is(
    open_store: Open, accepted: Any, made: Any, path: Path
) -> None:
    store = await open_store()
    await store.keys.set(700, "cs_live_0123456789", set_by=1, status=made.status())
    _, (old,) = await accepted(store)
    backup = path.with_name("copy.backup")
    taken(path, backup)
    _, (new,) = await accepted(store)
    await store.close()
    done = put_back(backup, path)
    assert (done.schema, done.taken_at, done.open_jobs) == (len(migrations()), NOW, 1)
    endings = {each.name.removeprefix("bot.db.before-restore-19700112T134640000000") for each in done.kept}
    assert endings == {"", ".key"}
    kept = await open_store(done.kept[0])
    assert await kept.jobs.get(700, new.id) == new
    again = await open_store(alone=True)
    assert await again.jobs.get(700, new.id) is None
    assert await again.check() == []
    found = await again.jobs.get(700, old.id)
    assert found is not None


async def test_the_log_of_a_bot_that_was_killed_is_kept_and_not_applied(
    open_store: Open, accepted: Any, path: Path, tmp_path: Path
) -> None:
    store = await open_store()
    backup = path.with_name("copy.backup")
    taken(path, backup)
    _, (late,) = await accepted(store)
    dead = tmp_path / "dead"
    dead.mkdir()
    for each in ("bot.db", "bot.db-wal", "bot.db.key"):
        (dead / each).write_bytes((path.parent / each).read_bytes())
    done = put_back(backup, dead / "bot.db")
    assert one(dead / "bot.db", "SELECT count(*) FROM jobs") == 0
    assert one(done.kept[0], "SELECT id FROM jobs") == late.id


async def test_a_damaged_database_gives_way_to_its_backup(open_store: Open, accepted: Any, path: Path) -> None:
    store = await open_store()
    _, (job,) = await accepted(store)
    backup = path.with_name("copy.backup")
    taken(path, backup)
    await store.close()
    path.write_bytes(b"\xa5" * 8192)
    path.with_name("bot.db-wal").write_bytes(b"of the damaged one")
    done = put_back(backup, path)
    assert done.kept[0].read_bytes() == b"\xa5" * 8192
    assert not path.with_name("bot.db-wal").exists()
    again = await open_store(alone=True)
    assert await again.check() == []
    assert await again.jobs.get(700, job.id) is not None


async def test_what_may_have_been_submitted_since_is_not_paid_twice(
    open_store: Open, accepted: Any, path: Path
) -> None:
    store = await open_store()
    _, (unsent,) = await accepted(store)
    _, (waiting,) = await accepted(store, state=JobState.WAITING)
    backup = path.with_name("copy.backup")
    taken(path, backup)
    await store.close()
    put_back(backup, path, now=NOW + 10 * 86_400)
    again = await open_store()
    for job in (unsent, waiting):
        found = await again.jobs.get(700, job.id)
        assert found is not None
        assert (found.in_doubt, found.first_attempt_at, found.attempts) == (True, NOW, 1)


async def test_a_new_machine_gets_the_database_and_its_key(
    open_store: Open, accepted: Any, made: Any, path: Path
) -> None:
    store = await open_store()
    key = (await store.keys.set(700, "cs_live_0123456789", set_by=1, status=made.status())).key
    backup = path.with_name("copy.backup")
    taken(path, backup)
    elsewhere = path.parent / "new" / "machine.db"
    done = put_back(backup, elsewhere)
    assert done.kept == ()
    there = await open_store(elsewhere, alone=True)
    assert await there.keys.current(700) == key
    assert await there.check() == []
    assert [mode(each) for each in (elsewhere, key_file_of(elsewhere))] == [0o600, 0o600]


async def test_nothing_is_restored_while_a_bot_runs(open_store: Open, path: Path) -> None:
    store = await open_store(alone=True)
    backup = path.with_name("copy.backup")
    taken(path, backup)
    before = path.read_bytes()
    with pytest.raises(DatabaseTaken):
        put_back(backup, path)
    assert path.read_bytes() == before
    await store.close()
    put_back(backup, path)


async def test_a_backup_that_cannot_be_used_changes_nothing(open_store: Open, made: Any, path: Path) -> None:
    store = await open_store()
    await store.keys.set(700, "cs_live_0123456789", set_by=1, status=made.status())
    whole = path.with_name("whole.backup")
    taken(path, whole, with_key=False)
    await store.close()
    foreign, damaged, empty = (path.with_name(f"{name}.backup") for name in ("foreign", "damaged", "empty"))
    with closing(sqlite3.connect(foreign)) as db:
        db.execute("CREATE TABLE a (b)")
    content = bytearray(whole.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    damaged.write_bytes(content)
    empty.write_bytes(b"")
    before = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
    for each in (foreign, damaged, empty, path.with_name("missing"), path):
        with pytest.raises(StoreError):
            put_back(each, path)
    key_file_of(path).rename(path.with_name("elsewhere"))
    with pytest.raises(StoreError, match="SECRET_KEYS"):
        put_back(whole, path)
    path.with_name("elsewhere").rename(key_file_of(path))
    assert {each.name: each.read_bytes() for each in path.parent.iterdir() if each.name in before} == before
    put_back(whole, path)  # with the key file that is there


async def test_looking_leaves_nothing_beside_a_stopped_bots_database(open_store: Open, path: Path) -> None:
    await (await open_store()).close()
    before = sorted(each.name for each in path.parent.iterdir())
    with reading(path):
        pass
    assert sorted(each.name for each in path.parent.iterdir()) == before
