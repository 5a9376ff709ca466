"""MP3 and AAC without a container: frames of a known number of samples (ISO/IEC 11172-3, 13818-3, 13818-7).

A Xing, Info or VBRI header counts an MP3's frames. Without one they are counted here if the whole file is available; a
longer MP3 needs a constant bitrate, equal at start and end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Final

from bot.media.containers.pieces import SPAN_BYTES, Broken, FilePieces

_SOUND_SEARCH_BYTES: Final = 4096
_READ_BYTES: Final = 8 * SPAN_BYTES
"""Bytes read at once while counting: a minute of a usual AAC."""
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
    """Detect AAC by its first frame."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0


def is_layer_three(head: bytes) -> bool:
    """Detect MP3 by its tag or first frame."""
    return head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)


def adts_seconds(file: FilePieces) -> float:
    """Return an AAC file's duration by counting its variable-length frames."""
    size, at, seconds = file.known_size(), 0, 0.0
    while at + 7 <= size and (frame := _aac_frame(file.read(at, 7, ahead=_READ_BYTES))) is not None:
        if at + frame.length > size:
            return seconds  # truncated last frame
        seconds += frame.seconds
        at += frame.length
    _require_end(file, at)
    return seconds


def _require_end(file: FilePieces, at: int) -> None:
    """Raise Broken unless the sound ends at `at`: at the file's end, a tag or zeros."""
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
    declared = _header_duration(file, start, frame)
    return _counted(file, start, frame) if declared is None else declared


def _first_frame(file: FilePieces, start: int) -> tuple[int, _Frame]:
    """Return the first frame's offset, at `start` or after padding."""
    for at in range(start, start + _SOUND_SEARCH_BYTES):
        if (frame := _mp3_frame(file.number(at, 4))) is not None:
            return at, frame
    raise Broken


def _header_duration(file: FilePieces, start: int, frame: _Frame) -> float | None:
    """Read a Xing, Info or VBRI header, None without one. Raises Broken if it is another file's."""
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
            raise Broken  # truncated file
        if missing_s < -_HEADER_SLACK_S:
            _require_end(file, start + length)
    return seconds


def _counted(file: FilePieces, start: int, frame: _Frame) -> float:
    """Count the frames, unless many share one bitrate."""
    size, at, seconds, kbits = file.known_size(), start, 0.0, set[int]()
    at_hand = len(file.head())
    while at + 4 <= size:
        if at + 4 > at_hand and len(kbits) == 1 and seconds > frame.seconds * _CHAINED:
            return _of_constant_bitrate(file, start, frame)
        here = _mp3_frame(int.from_bytes(file.read(at, 4, ahead=_READ_BYTES), "big"))
        if here is None:
            break
        if at + here.length > size:
            return seconds  # truncated last frame
        kbits.add(here.kbits)
        seconds += here.seconds
        at += here.length
    _require_end(file, at)
    return seconds


def _of_constant_bitrate(file: FilePieces, start: int, frame: _Frame) -> float:
    """Return the seconds if the last frames have this bitrate at the expected offset."""
    offset, tail = file.tail(SPAN_BYTES)
    search = max(start - offset, 0)
    at = next((at for at in range(search, search + _SOUND_SEARCH_BYTES) if _chain(tail, at, _CHAINED)), None)
    if at is None:
        raise Broken
    each = frame.kbits * 125 * frame.seconds
    frames = (offset + at - start) / each
    chain = _chain(tail, at)
    if abs(frames - round(frames)) * each > 2 or {found.kbits for found in chain} != {frame.kbits}:
        raise Broken  # unknown variable bitrate
    end = at + sum(found.length for found in chain)
    if offset + end < file.known_size():
        _require_end(file, offset + end)
    return (offset + end - start) / (frame.kbits * 125)


def _chain(data: bytes, at: int, count: int | None = None) -> list[_Frame]:
    """Return the frames from `at` to the end, or the first `count`; nothing if there are fewer."""
    found: list[_Frame] = []
    while at + 4 <= len(data) and (frame := _mp3_frame(int.from_bytes(data[at : at + 4], "big"))) is not None:
        found.append(frame)
        at += frame.length
        if len(found) == count:
            break
    return found if count is None or len(found) == count else []


_TAIL_BYTES: Final = 64 * 1024
"""A frame has 4,096 samples as a rule: some 20 KiB of stereo."""
_CANDIDATES: Final = 4
"""Possible frame starts tried from the end: a checksum takes milliseconds, and a false start is rare."""
_BLOCKS: Final = {1: 192, **{code: 144 << code for code in range(2, 6)}, **{code: 1 << code for code in range(8, 16)}}
"""Samples of a block by its code (RFC 9639, 9.1.1); for 6 and 7 the number follows."""


def _shifted(crc: int, _: int) -> int:
    return (crc << 1) ^ (0x18005 if crc & 0x8000 else 0)


_CRC_16: Final = tuple(reduce(_shifted, range(8), byte << 8) for byte in range(256))


def flac_seconds(file: FilePieces) -> float:
    facts = file.number(8 + 10, 8)  # 20 bits of rate, 3 of channels, 5 of depth, 36 of samples
    samples, hertz = facts & 0xFFFFFFFFF, facts >> 44
    return (samples or _samples_to_the_end(file)) / hertz


def _samples_to_the_end(file: FilePieces) -> int:
    """Find the last frame by its checksum up to the file's end."""
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
    """Return the number of samples up to this frame's end. `block`: the samples of every frame but the last."""
    lead = max(8 - (frame[4] ^ 0xFF).bit_length(), 1)  # coded like a UTF-8 character
    number = frame[4] & (0x7F >> lead if lead > 1 else 0x7F)
    for byte in frame[5 : 4 + lead]:
        number = number << 6 | byte & 0x3F
    code, behind = frame[2] >> 4, 4 + lead
    own = int.from_bytes(frame[behind : behind + code - 5], "big") + 1 if code in {6, 7} else _BLOCKS.get(code, 0)
    return number + own if frame[1] & 1 else number * block + own


_STREAMS_MAX: Final = 8
_OGG_TAIL_BYTES: Final = 2 * SPAN_BYTES
"""A page has 65,307 bytes at most."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream's first page. `longest`: maximum ticks of a packet."""

    hertz: float
    skipped: int = 0
    shift: int | None = None
    longest: int = 1 << 16

    def seconds(self, granule: int) -> float:
        """Return the seconds up to `granule`. For video it is split: the last key frame, frames since."""
        if self.shift is not None:
            granule = (granule >> self.shift) + (granule & ((1 << self.shift) - 1))
        return max(granule - self.skipped, 0) / self.hertz


def ogg_seconds(file: FilePieces) -> float:
    """Return an OGG's longest stream's duration. Unknown if a stream's is, or it does not start at 0."""
    streams = dict(_streams(file))
    file.has_picture = any(stream.shift is not None for stream in streams.values())
    head = file.head()
    for serial, stream in streams.items():
        first = next((page for page in _pages(head) if page[0] == serial and page[1] > 0), None)
        if first is not None and stream.shift is None and first[1] > first[2] * stream.longest:
            raise Broken  # cut from a live stream
    _, tail = file.tail(_OGG_TAIL_BYTES)
    ends: dict[int, int] = {}
    for serial, granule, _ in _pages(tail):
        if serial not in streams:
            raise Broken  # concatenated files
        if granule >= 0:
            ends[serial] = granule
    return max((streams[serial].seconds(granule) for serial, granule in ends.items()), default=0.0)


def _pages(data: bytes) -> Iterator[tuple[int, int, int]]:
    for found in re.finditer(rb"OggS\0[\0-\7]", data):
        at = found.start()
        if at + 27 <= len(data):
            granule = int.from_bytes(data[at + 6 : at + 14], "little", signed=True)
            yield int.from_bytes(data[at + 14 : at + 18], "little"), granule, data[at + 26]


def _streams(file: FilePieces) -> Iterator[tuple[int, _Stream]]:
    """Yield the streams; header pages come first. Raises Broken for an unknown codec."""
    at = 0
    for _ in range(_STREAMS_MAX):
        page = file.read(at, 27)
        if page[:4] != b"OggS":
            raise Broken
        if not page[5] & 2:
            return
        table = file.read(at + 27, page[26])
        body = file.read(at + 27 + len(table), sum(table))
        if not body.startswith(b"fishead\0"):  # an index, no stream
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


_CHUNK_LIMIT: Final = 500
_EVEN_CODECS: Final = frozenset({1, 3, 6, 7, 0xFFFE})
"""PCM, float, A-law, mu-law and EXTENSIBLE: fixed bytes per sample."""
_ADPCM: Final = frozenset({2, 0x11})
"""Microsoft's and IMA's: blocks of a fixed number of samples, which follows the common fields."""


def _chunks(file: FilePieces, start: int, stop: int | None) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(_CHUNK_LIMIT):
        if stop is not None and start + 8 > stop:
            return
        name, length = file.read(start, 4), file.number(start + 4, 4, "<")
        yield name, start + 8, length
        start += 8 + length + length % 2


def wav_seconds(file: FilePieces) -> float:
    """Return a WAV's duration. Compressed codecs' byte rates are estimates: samples are counted."""
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
    """Return the data's length: 0 or all ones came from a pipe; at most the file's."""
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
    """Return an AVI's duration: of its video, else audio. Unknown if data follows its index."""
    size, declared = file.known_size(), file.number(4, 4, "<") + 8
    if declared > size:
        raise Broken  # truncated or written to a pipe
    pictures, sounds = 0.0, 0.0
    for name, body, length in _chunks(file, 12, size):
        if name == b"LIST" and file.read(body, 4) == b"hdrl":
            for kind, seconds in _riff_streams(file, body + 4, body + length):
                if kind == b"vids":
                    pictures = max(pictures, seconds)
                elif kind == b"auds":
                    sounds = max(sounds, seconds)
            break
    file.has_picture = pictures > 0
    if declared + declared % 2 < size and file.read(declared + declared % 2, 4) == b"RIFF":
        raise Broken  # OpenDML: this header does not count what follows
    return pictures or sounds


def _riff_streams(file: FilePieces, start: int, stop: int) -> Iterator[tuple[bytes, float]]:
    """Yield each stream's kind and seconds; `dwScale`, `dwRate` and `dwLength` are at 20, 24 and 32."""
    for name, body, _ in _chunks(file, start, stop):
        if name == b"LIST" and file.read(body, 8) == b"strlstrh":
            at = body + 12
            scale, rate, length = (file.number(at + field, 4, "<") for field in (20, 24, 32))
            yield file.read(at, 4), length * scale / rate
