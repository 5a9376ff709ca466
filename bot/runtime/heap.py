"""How much memory the process takes that nobody uses: in the C library's heap, and for a library that is not needed.

Python, SQLite and OpenSSL take memory from that heap. Only glibc has such switches; where another library allocates,
nothing is changed there.
"""

from __future__ import annotations

import ctypes
import os
import sys

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
