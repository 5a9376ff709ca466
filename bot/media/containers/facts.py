"""What the headers of a file say, by its kind of container. Pure: nothing is decoded, nothing is fetched.

The duration may be at the start (WAV, FLAC), behind the media data (MP4) or only on the last page (OGG). So reading
is a dialogue: `facts_of` takes the pieces of the file that are available and says which bytes it needs as well. An
ordinary MP4 of any size takes two more spans, a file that a browser recorded three. What the headers do not prove is
unknown: a wrong number of seconds would be a wrong price.
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
    """What is known so far. `needs` are the bytes without which the duration is not found."""

    seconds: float | None = None
    """None: not a container with a duration, or the headers do not say, or they are broken, or `needs` is open."""
    has_picture: bool | None = None
    """Whether there is a track of pictures; None if that was not found out."""
    needs: Span | None = None


def facts_of(pieces: Mapping[int, bytes], size: int | None) -> ContainerFacts:
    """Return what the headers say.

    In: bytes by their offset in the file (the head at 0), and the file's size in bytes if it is known. Read what the
    answer needs, add it to the pieces, and call again.
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
