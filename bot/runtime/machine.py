"""Machine resources: memory, and writable folders.

Imports no library: a start keeps what it imports out of the garbage collector from the first on.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import math
import os
import shlex
import sys
import tempfile
from collections.abc import Iterable, Iterator
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
    """Reduce memory use. Call at the start, before threads, aiohttp and most of the bot's modules.

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


def refusal(path: Path, error: OSError, *, is_folder: bool = False) -> StoreError:
    """Return the error for an unusable file or folder, which may not exist. A full disk may have room again."""
    if error.errno in FULL:
        return StoreError(texts.DISK_IS_FULL(path=path), exit_code=RESTART_MAY_HELP)
    reason = error.strerror or os.strerror(error.errno or 0)
    if isinstance(error, PermissionError) and os.getuid():
        mend = _mending(path, is_folder=is_folder)
        sentence = texts.NOT_PERMITTED(path=path, reason=reason, user_id=os.getuid(), group_id=os.getgid(), mend=mend)
    else:
        sentence = texts.NOT_WRITABLE(path=path, reason=reason)
    return StoreError(sentence, exit_code=RESTART_CANNOT_HELP)


SYSTEMS = frozenset(
    "bin boot dev etc home lib mnt opt proc root run sbin srv sys tmp usr var".split()  # noqa: SIM905 - one line
)
"""Folders below the root that are the system's: no user may become their owner."""


def _mending(path: Path, *, is_folder: bool) -> str:
    folder = path if is_folder else path.parent
    user, group, place = os.getuid(), os.getgid(), shlex.quote(str(folder))
    is_systems = len(folder.parts) == 1 or (len(folder.parts) == 2 and folder.name in SYSTEMS)
    if is_systems or any(os.path.lexists(each) and not os.access(each, os.X_OK) for each in folder.parents):
        return texts.MEND_BY_MOVING
    if not os.path.lexists(folder):
        return texts.MEND_BY(command=f"install -d -o {user} -g {group} {place}")
    if {each.stat().st_uid for each in (path, folder) if os.path.lexists(each)} == {user}:
        return texts.MEND_BY(command=f"chmod -R u+rwX {place}")
    return texts.MEND_BY(command=f"chown -R {user}:{group} {place}")


def read_only(database: Path) -> str:
    """Return the URI of an SQLite file that is opened without creating a log."""
    log = database.with_name(f"{database.name}-wal")
    mode = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    return f"{database.absolute().as_uri()}?{mode}"


def free_bytes(folder: Path) -> float:
    """Return what the bot may still write on the folder's disk; NaN if unknown."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return math.nan
    return float(found.f_bavail * found.f_frsize)


def has_room(folder: Path) -> bool:
    """Whether the folder's disk has room; True if unknown."""
    return not free_bytes(folder) < ROOM_BYTES


def problem_of(folder: Path, files: Iterable[Path] = ()) -> str | None:
    """Return why the bot could not use this folder, or files in it, None if it could. Tries to write."""
    there = folder = folder.absolute()
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent  # the start creates missing ones
    tried = folder
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
        for tried in filter(os.path.lexists, files):
            os.close(os.open(tried, os.O_RDWR))
    except OSError as error:
        return refusal(tried, error, is_folder=tried == folder).sentence
    return None if has_room(there) else texts.DISK_IS_FULL(path=there)
