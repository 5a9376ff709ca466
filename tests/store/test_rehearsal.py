"""`cannon-bot rehearse` restores the newest backup in a folder of its own, and this version goes on with its jobs."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.app.host import rehearsal
from bot.app.host.rehearsal import rehearse
from bot.domain.models import JobState
from bot.errors import StartError, StoreError
from bot.runtime.clock import SystemClock
from bot.runtime.progress import no_progress
from bot.settings import PostgresUrl, SecretStr, Settings
from bot.store import Store
from bot.store.host.rotation import last_rehearsal, rotate
from bot.store.vault.secret_box import key_file_of
from sandbox import rehearsal as playing
from tests.store.conftest import HandClock
from tests.store.test_server_backups import server
from tests.support import old_database
from tests.support.databases import SECRET_KEY
from tests.unit.test_cli import cannon_bot

pytestmark = [pytest.mark.long, pytest.mark.sqlite_only("a backup is a file")]
__all__ = ["server"]  # a fixture
Open = Callable[..., Awaitable[Store]]
KEY = old_database.SECRET_KEY
LEFT = 6
"""Jobs of the old database that may stay open: their files were at an address that is gone."""
HANG_S = 600.0


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    """Settings with a database of an old version, with jobs in all states, and one backup of it."""
    (tmp_path / "data").mkdir()
    database = tmp_path / "data" / "bot.db"
    old_database.write_database(database)
    settings = Settings(database=database, secret_keys=(SecretStr(KEY),), backup_dir=tmp_path / "backups")
    backed_up(settings)
    return settings


def backed_up(settings: Settings) -> Path:
    assert settings.backup_dir is not None
    now = SystemClock().wall()
    return rotate(settings.database, settings.backup_dir, keep=9, now=now, progress=no_progress).made.path


def folder_of(settings: Settings) -> Path:
    assert settings.backup_dir is not None
    return settings.backup_dir


async def rehearsed(settings: Settings, backup: Path | None = None) -> str:
    return await asyncio.to_thread(rehearse, settings, backup, clock=SystemClock(), progress=no_progress, most_s=HANG_S)


async def most_have_ended(_watch: object, store: Store) -> bool:
    """End a rehearsal of the old database by what has happened, however slow the machine is."""
    return await store.job_lists.open_total() <= LEFT


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_an_old_backup_is_upgraded_there_and_its_jobs_end(kept: Settings, monkeypatch: pytest.MonkeyPatch):
    played: list[Any] = []
    play = playing.play

    async def watched(*arguments: Any, **options: Any) -> Any:
        played.append(await play(*arguments, **options))
        return played[-1]

    monkeypatch.setattr(playing, "play", watched)
    monkeypatch.setattr(rehearsal._Watch, "is_over", most_have_ended)
    before = bytes_of(folder_of(kept)) | bytes_of(kept.sqlite_file.parent)
    said = await rehearsed(kept)
    assert said.startswith("This backup restores: 55 jobs (26 were open: ")
    assert "ledger equal" in said
    ended = int(said.partition("were open: ")[2].partition(" ended")[0])
    assert ended >= 26 - LEFT, "what was sent has come, what was not is sent, what is too old is refunded"
    assert played[0].refused == (), "nothing outside this machine was tried"
    after = bytes_of(folder_of(kept)) | bytes_of(kept.sqlite_file.parent)
    outcome = after.pop(str(folder_of(kept) / "rehearsed.json"))
    assert json.loads(outcome)["sentence"] == said
    assert after == before, "neither the backup nor the database was changed, and nothing is left"


async def test_a_backup_of_postgresql_is_rehearsed_without_a_server(
    server: PostgresUrl, tmp_path: Path, clock: HandClock
) -> None:
    kept = Settings(database=server, secret_keys=(SecretStr(SECRET_KEY),), backup_dir=tmp_path / "backups")
    backed_up(kept)
    nowhere = PostgresUrl("postgresql:///nowhere?host=/nonexistent")
    elsewhere = Settings(database=nowhere, secret_keys=kept.secret_keys, backup_dir=kept.backup_dir)
    assert "ledger equal" in await rehearsed(elsewhere)


async def test_a_key_file_next_to_the_database_is_used(
    open_store: Open, accepted: Any, made: Any, path: Path, tmp_path: Path
) -> None:
    store = await open_store()
    await store.keys.set(700, "cs_live_0123456789", set_by=1, status=made.status())
    await accepted(store)
    kept = Settings(database=path, backup_dir=tmp_path / "backups")
    backed_up(kept)
    assert "This backup restores: 1 job" in await rehearsed(kept), "next to a running bot"
    key_file_of(path).rename(tmp_path / "lost.key")
    with pytest.raises(StoreError, match=r"does not restore .*: The secret key \w+, .* is missing"):
        await rehearsed(kept)
    last = last_rehearsal(folder_of(kept))
    assert last is not None
    assert (last.restores, last.restored_at is not None) == (False, True)


@pytest.mark.parametrize("spoil", ["half", "empty", "random", "ledger", "schema"])
async def test_a_backup_that_does_not_restore_is_one_sentence(kept: Settings, spoil: str) -> None:
    [backup] = folder_of(kept).glob("*.backup")
    whole = backup.read_bytes()
    if spoil in {"ledger", "schema"}:
        with closing(sqlite3.connect(backup)) as db, db:
            triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f'DROP TRIGGER "{name}"')
            db.execute("DELETE FROM ledger WHERE kind = 'hold'")
            for _, statement in triggers if spoil == "ledger" else ():
                db.execute(statement)
    else:
        backup.write_bytes({"half": whole[: len(whole) // 2], "empty": b"", "random": b"\x01" * 9000}[spoil])
    with pytest.raises(StoreError) as raised:
        await rehearsed(kept)
    assert raised.value.sentence.startswith(f"This backup does not restore ({backup.name}): ")
    assert "\n" not in raised.value.sentence
    last = last_rehearsal(folder_of(kept))
    assert last is not None
    assert (last.restores, last.restored_at) == (False, None)
    assert sorted(each.name for each in folder_of(kept).iterdir()) == [backup.name, "rehearsed.json"]


async def test_books_that_change_in_between_are_seen(kept: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    play = playing.play

    async def forging(settings: Settings, **options: Any) -> Any:
        done = await play(settings, **options)
        with closing(sqlite3.connect(settings.sqlite_file)) as db, db:
            db.execute("DROP TRIGGER ledger_never_updates")
            db.execute("UPDATE ledger SET credits_milli = credits_milli + 1 WHERE id = 1")
        return done

    monkeypatch.setattr(playing, "play", forging)
    with pytest.raises(StoreError, match="not the same afterwards"):
        await rehearsed(kept)


async def test_without_backups_it_says_how_to_make_one(kept: Settings, tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"There is no backup in .* yet"):
        await rehearsed(Settings(database=kept.database, backup_dir=tmp_path / "none"))
    with pytest.raises(StartError, match="BACKUP_DIR is not set"):
        await rehearsed(Settings(database=kept.database))


async def test_what_a_killed_rehearsal_left_is_deleted(kept: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    left = folder_of(kept) / f"{rehearsal.SCRATCH}killed"
    left.mkdir()
    (left / "cannon-bot.db").write_text("half")
    monkeypatch.setattr(rehearsal, "_rehearsed", lambda *_: rehearsal.Rehearsal(
        backup=Path("x"), jobs=0, open_jobs=0, ended=0, seconds=0.0
    ))  # fmt: skip
    await rehearsed(kept)
    assert not left.exists()


def test_nothing_but_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as here, playing.loopback_only() as refused:
        socket.create_connection(here.getsockname()[:2]).close()
        with pytest.raises(OSError, match="stays on this machine"):
            socket.create_connection(("192.0.2.1", 443), timeout=1)
        with pytest.raises(OSError, match="stays on this machine"):
            socket.getaddrinfo("discord.com", 443)
    assert refused == ["192.0.2.1", "discord.com"]
    assert socket.getaddrinfo("127.0.0.1", 1), "and it is over"


async def test_the_command_says_it_in_one_line_with_its_exit_code(kept: Settings, tmp_path: Path) -> None:
    env = {"DATABASE": str(kept.database), "SECRET_KEYS": KEY, "BACKUP_DIR": str(kept.backup_dir)}
    env |= {"DISCORD_TOKEN": "real", "CANNON_API_KEY": "cs_live_0123456789", "PRICE_LIST": str(tmp_path / "none.csv")}
    done = await asyncio.to_thread(cannon_bot, "rehearse", cwd=tmp_path, **env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
    [backup] = folder_of(kept).glob("*.backup")
    backup.write_bytes(b"")
    broken = await asyncio.to_thread(cannon_bot, "rehearse", cwd=tmp_path, **env)
    assert broken.returncode == 1
    assert "does not restore" in broken.stderr


async def test_a_job_of_unknown_outcome_is_sent_again_and_posted(
    open_store: Open, accepted: Any, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store()
    _, (job,) = await accepted(store)
    assert await store.jobs.change(job, JobState.SUBMITTING, attempts=1) is not None
    await store.close()
    kept = Settings(database=path, backup_dir=tmp_path / "backups")
    backed_up(kept)

    async def has_ended(_watch: object, store: Store) -> bool:
        return await store.job_lists.open_total() == 0

    monkeypatch.setattr(rehearsal._Watch, "is_over", has_ended)
    assert "1 job (1 was open: 1 ended), ledger equal" in await rehearsed(kept)
