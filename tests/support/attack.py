"""What an exploited decoder would try from inside its cage."""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

CLONE_NEWUSER = 0x10000000
"""Of linux/sched.h."""


def attack(outside: Path) -> dict[str, str]:
    """Try an exploited decoder's actions; return `closed` or `OPEN` for each.

    `outside` is a file that is not in the folder. Unblocked attempts do no harm: they set things to their current
    values.
    """
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getppid()
    attempts: dict[str, Callable[[], object]] = {
        "other files": outside.read_bytes,
        "modes of files": lambda: outside.chmod(0o600),
        "times of files": lambda: os.utime(outside),
        "network": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "programs": lambda: os.execv(sys.executable, [sys.executable, "-c", "print('null')"]),
        "processes": lambda: os.fork() or os._exit(0),
        "signals": lambda: os.kill(parent, 0),
        "memory of others": lambda: _require(libc.process_vm_readv(parent, None, 0, None, 0, 0)),
        "priority": lambda: os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, parent)),
        "processors": lambda: os.sched_setaffinity(parent, os.sched_getaffinity(parent)),
        "limits": lambda: resource.prlimit(parent, resource.RLIMIT_CORE),
        "namespaces": lambda: _require(libc.unshare(CLONE_NEWUSER)),
    }
    order = sorted(attempts, key="programs".__eq__)  # starting a program ends the rest
    return {name: "closed" if _is_refused(attempts[name]) else "OPEN" for name in order}


def _is_refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


def _require(result: int) -> None:
    if result != 0:
        raise OSError
