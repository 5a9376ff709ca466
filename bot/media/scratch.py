"""The folder for temporary files, next to the database, and removing the ones of processes that have ended.

Next to the database and not in the machine's own folder for temporary files: that one is often small, in memory, or
swept by others while the bot runs.
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
    """A folder that is locked for as long as its process lives: of several on a machine none sweeps another's."""

    def __init__(self, prefix: str, parent: Path) -> None:
        super().__init__(prefix=prefix, dir=parent, ignore_cleanup_errors=True)  # a later start sweeps it
        self._held: int | None = os.open(self.name, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._held, fcntl.LOCK_EX)

    def cleanup(self) -> None:
        """Remove it. Idempotent."""
        held, self._held = self._held, None
        if held is not None:
            os.close(held)
        super().cleanup()


def scratch_folder(database: Path) -> ScratchFolder:
    """Make a folder for a process that serves this database; its name shows later processes whose it was.

    Raises StoreError if that is impossible.
    """
    parent = database.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return ScratchFolder(_prefix(database), parent)
    except OSError as error:
        raise refusal(parent, error) from None


def ensure(folder: Path) -> Path:
    """Return `folder`, which is made again if somebody has removed it. Raises OSError if that fails."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def scratch_files(folder: Path, prefix: str) -> tempfile.TemporaryDirectory[str]:
    """Make a folder in the scratch folder for the files of one task. Raises OSError if that fails."""
    return tempfile.TemporaryDirectory(dir=ensure(folder), prefix=prefix)


def sweep(database: Path, *, keep: Path) -> int:
    """Remove the folders that dead processes of this database have left; return how many.

    What belongs to another user, or is not a folder, is skipped.
    """
    swept = 0
    for folder in database.absolute().parent.glob(f"{_prefix(database)}*"):
        if folder != keep and _is_ours(folder) and not _is_held(folder):
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
                swept += 1
    return swept


def _is_held(folder: Path) -> bool:
    """Whether a living process has it."""
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
        found = folder.lstat()  # a link planted there must not be followed
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class PartFile:
    """A file that is being written, and is deleted unless it is kept.

    Written in this thread on purpose: a chunk goes to the page cache in microseconds, and a thread that outlives a
    cancelled download would write to a descriptor that may belong to another file by then.
    """

    def __init__(self, directory: Path, stem: str) -> None:
        """Take a plain name without extension; the file is `stem.part` until it is kept."""
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
        """Write the buffer to the kernel. Raises MediaTooLarge if the disk is full."""
        with _disk_space():
            self._file.flush()

    def piece(self, span: Span) -> bytes:
        """Return bytes that were written. Raises MediaTooLarge if the disk is full."""
        self.flush()
        with self._path.open("rb") as file:
            file.seek(span.start)
            return file.read(span.stop - span.start)

    def keep(self, extension: str) -> Path:
        """Close it, give it its final name and return that. Raises MediaTooLarge if the disk is full."""
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
