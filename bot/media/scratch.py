"""Temporary folders next to the database, and removal of dead processes' ones.

The system's temporary folder is often small, in memory, or cleaned by others while the bot runs.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bot.errors import MediaTooLarge
from bot.media import texts
from bot.media.containers.pieces import Span
from bot.runtime.machine import refusal


class ScratchFolder(tempfile.TemporaryDirectory[str]):
    """A folder that its owner locks against others' sweeps."""

    def __init__(self, prefix: str, parent: Path) -> None:
        super().__init__(prefix=prefix, dir=parent, ignore_cleanup_errors=True)  # a later start sweeps it
        self._held: int | None = os.open(self.name, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._held, fcntl.LOCK_EX)

    def cleanup(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            os.close(held)
        super().cleanup()


def scratch_folder(database: Path) -> ScratchFolder:
    """Make a folder for a process of this database, which is part of its name.

    Raises StoreError on failure.
    """
    parent = database.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return ScratchFolder(_prefix(database), parent)
    except OSError as error:
        raise refusal(parent, error, is_folder=True) from None


def ensure(folder: Path) -> Path:
    """Return `folder`, recreated if removed. Raises OSError on failure."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def scratch_files(folder: Path, prefix: str) -> tempfile.TemporaryDirectory[str]:
    """Make a task's folder in the scratch folder. Raises OSError on failure."""
    return tempfile.TemporaryDirectory(dir=ensure(folder), prefix=prefix)


def sweep(database: Path, *, keep: Path) -> int:
    """Remove this database's folders that have no owner any more; return how many.

    Skips other users' and non-folders.
    """
    swept = 0
    for folder in database.absolute().parent.glob(f"{_prefix(database)}*"):
        if folder != keep and _is_ours(folder) and not _is_held(folder):
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
                swept += 1
    return swept


def _is_held(folder: Path) -> bool:
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return True
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(opened)
    return False


def _prefix(database: Path) -> str:
    return f".cannon-bot-{hashlib.sha256(str(database.absolute()).encode()).hexdigest()[:12]}-"


def _is_ours(folder: Path) -> bool:
    try:
        found = folder.lstat()  # don't follow a planted link
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class PartFile:
    """A file being written, deleted unless kept.

    Written in this thread on purpose: a chunk takes microseconds, and a thread that outlives a cancelled download
    could write to a reused descriptor.
    """

    def __init__(self, directory: Path, stem: str) -> None:
        """Take a plain name without extension; the file is `stem.part` until kept."""
        self._stem = stem
        self._path = directory / f"{stem}.part"
        self.size = 0

    def __enter__(self) -> Self:
        with _disk_space():
            self._file = self._path.open("wb", buffering=256 * 1024)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # a full disk fails here again
            self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Append. Raises MediaTooLarge if the disk is full."""
        with _disk_space():
            self._file.write(chunk)
        self.size += len(chunk)

    def flush(self) -> None:
        """Flush to the kernel. Raises MediaTooLarge if the disk is full."""
        with _disk_space():
            self._file.flush()

    def piece(self, span: Span) -> bytes:
        """Return written bytes. Raises MediaTooLarge if the disk is full."""
        self.flush()
        with self._path.open("rb") as file:
            file.seek(span.start)
            return file.read(span.stop - span.start)

    def keep(self, extension: str) -> Path:
        """Close and rename to the final name; return it. Raises MediaTooLarge if the disk is full."""
        self.flush()
        self._file.close()
        return self._path.replace(self._path.with_name(self._stem + extension))


@contextmanager
def _disk_space() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise MediaTooLarge(texts.DISK_FULL) from error
        raise
