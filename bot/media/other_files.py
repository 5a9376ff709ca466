"""Result files that are neither picture nor video nor sound: which of them are attached, by their content.

A short list on purpose. A page or a program that was attached would be opened as if it were the bot's; a link has its
host's name on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from bot.domain.models import MediaKind

_NAMED_AT_MOST: Final = 8
_MAGIC: Final[tuple[tuple[bytes, tuple[str, str]], ...]] = (
    (b"glTF", ("model/gltf-binary", ".glb")),
    (b"Kaydara FBX Binary", ("application/octet-stream", ".fbx")),
    (b"ply\n", ("model/ply", ".ply")),
    (b"ply\r\n", ("model/ply", ".ply")),
    (b"MThd", ("audio/midi", ".mid")),
    (b"#?RADIANCE", ("image/vnd.radiance", ".hdr")),
    (b"\x76\x2f\x31\x01", ("image/x-exr", ".exr")),
)
_ARCHIVES: Final[Mapping[str, tuple[str, str]]] = {
    ".usdz": ("model/vnd.usdz+zip", ".usdz"),
    ".3mf": ("model/3mf", ".3mf"),
}
"""What is a ZIP archive inside and has a name of its own; every other one is attached as an archive."""
_MARKUP: Final = re.compile(r"\s*(?:<|#!|@echo|MZ)", re.IGNORECASE)
"""Pages, drawings and scripts: not attached, whatever their link's end says."""
_SOLID: Final = ".stl"
_SOLID_HEAD: Final = 84
"""A binary STL begins with 80 bytes of anything and the number of its triangles: only its link's end tells."""
_PROGRAMS: Final = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")
_CAPTIONS: Final = re.compile(r"\s*\d+\s*\n\d{1,2}:\d\d:\d\d[,.]\d{3} *--> *\d{1,2}:\d\d:\d\d[,.]\d{3}")


def _begins(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern).match


_TEXTS: Final[Mapping[str, tuple[Callable[[str], object], str]]] = {
    ".srt": (_CAPTIONS.match, "application/x-subrip"),
    ".vtt": (_begins(r"WEBVTT\b"), "text/vtt"),
    ".ass": (_begins(r"\s*\[Script Info\]"), "text/x-ssa"),
    ".gltf": (_begins(r"\s*\{"), "model/gltf+json"),
    ".json": (_begins(r"\s*[\[{]"), "application/json"),
    ".obj": (_begins(r"(?:#|mtllib|o |g |v )"), "model/obj"),
    ".stl": (_begins(r"solid\b"), "model/stl"),
    ".csv": (_begins(r"[^\n]*[,;\t]"), "text/csv"),
    ".txt": (_begins(r""), "text/plain"),
}
"""Texts by the end of their link: how they begin, and their content type."""
_BY_CONTENT: Final = (".vtt", ".srt", ".ass", ".json")
"""Those that are known without the end of a link, the more exact first."""


def names_other_file(link: str) -> bool:
    """Whether a link ends like one to a file that is attached."""
    extension = _extension(link)
    known = {*_TEXTS, *_ARCHIVES, ".zip", *(own for _, (_, own) in _MAGIC)}
    return extension in known


def other_file(head: bytes, link: str) -> tuple[MediaKind, str, str] | None:
    """Return kind, content type and extension of a file by its first bytes, None for one that is not attached.

    The end of its link decides only between kinds that begin alike.
    """
    for magic, (content_type, extension) in _MAGIC:
        if head.startswith(magic):
            return MediaKind.FILE, content_type, extension
    ending = _extension(link)
    if head.startswith(b"PK\x03\x04"):
        content_type, extension = _ARCHIVES.get(ending, ("application/zip", ".zip"))
        return MediaKind.FILE, content_type, extension
    if ending == _SOLID and b"\0" in head and len(head) > _SOLID_HEAD and not head.startswith(_PROGRAMS):
        return MediaKind.FILE, "model/stl", _SOLID
    text = _text(head)
    if text is None or _MARKUP.match(text):
        return None
    for extension in (ending, *_BY_CONTENT):
        begins, content_type = _TEXTS.get(extension, (None, ""))
        if begins is not None and begins(text):
            return MediaKind.FILE, content_type, extension
    return None


def _text(head: bytes) -> str | None:
    """Return the first bytes as text, None if they are none; the last character may be cut."""
    if b"\0" in head:
        return None
    for cut in range(4):
        try:
            return head[: len(head) - cut].decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
    return None


def _extension(link: str) -> str:
    """Return the end of a link's path with its dot, in lower case; nothing for a link without one."""
    try:
        name = urlsplit(link).path.rpartition("/")[2].lower()
    except ValueError:
        return ""
    stem, dot, extension = name.rpartition(".")
    return dot + extension if stem and extension.isascii() and len(extension) < _NAMED_AT_MOST else ""
