"""MP3 and AAC without a container: frames of a known number of samples (ISO/IEC 11172-3, 13818-3, 13818-7).

A Xing, Info or VBRI header counts an MP3's frames. Without one the frames are counted here if all of the file is at
hand; of a longer MP3 only a constant bitrate tells the rest, so its start and its end have to agree on one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.media.containers.pieces import SPAN_BYTES, Broken, FilePieces

_SOUND_SEARCH_BYTES: Final = 4096
_READ_BYTES: Final = 8 * SPAN_BYTES
"""Counting reads this much at once: a minute of a usual AAC."""
_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_AAC_RATES: Final = (
    96_000,
    88_200,
    64_000,
    48_000,
    44_100,
    32_000,
    24_000,
    22_050,
    16_000,
    12_000,
    11_025,
    8_000,
    7350,
)
_TAGS: Final = (b"TAG", b"APETAGEX", b"LYRICSBE", b"3DI", b"ID3")
_CHAINED: Final = 3
"""So many frames in a row are no coincidence."""
_HEADER_SLACK_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class _Frame:
    length: int
    seconds: float
    kbits: int = 0


def is_adts(head: bytes) -> bool:
    """Tell an AAC file by its first frame."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0


def is_layer_three(head: bytes) -> bool:
    """Tell an MP3 by its tag or its first frame."""
    return head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)


def adts_seconds(file: FilePieces) -> float:
    """Return an AAC file's duration: each frame is counted, for no two need have the same length."""
    size, at, seconds = file.known_size(), 0, 0.0
    while at + 7 <= size and (frame := _aac_frame(file.read(at, 7, ahead=_READ_BYTES))) is not None:
        if at + frame.length > size:
            return seconds  # the last frame is cut off
        seconds += frame.seconds
        at += frame.length
    _require_end(file, at)
    return seconds


def _require_end(file: FilePieces, at: int) -> None:
    """Raise Broken unless the sound ends at `at`: with the file, or with a tag or zeros behind it."""
    rest = file.read(at, min(8, file.known_size() - at))
    if rest.strip(b"\0") and not rest.startswith(_TAGS):
        raise Broken


def _aac_frame(header: bytes) -> _Frame | None:
    if not is_adts(header) or header[2] >> 2 & 15 >= len(_AAC_RATES):
        return None
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return _Frame(length, 1024 * (1 + (header[6] & 3)) / _AAC_RATES[header[2] >> 2 & 15]) if length > 7 else None


def _mp3_frame(header: int) -> _Frame | None:
    is_frame = header >> 21 == 0x7FF and header >> 19 & 3 != 1 and header >> 17 & 3 == 1
    if not is_frame or header >> 12 & 15 in {0, 15} or header >> 10 & 3 == 3:
        return None
    version = header >> 19 & 3
    rate, samples = _RATES[version][header >> 10 & 3], 1152 if version == 3 else 576
    kbits = (_KBITS_1 if version == 3 else _KBITS_2)[header >> 12 & 15]
    return _Frame(samples * kbits * 125 // rate + (header >> 9 & 1), samples / rate, kbits)


def mp3_seconds(file: FilePieces) -> float:
    """Return an MP3's duration."""
    start = 0
    if file.read(0, 3) == b"ID3":
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(file.read(6, 4), (21, 14, 7, 0), strict=True))
        start += 10 if file.number(5, 1) & 0x10 else 0
    start, frame = _first_frame(file, start)
    told = _told(file, start, frame)
    return _counted(file, start, frame) if told is None else told


def _first_frame(file: FilePieces, start: int) -> tuple[int, _Frame]:
    """Return where the first frame is, at `start` or a little behind it (padding after the tag)."""
    for at in range(start, start + _SOUND_SEARCH_BYTES):
        if (frame := _mp3_frame(file.number(at, 4))) is not None:
            return at, frame
    raise Broken


def _told(file: FilePieces, start: int, frame: _Frame) -> float | None:
    """Return what a Xing, Info or VBRI header says, None without one. Raises Broken if it is of another file."""
    header = file.number(start, 4)
    mono = header >> 6 & 3 == 3
    facts = start + 4 + ((17 if mono else 32) if header >> 19 & 3 == 3 else (9 if mono else 17))
    if file.read(facts, 4) in {b"Xing", b"Info"} and file.number(facts + 4, 4) & 1:
        seconds = file.number(facts + 8, 4) * frame.seconds
        length = file.number(facts + 12, 4) if file.number(facts + 4, 4) & 2 else 0
    elif file.read(start + 36, 4) == b"VBRI":
        seconds, length = file.number(start + 36 + 14, 4) * frame.seconds, file.number(start + 36 + 10, 4)
    else:
        return None
    if length and file.size is not None:
        missing_s = seconds * (1 - (file.size - start) / length)
        if missing_s > _HEADER_SLACK_S:
            raise Broken  # the file was cut off behind its header
        if missing_s < -_HEADER_SLACK_S:
            _require_end(file, start + length)
    return seconds


def _counted(file: FilePieces, start: int, frame: _Frame) -> float:
    """Count the frames one by one, unless there are many of one bitrate."""
    size, at, seconds, kbits = file.known_size(), start, 0.0, set[int]()
    at_hand = len(file.head())
    while at + 4 <= size:
        if at + 4 > at_hand and len(kbits) == 1 and seconds > frame.seconds * _CHAINED:
            return _of_constant_bitrate(file, start, frame)
        here = _mp3_frame(int.from_bytes(file.read(at, 4, ahead=_READ_BYTES), "big"))
        if here is None:
            break
        if at + here.length > size:
            return seconds  # the last frame is cut off
        kbits.add(here.kbits)
        seconds += here.seconds
        at += here.length
    _require_end(file, at)
    return seconds


def _of_constant_bitrate(file: FilePieces, start: int, frame: _Frame) -> float:
    """Return the seconds if the file's last frames have this bitrate too and stand where it puts them."""
    offset, tail = file.tail(SPAN_BYTES)
    search = max(start - offset, 0)
    at = next((at for at in range(search, search + _SOUND_SEARCH_BYTES) if _chain(tail, at, _CHAINED)), None)
    if at is None:
        raise Broken
    each = frame.kbits * 125 * frame.seconds
    frames = (offset + at - start) / each
    chain = _chain(tail, at)
    if abs(frames - round(frames)) * each > 2 or {found.kbits for found in chain} != {frame.kbits}:
        raise Broken  # the bitrate varies, and nothing says how
    end = at + sum(found.length for found in chain)
    if offset + end < file.known_size():
        _require_end(file, offset + end)
    return (offset + end - start) / (frame.kbits * 125)


def _chain(data: bytes, at: int, count: int | None = None) -> list[_Frame]:
    """Return the frames from `at` to the end of the data, or the first `count`; nothing if there are fewer."""
    found: list[_Frame] = []
    while at + 4 <= len(data) and (frame := _mp3_frame(int.from_bytes(data[at : at + 4], "big"))) is not None:
        found.append(frame)
        at += frame.length
        if len(found) == count:
            break
    return found if count is None or len(found) == count else []
