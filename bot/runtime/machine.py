"""Machine resources: memory, and writable folders.

Imports no library: a start keeps what it imports out of the garbage collector from the first on.
"""

from __future__ import annotations

import ctypes
import dataclasses
import errno
import gc
import math
import os
import shlex
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

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
    make_methods_late()
    os.environ.setdefault("FROZENLIST_NO_EXTENSIONS", "1")
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS_MAX)
        mallopt(_M_MMAP_THRESHOLD, MMAP_FROM_BYTES)


OWN = ("bot", "cogs", "sandbox")
"""The packages whose dataclasses make their methods late."""


def make_methods_late() -> None:
    """Have dataclasses of the bot compile their methods at the first use of one, not when they are imported.

    Most are not used before READY. docs/decisions/0031-what-a-start-loads.md has the figures.
    """
    dataclasses.dataclass = _dataclass  # others' classes are passed to the original


def _dataclass(cls: type[Any] | None = None, /, **options: Any) -> Any:
    if cls is None:
        return partial(_dataclass, **options)
    if cls.__module__.partition(".")[0] not in OWN:
        return _AT_ONCE(cls, **options)
    wanted = {name: options.pop(name, default) for name, default in _METHODS.items()}
    own = vars(cls).keys()
    cls.__doc__ = cls.__doc__ or cls.__name__  # else it is made of the signature, which is slow
    made = _AT_ONCE(cls, init=False, repr=False, eq=False, **options)
    late = [f"__{name}__" for name in ("init", "repr", "eq") if wanted[name] and f"__{name}__" not in own]
    if wanted["eq"] and "__hash__" not in own:
        if wanted["frozen"]:
            late.append("__hash__")
        else:
            made.__hash__ = None
    for name in late:
        setattr(made, name, _first_use(made, name, wanted, late))
    if wanted["frozen"]:
        made.__setattr__, made.__delattr__ = _set_attribute, _delete_attribute
        if options.get("slots"):
            made.__getstate__, made.__setstate__ = _state, _set_state
    return made


_AT_ONCE: Any = dataclasses.dataclass
_METHODS = {"init": True, "repr": True, "eq": True, "frozen": False}


def _first_use(cls: type[Any], name: str, wanted: dict[str, bool], late: list[str]) -> Callable[..., Any]:
    """Return a method that gives the class the real ones, from a twin with the same fields, and calls its own."""

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        fields = dataclasses.fields(cls)
        body: dict[str, Any] = {each.name: each for each in fields}
        body["__annotations__"] = {each.name: each.type for each in fields}
        if hasattr(cls, "__post_init__"):
            body["__post_init__"] = cls.__post_init__
        with _one_at_a_time:
            twin = _AT_ONCE(type(cls.__name__, (), body), **wanted)
        for each in late:
            real = vars(twin)[each]
            real.__qualname__ = f"{cls.__qualname__}.{each}"
            setattr(cls, each, real)
        return vars(cls)[name](self, *arguments, **named)

    return method


_one_at_a_time = threading.Lock()


def _set_attribute(self: Any, name: str, value: object) -> None:
    if _is_frozen(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delete_attribute(self: Any, name: str) -> None:
    if _is_frozen(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


def _is_frozen(value: Any, name: str) -> bool:
    """Whether the attribute must not change: a subclass that is no dataclass may have others."""
    return "__dataclass_fields__" in vars(type(value)) or name in value.__dataclass_fields__


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


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
    """Return what gives the bot this folder, or this file with its folder, which it may not use."""
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
