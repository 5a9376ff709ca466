"""What other processes of the same user can see of this one: none of its memory, and none of its secrets.

A process of the same user may read another's environment and memory: the one that decodes pictures, say, if a picture
takes it over.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys

import structlog

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
