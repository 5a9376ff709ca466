"""OGG (RFC 3533): the granule position of a stream's last page says where the stream ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.media.containers.pieces import SPAN_BYTES, Broken, FilePieces

_STREAMS_MAX: Final = 8
_TAIL_BYTES: Final = 2 * SPAN_BYTES
"""A page has 65,307 bytes at most."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream by its first page. `longest` is what one packet can last, in ticks."""

    hertz: float
    skipped: int = 0
    shift: int | None = None
    longest: int = 1 << 16

    def seconds(self, granule: int) -> float:
        """Return the seconds up to `granule`. Of pictures it has two parts: the last key frame, frames since."""
        if self.shift is not None:
            granule = (granule >> self.shift) + (granule & ((1 << self.shift) - 1))
        return max(granule - self.skipped, 0) / self.hertz


def ogg_seconds(file: FilePieces) -> float:
    """Return an OGG's duration: of its longest stream. Unknown if a stream is, or if it does not start at 0."""
    streams = dict(_streams(file))
    file.has_picture = any(stream.shift is not None for stream in streams.values())
    head = file.head()
    for serial, stream in streams.items():
        first = next((page for page in _pages(head) if page[0] == serial and page[1] > 0), None)
        if first is not None and stream.shift is None and first[1] > first[2] * stream.longest:
            raise Broken  # recorded from the middle of a live stream
    _, tail = file.tail(_TAIL_BYTES)
    ends: dict[int, int] = {}
    for serial, granule, _ in _pages(tail):
        if serial not in streams:
            raise Broken  # another file follows in the same file
        if granule >= 0:
            ends[serial] = granule
    return max((streams[serial].seconds(granule) for serial, granule in ends.items()), default=0.0)


def _pages(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield serial number, granule position (-1: no packet ends on it) and number of segments of each page."""
    for found in re.finditer(rb"OggS\0[\0-\7]", data):
        at = found.start()
        if at + 27 <= len(data):
            granule = int.from_bytes(data[at + 6 : at + 14], "little", signed=True)
            yield int.from_bytes(data[at + 14 : at + 18], "little"), granule, data[at + 26]


def _streams(file: FilePieces) -> Iterator[tuple[int, _Stream]]:
    """Yield the streams: the pages of their headers come before all others. Raises Broken for an unknown codec."""
    at = 0
    for _ in range(_STREAMS_MAX):
        page = file.read(at, 27)
        if page[:4] != b"OggS":
            raise Broken
        if not page[5] & 2:
            return
        table = file.read(at + 27, page[26])
        body = file.read(at + 27 + len(table), sum(table))
        if not body.startswith(b"fishead\0"):  # an index of the streams, itself none
            yield int.from_bytes(page[14:18], "little"), _stream(body)
        at += 27 + len(table) + len(body)
    raise Broken


def _stream(head: bytes) -> _Stream:
    if head.startswith(b"OpusHead"):  # RFC 7845: always 48 kHz, 120 ms a packet at most
        return _Stream(48_000, skipped=int.from_bytes(head[10:12], "little"), longest=5760)
    if head.startswith(b"\x01vorbis"):
        return _Stream(int.from_bytes(head[12:16], "little"), longest=8192)
    if head.startswith(b"\x7fFLAC"):  # RFC 9639, 10.1: STREAMINFO is at 17
        return _Stream(int.from_bytes(head[27:30], "big") >> 4)
    if head.startswith(b"Speex   "):
        return _Stream(int.from_bytes(head[36:40], "little"))
    if head.startswith(b"\x80theora"):  # Theora specification, 6.2
        frames = int.from_bytes(head[22:26], "big") / int.from_bytes(head[26:30], "big")
        return _Stream(frames, shift=int.from_bytes(head[40:42], "big") >> 5 & 31)
    raise Broken
