"""What people read about files that cannot be used, and on the drawn report of a guild's spending."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus

from bot.domain.models import MediaKind

MEBIBYTE = 1024 * 1024

EMPTY = "The file is empty."
GONE = "The file is no longer there, or its link has expired."
TOO_MANY_REDIRECTS = "The link leads on to other links too often."
UNREADABLE_REDIRECT = "The link leads on to something the bot cannot read."
TOO_SLOW = "The file's host sends it too slowly."
NO_ANSWER = "The file's host did not answer, or broke off."
COMPRESSED = "The file's host sends it packed, which the bot does not undo."
OTHER_RANGE = "The file's host sent another part of the file than the one asked for."
DISK_FULL = "There is no room left for this file on the bot's machine."

_KINDS = {
    MediaKind.IMAGE: "an image",
    MediaKind.VIDEO: "a video",
    MediaKind.AUDIO: "a sound",
    MediaKind.FILE: "another file",
}


FORMATS = {
    MediaKind.IMAGE: "PNG, JPEG, GIF, WebP, AVIF, HEIC",
    MediaKind.VIDEO: "MP4, MOV, WebM, MKV, AVI, OGV",
    MediaKind.AUDIO: "MP3, M4A, AAC, WAV, OGG, FLAC, WebA, MKA",
}
"""What the bot knows by the content of a file."""


def unknown_kind(wanted: Collection[MediaKind]) -> str:
    """Refuse a file of a format that the bot does not know, naming those of the `wanted` kinds."""
    known = "; ".join(f"{_KINDS[kind]}: {FORMATS[kind]}" for kind in FORMATS if kind in wanted)
    return f"The file's format is not one that can be used here ({known})."


def timed_out(seconds: float) -> str:
    """Refuse a file that took too long."""
    return f"The file did not arrive within {seconds:g} seconds."


def host_failed(status: int) -> str:
    """Say that the file's host answered with an error that may pass."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "unknown"
    return f"The file's host has a problem: HTTP {status} {phrase}."


def wrong_kind(found: MediaKind, expected: Collection[MediaKind]) -> str:
    """Refuse a file of another kind than the expected ones."""
    wanted = " or ".join(_KINDS[kind] for kind in MediaKind if kind in expected)
    return f"The file is {_KINDS[found]}; {wanted} is needed."


def too_large(limit: int, size: int | None) -> str:
    """Refuse a file for its size; both in bytes, `size` None if it is not known."""
    at_most = f"the limit is {in_words(limit)}"
    return f"The file has {in_words(size)}; {at_most}." if size else f"The file is too large; {at_most}."


def in_words(size: int) -> str:
    """Return a size in bytes as people read it."""
    return f"{size / MEBIBYTE:.1f} MiB" if size >= MEBIBYTE // 10 else f"{size:,} bytes"


# ---------------------------------------------------------------------- the drawn report

CREDITS_PER_DAY = "Credits per day"
BY_MEMBER, BY_OPERATION = "By member", "By operation"


def others(count: int) -> str:
    """Return the name of the row for all that have none of their own."""
    return f"{count} others"
