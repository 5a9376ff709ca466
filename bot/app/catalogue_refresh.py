"""Reads Cannon Studio's own description of its API, at the start and then daily."""

from __future__ import annotations

import asyncio
import json

import structlog

from bot.cannon.client import CannonClient
from bot.catalogue import LiveCatalogue
from bot.errors import CannonError
from bot.runtime.clock import Clock
from bot.store import Store

log = structlog.get_logger(__name__)

REFRESH_S = 24 * 3600.0
RETRY_S = 3600.0
DOCUMENT_META, ETAG_META = "openapi_document", "openapi_etag"
"""The names under which the document and its version are in the table `meta`."""


class CatalogueRefresh:
    """Updates the live catalogue from the store and from Cannon Studio."""

    def __init__(self, catalogue: LiveCatalogue, *, store: Store, client: CannonClient, clock: Clock) -> None:
        self._catalogue = catalogue
        self._store = store
        self._client = client
        self._clock = clock
        self._stopping = asyncio.Event()

    async def load(self) -> None:
        """Learn the document that the last run of the bot stored.

        One that cannot be read is dropped, to be fetched again: nothing about it may keep the bot from starting.
        """
        text = await self._store.meta.get(DOCUMENT_META)
        if text is None:
            return
        try:
            await self._learn(json.loads(text))
        except Exception:
            log.exception("catalogue.stored_document_dropped", chars=len(text))
            await self._store.meta.forget(DOCUMENT_META, ETAG_META)

    async def refresh(self) -> None:
        """Read the OpenAPI document, learn it and store it. An unchanged or unusable one changes nothing.

        Raises CannonError if it cannot be fetched.
        """
        meta = self._store.meta
        answer = await self._client.openapi(etag=await meta.get(ETAG_META))
        if answer is None:
            return
        await self._learn(answer.document)
        await meta.set(DOCUMENT_META, json.dumps(answer.document))
        await meta.set(ETAG_META, answer.etag or "")

    async def run(self) -> None:
        """Refresh daily, hourly after a failure, until `stop`."""
        while not self._stopping.is_set():
            pause_s = REFRESH_S if await self._refreshed() else RETRY_S
            await self._clock.wait(self._stopping, pause_s)

    def stop(self) -> None:
        """Stop `run`, even while it waits."""
        self._stopping.set()

    async def _refreshed(self) -> bool:
        """Refresh; return whether that succeeded."""
        try:
            await self.refresh()
        except CannonError as error:
            log.info("catalogue.not_read", error=type(error).__name__, status=error.status)
        except Exception:
            log.exception("catalogue.failed")
        else:
            return True
        return False

    async def _learn(self, document: object) -> None:
        for change in await self._catalogue.learn(document):
            log.info("catalogue.drift", change=change.sentence)
