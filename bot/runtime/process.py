"""What other processes of the same user can see of this one: none of its memory, and none of its secrets.

A process of the same user may read another's environment and memory: the one that decodes pictures, say, if a picture
takes it over.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, StoreError
from bot.runtime import texts
from bot.settings import SECRET_SETTINGS

PR_SET_DUMPABLE = 4
"""Of linux/prctl.h. Not dumpable: no core file, no debugger, and /proc/PID/environ and mem are closed to the user."""

log = structlog.get_logger(__name__)


def close_to_others() -> None:
    """Close this process to others of the same user, and take the secrets out of its environment.

    For after the settings were read. A system that has no such switch is told of in the log.
    """
    for name in [each for each in os.environ if each.upper() in SECRET_SETTINGS]:
        del os.environ[name]
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if not sys.platform.startswith("linux") or ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        log.warning("process.open_to_others", reason="this system cannot close a process to others of its user")


OPEN_FILES_MAX = 65_536


def raise_open_files_limit() -> int:
    """Raise the soft limit to the hard one, at most to `OPEN_FILES_MAX`; return what then holds.

    A system that refuses keeps the limit that it has.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES_MAX)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError) as error:
        log.warning("open_files.limit_kept", limit=soft, reason=str(error))
        return soft
    return wanted


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
