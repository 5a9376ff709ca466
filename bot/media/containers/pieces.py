"""The parts of a file that were read, and the bytes that are needed as well."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SPAN_BYTES: Final = 64 * 1024
"""What is requested at least: headers stand together."""
_READS_MAX: Final = 50_000
"""A tenth of a second; counting the frames of the longest AAC that is read takes a fifth of it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` up to and without `stop` of a file."""

    start: int
    stop: int


class Needed(Exception):
    """Bytes from `start` on are not available yet; `length` of them are wanted at least."""

    def __init__(self, start: int, length: int) -> None:
        super().__init__(start, length)
        self.start = start
        self.length = length


class Broken(Exception):
    """The container does not match its first bytes, ends too early, or does not say what it was asked."""


class FilePieces:
    """The available pieces of a file, read as if all of it were available."""

    def __init__(self, pieces: Mapping[int, bytes], size: int | None) -> None:
        """Take bytes by their offset, and the size of the whole file in bytes, None if it is not known."""
        self._pieces = pieces
        self._reads = 0
        self.size = size
        self.has_picture: bool | None = None
        """Whether a track of pictures is in it, None until the reader has seen."""

    def read(self, start: int, length: int, *, ahead: int = 0) -> bytes:
        """Return exactly `length` bytes. Raises Needed for what is not available, Broken past the end of the file.

        With `ahead`, so many bytes are requested where those are not at hand: for a reader that goes on behind them.
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
                    raise Broken  # it was requested, and nothing came
                raise Needed(at, max(length - len(found), ahead))
            found += piece
        return found

    def _from(self, at: int, length: int) -> bytes:
        """Return up to `length` bytes of one piece from `at` on, nothing if none has them."""
        for offset, piece in self._pieces.items():
            if offset <= at < offset + len(piece):
                return piece[at - offset : at - offset + length]
        return b""

    def number(self, start: int, length: int, order: str = ">") -> int:
        """Return an unsigned number of `length` bytes, big-endian unless `order` is `<`."""
        return int.from_bytes(self.read(start, length), "big" if order == ">" else "little")

    def known_size(self) -> int:
        """Return the size in bytes. Raises Broken if it is not known."""
        if self.size is None:
            raise Broken
        return self.size

    def tail(self, length: int) -> tuple[int, bytes]:
        """Return where the last `length` bytes start, and those bytes. Raises Needed, or Broken without a size."""
        size = self.known_size()
        start = max(size - length, 0)
        return start, self.read(start, size - start)

    def head(self) -> bytes:
        """Return what is available from the first byte on, without a gap."""
        found = b""
        while piece := self._from(len(found), sys.maxsize):
            found += piece
        return found

    def span(self, needed: Needed) -> Span:
        """Return what to read for `needed`: no byte twice, no byte past the end."""
        stop = needed.start + max(needed.length, SPAN_BYTES)
        later = [offset for offset in self._pieces if offset > needed.start]
        return Span(needed.start, min([stop, *later] if self.size is None else [stop, self.size, *later]))
