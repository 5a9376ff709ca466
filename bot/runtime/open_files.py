"""How many files and sockets the process may have open: the usual soft limit is too small for a bot of many servers."""

from __future__ import annotations

import resource

import structlog

OPEN_FILES_MAX = 65_536

log = structlog.get_logger(__name__)


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
