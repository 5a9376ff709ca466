"""A secret key can be changed: all that the old one sealed is sealed anew, and the old one is then needed no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreError
from bot.store import Store
from tests.support.notes import Open
from tests.unit.test_cli import cannon_bot

OLD, NEW, NEWEST = "o" * 40, "n" * 40, "z" * 40
SECRET = "cs_live_theirs_0123456789"
GUILDS = range(1, 6)


async def sealed_with(open_store: Open, made: Any, *keys: str) -> None:
    store = await open_store(secret_keys=keys)
    for guild_id in GUILDS:
        await store.keys.set(guild_id, f"{SECRET}{guild_id}", set_by=2, status=made.status())
    await store.close()


async def opened(store: Store) -> list[str]:
    found = [await store.keys.current(guild_id) for guild_id in GUILDS]
    return [key.secret for key in found if key is not None]


ALL = [f"{SECRET}{guild_id}" for guild_id in GUILDS]


async def test_a_start_with_both_keys_is_all_that_it_takes(open_store: Open, made: Any) -> None:
    await sealed_with(open_store, made, OLD)
    both = await open_store(secret_keys=(NEW, OLD), alone=True)
    assert await opened(both) == ALL
    await both.close()
    assert await opened(await open_store(secret_keys=(NEW,))) == ALL


async def test_the_old_key_opens_nothing_any_more(open_store: Open, made: Any) -> None:
    await sealed_with(open_store, made, OLD)
    await (await open_store(secret_keys=(NEW, OLD), alone=True)).close()
    with pytest.raises(StoreError, match="missing"):
        await open_store(secret_keys=(OLD,))


@pytest.mark.sqlite_only("what is left in files")
async def test_what_the_old_key_sealed_is_in_no_file(open_store: Open, made: Any, path: Path) -> None:
    await sealed_with(open_store, made, OLD)
    before = await open_store(secret_keys=(OLD,))
    rows = await before._database.read(lambda db: db.execute("SELECT secret FROM guild_keys").fetchall())
    await before.close()
    after = await open_store(secret_keys=(NEW, OLD), alone=True)
    for file in path.parent.iterdir():
        content = file.read_bytes()
        assert not [1 for (sealed,) in rows if bytes(sealed) in content], file.name
    assert await opened(after) == ALL


@pytest.mark.sqlite_only("the key file beside the file")
async def test_a_key_file_gives_way_to_keys_of_the_settings(open_store: Open, made: Any, path: Path) -> None:
    await sealed_with(open_store, made)
    await (await open_store(secret_keys=(NEW,), alone=True)).close()
    path.with_name(f"{path.name}.key").unlink()
    assert await opened(await open_store(secret_keys=(NEW,))) == ALL


async def test_three_keys_become_one(open_store: Open, made: Any) -> None:
    await sealed_with(open_store, made, OLD)
    second = await open_store(secret_keys=(NEW, OLD), alone=True)
    await second.keys.set(9, SECRET, set_by=2, status=made.status())
    await second.close()
    await (await open_store(secret_keys=(NEWEST, NEW, OLD), alone=True)).close()
    assert await opened(await open_store(secret_keys=(NEWEST,))) == ALL


KILLED = """
import asyncio, os, sys, time
from pathlib import Path
from bot.store import Store
from bot.store.vault.secret_box import SecretBox
from bot.runtime.clock import SystemClock
left = int(sys.argv[2])
real = SecretBox.rotate
def rotate(box, sealed):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
    return real(box, sealed)
SecretBox.rotate = rotate
async def main():
    store = await Store.open(Path(sys.argv[1]), clock=SystemClock(), secret_keys=("n" * 40, "o" * 40), alone=True)
    await store.rotate_secrets()
    await store.close()
asyncio.run(main())
"""


def rotate_until_killed(path: Path, after: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, str(path), str(after)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.sqlite_only("the file of a process that is killed")
@pytest.mark.parametrize("after", [4, *(pytest.param(each, marks=pytest.mark.long) for each in (0, 1, 3, 5))])
async def test_a_kill_half_way_loses_nothing(open_store: Open, made: Any, path: Path, after: int) -> None:
    await sealed_with(open_store, made, OLD)
    ended = rotate_until_killed(path, after)
    assert ended.returncode == (0 if after >= len(GUILDS) else -9), ended.stderr
    again = await open_store(secret_keys=(NEW, OLD), alone=True)
    assert await opened(again) == ALL
    await again.close()
    assert await opened(await open_store(secret_keys=(NEW,))) == ALL


def rotate(folder: Path, path: Path, *keys: str) -> subprocess.CompletedProcess[str]:
    return cannon_bot("rotate-keys", cwd=folder, DATABASE=str(path), SECRET_KEYS=",".join(keys))


@pytest.mark.long
@pytest.mark.sqlite_only("on PostgreSQL opening it seals with the newest key what an older one has sealed")
async def test_the_command_says_how_many_were_sealed_anew(
    open_store: Open, made: Any, path: Path, tmp_path: Path
) -> None:
    await sealed_with(open_store, made, OLD)
    done = rotate(tmp_path, path, NEW, OLD)
    assert done.returncode == 0, done.stderr
    assert str(len(GUILDS)) in done.stdout
    assert OLD not in done.stdout + done.stderr
    assert rotate(tmp_path, path, NEW).returncode == 0, "and none is left for the old key"
    assert await opened(await open_store(secret_keys=(NEW,))) == ALL


@pytest.mark.sqlite_only("on PostgreSQL opening it seals with the newest key what an older one has sealed")
@pytest.mark.long
async def test_the_command_says_which_key_is_missing(open_store: Open, made: Any, path: Path, tmp_path: Path) -> None:
    await sealed_with(open_store, made, OLD)
    done = rotate(tmp_path, path, NEW)
    assert done.returncode != 0
    assert "missing" in done.stderr
    assert "Traceback" not in done.stderr
    assert await opened(await open_store(secret_keys=(OLD,))) == ALL


@pytest.mark.sqlite_only("a lock of the file")
@pytest.mark.long
async def test_the_command_leaves_a_running_bot_alone(open_store: Open, made: Any, path: Path, tmp_path: Path) -> None:
    await sealed_with(open_store, made, OLD)
    store = await open_store(secret_keys=(OLD,), alone=True)
    done = rotate(tmp_path, path, NEW, OLD)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert await opened(store) == ALL
