"""Files without metadata: the parts that could name their maker are left out or blanked. Nothing is decoded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
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
_GIF_IMAGE, _GIF_END = 0x2C, 0x3B
_GIF_LOOPS = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})
_WEBM_PARENTS = frozenset({0x18538067, 0x1549A966, 0x1654AE6B, 0xAE})
_WEBM_METADATA = frozenset({0x1254C367, 0x1941A469, 0x1043A770})
_WEBM_NAMES = frozenset({0x4D80, 0x5741, 0x7BA9, 0x536E})
_VOID_BYTES = 9
"""The head of an element of free space."""
_MP4_PARENTS, _MP4_METADATA = frozenset({b"moov", b"trak", b"mdia"}), frozenset({b"udta", b"meta", b"uuid", b"jumb"})


def anonymous(file: LocalFile) -> LocalFile:
    """Take the metadata out of an image or video on disk; return it under its kind's one extension.

    Blocks. Raises OSError.
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


def _gif(data: bytes) -> Iterator[bytes]:
    """Leave out comments and applications' blocks but that of loops (GIF89a, 24 and 26), and what follows the end."""
    at = 13 + _colours(data[10:11])
    yield data[:at]
    while at < len(data) and data[at] != _GIF_END:
        is_image = data[at] == _GIF_IMAGE
        end = at + (11 + _colours(data[at + 9 : at + 10]) if is_image else 2)
        while end < len(data) and data[end]:
            end += 1 + data[end]
        is_application = data[at + 1 : at + 2] == b"\xff" and data[at + 3 : at + 14] not in _GIF_LOOPS
        if is_image or not (is_application or data[at + 1 : at + 2] == b"\xfe"):
            yield data[at : end + 1]
        at = end + 1
    yield bytes([_GIF_END])


def _colours(flags: bytes) -> int:
    """Return how many bytes the table of colours after these flags has."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _mp4(data: bytes, *, is_image: bool = False) -> Iterator[bytes]:
    """Turn metadata into free space (ISO/IEC 14496-12), and blank an image's EXIF and XMP (ISO/IEC 23008-12).

    No offset changes.
    """
    left = bytearray(data)
    for name, body, end in _walked(data, boxes, _MP4_PARENTS):
        if name == b"meta" and is_image:
            file = FilePieces({0: data}, len(data))
            with contextlib.suppress(Broken, Needed):
                inner = {each: (at, stop) for each, at, stop in boxes(file, body + 4, end)}
                for start, length in _metadata_items(file, inner):
                    left[start : start + length] = bytes(min(length, len(left) - start))
        elif name in _MP4_METADATA:
            head = body - (4 if data[body - 4 : body] == name else 12)  # the latter with a 64-bit size
            left[head : head + 4], left[body:end] = b"free", bytes(end - body)
    yield bytes(left)


def _metadata_items(file: FilePieces, inner: Mapping[bytes, tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield where the types and contents of items are that are not drawn: without a type, an item is left out.

    As encoders write them: entries of version 2, locations of version 0 or 1 without indexes.
    """
    named, (at, stop) = set(), inner.get(b"iinf", (0, 0))
    for _, entry, _ in boxes(file, at + (8 if file.number(at, 1) else 6), stop):
        if file.read(entry + 8, 4) in {b"Exif", b"mime"}:
            named.add(file.number(entry + 4, 2))
            yield entry + 8, 4
    at, _ = inner.get(b"iloc", (0, 0))
    method, sizes = 2 * file.number(at, 1), file.read(at + 4, 2)
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    count, at = file.number(at + 6, 2), at + 8
    for _ in range(count):
        item, at = file.number(at, 2), at + method + 4
        base, extents, at = file.number(at, base_size), file.number(at + base_size, 2), at + base_size + 2
        for _ in range(extents):
            start, length = base + file.number(at, offset_size), file.number(at + offset_size, length_size)
            at += offset_size + length_size
            if item in named:
                yield start, length


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
        "image/gif": _gif,
        "image/avif": partial(_mp4, is_image=True),
        "video/mp4": _mp4,
        "video/quicktime": _mp4,
        "video/webm": _webm,
        "video/x-matroska": _webm,
    }
)
