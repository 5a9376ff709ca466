"""Sandbox of the decoding process: it reaches the files of one folder only.

In case a file exploits a decoder. Landlock blocks other files, connections and signals, seccomp all but some fifty
system calls. Both are Linux's, unprivileged and irrevocable, and called through ctypes, because PyPI's packages need a
system library. If the kernel lacks one, the other holds; `closes` reports which, at the start and in `check`.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38
"""Of linux/prctl.h and linux/seccomp.h."""

# ---------------------------------------------------------------------- Landlock: linux/landlock.h
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Numbers of system calls: those since 2019 are the same on all architectures."""
ASK_VERSION = 1
RULE_PATH_BENEATH = 1
WRITE_FILE, READ_FILE, READ_DIR, REMOVE_FILE, MAKE_REG, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 8, 1 << 14
IN_FOLDER = WRITE_FILE | READ_FILE | READ_DIR | REMOVE_FILE | MAKE_REG | TRUNCATE
"""Still allowed, in the folder only: reading the films and writing what is made of them."""
FILE_RIGHTS: Mapping[int, int] = MappingProxyType({1: 13, 2: 14, 3: 15, 5: 16})
"""Number of file rights by version; all are removed."""
CONNECTIONS_SINCE, CONNECTIONS = 4, 0b11
"""TCP: to bind and to connect."""
SCOPES_SINCE, SCOPES = 6, 0b11
"""Abstract Unix sockets of other programs, and signals to them."""

# ---------------------------------------------------------------------- seccomp: linux/filter.h and seccomp.h
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER_AT, ARCHITECTURE_AT = 0, 4
ALLOW, KILL_PROCESS, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | 1
"""REFUSE is SECCOMP_RET_ERRNO with EPERM: libraries' optional calls fail without ending the process."""
SECCOMP, GET_ACTION_AVAILABLE = {"x86_64": 317, "aarch64": 277}, 2

_ALLOWED: Mapping[str, tuple[int, int | None]] = MappingProxyType({
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62), "mmap": (9, 222),
    "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "pread64": (17, 67), "pwrite64": (18, 68),
    "readv": (19, 65), "writev": (20, 66), "sched_yield": (24, 124), "mremap": (25, 216), "madvise": (28, 233),
    "nanosleep": (35, 101), "getpid": (39, 172), "exit": (60, 93), "uname": (63, 160), "ftruncate": (77, 46),
    "getcwd": (79, 17), "getrusage": (98, 165), "sysinfo": (99, 179), "getuid": (102, 174), "getgid": (104, 176),
    "geteuid": (107, 175), "getegid": (108, 177), "getppid": (110, 173), "sigaltstack": (131, 132),
    "gettid": (186, 178), "futex": (202, 98), "sched_getaffinity": (204, 123), "getdents64": (217, 61),
    "restart_syscall": (219, 128), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115), "exit_group": (231, 94), "openat": (257, 56), "newfstatat": (262, 79),
    "unlinkat": (263, 35), "readlinkat": (267, 78), "faccessat": (269, 48), "getrandom": (318, 278),
    "membarrier": (324, 283), "statx": (332, 291), "rseq": (334, 293), "faccessat2": (439, 439),
    "open": (2, None), "stat": (4, None), "lstat": (6, None), "access": (21, None), "unlink": (87, None),
    "readlink": (89, None), "gettimeofday": (96, None), "time": (201, None),
})  # fmt: skip
"""All that reading films and writing one takes, as traced, and what other libraries of C use for it: numbers on
x86_64 and aarch64.

Not on it, and so refused: sockets, programs, threads and processes, namespaces, signals, other programs' memory,
limits, priority and processors; modes, owners and times of files; links and renaming.
"""
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""AUDIT_ARCH_… of linux/audit.h, and the column of `_ALLOWED`."""


class Closes(StrEnum):
    """Protection available on this machine."""

    ALL = "full"
    FILES = "files only"
    CALLS = "system calls only"
    NOTHING = "none"


def closes() -> Closes:
    """Return what `shut` would restrict here, without doing so."""
    if not sys.platform.startswith("linux"):
        return Closes.NOTHING
    libc = ctypes.CDLL(None, use_errno=True)
    refuse = ctypes.byref(ctypes.c_uint32(REFUSE & 0xFFFF0000))
    number = SECCOMP.get(os.uname().machine) if struct.calcsize("P") == 8 else None
    has_calls = number is not None and libc.syscall(number, GET_ACTION_AVAILABLE, 0, refuse) == 0
    if landlock_version(libc) > 0:
        return Closes.ALL if has_calls else Closes.FILES
    return Closes.CALLS if has_calls else Closes.NOTHING


def shut(folder: Path) -> None:
    """Irrevocably confine this process to `folder`, as far as the kernel can. Load all code first."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if _prctl(libc, PR_SET_NO_NEW_PRIVS, 1) != 0:
        return  # a kernel before 3.5
    _close_files_and_connections(libc, folder)
    _close_system_calls(libc)


def landlock_version(libc: ctypes.CDLL) -> int:
    """Return the kernel's Landlock version, 0 for none: older than 5.13, or disabled."""
    return max(0, int(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(ASK_VERSION))))


def _close_files_and_connections(libc: ctypes.CDLL, folder: Path) -> None:
    version = landlock_version(libc)
    if version == 0:
        return
    files = (1 << max(count for since, count in FILE_RIGHTS.items() if since <= version)) - 1
    closed = struct.pack("=Q", files)
    if version >= CONNECTIONS_SINCE:
        closed += struct.pack("=Q", CONNECTIONS)
    if version >= SCOPES_SINCE:
        closed += struct.pack("=Q", SCOPES)
    rules = libc.syscall(CREATE_RULESET, closed, ctypes.c_size_t(len(closed)), ctypes.c_uint32(0))
    if rules < 0:
        return
    place = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    allowed = struct.pack("=Qi", IN_FOLDER & files, place)
    if libc.syscall(ADD_RULE, rules, RULE_PATH_BENEATH, allowed, ctypes.c_uint32(0)) == 0:
        libc.syscall(RESTRICT_SELF, rules, ctypes.c_uint32(0))
    os.close(place)
    os.close(rules)


def _close_system_calls(libc: ctypes.CDLL) -> None:
    here = _ARCHITECTURES.get(os.uname().machine)
    if here is None or struct.calcsize("P") != 8:
        return
    code = b"".join(_program(*here))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    held = ctypes.create_string_buffer(program, len(program))
    _prctl(libc, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(held))


def _program(audit: int, column: int) -> Sequence[bytes]:
    """Return the filter: allow the listed system calls, and kill callers by another ABI."""
    allowed = [number for each in _ALLOWED.values() if (number := each[column]) is not None]
    return [
        _instruction(LOAD, ARCHITECTURE_AT),
        _instruction(JUMP_IF_EQUAL, audit, then=1),
        _instruction(RETURN, KILL_PROCESS),
        _instruction(LOAD, NUMBER_AT),
        *(_instruction(JUMP_IF_EQUAL, number, then=len(allowed) - place) for place, number in enumerate(allowed)),
        _instruction(RETURN, REFUSE),
        _instruction(RETURN, ALLOW),
    ]


def _instruction(code: int, value: int, *, then: int = 0) -> bytes:
    """Return an instruction; `then` is how many to skip if its condition holds."""
    return struct.pack("=HBBI", code, then, 0, value)


def _prctl(libc: ctypes.CDLL, option: int, *values: int) -> int:
    four = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return int(libc.prctl(option, *four))
