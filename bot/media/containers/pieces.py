"""A file's available pieces, and the bytes still needed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SPAN_BYTES: Final = 64 * 1024
"""The minimum request: headers are adjacent."""
_READS_MAX: Final = 50_000
"""A tenth of a second; counting the longest AAC's frames takes a fifth of it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A file's bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int


class Needed(Exception):
    """Bytes from `start` are missing; at least `length` are wanted."""

    def __init__(self, start: int, length: int) -> None:
        super().__init__(start, length)
        self.start = start
        self.length = length


class Broken(Exception):
    """The container is malformed, truncated or lacks the information."""


class FilePieces:
    """Reads a file's pieces as if all of it were available."""

    def __init__(self, pieces: Mapping[int, bytes], size: int | None) -> None:
        """Take bytes by offset, and the file's size in bytes, None if unknown."""
        self._pieces = pieces
        self._reads = 0
        self.size = size
        self.has_picture: bool | None = None
        """Whether it has a video track, None if unknown."""

    def read(self, start: int, length: int, *, ahead: int = 0) -> bytes:
        """Return exactly `length` bytes. Raises Needed if unavailable, Broken past the end of the file.

        `ahead`: how many to request instead, for sequential readers.
        """
        self._reads += 1
        if self._reads > _READS_MAX or start < 0 or (self.size is not None and start + length > self.size):
            raise Broken
        found = b""
        while len(found) < length:
            at = start + len(found)
            piece = self._from(at, length - len(found))
            if not piece:
                if at in self._pieces:
                    raise Broken  # requested without success
                raise Needed(at, max(length - len(found), ahead))
            found += piece
        return found

    def _from(self, at: int, length: int) -> bytes:
        for offset, piece in self._pieces.items():
            if offset <= at < offset + len(piece):
                return piece[at - offset : at - offset + length]
        return b""

    def number(self, start: int, length: int, order: str = ">") -> int:
        """Return an unsigned number of `length` bytes, big-endian unless `order` is `<`."""
        return int.from_bytes(self.read(start, length), "big" if order == ">" else "little")

    def known_size(self) -> int:
        """Return the size in bytes. Raises Broken if unknown."""
        if self.size is None:
            raise Broken
        return self.size

    def tail(self, length: int) -> tuple[int, bytes]:
        """Return the offset and content of the last `length` bytes. Raises Needed, or Broken without a size."""
        size = self.known_size()
        start = max(size - length, 0)
        return start, self.read(start, size - start)

    def head(self) -> bytes:
        """Return the contiguous bytes from the start."""
        found = b""
        while piece := self._from(len(found), sys.maxsize):
            found += piece
        return found

    def span(self, needed: Needed) -> Span:
        """Return the span to read for `needed`, without overlaps or overrun."""
        stop = needed.start + max(needed.length, SPAN_BYTES)
        later = [offset for offset in self._pieces if offset > needed.start]
        return Span(needed.start, min([stop, *later] if self.size is None else [stop, self.size, *later]))
