"""Undoing a body's content encoding piece by piece, so that a small bomb fills neither the memory nor the disk."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

PIECE_BYTES = 64 * 1024
"""The longest piece of unpacked data at once."""

_PLAIN = frozenset({"", "identity"})
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})


class UnknownEncoding(Exception):
    """The body is encoded in a way that the bot does not undo."""


class BrokenEncoding(Exception):
    """The body is not what its encoding says."""


class Unpacker:
    """Decompresses one body. The caller counts what comes out."""

    def __init__(self, encoding: str) -> None:
        """Take the value of `Content-Encoding`, '' for none. Raises UnknownEncoding."""
        name = encoding.strip().lower()
        if name not in _PLAIN | _PACKED:
            raise UnknownEncoding(name)
        self.is_needed = name in _PACKED
        self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # distinguishes gzip from zlib by the header

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what `chunk` holds, in pieces of at most PIECE_BYTES if it is packed. Raises BrokenEncoding."""
        if not self.is_needed:
            yield chunk
            return
        rest = chunk
        while not self._inflate.eof:
            try:
                piece = self._inflate.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                raise BrokenEncoding(str(error)) from None
            rest = self._inflate.unconsumed_tail
            if piece:
                yield piece
            if not rest and len(piece) < PIECE_BYTES:
                return

    def finish(self) -> None:
        """Note the end of the body. Raises BrokenEncoding for a packed one that is not complete."""
        if self.is_needed and not self._inflate.eof:
            raise BrokenEncoding("cut")
