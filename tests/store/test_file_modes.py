"""The database and what lies beside it are its owner's alone, also after a backup was restored with other rights."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.support.notes import Open

pytestmark = pytest.mark.sqlite_only("the rights of files")

OWNERS = 0o600


def modes(folder: Path) -> dict[str, str]:
    return {each.name: oct(stat.S_IMODE(each.stat().st_mode)) for each in folder.iterdir() if each.is_file()}


def open_to_all(path: Path) -> None:
    path.touch()
    path.chmod(0o666)


@pytest.mark.parametrize("mode", [0o644, 0o664, 0o666, 0o640])
async def test_a_file_that_others_could_read_is_closed_at_the_start(open_store: Open, path: Path, mode: int) -> None:
    store = await open_store()
    await store.meta.set("x", "y")
    await store.close()
    for each in path.parent.iterdir():
        if each.is_file():
            each.chmod(mode)
    store = await open_store()
    await store.meta.set("x", "z")
    assert {name: found for name, found in modes(path.parent).items() if found != oct(OWNERS)} == {}


async def test_an_empty_file_that_others_could_read_is_closed_too(open_store: Open, path: Path) -> None:
    open_to_all(path)
    store = await open_store()
    await store.meta.set("x", "y")
    assert modes(path.parent)["bot.db"] == oct(OWNERS)
    assert modes(path.parent)["bot.db-wal"] == oct(OWNERS)
