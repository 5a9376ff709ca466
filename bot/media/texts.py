"""What people read about files that cannot be used, and on the drawn report of a guild's spending."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.domain.models import MediaKind
from bot.language import Plural, Text, amount, because, either, ntr, tr

MEBIBYTE = 1024 * 1024

EMPTY = Text("The file is empty.", why="file.format")
GONE = Text("The file is no longer there, or its link has expired. Upload it again.", why="file.gone")
NOT_LOADED = Text("I couldn't load the file from its host. Try again in a minute, or upload the file.", why="file.host")
DISK_FULL = Text("The bot's machine has no room left for this file.", why="bot.database")

FORMATS = {
    MediaKind.IMAGE: "PNG, JPEG, GIF, WebP, AVIF, HEIC",
    MediaKind.VIDEO: "MP4, MOV, WebM, MKV, AVI, OGV",
    MediaKind.AUDIO: "MP3, M4A, AAC, WAV, OGG, FLAC, WebA, MKA",
}
"""What the bot knows by the content of a file."""
_KINDS = {
    MediaKind.IMAGE: Text("an image"),
    MediaKind.VIDEO: Text("a video"),
    MediaKind.AUDIO: Text("an audio file"),
    MediaKind.FILE: Text("a file"),
}


def kinds(of: Iterable[MediaKind]) -> str:
    """Return kinds as a part of a sentence: `an image or a video`."""
    return either(str(_KINDS[kind]) for kind in of)


@because("file.kind")
def wrong_kind(wanted: Collection[MediaKind]) -> str:
    """Refuse a file that is none of the `wanted` kinds, with formats that are."""
    known = [kind for kind in FORMATS if kind in wanted]
    formats = ", ".join(FORMATS[kind] for kind in known)
    return tr("The file is not {kinds}. Use one of these: {formats}.", kinds=kinds(known), formats=formats)


@because("file.too_large")
def too_large(limit: int) -> str:
    """Refuse a file of more than `limit` bytes."""
    return tr("The file is too large. The limit is {limit}.", limit=in_words(limit))


def in_words(size: int) -> str:
    """Return a size in bytes as people read it."""
    if size >= MEBIBYTE // 10:
        return tr("{size} MB", size=amount(round(size / MEBIBYTE, 1)))
    return ntr("{count} byte", "{count} bytes", size)


# ---------------------------------------------------------------------- the drawn report

OTHERS = Plural("{count} other", "{count} others")
