"""The boxes of ISO base media files: a 32-bit or 64-bit size, a name, and the content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.media.containers.pieces import Broken, FilePieces

_BOX_LIMIT: Final = 500


def boxes(file: FilePieces, start: int, stop: int | None) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start of the content and end of each box in `start`..`stop`."""
    for _ in range(_BOX_LIMIT):
        if stop is not None and start + 8 > stop:
            return
        size, name, body = file.number(start, 4), file.read(start + 4, 4), start + 8
        if size == 1:
            size, body = file.number(start + 8, 8), start + 16
        elif size == 0:
            size = (stop or start + 8) - start  # it extends to the end of the file
        if size < body - start or (stop is not None and start + size > stop):
            raise Broken
        yield name, body, start + size
        start += size


def numbers(file: FilePieces, body: int, short: Sequence[int], wide: Sequence[int]) -> list[int]:
    """Read the numbers behind a box's version and flags, of these lengths in version 0 and in version 1."""
    at, found = body + 4, []
    for length in wide if file.number(body, 1) == 1 else short:
        found.append(file.number(at, length))
        at += length
    return found
