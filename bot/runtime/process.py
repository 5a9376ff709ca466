"""This process: its name, and what it hides from others of the same user.

They may read its environment and memory: for example a hijacked image decoder.
"""

from __future__ import annotations

import ctypes
import os
import resource
import secrets
import socket
import sys
from dataclasses import dataclass

import structlog

from bot import __version__, commit
from bot.settings import SECRET_SETTINGS

PR_SET_DUMPABLE = 4
"""Of linux/prctl.h. Not dumpable: no core file or debugger, and no access to /proc/PID/environ and mem."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """What a process is, in the logs and in the list of processes."""

    name: str
    """Unique, as `3f2a9c@host`."""
    host: str
    pid: int
    version: str
    revision: str
    """The commit of its code."""

    @classmethod
    def of(cls) -> ProcessIdentity:
        """Return this process, under a new name."""
        host = socket.gethostname()
        return cls(
            name=f"{secrets.token_hex(3)}@{host}",
            host=host,
            pid=os.getpid(),
            version=__version__,
            revision=commit(),
        )

    @property
    def facts(self) -> dict[str, str]:
        return {"process": self.name, "version": self.version}


def close_to_others() -> None:
    """Call after reading the settings; removes secrets from the environment. Logs if unsupported."""
    for name in [each for each in os.environ if each.upper() in SECRET_SETTINGS]:
        del os.environ[name]
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if not sys.platform.startswith("linux") or ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        log.warning("process.open_to_others", reason="this system cannot close a process to others of its user")


OPEN_FILES_MAX = 65_536


def raise_open_files_limit() -> int:
    """Raise the soft limit to the hard one, at most `OPEN_FILES_MAX`; return the result.

    A system that refuses keeps its limit.
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
