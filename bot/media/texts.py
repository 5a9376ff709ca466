"""What people read about files that cannot be used, and on the drawn report of a guild's spending."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus

from bot.domain.models import MediaKind
from bot.language import Plural, Text, amount, because, ntr, sentences, span, tr

MEBIBYTE = 1024 * 1024

EMPTY = Text("The file is empty.", why="file.format")
GONE = Text("The file is no longer there, or its link has expired. Upload it again.", why="file.gone")
TOO_MANY_REDIRECTS = Text("The link redirects too many times.", why="file.host")
UNREADABLE_REDIRECT = Text("The link redirects to something I can't read.", why="file.host")
TOO_SLOW = Text("The file's host is too slow.", why="file.host")
NO_ANSWER = Text("I couldn't load the file from its host.", why="file.host")
COMPRESSED = Text("The file's host sends it compressed, which I can't read.", why="file.host")
OTHER_RANGE = Text("The file's host sent the wrong part of the file.", why="file.host")
DISK_FULL = Text("The bot's machine has no room left for this file.", why="bot.database")

FORMATS = {
    MediaKind.IMAGE: "PNG, JPEG, GIF, WebP, AVIF, HEIC",
    MediaKind.VIDEO: "MP4, MOV, WebM, MKV, AVI, OGV",
    MediaKind.AUDIO: "MP3, M4A, AAC, WAV, OGG, FLAC, WebA, MKA",
}
"""What the bot knows by the content of a file."""
_IS = {
    MediaKind.IMAGE: Text("The file is an image.", why="file.kind"),
    MediaKind.VIDEO: Text("The file is a video.", why="file.kind"),
    MediaKind.AUDIO: Text("The file is audio.", why="file.kind"),
    MediaKind.FILE: Text("The file is not an image, a video, or audio.", why="file.kind"),
}
_NEEDED = {
    (MediaKind.IMAGE,): Text("An image is needed here.", why="file.kind"),
    (MediaKind.VIDEO,): Text("A video is needed here.", why="file.kind"),
    (MediaKind.AUDIO,): Text("Audio is needed here.", why="file.kind"),
    (MediaKind.IMAGE, MediaKind.VIDEO): Text("An image or a video is needed here.", why="file.kind"),
    (MediaKind.IMAGE, MediaKind.AUDIO): Text("An image or audio is needed here.", why="file.kind"),
    (MediaKind.VIDEO, MediaKind.AUDIO): Text("A video or audio is needed here.", why="file.kind"),
}
_ANY_NEEDED = Text("An image, a video, or audio is needed here.", why="file.kind")


@because("file.format")
def unknown_kind(wanted: Collection[MediaKind]) -> str:
    """Refuse a file of a format that the bot does not know, naming those of the `wanted` kinds."""
    known = ", ".join(formats for kind, formats in FORMATS.items() if kind in wanted)
    return tr("I can't use files of this format. Use one of these: {formats}.", formats=known)


TIMED_OUT = Text("The file did not arrive within {time}.", why="file.host", time=span)


@because("file.host")
def host_failed(status: int) -> str:
    phrase = f" {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else ""
    return tr("The file's host has a problem: {error}.", error=f"HTTP {status}{phrase}")


def wrong_kind(found: MediaKind, expected: Collection[MediaKind]) -> str:
    wanted = tuple(kind for kind in FORMATS if kind in expected)
    return sentences(_IS[found], _NEEDED.get(wanted, _ANY_NEEDED))


@because("file.too_large")
def too_large(limit: int, size: int | None) -> str:
    """Refuse a file for its size; both in bytes, `size` None if it is not known."""
    if size:
        return tr("The file has {size}. The limit is {limit}.", size=in_words(size), limit=in_words(limit))
    return tr("The file is too large. The limit is {limit}.", limit=in_words(limit))


def in_words(size: int) -> str:
    """Return a size in bytes as people read it."""
    if size >= MEBIBYTE // 10:
        return tr("{size} MB", size=amount(round(size / MEBIBYTE, 1)))
    return ntr("{count} byte", "{count} bytes", size)


# ---------------------------------------------------------------------- the drawn report

OTHERS = Plural("{count} other", "{count} others")
