"""Machine resources: memory, and writable folders.

Imports no library: a start keeps what it imports out of the garbage collector from the first on.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, StoreError
from bot.runtime import texts

ARENAS_MAX = 2
"""glibc would make eight for each core, each with free space of its own; Python's threads compute one at a time."""
MMAP_FROM_BYTES = 128 * 1024
"""Larger blocks are returned to the system at once. Setting it disables glibc's dynamic increase."""
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
"""Of malloc.h."""


def keep_little() -> None:
    """Reduce memory use. Call at the start, before threads or aiohttp.

    frozenlist, of aiohttp's callbacks, has a Python version: its compiled one pulls in the C++ runtime, 1.4 MB.
    """
    os.environ.setdefault("FROZENLIST_NO_EXTENSIONS", "1")
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS_MAX)
        mallopt(_M_MMAP_THRESHOLD, MMAP_FROM_BYTES)


def release_memory() -> None:
    """Return free memory to the system. Takes a millisecond or two."""
    malloc_trim = _function("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _function(name: str) -> ctypes._NamedFuncPointer | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None


@contextmanager
def permanent() -> Iterator[None]:
    """Disable the garbage collector inside the block, and exempt its objects from then on."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


ROOM_BYTES = 1 << 20
"""Minimum usable space: SQLite's log begins with some tens of thousands."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def refusal(path: Path, error: OSError) -> StoreError:
    """Return the error for an unusable file or folder. A full disk may have room again."""
    if error.errno in FULL:
        return StoreError(texts.DISK_IS_FULL(path=path), exit_code=RESTART_MAY_HELP)
    reason = error.strerror or os.strerror(error.errno or 0)
    if isinstance(error, PermissionError):
        sentence = texts.NOT_PERMITTED(path=path, reason=reason, user_id=os.getuid())
    else:
        sentence = texts.NOT_WRITABLE(path=path, reason=reason)
    return StoreError(sentence, exit_code=RESTART_CANNOT_HELP)


def has_room(folder: Path) -> bool:
    """Whether the folder's disk has room; True if unknown."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return True
    return found.f_bavail * found.f_frsize >= ROOM_BYTES


def problem_of(folder: Path) -> str | None:
    """Return why the bot could not use this folder, None if it could. Tries to write."""
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent  # the start creates missing ones
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return refusal(folder, error).sentence
    return None if has_room(folder) else texts.DISK_IS_FULL(path=folder)
