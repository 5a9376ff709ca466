"""A file's kind, from its first bytes. Pure; nothing is decoded, and no name or header is trusted."""

from __future__ import annotations

from typing import Final

from bot.domain.models import MediaKind

HEAD_BYTES: Final = 4096
"""How many of the first bytes `sniff` can use."""

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
    """Return kind, content type and extension from the first bytes of a file; 4 KiB are enough.

    None for everything that is not an image, video or audio format listed here: SVG, HTML, ZIP, programs, text.
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
    """Distinguish the ISO base media files by their brand (ISO/IEC 14496-12): AVIF, HEIC, M4A, MOV, else MP4."""
    if head[4:8] in _QUICKTIME_ATOMS:
        return _BRANDS[b"qt  "]
    if head[4:8] != b"ftyp":
        return None
    major = head[8:12]
    if major in {b"mif1", b"msf1"}:  # a general still-image brand: a compatible one is more specific
        size = min(int.from_bytes(head[:4], "big"), 256)
        for at in range(16, size - 3, 4):
            if head[at : at + 4] in {b"avif", b"heic", b"heix"}:
                return _BRANDS[head[at : at + 4]]
    return _BRANDS.get(major, _MP4)


def _matroska(head: bytes) -> Sniffed | None:
    """Distinguish sound by the ids of the codecs (RFC 9559): those of pictures begin with `V_`, of sound with `A_`."""
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
    """Return what a container is once its headers have shown that it has sound only; `sniffed` is from its start."""
    _, content_type, extension = sniffed
    return _SOUND_ONLY.get(content_type, (_AUDIO, content_type, extension))


def _mpeg_sound(head: bytes) -> Sniffed | None:
    """Recognise MP3 and AAC without a tag by an audio frame header (ISO/IEC 11172-3, 13818-7)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return _AUDIO, "audio/aac", ".aac"
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer != 1 or bitrate in {0, 15} or rate == 3:
        return None
    return _AUDIO, "audio/mpeg", ".mp3"
