"""WAV and AVI: RIFF chunks of a name and a 32-bit size, little-endian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.media.containers.pieces import Broken, FilePieces

_CHUNK_LIMIT: Final = 500
_EVEN_CODECS: Final = frozenset({1, 3, 6, 7, 0xFFFE})
"""PCM, float, A-law, mu-law and EXTENSIBLE: each sample has the same number of bytes."""
_ADPCM: Final = frozenset({2, 0x11})
"""Microsoft's and IMA's: blocks of a fixed number of samples, which stands behind the common fields."""


def _chunks(file: FilePieces, start: int, stop: int | None) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start of the content and its told length of each chunk."""
    for _ in range(_CHUNK_LIMIT):
        if stop is not None and start + 8 > stop:
            return
        name, length = file.read(start, 4), file.number(start + 4, 4, "<")
        yield name, start + 8, length
        start += 8 + length + length % 2


def wav_seconds(file: FilePieces) -> float:
    """Return a WAV's duration. A packed codec's bytes per second are an estimate: its samples are counted."""
    codec = hertz = block = block_samples = 0
    counted: float | None = None
    for name, body, length in _chunks(file, 12, file.size):
        if name == b"fmt ":
            codec, hertz, block = (file.number(body + at, size, "<") for at, size in ((0, 2), (4, 4), (12, 2)))
            if codec in _ADPCM and length >= 20:
                block_samples = file.number(body + 18, 2, "<")
        elif name == b"fact" and hertz and length >= 4:
            counted = file.number(body, 4, "<") / hertz
        elif name == b"data":
            return _of_data(_there(file, body, length) / block, codec, hertz, block_samples, counted)
    raise Broken


def _there(file: FilePieces, body: int, length: int) -> int:
    """Return the bytes of data: a length of 0 or all ones was written to a pipe; no more than the file has."""
    rest = None if file.size is None else file.size - body
    if length in {0, 0xFFFFFFFF}:
        if rest is None:
            raise Broken
        return rest
    return length if rest is None else min(length, rest)


def _of_data(blocks: float, codec: int, hertz: int, block_samples: int, counted: float | None) -> float:
    if codec in _EVEN_CODECS:
        return blocks / hertz
    if block_samples:
        by_blocks = blocks * block_samples / hertz
        return by_blocks if counted is None else min(by_blocks, counted)
    if counted is None:
        raise Broken
    return counted


def avi_seconds(file: FilePieces) -> float:
    """Return an AVI's duration: of its pictures, else of its sound. Unknown if the file goes on behind its index."""
    size, told = file.known_size(), file.number(4, 4, "<") + 8
    if told > size:
        raise Broken  # cut off, or written to a pipe
    pictures, sounds = 0.0, 0.0
    for name, body, length in _chunks(file, 12, size):
        if name == b"LIST" and file.read(body, 4) == b"hdrl":
            for kind, seconds in _streams(file, body + 4, body + length):
                if kind == b"vids":
                    pictures = max(pictures, seconds)
                elif kind == b"auds":
                    sounds = max(sounds, seconds)
            break
    file.has_picture = pictures > 0
    if told + told % 2 < size and file.read(told + told % 2, 4) == b"RIFF":
        raise Broken  # OpenDML: more of it follows, which this header does not count
    return pictures or sounds


def _streams(file: FilePieces, start: int, stop: int) -> Iterator[tuple[bytes, float]]:
    """Yield kind and seconds of each stream; `dwScale`, `dwRate` and `dwLength` are at 20, 24 and 32."""
    for name, body, _ in _chunks(file, start, stop):
        if name == b"LIST" and file.read(body, 8) == b"strlstrh":
            at = body + 12
            scale, rate, length = (file.number(at + field, 4, "<") for field in (20, 24, 32))
            yield file.read(at, 4), length * scale / rate
