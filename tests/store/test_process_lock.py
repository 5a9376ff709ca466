# ruff: noqa: ASYNC240 - a test may wait for the disk
from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreError
from bot.store import Store
from bot.store.engine.sqlite_database import ProcessLock
from tests.support.claims import claimed_by

pytestmark = pytest.mark.sqlite_only("several processes may have a PostgreSQL database")

Open = Callable[..., Awaitable[Store]]


async def test_who_opens_it_alone_keeps_others_out_until_it_is_closed(open_store: Open, path: Path) -> None:
    first = await open_store(alone=True)
    with pytest.raises(StoreError, match=r"Another cannon-bot is running on .*bot\.db\. Stop it first"):
        await open_store(alone=True)
    await first.close()
    await first.close()
    await open_store(alone=True)
    assert path.with_name("bot.db.lock").stat().st_mode & 0o077 == 0


async def test_a_dead_process_leaves_its_jobs_to_the_next_one_at_once(
    open_store: Open, accepted: Any, clock: Any
) -> None:
    dead = await open_store()
    await accepted(dead)
    assert len(await claimed_by(dead, "dead")) == 1
    guest = await open_store()
    assert await claimed_by(guest, "guest") == []
    heir = await open_store(alone=True)
    [job] = await claimed_by(heir, "heir")
    assert job.lease == "heir"


async def test_a_start_that_fails_lets_go_of_the_lock(open_store: Open, path: Path) -> None:
    path.write_bytes(b"no database" * 500)
    for _ in range(2):
        with pytest.raises(StoreError, match="not a database"):
            await open_store(alone=True)


def test_the_kernel_lets_go_when_the_process_dies(path: Path) -> None:
    script = (
        "import pathlib, sys, time\n"
        "from bot.store.engine.sqlite_database import ProcessLock\n"
        "lock = ProcessLock.take(pathlib.Path(sys.argv[1]))\n"
        "print('taken', flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "taken\n"
        with pytest.raises(StoreError, match="Another cannon-bot"):
            ProcessLock.take(path)
        holder.kill()
        holder.wait()
        ProcessLock.take(path).release()


@pytest.mark.parametrize("step", ["open", "lock"])
def test_a_lock_that_cannot_be_had_is_reported(path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def no_open(name: Any, *rest: Any) -> int:
        if str(name).endswith(".lock"):
            raise PermissionError(13, "Permission denied")
        return opened(name, *rest)

    def no_lock(*_: Any) -> None:
        raise OSError(37, "No locks available")

    if step == "open":
        monkeypatch.setattr(os, "open", no_open)
    else:
        monkeypatch.setattr(fcntl, "flock", no_lock)
    expected = {"open": "can't be written", "lock": "local disk"}[step]
    with pytest.raises(StoreError, match=expected):
        ProcessLock.take(path)
