"""FLAC (RFC 9639): STREAMINFO comes first; where it counts no samples, the last frame has its own number."""

from __future__ import annotations

from functools import reduce
from typing import Final

from bot.media.containers.pieces import Broken, FilePieces

_TAIL_BYTES: Final = 64 * 1024
"""A frame has 4,096 samples as a rule: some 20 KiB of stereo."""
_CANDIDATES: Final = 4
"""How many starts of a frame are tried, from the end: a checksum takes milliseconds, and a false start is rare."""
_BLOCKS: Final = {1: 192, **{code: 144 << code for code in range(2, 6)}, **{code: 1 << code for code in range(8, 16)}}
"""Samples of a block by its code (RFC 9639, 9.1.1); 6 and 7 say that the number follows."""


def _shifted(crc: int, _: int) -> int:
    return (crc << 1) ^ (0x18005 if crc & 0x8000 else 0)


_CRC_16: Final = tuple(reduce(_shifted, range(8), byte << 8) for byte in range(256))


def flac_seconds(file: FilePieces) -> float:
    """Return a FLAC's duration."""
    facts = file.number(8 + 10, 8)  # 20 bits of rate, 3 of channels, 5 of depth, 36 of samples
    samples, hertz = facts & 0xFFFFFFFFF, facts >> 44
    return (samples or _samples_to_the_end(file)) / hertz


def _samples_to_the_end(file: FilePieces) -> int:
    """Count by the last frame: the one whose checksum is right up to the file's end."""
    _, tail = file.tail(_TAIL_BYTES)
    at = len(tail)
    for _ in range(_CANDIDATES):
        at = max(tail.rfind(b"\xff\xf8", 0, at), tail.rfind(b"\xff\xf9", 0, at))
        if at < 0:
            break
        if _crc_16(tail[at:-2]) == int.from_bytes(tail[-2:], "big"):
            return _end_of(tail[at:], file.number(8, 2))
    raise Broken


def _crc_16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _CRC_16[crc >> 8 ^ byte]
    return crc


def _end_of(frame: bytes, block: int) -> int:
    """Return how many samples end with this frame. `block`: the samples of every frame but the last."""
    lead = max(8 - (frame[4] ^ 0xFF).bit_length(), 1)  # the number is coded like a character of UTF-8
    number = frame[4] & (0x7F >> lead if lead > 1 else 0x7F)
    for byte in frame[5 : 4 + lead]:
        number = number << 6 | byte & 0x3F
    code, behind = frame[2] >> 4, 4 + lead
    own = int.from_bytes(frame[behind : behind + code - 5], "big") + 1 if code in {6, 7} else _BLOCKS.get(code, 0)
    return number + own if frame[1] & 1 else number * block + own
