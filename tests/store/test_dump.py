"""What a host does with a PostgreSQL database: a dump that is restored elsewhere, and what the commands say of it."""

from __future__ import annotations

import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.app.host.check import Findings, report
from bot.app.host.jobs.commands import mark_uncertain
from bot.domain.models import JobState
from bot.errors import Refused
from bot.fleet.postgresql.server import reading_server
from bot.fleet.postgresql.shard_locks import LEASE
from bot.runtime.clock import SystemClock
from bot.runtime.network.health_probe import store_address, stored_address
from bot.runtime.progress import no_progress
from bot.settings import PostgresUrl, SecretStr, Settings
from bot.store import Store
from tests.store.conftest import GUILD, HandClock
from tests.support.databases import SECRET_KEY, PostgresDatabases
from tests.support.postgres import binaries
from tests.unit.test_cli import TOKEN, cannon_bot

pytestmark = pytest.mark.long


@pytest.fixture
async def filled(postgres_databases: PostgresDatabases, clock: HandClock, made: Any, accepted: Any) -> PostgresUrl:
    """A database with jobs that have ended and jobs that have not; nobody has it open."""
    url = postgres_databases.new()
    store = await Store.open(url, clock=clock, secret_keys=(SECRET_KEY,))
    await store.keys.set(GUILD, "cs_live_0123456789", set_by=2, status=made.status())
    _, jobs = await accepted(store, "1", "2.5", "3")
    await store.jobs.change(jobs[0], JobState.FAILED, release=True)
    await store.jobs.change(jobs[1], JobState.HELD, settle=jobs[1].held)
    await store.close()
    return url


def settings(url: PostgresUrl) -> Settings:
    return Settings(database=url, secret_keys=(SecretStr(SECRET_KEY),))


def run(program: str, *arguments: str) -> str:
    done = subprocess.run([binaries() / program, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


async def test_a_dump_is_restored_and_the_books_agree(
    filled: PostgresUrl,
    empty_postgres_database: str,
    tmp_path: Path,
    clock: HandClock,
    accepted: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dump = tmp_path / "cannon-bot.dump"
    run("pg_dump", "--format=custom", f"--file={dump}", filled.get_secret_value())
    run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={empty_postgres_database}", str(dump))
    monkeypatch.setattr("bot.app.host.offline.SystemClock", lambda: clock)
    url = PostgresUrl(empty_postgres_database)
    assert "1 job had not ended" in await mark_uncertain(settings(url), 3600, clock=clock, progress=no_progress)
    store = await Store.open(url, clock=clock, secret_keys=(SECRET_KEY,))
    try:
        assert await store.check() == []
        [waiting] = await store.job_lists.recent(GUILD, states=[JobState.SUBMITTING])
        assert (waiting.in_doubt, waiting.attempts, waiting.first_attempt_at) == (True, 1, clock.now - 3600)
        sums = await store.ledger.balance(GUILD)
        assert (sums.spent, sums.held) == (Decimal("2.5"), Decimal(3))
        key = await store.keys.current(GUILD)
        assert key is not None
        assert key.secret == "cs_live_0123456789"
        before = {job.id for job in await store.job_lists.recent(GUILD)}
        _, (job,) = await accepted(store, "7")
        assert job.id not in before
        assert await store.jobs.change(job, JobState.FAILED, release=True) is not None
    finally:
        await store.close()


async def test_nothing_is_marked_while_a_bot_runs(
    filled: PostgresUrl, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.host.offline.SystemClock", lambda: clock)
    store = await Store.open(filled, clock=clock, secret_keys=(SECRET_KEY,))
    await store._database.locks.ask(lambda db: db.execute("SELECT pg_advisory_lock_shared(%s, 1)", [LEASE]))  # type: ignore[attr-defined]  # PostgreSQL's
    with pytest.raises(Refused, match="Stop every bot"):
        await mark_uncertain(settings(filled), 60, clock=clock, progress=no_progress)
    await store.close()


async def test_check_reports_the_server_without_its_password(
    filled: PostgresUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    secret = PostgresUrl(filled.get_secret_value().replace("postgres@", "postgres:a-password@"))
    found = report(settings(secret), Findings(), SystemClock())
    there = found["database"]
    assert there["schema"] == there["schema_known"]
    assert there["jobs"] == {"failed": 1, "held": 1, "submitting": 1}
    assert there["bytes"] > 1_000_000
    assert "a-password" not in repr(found)


async def test_check_finds_what_is_wrong_and_nothing_else(
    filled: PostgresUrl, tmp_path: Path, empty_postgres_database: str
) -> None:
    def checked(url: str, key: str = SECRET_KEY) -> tuple[int, str]:
        done = cannon_bot("check", "--offline", cwd=tmp_path, DISCORD_TOKEN=TOKEN, DATABASE=url, SECRET_KEYS=key)
        assert done.stderr == ""
        return done.returncode, done.stdout

    assert checked(filled.get_secret_value())[0] == 0
    assert checked(empty_postgres_database)[0] == 0, "the bot makes its tables"
    code, said = checked(filled.get_secret_value(), "o" * 40)
    assert (code, "is missing" in said) == (1, True)
    code, said = checked("postgresql:///nowhere?host=/nonexistent")
    assert code == 1
    assert "can't be used" in said
    with reading_server(filled) as db:
        assert db.execute("SELECT count(*) FROM jobs").fetchone()[0] == 3, "it was not touched"


def test_the_files_own_commands_lead_to_the_servers_tools(filled: PostgresUrl, tmp_path: Path) -> None:
    there = {"DATABASE": filled.get_secret_value(), "SECRET_KEYS": SECRET_KEY}
    for command in ("backup", "restore"):
        done = cannon_bot(command, "a.backup", cwd=tmp_path, **there)
        assert (done.returncode, "such as pg_dump" in done.stderr) == (1, True)
    done = cannon_bot("check", "--offline", cwd=tmp_path, DISCORD_TOKEN=TOKEN, BACKUP_DIR="backups", **there)
    assert (done.returncode, "BACKUP_DIR is for SQLite." in done.stdout) == (1, True)


def test_each_process_says_in_a_file_of_its_own_where_it_is_asked(tmp_path: Path) -> None:
    files = tmp_path / "data" / "cannon-bot"
    store_address(files, "http://127.0.0.1:1234")
    assert stored_address(files) == "http://127.0.0.1:1234"
