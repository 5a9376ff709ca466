"""MP4, MOV, M4A (ISO/IEC 14496-12): boxes of a 32-bit size and a name. `moov` has the duration."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.media.containers.pieces import SPAN_BYTES, Broken, FilePieces

_BOX_LIMIT: Final = 500


def boxes(file: FilePieces, start: int, stop: int | None) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box's name, content start and end in `start`..`stop`."""
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
    """Read the numbers after a box's version and flags, of these lengths in version 0 and 1."""
    at, found = body + 4, []
    for length in wide if file.number(body, 1) == 1 else short:
        found.append(file.number(at, length))
        at += length
    return found


_TAILS: Final = (4 * SPAN_BYTES, 16 * SPAN_BYTES)
"""Bytes of the end searched for a fragment: a second of a usual recording, then four."""
_CANDIDATES: Final = 16


def fragmented_seconds(file: FilePieces, start: int, scales: Mapping[int, int], *, begins_before: bool) -> float | None:
    """Return the seconds of a fragmented file behind `start`, None without fragments.

    In: each track's ticks per second by id, and whether samples are described before `start`. Raises Broken without
    an index or readable last fragments.
    """
    size = file.known_size()
    for name, body, stop in boxes(file, start, size):
        if name == b"sidx" and not begins_before and (seconds := _indexed(file, body, stop, size)) is not None:
            return seconds
        if name == b"moof":
            first = _times(file, body, stop, scales)
            since = 0.0 if begins_before else min((since for since, _ in first.values()), default=0.0)
            return _last_end(file, scales, set(first)) - since
    return None


def _indexed(file: FilePieces, body: int, stop: int, size: int) -> float | None:
    """Return an index's duration, None if it is partial or nested."""
    _, scale, _, first, count = numbers(file, body, (4, 4, 4, 4, 4), (4, 4, 8, 8, 4))
    at = body + 4 + (28 if file.number(body, 1) == 1 else 20)
    if at + (count & 0xFFFF) * 12 > stop:
        raise Broken
    table = struct.unpack(f">{(count & 0xFFFF) * 3}I", file.read(at, (count & 0xFFFF) * 12))
    covers_all = stop + first + sum(table[::3]) == size  # a set first bit (nested index) is too large
    return sum(table[1::3]) / scale if covers_all else None


def _last_end(file: FilePieces, scales: Mapping[int, int], tracks: set[int]) -> float:
    """Return the end of the last samples, in seconds. Needs all `tracks`: each may end last."""
    for length in _TAILS:
        offset, tail = file.tail(min(length, file.known_size()))
        ends: dict[int, float] = {}
        at = len(tail)
        for _ in range(_CANDIDATES):
            at = tail.rfind(b"moof", 4, at)
            if at < 0:
                break
            if (found := _ends_from(file, offset + at - 4, scales)) is not None:
                for track, end in found.items():
                    ends[track] = max(end, ends.get(track, 0.0))
                if tracks <= ends.keys():
                    return max(ends.values())
    raise Broken


def _ends_from(file: FilePieces, start: int, scales: Mapping[int, int]) -> dict[int, float] | None:
    """Return each track's end in the fragment at `start`, None unless boxes lead to the file's end."""
    found: dict[int, float] = {}
    try:
        last = start
        for name, body, stop in boxes(file, start, file.size):
            if name == b"moof" and body == start + 8:
                found = {track: end for track, (_, end) in _times(file, body, stop, scales).items()}
            last = stop
    except Broken:
        return None
    return found if last == file.size else None


def _times(file: FilePieces, start: int, stop: int, scales: Mapping[int, int]) -> dict[int, tuple[float, float]]:
    """Return each track's start and end in seconds. Raises Broken if missing."""
    found = {}
    for name, body, end in boxes(file, start, stop):
        if name == b"traf":
            track, since, ticks = _track_times(file, body, end)
            found[track] = (since / scales.get(track, 0), (since + ticks) / scales.get(track, 0))
    return found


def _track_times(file: FilePieces, start: int, stop: int) -> tuple[int, int, int]:
    """Return a track's id, and its samples' start and duration in ticks."""
    track, usual, since, ticks = 0, None, None, 0
    for name, body, end in boxes(file, start, stop):
        if name == b"tfhd":
            flags, track, at = file.number(body + 1, 3), file.number(body + 4, 4), body + 8
            at += (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
            usual = file.number(at, 4) if flags & 8 else None
        elif name == b"tfdt":
            (since,) = numbers(file, body, (4,), (8,))
        elif name == b"trun":
            ticks += _run_ticks(file, body, end, usual)
    if since is None:
        raise Broken
    return track, since, ticks


def _run_ticks(file: FilePieces, body: int, stop: int, usual: int | None) -> int:
    """Return a run's duration: per sample, or `usual` each."""
    flags, count = file.number(body + 1, 3), file.number(body + 4, 4)
    if not flags & 0x100:
        if usual is None:
            raise Broken
        return count * usual
    at = body + 8 + (4 if flags & 1 else 0) + (4 if flags & 4 else 0)
    width = 4 * (flags >> 8 & 15).bit_count()
    if at + count * width > stop:
        raise Broken
    table = file.read(at, count * width)
    return sum(int.from_bytes(table[n : n + 4], "big") for n in range(0, len(table), width))


_UNKNOWN: Final = frozenset({0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF})


@dataclass(slots=True)
class _Movie:
    """`moov`. `ticks` are of `scale` a second; `scales` are the tracks', by id."""

    scale: int = 0
    ticks: int = 0
    extended_ticks: int = 0
    is_fragmented: bool = False
    scales: dict[int, int] = field(default_factory=dict)
    kinds: set[bytes] = field(default_factory=set)


def mp4_seconds(file: FilePieces) -> float:
    """Return the duration. A fragmented file's header counts the first fragment at most (8.8 and 8.16.3)."""
    for name, start, stop in boxes(file, 0, file.size):
        if name == b"moov":
            movie = _movie(file, start, stop)
            file.has_picture = b"vide" in movie.kinds if movie.kinds & {b"vide", b"soun"} else None
            if movie.is_fragmented:
                if movie.extended_ticks:
                    return movie.extended_ticks / movie.scale
                has_samples = movie.ticks not in _UNKNOWN
                seconds = fragmented_seconds(file, stop, movie.scales, begins_before=has_samples)
                if seconds is not None:
                    return seconds
            if movie.ticks in _UNKNOWN:
                break
            return movie.ticks / movie.scale
    raise Broken


def _movie(file: FilePieces, start: int, stop: int) -> _Movie:
    movie = _Movie()
    for name, body, end in boxes(file, start, stop):
        if name == b"mvhd":
            movie.scale, movie.ticks = _scale_and_ticks(file, body)
        elif name == b"trak":
            _add_track(file, body, end, movie)
        elif name == b"mvex":
            movie.is_fragmented = True
            for inner, at, _ in boxes(file, body, end):
                if inner == b"mehd":
                    (movie.extended_ticks,) = numbers(file, at, (4,), (8,))
    return movie


def _scale_and_ticks(file: FilePieces, body: int) -> tuple[int, int]:
    _, _, scale, ticks = numbers(file, body, (4, 4, 4, 4), (8, 8, 4, 8))
    return scale, ticks


def _add_track(file: FilePieces, start: int, stop: int, movie: _Movie) -> None:
    track = 0
    for name, body, end in boxes(file, start, stop):
        if name == b"tkhd":
            _, _, track = numbers(file, body, (4, 4, 4), (8, 8, 4))
        elif name == b"mdia":
            for inner, at, _ in boxes(file, body, end):
                if inner == b"mdhd":
                    movie.scales[track], _ = _scale_and_ticks(file, at)
                elif inner == b"hdlr":
                    movie.kinds.add(file.read(at + 8, 4))
