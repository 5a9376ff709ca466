"""What the process that decodes foreign pictures can reach: the files of one folder, and nothing else of the machine.

For the case that a picture takes a decoder over. Landlock closes files, connections and signals to others, seccomp the
system calls that make sockets, start programs or look into other processes. Both need no privilege and cannot be
undone; they are Linux's, and called through ctypes, because what there is on PyPI needs a library of the system. Where
the kernel lacks one of them, the other holds.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
"""What remains allowed, in the folder alone: reading the pictures and writing the sheet."""
FILE_RIGHTS: Mapping[int, int] = MappingProxyType({1: 13, 2: 14, 3: 15, 5: 16})
"""How many rights there are to files since which version; all of them are closed."""
CONNECTIONS_SINCE, CONNECTIONS = 4, 0b11
"""TCP: to bind and to connect."""
SCOPES_SINCE, SCOPES = 6, 0b11
"""Abstract Unix sockets of other processes, and signals to them."""

# ---------------------------------------------------------------------- seccomp: linux/filter.h and seccomp.h
LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER_AT, ARCHITECTURE_AT = 0, 4
ALLOW, KILL_PROCESS, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | 1
"""REFUSE is SECCOMP_RET_ERRNO with EPERM."""
X32 = 0x40000000
"""Numbers from here on are of a second table on x86_64, which no program here uses."""


@dataclass(frozen=True, slots=True)
class _Architecture:
    audit: int
    """AUDIT_ARCH_… of linux/audit.h."""
    refused: tuple[int, ...]
    """The numbers of the system calls that are refused, in the order of `_REFUSED`."""


_REFUSED = (
    "socket", "io_uring_setup", "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
    "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal",
)  # fmt: skip
_ARCHITECTURES = {
    "x86_64": _Architecture(0xC000003E, (41, 425, 59, 322, 101, 310, 311, 438, 62, 200, 234, 129, 297, 424)),
    "aarch64": _Architecture(0xC00000B7, (198, 425, 221, 281, 117, 270, 271, 438, 129, 130, 131, 138, 240, 424)),
}


def shut(folder: Path) -> None:
    """Shut this process into `folder`, for good, as far as the kernel can. All code must have been loaded before."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if _prctl(libc, PR_SET_NO_NEW_PRIVS, 1) != 0:
        return  # a kernel before 3.5
    _close_files_and_connections(libc, folder)
    _close_system_calls(libc)


def landlock_version(libc: ctypes.CDLL) -> int:
    """Return the kernel's version of Landlock, 0 for none: older than 5.13, or switched off."""
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
    code = b"".join(_program(here))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    held = ctypes.create_string_buffer(program, len(program))
    _prctl(libc, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(held))


def _program(here: _Architecture) -> Sequence[bytes]:
    """Return the filter's instructions: refuse the listed system calls, and kill what calls by another table."""
    checks = len(here.refused)
    return [
        _instruction(LOAD, ARCHITECTURE_AT),
        _instruction(JUMP_IF_EQUAL, here.audit, then=1),
        _instruction(RETURN, KILL_PROCESS),
        _instruction(LOAD, NUMBER_AT),
        _instruction(JUMP_IF_AT_LEAST, X32, then=checks + 1),
        *(_instruction(JUMP_IF_EQUAL, number, then=checks - place) for place, number in enumerate(here.refused)),
        _instruction(RETURN, ALLOW),
        _instruction(RETURN, REFUSE),
    ]


def _instruction(code: int, value: int, *, then: int = 0) -> bytes:
    """Return one instruction; `then` is how many to skip if its condition holds."""
    return struct.pack("=HBBI", code, then, 0, value)


def _prctl(libc: ctypes.CDLL, option: int, *values: int) -> int:
    four = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return int(libc.prctl(option, *four))
