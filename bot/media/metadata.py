"""Files without metadata: the parts that could name their maker are left out or blanked. Nothing is decoded."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from bot.domain.models import MediaKind
from bot.media.containers.matroska import elements
from bot.media.containers.mp4 import boxes
from bot.media.containers.pieces import Broken, FilePieces, Needed
from bot.media.fetcher import LocalFile

K = TypeVar("K")
Children: TypeAlias = Callable[[FilePieces, int, int | None], Iterator[tuple[K, int, int | None]]]
EXTENSIONS = MappingProxyType({MediaKind.IMAGE: ".png", MediaKind.VIDEO: ".mp4", MediaKind.AUDIO: ".mp3"})
"""One extension for each kind: an image's own would show which of some models made it."""
_PNG = frozenset({
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"acTL", b"fcTL", b"fdAT",
})  # fmt: skip
"""The chunks that are drawn (PNG, third edition); others are text, EXIF, XMP, or C2PA."""
_WEBP = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_NAMES_METADATA = 0x0C
"""The bits of VP8X that announce EXIF and XMP (RFC 9649)."""
_WEBM_PARENTS = frozenset({0x18538067, 0x1549A966, 0x1654AE6B, 0xAE})
_WEBM_METADATA = frozenset({0x1254C367, 0x1941A469, 0x1043A770})
_WEBM_NAMES = frozenset({0x4D80, 0x5741, 0x7BA9, 0x536E})
_VOID_BYTES = 9
"""The head of an element of free space."""
_NOTE = re.compile(rb"\x06\x05(?P<more>\xff*)(?P<last>[^\xff])", re.DOTALL)
"""The head of a unit of H.264 with "user data unregistered" (SEI, ITU-T H.264): encoders write their name there."""
_UNIT_LENGTH_BYTES = 4
_MP4_PARENTS, _MP4_METADATA = frozenset({b"moov", b"trak", b"mdia"}), frozenset({b"udta", b"meta", b"uuid", b"jumb"})


def anonymous(file: LocalFile) -> LocalFile:
    """Take the metadata out of an image or video on disk; return it under its kind's one extension.

    Of forms that no known model makes (GIF, AVIF), it stays. Blocks. Raises OSError.
    """
    if file.content_type in _PARTS:
        file.path.write_bytes(b"".join(_PARTS[file.content_type](file.path.read_bytes())))
    size = file.path.stat().st_size
    return replace(file, size=size, extension=EXTENSIONS.get(file.kind, file.extension))


def _png(data: bytes) -> Iterator[bytes]:
    yield data[:8]
    at = 8
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] in _PNG:
            yield data[at:end]
        at = end


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Yield all up to the first scan but applications' segments and comments (ITU T.81); colours' are drawn."""
    yield data[:2]
    at = 2
    while at + 4 <= len(data) and data[at + 1] != 0xDA:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        is_colour = marker == 0xEE or data[at + 4 : at + 16] == b"ICC_PROFILE\0"
        if is_colour or not (0xE1 <= marker <= 0xEF or marker == 0xFE):
            yield data[at:end]
        at = end
    yield data[at:]


def _webp(data: bytes) -> Iterator[bytes]:
    parts, at = [b"WEBP"], 12
    while at < len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        end += end % 2
        chunk = bytearray(data[at:end])
        if chunk[:4] == b"VP8X" and len(chunk) > 8:
            chunk[8] &= ~_WEBP_NAMES_METADATA
        if bytes(chunk[:4]) in _WEBP:
            parts.append(bytes(chunk))
        at = end
    yield from (b"RIFF", sum(map(len, parts)).to_bytes(4, "little"), *parts)


def _mp4(data: bytes) -> Iterator[bytes]:
    """Turn metadata into free space (ISO/IEC 14496-12), and notes of encoders into blanks. No offset changes."""
    left = bytearray(data)
    for name, body, end in _walked(data, boxes, _MP4_PARENTS):
        if name in _MP4_METADATA:
            head = body - (4 if data[body - 4 : body] == name else 12)  # the latter with a 64-bit size
            left[head : head + 4], left[body:end] = b"free", bytes(end - body)
    for note in _NOTE.finditer(data):
        size = 255 * len(note["more"]) + note["last"][0]
        length = int.from_bytes(data[max(0, note.start() - _UNIT_LENGTH_BYTES) : note.start()], "big")
        if length == len(note[0]) + size + 1:  # else it is pictures that look so
            left[note.end() : note.end() + size] = b" " * size
    yield bytes(left)


def _webm(data: bytes) -> Iterator[bytes]:
    """Blank tags, attachments, chapters, and the names of programs and tracks (RFC 9559) before and after the media."""
    left = bytearray(data)
    for name, body, end in _walked(data, elements, _WEBM_PARENTS):
        if name in _WEBM_NAMES:
            left[body:end] = bytes(end - body)
        elif name in _WEBM_METADATA and end - body > _VOID_BYTES:
            void = b"\xec\x01" + (end - body - _VOID_BYTES).to_bytes(7, "big")
            left[body:end] = void.ljust(end - body, b"\0")
    yield bytes(left)


def _walked(data: bytes, children: Children[K], parents: Collection[K]) -> Iterator[tuple[K, int, int]]:
    """Yield the name, content start and end of each part but `parents`, which are entered, up to a broken one."""
    file, spans = FilePieces({0: data}, len(data)), [(0, len(data))]
    with contextlib.suppress(Broken, Needed):
        for span in spans:
            for name, body, end in children(file, *span):
                upto = len(data) if end is None else end
                if name in parents:
                    spans.append((body, upto))
                else:
                    yield name, body, upto


_PARTS: MappingProxyType[str, Callable[[bytes], Iterator[bytes]]] = MappingProxyType(
    {
        "image/png": _png,
        "image/jpeg": _jpeg,
        "image/webp": _webp,
        "video/mp4": _mp4,
        "video/quicktime": _mp4,
        "video/webm": _webm,
        "video/x-matroska": _webm,
    }
)
