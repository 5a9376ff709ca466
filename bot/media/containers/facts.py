"""A file's header facts, by container. Pure: nothing is decoded or fetched.

The duration may be at the start (WAV, FLAC), behind the media data (MP4) or only on the last page (OGG). So `facts_of`
takes the available pieces and returns which bytes it also needs. An ordinary MP4 of any size takes two more spans, a
browser's recording three. Anything unproven is unknown: a wrong duration would be a wrong price.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.media.containers.matroska import matroska_seconds
from bot.media.containers.mp4 import mp4_seconds
from bot.media.containers.pieces import Broken, FilePieces, Needed, Span
from bot.media.containers.sound import (
    adts_seconds,
    avi_seconds,
    flac_seconds,
    is_adts,
    is_layer_three,
    mp3_seconds,
    ogg_seconds,
    wav_seconds,
)

LONGEST_S: Final = 1_000_000.0
"""Eleven days: a header with more is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """The facts so far. `needs` are the bytes still needed for the duration."""

    seconds: float | None = None
    """None: no duration, unknown, broken, or `needs` is open."""
    has_picture: bool | None = None
    """Whether there is a video track; None if unknown."""
    needs: Span | None = None


def facts_of(pieces: Mapping[int, bytes], size: int | None) -> ContainerFacts:
    """Return the header facts.

    In: bytes by their offset in the file (the head at 0), and the file's size in bytes if known. Read the needed
    bytes, add them to the pieces, and call again.
    """
    head = pieces.get(0, b"")
    file = FilePieces(pieces, size)
    measure = next((measure for fits, measure in _CONTAINERS if fits(head)), None)
    if measure is None:
        return ContainerFacts()
    try:
        seconds = measure(file)
    except Needed as needed:
        return ContainerFacts(has_picture=file.has_picture, needs=file.span(needed))
    except (Broken, ZeroDivisionError, struct.error, OverflowError):
        return ContainerFacts(has_picture=file.has_picture)
    is_sound = math.isfinite(seconds) and 0 < seconds < LONGEST_S
    return ContainerFacts(seconds=seconds if is_sound else None, has_picture=file.has_picture)


_CONTAINERS: Final[tuple[tuple[Callable[[bytes], bool], Callable[[FilePieces], float]], ...]] = (
    (lambda head: head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide"}, mp4_seconds),
    (lambda head: head.startswith(b"\x1a\x45\xdf\xa3"), matroska_seconds),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE", wav_seconds),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"AVI ", avi_seconds),
    (lambda head: head.startswith(b"fLaC"), flac_seconds),
    (lambda head: head.startswith(b"OggS"), ogg_seconds),
    (is_adts, adts_seconds),
    (is_layer_three, mp3_seconds),
)
