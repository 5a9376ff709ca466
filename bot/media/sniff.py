"""Detects a file's kind by its first bytes. Pure; decodes nothing, trusts no name or header."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import urlsplit

from bot.domain.models import SOURCE_KINDS, MediaKind
from bot.errors import MediaEmpty, MediaWrongKind
from bot.media import texts
from bot.media.containers.facts import ContainerFacts, facts_of
from bot.media.containers.pieces import Span

HEAD_BYTES: Final = 4096
"""How many first bytes `sniff` uses."""

Sniffed = tuple[MediaKind, str, str]
"""Kind, content type and extension with its dot."""

_IMAGE, _VIDEO, _AUDIO = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO

_MAGIC: Final[tuple[tuple[bytes, Sniffed], ...]] = (
    (b"\x89PNG\r\n\x1a\n", (_IMAGE, "image/png", ".png")),
    (b"\xff\xd8\xff", (_IMAGE, "image/jpeg", ".jpg")),
    (b"GIF87a", (_IMAGE, "image/gif", ".gif")),
    (b"GIF89a", (_IMAGE, "image/gif", ".gif")),
    (b"fLaC", (_AUDIO, "audio/flac", ".flac")),
    (b"ID3", (_AUDIO, "audio/mpeg", ".mp3")),
)
_RIFF: Final[dict[bytes, Sniffed]] = {
    b"WEBP": (_IMAGE, "image/webp", ".webp"),
    b"WAVE": (_AUDIO, "audio/wav", ".wav"),
    b"AVI ": (_VIDEO, "video/x-msvideo", ".avi"),
}
_BRANDS: Final[dict[bytes, Sniffed]] = {
    b"avif": (_IMAGE, "image/avif", ".avif"),
    b"avis": (_IMAGE, "image/avif", ".avif"),
    b"heic": (_IMAGE, "image/heic", ".heic"),
    b"heix": (_IMAGE, "image/heic", ".heic"),
    b"mif1": (_IMAGE, "image/heif", ".heif"),
    b"msf1": (_IMAGE, "image/heif", ".heif"),
    b"M4A ": (_AUDIO, "audio/mp4", ".m4a"),
    b"M4B ": (_AUDIO, "audio/mp4", ".m4a"),
    b"qt  ": (_VIDEO, "video/quicktime", ".mov"),
}
_MATROSKA: Final[dict[bytes, tuple[Sniffed, Sniffed]]] = {
    b"webm": ((_VIDEO, "video/webm", ".webm"), (_AUDIO, "audio/webm", ".weba")),
    b"matroska": ((_VIDEO, "video/x-matroska", ".mkv"), (_AUDIO, "audio/x-matroska", ".mka")),
}
_SOUND_ONLY: Final[dict[str, Sniffed]] = {
    "video/mp4": (_AUDIO, "audio/mp4", ".m4a"),
    **{video[1]: audio for video, audio in _MATROSKA.values()},
}
_MP4: Final[Sniffed] = (_VIDEO, "video/mp4", ".mp4")
_QUICKTIME_ATOMS: Final = frozenset({b"moov", b"mdat", b"wide"})
"""First atoms of QuickTime files older than the `ftyp` atom."""


def sniff(head: bytes) -> Sniffed | None:
    """Return kind, content type and extension from a file's first bytes; 4 KiB are enough.

    None for everything but listed image, video or audio formats: SVG, HTML, ZIP, programs, text.
    """
    for magic, sniffed in _MAGIC:
        if head.startswith(magic):
            return sniffed
    for family in (_riff, _base_media, _matroska, _ogg, _mpeg_sound):
        if found := family(head):
            return found
    return None


def _riff(head: bytes) -> Sniffed | None:
    return _RIFF.get(head[8:12]) if head[:4] == b"RIFF" else None


def _base_media(head: bytes) -> Sniffed | None:
    """Distinguish ISO base media files by brand (ISO/IEC 14496-12): AVIF, HEIC, M4A, MOV, else MP4."""
    if head[4:8] in _QUICKTIME_ATOMS:
        return _BRANDS[b"qt  "]
    if head[4:8] != b"ftyp":
        return None
    major = head[8:12]
    if major in {b"mif1", b"msf1"}:  # a generic brand: a compatible one is more specific
        size = min(int.from_bytes(head[:4], "big"), 256)
        for at in range(16, size - 3, 4):
            if head[at : at + 4] in {b"avif", b"heic", b"heix"}:
                return _BRANDS[head[at : at + 4]]
    return _BRANDS.get(major, _MP4)


def _matroska(head: bytes) -> Sniffed | None:
    """Detect sound by codec ids (RFC 9559): video's begin with `V_`, audio's with `A_`."""
    if head[:4] != b"\x1a\x45\xdf\xa3":
        return None
    family = next((family for family in _MATROSKA if family in head[:64]), None)
    if family is None:
        return None
    video, audio = _MATROSKA[family]
    return audio if b"A_" in head and b"V_" not in head else video


def _ogg(head: bytes) -> Sniffed | None:
    if head[:4] != b"OggS":
        return None
    return (_VIDEO, "video/ogg", ".ogv") if b"\x80theora" in head else (_AUDIO, "audio/ogg", ".ogg")


def without_picture(sniffed: Sniffed) -> Sniffed:
    """Return the kind of a container whose headers show only sound; `sniffed` is from its start."""
    _, content_type, extension = sniffed
    return _SOUND_ONLY.get(content_type, (_AUDIO, content_type, extension))


def _mpeg_sound(head: bytes) -> Sniffed | None:
    """Detect MP3 and AAC without a tag by a frame header (ISO/IEC 11172-3, 13818-7)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return _AUDIO, "audio/aac", ".aac"
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer != 1 or bitrate in {0, 15} or rate == 3:
        return None
    return _AUDIO, "audio/mpeg", ".mp3"


_OTHER_FILES: Final[Mapping[str, str]] = MappingProxyType({
    ".srt": "application/x-subrip", ".vtt": "text/vtt", ".ass": "text/x-ssa", ".txt": "text/plain", ".csv": "text/csv",
    ".json": "application/json", ".zip": "application/zip", ".mid": "audio/midi", ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json", ".obj": "model/obj", ".stl": "model/stl", ".ply": "model/ply", ".3mf": "model/3mf",
    ".fbx": "application/octet-stream", ".usdz": "model/vnd.usdz+zip",
})  # fmt: skip
"""Content types of other files that are attached, by the extension of their link."""
_UNSAFE: Final = re.compile(
    rb"\s*(?:<|#!|@echo)|MZ|\x7fELF|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|\x1f\x8b|Rar!|7z\xbc\xaf|%PDF|\Z", re.IGNORECASE
)
"""Pages, drawings, scripts, programs: never attached, under no name."""


def names_other_file(link: str) -> bool:
    return _extension(link) in _OTHER_FILES


def other_file(head: bytes, link: str) -> Sniffed | None:
    """Return kind, content type and extension of a file named by its link; None if not attachable."""
    extension = _extension(link)
    if extension not in _OTHER_FILES or _UNSAFE.match(head.removeprefix(codecs.BOM_UTF8)):
        return None
    return MediaKind.FILE, _OTHER_FILES[extension], extension


def _extension(link: str) -> str:
    """Return a link's extension with its dot, in lower case; '' for none."""
    try:
        return PurePosixPath(urlsplit(link).path).suffix.lower()
    except ValueError:
        return ""


_AT_ONCE_BYTES: Final = 256 * 1024
_LINKED_ONLY: Final[Sniffed] = (MediaKind.FILE, "application/octet-stream", "")


def identified(head: bytes, expect: Collection[MediaKind] | None, link: str = "") -> Sniffed:
    """Return a file's kind by its first bytes; a video may turn out to be sound only.

    Other files are detected only where expected, and may still be media; `link` is the file's. Raises
    MediaWrongKind if it can be none of the kinds in `expect`, or is unknown.
    """
    if not head:
        raise MediaEmpty(texts.EMPTY)
    takes_any = MediaKind.FILE in (expect or ())
    found = sniff(head) or (other_file(head, link) if takes_any else None)
    if found is None:
        raise MediaWrongKind(texts.wrong_kind(expect or SOURCE_KINDS))
    if takes_any:
        return found
    if found[0] is not MediaKind.VIDEO or MediaKind.AUDIO not in (expect or ()):
        require_kind(found, expect)
    return found


def looked_at(head: bytes, expect: Collection[MediaKind] | None, link: str) -> Sniffed:
    """Return a checked file's kind; where any file is expected, also unattachable ones."""
    if head and MediaKind.FILE in (expect or ()):
        return sniff(head) or other_file(head, link) or _LINKED_ONLY
    return identified(head, expect)


def require_kind(found: Sniffed, expect: Collection[MediaKind] | None) -> None:
    """Raise MediaWrongKind for a kind not in `expect`; any kind is a file."""
    if expect is not None and MediaKind.FILE not in expect and found[0] not in expect:
        raise MediaWrongKind(texts.wrong_kind(expect))


def refined(found: Sniffed, facts: ContainerFacts) -> Sniffed:
    return without_picture(found) if found[0] is MediaKind.VIDEO and facts.has_picture is False else found


def identified_whole(
    found: Sniffed, size: int, read: Callable[[Span], bytes], expect: Collection[MediaKind] | None
) -> Sniffed:
    """Return a complete file's kind, after `identified` accepted its start. `read` gives bytes of it.

    Raises MediaWrongKind if not in `expect`. Too distant headers change nothing.
    """
    if found[0] is MediaKind.VIDEO:
        head = read(Span(0, min(_AT_ONCE_BYTES, size)))
        facts = facts_of({0: head}, size)
        if facts.has_picture is None and facts.needs is not None:
            facts = facts_of({0: head, facts.needs.start: read(facts.needs)}, size)
        found = refined(found, facts)
    require_kind(found, expect)
    return found


def pixels(head: bytes) -> tuple[int, int] | None:
    """Return an image's width and height by its first bytes; None if they do not say so, as of AVIF and HEIC."""

    def at(start: int, size: int, order: Literal["big", "little"] = "little") -> int:
        return int.from_bytes(head[start : start + size], order)

    if head.startswith(b"\x89PNG"):
        return at(16, 4, "big"), at(20, 4, "big")
    if head.startswith(b"GIF8"):
        return at(6, 2), at(8, 2)
    if head.startswith(b"\xff\xd8"):
        return _jpeg_pixels(head)
    if head[8:16] == b"WEBPVP8X":
        return 1 + at(24, 3), 1 + at(27, 3)
    if head[8:16] == b"WEBPVP8L":
        return 1 + (at(21, 4) & 0x3FFF), 1 + (at(21, 4) >> 14 & 0x3FFF)
    return (at(26, 2) & 0x3FFF, at(28, 2) & 0x3FFF) if head[8:16] == b"WEBPVP8 " else None


def _jpeg_pixels(head: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 <= len(head) and head[place] == 0xFF:
        if 0xC0 <= head[place + 1] <= 0xCF and head[place + 1] not in {0xC4, 0xC8, 0xCC}:  # a start of frame
            return int.from_bytes(head[place + 7 : place + 9]), int.from_bytes(head[place + 5 : place + 7])
        place += 2 + int.from_bytes(head[place + 2 : place + 4])
    return None
