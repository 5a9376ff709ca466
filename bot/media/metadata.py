"""Files without metadata: the parts that could name their maker are left out or blanked. Nothing is decoded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType

from bot.domain.models import MediaKind
from bot.media.containers.mp4 import boxes
from bot.media.containers.pieces import Broken, FilePieces, Needed
from bot.media.fetcher import LocalFile

EXTENSIONS = MappingProxyType({MediaKind.IMAGE: ".png", MediaKind.VIDEO: ".mp4", MediaKind.AUDIO: ".mp3"})
"""One extension for each kind: an image's own would show which of some models made it."""
_PNG = frozenset({
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"acTL", b"fcTL", b"fdAT",
})  # fmt: skip
"""The chunks that are drawn (PNG, third edition); others are text, EXIF, XMP, or C2PA."""
_WEBP = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_NAMES_METADATA = 0x0C
"""The bits of VP8X that announce EXIF and XMP (RFC 9649)."""
_MP4_PARENTS, _MP4_METADATA = frozenset({b"moov", b"trak", b"mdia"}), frozenset({b"udta", b"meta", b"uuid", b"jumb"})


def anonymous(file: LocalFile) -> LocalFile:
    """Take the metadata out of an image or video on disk; return it under its kind's one extension.

    Of forms that no known model makes (GIF, AVIF, WebM), it stays. Blocks. Raises OSError.
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
    """Turn metadata into free space (ISO/IEC 14496-12), up to a broken box. No offset changes."""
    left, file, spans = bytearray(data), FilePieces({0: data}, len(data)), [(0, len(data))]
    with contextlib.suppress(Broken, Needed):
        for span in spans:
            for name, body, end in boxes(file, *span):
                if name in _MP4_PARENTS:
                    spans.append((body, end))
                elif name in _MP4_METADATA:
                    head = body - (4 if data[body - 4 : body] == name else 12)  # the latter with a 64-bit size
                    left[head : head + 4], left[body:end] = b"free", bytes(end - body)
    yield bytes(left)


_PARTS: MappingProxyType[str, Callable[[bytes], Iterator[bytes]]] = MappingProxyType(
    {
        "image/png": _png,
        "image/jpeg": _jpeg,
        "image/webp": _webp,
        "video/mp4": _mp4,
        "video/quicktime": _mp4,
    }
)
