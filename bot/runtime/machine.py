"""What the process takes of its machine: memory that it gives back, and folders that it may write.

Loads no library: a start keeps what it imports out of the garbage collector from the first on.
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
"""From this size on a piece goes back to the system at once. Stated, it stays; else each larger one raises it."""
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
"""Of malloc.h."""


def keep_little() -> None:
    """Let the process keep little memory that nobody uses. For the start, before there are threads or aiohttp.

    frozenlist, of which aiohttp makes its few lists of callbacks, is written in Python too: its compiled form alone
    brings the runtime of C++, of 1.4 MB.
    """
    os.environ.setdefault("FROZENLIST_NO_EXTENSIONS", "1")
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS_MAX)
        mallopt(_M_MMAP_THRESHOLD, MMAP_FROM_BYTES)


def give_back() -> None:
    """Give memory that is free back to the system. Takes a millisecond or two."""
    malloc_trim = _function("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _function(name: str) -> ctypes._NamedFuncPointer | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None


@contextmanager
def permanent() -> Iterator[None]:
    """Collect nothing inside the block, and what there is at its end never."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


ROOM_BYTES = 1 << 20
"""With less than that nothing can be done: SQLite's log alone begins with some tens of thousands."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def refusal(path: Path, error: OSError) -> StoreError:
    """Return the error for a file or folder that cannot be made, opened or written. A full disk may have room again."""
    if error.errno in FULL:
        return StoreError(texts.disk_is_full(path), exit_code=RESTART_MAY_HELP)
    reason = error.strerror or os.strerror(error.errno or 0)
    if isinstance(error, PermissionError):
        sentence = texts.not_permitted(path, reason, os.getuid())
    else:
        sentence = texts.not_writable(path, reason)
    return StoreError(sentence, exit_code=RESTART_CANNOT_HELP)


def has_room(folder: Path) -> bool:
    """Whether the disk of the folder has any room left; True if that cannot be learned."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return True
    return found.f_bavail * found.f_frsize >= ROOM_BYTES


def problem_of(folder: Path) -> str | None:
    """Return in a sentence why the bot could not start with its files in this folder, None if it could. It tries."""
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent  # the start makes what is missing
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return refusal(folder, error).sentence
    return None if has_room(folder) else texts.disk_is_full(folder)
