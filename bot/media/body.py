"""A file's body as it comes: unpacked if its host packs it, and given up if it only drips."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from bot.errors import MediaUnreachable, MediaWrongKind
from bot.media import texts
from bot.media.download_pace import DownloadPace
from bot.runtime.transport import chunks
from bot.runtime.unpacking import BrokenEncoding, UnknownEncoding, Unpacker


async def body_of(response: httpx.Response, pace: DownloadPace | None = None) -> AsyncIterator[bytes]:
    """Yield the body without its content encoding, in pieces whose sum the caller limits.

    Raises MediaWrongKind for an encoding that is not undone, MediaUnreachable for a broken one or for a body that is
    too slow for `pace`, NoAnswer if it breaks off.
    """
    unpacker = _unpacker(response)
    try:
        async for chunk in chunks(response):
            if pace is not None:
                pace.add(len(chunk))
            for piece in unpacker.feed(chunk):
                yield piece
        unpacker.finish()
    except BrokenEncoding:
        raise MediaUnreachable(texts.NO_ANSWER) from None


def is_packed(response: httpx.Response) -> bool:
    """Whether the body is sent compressed, though this was not requested. Raises MediaWrongKind like `body_of`."""
    return _unpacker(response).is_needed


def _unpacker(response: httpx.Response) -> Unpacker:
    try:
        return Unpacker(response.headers.get("content-encoding", ""))
    except UnknownEncoding:
        raise MediaWrongKind(texts.COMPRESSED) from None
