"""What can be made of a medium: which operations take one of its kind, and in which field."""

from __future__ import annotations

from collections.abc import Collection

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.fields import Field, FieldKind
from bot.catalogue.operation import Operation
from bot.domain.models import SOURCE_KINDS, MediaKind

LINK_KINDS = frozenset({FieldKind.URL, FieldKind.URLS})
NATIVE_ID = "sora_video_id"
"""The field in which Sora's operations take a video by Sora's own id rather than by a link."""

_WORDS = {
    MediaKind.IMAGE: ("image", "picture", "photo"),
    MediaKind.VIDEO: ("video", "clip", "movie"),
    MediaKind.AUDIO: ("audio", "music", "sound", "voice", "speech"),
}
"""Marks the kind of fields that only the live document has: it names no kinds."""
_ANY_WORDS = ("file", "media", "source", "reference", "asset")
"""Marks those among them that take a file of any kind."""


def takes_native_id(operation: Operation) -> bool:
    """Whether the operation takes a video by the id that Sora gave it."""
    return any(field.name == NATIVE_ID for field in operation.fields)


def field_for(operation: Operation, kind: MediaKind) -> Field | None:
    """Return the field that takes a medium of `kind`: a required one if there is one, else the first; None if none.

    None also if other media are required: an image is no source for an operation on videos that has a thumbnail.
    """
    links = [field for field in operation.fields if field.kind in LINK_KINDS]
    taking = [field for field in links if _takes(field, kind)]
    required = [field for field in links if field.required]
    return next((field for field in taking if field in required), None if required else next(iter(taking), None))


def fitting(catalogue: Catalogue, kinds: Collection[MediaKind], *, native: bool) -> list[Operation]:
    """Return the operations that a medium of one of `kinds` can be given to, in the catalogue's order.

    `native` says that it is a video that Sora made and whose own id is known.
    """
    return [
        operation
        for operation in catalogue.operations.values()
        if any(field_for(operation, kind) is not None for kind in kinds) and (native or not takes_native_id(operation))
    ]


def kinds_of(field: Field) -> frozenset[MediaKind]:
    """Return the media that a field takes a link to; () if it takes none, or it is not known that it does."""
    if field.kind not in LINK_KINDS:
        return frozenset()
    return field.media or kinds_named(field.name)


def kinds_named(name: str) -> frozenset[MediaKind]:
    """Return the media that a field takes by its name on the wire: all that can be taken for one such as `file_url`."""
    word = name.casefold()
    named = frozenset(kind for kind, words in _WORDS.items() if any(each in word for each in words))
    return named or frozenset(kind for kind in SOURCE_KINDS if any(each in word for each in _ANY_WORDS))


def _takes(field: Field, kind: MediaKind) -> bool:
    return kind in kinds_of(field)
