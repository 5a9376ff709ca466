"""Reads what Cannon Studio publishes about its API, at the start and then daily: a description, and keyless tools."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import structlog

from bot.account.api_keys import ApiKeys
from bot.cannon import discovery as tools
from bot.cannon.client import CannonClient
from bot.cannon.discovery import Discovery
from bot.cannon.mcp import McpFailure
from bot.cannon.wire import OpenApiAnswer
from bot.catalogue import LiveCatalogue
from bot.catalogue.live import ApiChange
from bot.catalogue.openapi.tools import MARK, SURFACES
from bot.catalogue.openapi.tools import OPERATIONS as ANSWERED
from bot.errors import CannonError, UnreadableAnswer
from bot.runtime.clock import Clock
from bot.server.operations import ApiDrift
from bot.store import Store
from bot.store.guild.account import FactKey, Published

log = structlog.get_logger(__name__)

_HIDDEN = frozenset({401, 403, 404})
"""Statuses of an API that shows its document to customers only."""


@dataclass(frozen=True)
class DocumentReader:
    """Reads the document. Never changes a key's state: only the status call may."""

    client: CannonClient
    keys: ApiKeys

    async def read(self, etag: str | None) -> OpenApiAnswer | None:
        """Return the document, without a key or with the first that may read it; None if it matches `etag`.

        Raises CannonError.
        """
        try:
            return await self.client.openapi(etag=etag)
        except CannonError as error:
            if not _is_hidden(error):
                raise
            last = error
        for each in await self.keys.for_document():
            try:
                return await self.client.openapi(each.secret, etag=etag)
            except CannonError as error:
                if not _is_hidden(error):
                    raise
                log.info("catalogue.key_of_no_use", key=each.slot, status=error.status)
                last = error
        raise last


def _is_hidden(error: CannonError) -> bool:
    """Whether a key may help. A page instead of the document may be a login."""
    return isinstance(error, UnreadableAnswer) or error.status in _HIDDEN


REFRESH_S = 24 * 3600.0
RETRY_S = 3600.0
DOCUMENT: FactKey = ("openapi", "")
ETAG_META = "openapi_etag"
"""Key in the table `meta` of the document's ETag."""
_TOOLS = {tools.OPERATION: ANSWERED, tools.MODELS: SURFACES}


def documents_of(facts: Mapping[FactKey, str]) -> list[Any]:
    """Return stored facts as the catalogue reads them. Raises ValueError."""
    answers: dict[str, dict[str, Any]] = {}
    for (source, subject), body in facts.items():
        if source in _TOOLS:
            answers.setdefault(_TOOLS[source], {})[subject] = json.loads(body)
    described = [json.loads(facts[DOCUMENT])] if DOCUMENT in facts else []
    return [*described, {MARK: answers}] if answers else described


@dataclass
class CatalogueRefresh:
    """Updates the live catalogue from the store, from Cannon Studio's description, and from its keyless tools."""

    catalogue: LiveCatalogue
    _: KW_ONLY
    store: Store
    reader: DocumentReader
    discovery: Discovery
    drift: ApiDrift
    clock: Clock
    _facts: dict[FactKey, str] = field(default_factory=dict, init=False)
    _unannounced: list[ApiChange] = field(default_factory=list, init=False)
    """Learned, but not stored yet: it must not be lost."""
    _has_logged_form: bool = field(default=False, init=False)
    _adopting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _document_tried: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def __post_init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        """Called after something else was stored."""

    async def read_again(self) -> None:
        """Learn what is stored, if it has changed."""
        facts = await self.store.api_facts.all()
        if facts != self._facts:
            await self._learn_stored(facts)

    async def load(self) -> None:
        """Learn what is stored, without announcing it again.

        Something unreadable is dropped and fetched again: it must not keep the bot from starting.
        """
        await self._learn_stored(await self.store.api_facts.all())

    async def _learn_stored(self, facts: dict[FactKey, str]) -> None:
        self._facts = facts
        try:
            if facts:
                changes = await self.catalogue.learn(*documents_of(facts))
                log.info("catalogue.loaded", differences=len(changes))
        except Exception:
            log.exception("catalogue.stored_facts_dropped", chars=sum(map(len, facts.values())))
            self._facts = {}
            await self.store.api_facts.delete()
            await self.store.meta.forget(ETAG_META)

    async def refresh(self) -> None:
        """Fetch, learn and store the description, and announce news. An unusable one changes nothing.

        Raises CannonError if it cannot be fetched.
        """
        answer = await self.reader.read(await self.store.meta.get(ETAG_META) or None)
        facts, meta = {}, {}
        if answer is not None and await self.catalogue.names_operations(answer.document):
            facts = {DOCUMENT: json.dumps(answer.document, sort_keys=True)}
            meta = {ETAG_META: answer.etag or ""}
        elif answer is not None and not self._has_logged_form:
            self._has_logged_form = True
            log.warning("catalogue.form_not_known", hint="docs/cannon-api.md names the forms that are read")
        await self._adopt(facts, meta)

    async def discover(self) -> McpFailure | None:
        """Read, learn and store what the keyless tools say, and announce news; return why not all was read."""
        found = await self.discovery.read(self.catalogue.current)
        facts = {
            (tool, subject): json.dumps(json.loads(body), sort_keys=True)
            for (tool, subject), body in found.answers.items()
            if tool in _TOOLS
        }
        if facts:
            await self._adopt(facts, {})
        return found.failure

    async def _adopt(self, read: dict[FactKey, str], meta: dict[str, str]) -> None:
        async with self._adopting:
            facts = {**self._facts, **read}
            sources = {source for source, _ in read}
            is_first = bool(sources) and not any(source in sources for source, _ in self._facts)
            if read:
                self._unannounced += await self.catalogue.learn(*documents_of(facts))
            await self.drift.adopt(Published(facts=read, meta=meta), self._unannounced, is_first=is_first)
            self._unannounced = []
            if facts != self._facts:
                self._facts = facts
                self.on_change()
            self.catalogue.read_at = self.clock.wall()

    async def run_once(self) -> float:
        """Refresh; return the seconds until the next time: a day, an hour after a failure."""
        try:
            await self.refresh()
        except CannonError as error:
            log.info("catalogue.not_read", error=type(error).__name__, status=error.status)
            return RETRY_S
        finally:
            self._document_tried.set()
        return REFRESH_S

    async def discover_once(self) -> float:
        """Discover, once the description was tried; return the seconds until the next time, as `run_once`."""
        await self._document_tried.wait()  # it may name operations to ask for
        return RETRY_S if await self.discover() is McpFailure.UNREACHED else REFRESH_S
