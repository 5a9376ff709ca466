"""WebM and Matroska: EBML elements (RFC 8794, RFC 9559). Browsers' recordings have no duration except the last block's.

The last cluster is searched in the tail: an id whose elements lead exactly to the end of the file.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.media.containers.pieces import SPAN_BYTES, Broken, FilePieces

_ELEMENT_LIMIT: Final = 4000
_SEGMENT, _INFO, _SCALE, _DURATION, _CLUSTER = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489, 0x1F43B675
_TRACKS, _TRACK, _TRACK_TYPE, _CUES, _TAGS = 0x1654AE6B, 0xAE, 0x83, 0x1C53BB6B, 0x1254C367
_TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
_PICTURES, _SOUND = 1, 2
_TAILS: Final = (4 * SPAN_BYTES, 16 * SPAN_BYTES)
_CANDIDATES: Final = 4
_BLOCKS_SEEN: Final = 2
"""Their distance gives the last one's length."""


@dataclass(slots=True)
class _Segment:
    """The header before the media data. `tick_s`: seconds; `duration`: in ticks, NaN if missing."""

    tick_s: float = 1e-3
    duration: float = math.nan
    types: set[int] = field(default_factory=set)
    first_cluster: int | None = None


def matroska_seconds(file: FilePieces) -> float:
    """Return the header's duration, else from the first to the end of the last block."""
    for name, start, stop in elements(file, 0, None):
        if name == _SEGMENT:
            segment = _segment(file, start, stop)
            if segment.types & {_PICTURES, _SOUND}:
                file.has_picture = _PICTURES in segment.types
            if segment.duration > 0:
                return segment.duration * segment.tick_s
            if segment.first_cluster is None:
                break
            return (_last_end(file) - _first_time(file, segment.first_cluster)) * segment.tick_s
    raise Broken


def elements(file: FilePieces, start: int, stop: int | None) -> Iterator[tuple[int, int, int | None]]:
    for _ in range(_ELEMENT_LIMIT):
        if stop is not None and start >= stop:
            return
        width = 9 - file.number(start, 1).bit_length()
        name, start = file.number(start, width), start + width
        width = 9 - file.number(start, 1).bit_length()
        if width > 8:
            raise Broken
        size, start = file.number(start, width) & ((1 << 7 * width) - 1), start + width
        end = None if size == (1 << 7 * width) - 1 else start + size
        if end is not None and stop is not None and end > stop:
            raise Broken
        yield name, start, end
        if end is None:
            return
        start = end


def _segment(file: FilePieces, start: int, stop: int | None) -> _Segment:
    segment = _Segment()
    for name, body, end in elements(file, start, stop):
        if name == _CLUSTER:
            segment.first_cluster = body
            break  # the media data starts, after all headers
        if name == _INFO:
            _read_info(file, body, end, segment)
        elif name == _TRACKS:
            for inner, at, upto in elements(file, body, end):
                if inner == _TRACK:
                    fields = elements(file, at, upto)
                    segment.types |= {file.number(value, 1) for key, value, _ in fields if key == _TRACK_TYPE}
    return segment


def _read_info(file: FilePieces, start: int, stop: int | None, segment: _Segment) -> None:
    for name, body, end in elements(file, start, stop):
        length = (end or body) - body
        if name == _SCALE:
            segment.tick_s = file.number(body, length) / 1e9
        elif name == _DURATION:
            (segment.duration,) = struct.unpack(">d" if length == 8 else ">f", file.read(body, length))


def _first_time(file: FilePieces, cluster: int) -> int:
    for _, time in _blocks(file, cluster, None):
        return time
    raise Broken


def _blocks(file: FilePieces, start: int, stop: int | None) -> Iterator[tuple[int, int]]:
    """Yield each block's track and time in ticks from within a cluster to `stop`: the cluster's or file's end."""
    base = 0
    for name, body, end in elements(file, start, stop):
        if name == _TIMESTAMP and end is not None:
            base = file.number(body, end - body)
        elif name == _SIMPLE_BLOCK:
            yield _block(file, body, base)
        elif name == _BLOCK_GROUP and end is not None:
            for inner, at, _ in elements(file, body, end):
                if inner == _BLOCK:
                    yield _block(file, at, base)
        elif name == _CLUSTER:
            raise Broken  # not the last cluster
        elif name in {_CUES, _TAGS}:
            return


def _block(file: FilePieces, body: int, base: int) -> tuple[int, int]:
    width = 9 - file.number(body, 1).bit_length()
    track, time = file.number(body, width), file.number(body + width, 2)
    return track, base + time - (1 << 16 if time >> 15 else 0)


def _last_end(file: FilePieces) -> int:
    """Return the last block's end in ticks, assuming the previous block's length."""
    size = file.known_size()
    for length in _TAILS:
        offset, tail = file.tail(min(length, size))
        at = len(tail)
        for _ in range(_CANDIDATES):
            at = tail.rfind(_CLUSTER.to_bytes(4, "big"), 0, at)
            if at < 0:
                break
            try:
                return _end_of_cluster(file, offset + at, size)
            except Broken:
                continue
    raise Broken


def _end_of_cluster(file: FilePieces, start: int, size: int) -> int:
    name, body, stop = next(elements(file, start, size))
    if name != _CLUSTER or (stop is not None and stop > size):
        raise Broken
    if stop is not None and any(name == _CLUSTER for name, _, _ in elements(file, stop, size)):
        raise Broken
    times: dict[int, list[int]] = {}
    for track, time in _blocks(file, body, stop or size):
        times.setdefault(track, []).append(time)
    last = max((sorted(found) for found in times.values()), key=lambda found: found[-1], default=[])
    if len(last) < _BLOCKS_SEEN:
        raise Broken
    return 2 * last[-1] - last[-2]
