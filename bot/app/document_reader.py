"""Reads the live OpenAPI document: without a key, else with one where the API wants one for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from bot.app import texts
from bot.cannon.client import CannonClient
from bot.cannon.wire import OpenApiAnswer
from bot.errors import CannonError, UnreadableAnswer
from bot.guild.api_keys import ApiKeys

log = structlog.get_logger(__name__)

OPEN = "open"
"""The way of reading without a key."""
_HIDDEN = frozenset({401, 403, 404})
"""How an API answers that shows its description to its customers only."""
_MARKS = frozenset({"openapi", "swagger", "paths", "components", "definitions", "$defs", "webhooks"})
"""A body with none of these is a message, not a description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A document as it was read. An ETag holds for the way that it was read in: another account may see another one."""

    document: Mapping[str, Any] | None
    """None if it is still the one of the ETag that was sent."""
    etag: str | None
    way: str
    """OPEN, or the slot of the key."""


class DocumentReader:
    """Reads the document. What the API says of a key here changes nothing about that key: only the status call may."""

    def __init__(self, client: CannonClient, keys: ApiKeys) -> None:
        self._client = client
        self._keys = keys
        self._refused: frozenset[str] | None = None

    async def read(self, way: str, etag: str | None) -> Reading:
        """Return the document; `etag` is that of the last one, which was read in the way `way`.

        Raises CannonError. `wants_key` says afterwards whether another try is of use without another key.
        """
        self._refused = None
        try:
            return await self._read(None, OPEN, way, etag)
        except CannonError as error:
            if not _is_hidden(error):
                raise
            keys, last = await self._keys.for_document(), error
        for each in keys:
            try:
                return await self._read(each.secret, each.slot, way, etag)
            except CannonError as error:
                if not _is_hidden(error):
                    raise
                log.info("catalogue.key_of_no_use", key=each.slot, status=error.status)
                last = error
        if not keys or last.status in _HIDDEN:
            self._refused = frozenset(each.slot for each in keys)
        raise last

    async def wants_key(self) -> bool:
        """Whether the last reading failed for want of a key, and no other key is there since."""
        if self._refused is None:
            return False
        return self._refused >= {each.slot for each in await self._keys.for_document()}

    async def _read(self, secret: str | None, slot: str, way: str, etag: str | None) -> Reading:
        answer = await self._client.openapi(secret, etag=etag if slot == way else None)
        if answer is None:
            return Reading(document=None, etag=etag, way=slot)
        return Reading(document=_document(answer), etag=answer.etag, way=slot)


def _document(answer: OpenApiAnswer) -> Mapping[str, Any]:
    """Return the body if it describes an API. Raises UnreadableAnswer for any other object, such as a refusal."""
    if _MARKS.isdisjoint(answer.document):
        raise UnreadableAnswer(texts.NO_DESCRIPTION, 200)
    return answer.document


def _is_hidden(error: CannonError) -> bool:
    """Whether the same call may succeed with a key. A page in the document's place may be the one to log in at."""
    return isinstance(error, UnreadableAnswer) or error.status in _HIDDEN
