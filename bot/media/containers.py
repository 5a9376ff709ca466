"""The duration of an audio or video file, from its container's headers. Pure: nothing is decoded, nothing is fetched.

The duration may be at the start (WAV, FLAC, WebM), behind the media data (MP4) or on the last page (OGG). So reading
is a dialogue: `duration_of` takes the pieces of the file that are available and returns the seconds, None, or the
`Span` of bytes that it needs as well. An MP4 of any size takes at most two more spans.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

SPAN_BYTES: Final = 64 * 1024
LONGEST_S: Final = 1_000_000.0
"""Eleven days: a header with more is broken."""
_BOX_LIMIT: Final = 500
_SOUND_SEARCH_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` up to and without `stop` of a file."""

    start: int
    stop: int


class _Needed(Exception):
    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


class _Broken(Exception):
    """The container does not match its first bytes, or ends too early."""


class _File:
    """The available pieces of a file, read as if all of it were available."""

    def __init__(self, pieces: Mapping[int, bytes], size: int | None) -> None:
        self._pieces = pieces
        self.size = size

    def read(self, start: int, length: int) -> bytes:
        """Return exactly `length` bytes. Raises _Needed for what is not available, _Broken past the end of the file."""
        if start < 0 or (self.size is not None and start + length > self.size):
            raise _Broken
        found = b""
        while len(found) < length:
            found += self._at(start + len(found), length - len(found))
        return found

    def _at(self, start: int, length: int) -> bytes:
        for offset, piece in self._pieces.items():
            if offset <= start < offset + len(piece):
                return piece[start - offset : start - offset + length]
        if start in self._pieces:
            raise _Broken  # it was requested, and nothing came
        raise _Needed(start)

    def number(self, start: int, length: int, order: str = ">") -> int:
        return int.from_bytes(self.read(start, length), "big" if order == ">" else "little")


def duration_of(pieces: Mapping[int, bytes], size: int | None) -> float | Span | None:
    """Return a file's duration in seconds.

    In: bytes by their offset in the file (the head at 0), and the file's size in bytes if it is known. A Span is
    returned where more must be read; add those bytes and call again. None: not a container with a duration, or the
    headers do not say, or they are broken.
    """
    head = pieces.get(0, b"")
    file = _File(pieces, size)
    for fits, measure in _CONTAINERS:
        if fits(head):
            try:
                seconds = measure(file)
            except _Needed as needed:
                stop = needed.start + SPAN_BYTES
                return Span(needed.start, stop if size is None else min(stop, size))
            except (_Broken, ZeroDivisionError, struct.error, OverflowError):
                return None
            return seconds if math.isfinite(seconds) and 0 < seconds < LONGEST_S else None
    return None


# MP4, MOV, M4A: ISO/IEC 14496-12, boxes of a 32-bit size and a name


def _boxes(file: _File, start: int, stop: int | None) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start of the content and end of each box in `start`..`stop`."""
    for _ in range(_BOX_LIMIT):
        if stop is not None and start + 8 > stop:
            return
        size, name, body = file.number(start, 4), file.read(start + 4, 4), start + 8
        if size == 1:
            size, body = file.number(start + 8, 8), start + 16
        elif size == 0:
            size = (stop or start + 8) - start  # it extends to the end of the file
        if size < body - start:
            raise _Broken
        yield name, body, start + size
        start += size


def _mp4(file: _File) -> float:
    for name, start, stop in _boxes(file, 0, file.size):
        if name == b"moov":
            return _movie(file, start, stop)
    raise _Broken


def _movie(file: _File, start: int, stop: int) -> float:
    scale = 0
    for name, body, _ in _boxes(file, start, stop):
        if name == b"mvhd":
            long = file.number(body, 1) == 1
            scale = file.number(body + (20 if long else 12), 4)
            ticks = file.number(body + (24 if long else 16), 8 if long else 4)
            if ticks not in {0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF}:
                return ticks / scale
        elif name == b"mvex" and scale:
            return _fragments(file, body, stop) / scale
    raise _Broken


def _fragments(file: _File, start: int, stop: int) -> int:
    """Return the duration of a fragmented file, in ticks: its `mvhd` says 0."""
    for name, body, _ in _boxes(file, start, stop):
        if name == b"mehd":
            return file.number(body + 4, 8 if file.number(body, 1) == 1 else 4)
    raise _Broken


# WebM, Matroska: EBML elements (RFC 8794, RFC 9559)

_SEGMENT, _INFO, _SCALE, _DURATION, _CLUSTER = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489, 0x1F43B675


def _elements(file: _File, start: int, stop: int | None) -> Iterator[tuple[int, int, int | None]]:
    """Yield id, start of the content and end (None if it is not given) of each element."""
    for _ in range(_BOX_LIMIT):
        if stop is not None and start >= stop:
            return
        width = 9 - file.number(start, 1).bit_length()
        name, start = file.number(start, width), start + width
        width = 9 - file.number(start, 1).bit_length()
        if width > 8:
            raise _Broken
        size, start = file.number(start, width) & ((1 << 7 * width) - 1), start + width
        end = None if size == (1 << 7 * width) - 1 else start + size
        yield name, start, end
        if end is None:
            return
        start = end


def _webm(file: _File) -> float:
    for name, start, stop in _elements(file, 0, None):
        if name == _SEGMENT:
            return _segment(file, start, stop)
    raise _Broken


def _segment(file: _File, start: int, stop: int | None) -> float:
    for name, body, end in _elements(file, start, stop):
        if name == _CLUSTER:
            break  # the media data starts; the duration is before it
        if name == _INFO:
            return _segment_info(file, body, end)
    raise _Broken


def _segment_info(file: _File, start: int, stop: int | None) -> float:
    scale, duration = 1_000_000, math.nan  # a tick is a millisecond unless it says otherwise
    for name, body, end in _elements(file, start, stop):
        length = (end or body) - body
        if name == _SCALE:
            scale = file.number(body, length)
        elif name == _DURATION:
            (duration,) = struct.unpack(">d" if length == 8 else ">f", file.read(body, length))
    return duration * scale / 1e9


# WAV: RIFF chunks, little-endian


def _wav(file: _File) -> float:
    at, rate = 12, 0
    for _ in range(_BOX_LIMIT):
        name, length = file.read(at, 4), file.number(at + 4, 4, "<")
        if name == b"fmt ":
            rate = file.number(at + 16, 4, "<")  # bytes a second
        elif name == b"data":
            if length in {0, 0xFFFFFFFF} and file.size is not None:
                length = file.size - at - 8  # written to a pipe: the length was not known
            return length / rate
        at += 8 + length + length % 2
    raise _Broken


# FLAC: STREAMINFO comes first (RFC 9639)


def _flac(file: _File) -> float:
    facts = file.number(8 + 10, 8)  # 20 bits of rate, 3 of channels, 5 of depth, 36 of samples
    return (facts & 0xFFFFFFFFF) / (facts >> 44)


# OGG: the last page's granule position counts samples (RFC 3533, RFC 7845)


def _ogg(file: _File) -> float:
    first = file.read(0, 64)
    head = first[27 + first[26] :]
    if head.startswith(b"OpusHead"):
        rate, skipped = 48_000, int.from_bytes(head[10:12], "little")
    elif head.startswith(b"\x01vorbis"):
        rate, skipped = int.from_bytes(head[12:16], "little"), 0
    else:
        raise _Broken
    if file.size is None:
        raise _Broken
    start = max(file.size - SPAN_BYTES, 0)
    tail = file.read(start, file.size - start)
    page = tail.rfind(b"OggS")
    granule = int.from_bytes(tail[page + 6 : page + 14], "little", signed=True)
    if page < 0 or granule < 0:
        raise _Broken
    return (granule - skipped) / rate


# MP3: a Xing, Info or VBRI header counts frames; without one the bitrate is constant (ISO/IEC 11172-3)

_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def _mp3(file: _File) -> float:
    start = 0
    if file.read(0, 3) == b"ID3":
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(file.read(6, 4), (21, 14, 7, 0), strict=True))
        start += 10 if file.number(5, 1) & 0x10 else 0
    start = _frame(file, start)
    header = file.number(start, 4)
    version, mono = header >> 19 & 3, header >> 6 & 3 == 3
    rate, samples = _RATES[version][header >> 10 & 3], 1152 if version == 3 else 576
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    facts = start + 4 + side
    if file.read(facts, 4) in {b"Xing", b"Info"} and file.number(facts + 4, 4) & 1:
        return file.number(facts + 8, 4) * samples / rate
    if file.read(start + 36, 4) == b"VBRI":
        return file.number(start + 36 + 14, 4) * samples / rate
    if file.size is None:
        raise _Broken
    kbits = (_KBITS_1 if version == 3 else _KBITS_2)[header >> 12 & 15]
    return (file.size - start) * 8 / (kbits * 1000)


def _frame(file: _File, start: int) -> int:
    """Return where the first layer III frame is, at `start` or a little behind it (padding after the tag)."""
    for at in range(start, start + _SOUND_SEARCH_BYTES):
        header = file.number(at, 4)
        sound = header >> 21 == 0x7FF and header >> 19 & 3 != 1 and header >> 17 & 3 == 1
        if sound and header >> 12 & 15 not in {0, 15} and header >> 10 & 3 != 3:
            return at
    raise _Broken


def _is_mp3(head: bytes) -> bool:
    return head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)


_CONTAINERS: Final[tuple[tuple[Callable[[bytes], bool], Callable[[_File], float]], ...]] = (
    (lambda head: head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide"}, _mp4),
    (lambda head: head.startswith(b"\x1a\x45\xdf\xa3"), _webm),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE", _wav),
    (lambda head: head.startswith(b"fLaC"), _flac),
    (lambda head: head.startswith(b"OggS"), _ogg),
    (_is_mp3, _mp3),
)
