"""A file that is being written, and is deleted unless it is kept."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bot.errors import MediaTooLarge
from bot.media import texts
from bot.media.containers.pieces import Span

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
