"""MP4, MOV, M4A (ISO/IEC 14496-12): boxes of a 32-bit size and a name. `moov` says the duration of a whole file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from bot.media.containers.boxes import boxes, numbers
from bot.media.containers.fragments import fragmented_seconds
from bot.media.containers.pieces import Broken, FilePieces

_NOT_TOLD: Final = frozenset({0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF})


@dataclass(slots=True)
class _Movie:
    """What `moov` says. `ticks` are of `scale` a second; `scales` has the same of each track by its id."""

    scale: int = 0
    ticks: int = 0
    extended_ticks: int = 0
    is_fragmented: bool = False
    scales: dict[int, int] = field(default_factory=dict)
    kinds: set[bytes] = field(default_factory=set)


def mp4_seconds(file: FilePieces) -> float:
    """Return the duration. The header of a fragmented file counts the first fragment at most (8.8 and 8.16.3)."""
    for name, start, stop in boxes(file, 0, file.size):
        if name == b"moov":
            movie = _movie(file, start, stop)
            file.has_picture = b"vide" in movie.kinds if movie.kinds & {b"vide", b"soun"} else None
            if movie.is_fragmented:
                if movie.extended_ticks:
                    return movie.extended_ticks / movie.scale
                has_samples = movie.ticks not in _NOT_TOLD
                seconds = fragmented_seconds(file, stop, movie.scales, begins_before=has_samples)
                if seconds is not None:
                    return seconds
            if movie.ticks in _NOT_TOLD:
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
    """Read `mvhd` or `mdhd`: two times come first."""
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
