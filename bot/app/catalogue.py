"""Reads what Cannon Studio publishes about its API, at the start and then daily: a description, and keyless tools."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import structlog

from bot.account.api_keys import ApiKeys
from bot.app import texts
from bot.cannon import discovery as tools
from bot.cannon.client import CannonClient
from bot.cannon.discovery import Discovery
from bot.cannon.mcp import McpFailure
from bot.cannon.wire import OpenApiAnswer
from bot.catalogue import OPERATIONS, Catalogue, LiveCatalogue, Operation, describe, merge
from bot.catalogue.live import ApiChange
from bot.catalogue.openapi.tools import MARK, SURFACES
from bot.catalogue.openapi.tools import OPERATIONS as ANSWERED
from bot.errors import CannonError, UnreadableAnswer
from bot.runtime.clock import Clock
from bot.server.operations import ApiDrift
from bot.store import Store
from bot.store.guild.account import FactKey, Published

log = structlog.get_logger(__name__)

OPEN = "open"
"""Reading without a key."""
_HIDDEN = frozenset({401, 403, 404})
"""Statuses of an API that shows its document to customers only."""
_MARKS = frozenset({"openapi", "swagger", "paths", "components", "definitions", "$defs", "webhooks"})
"""A body with none of these is a message, not a description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReading:
    """A document as read. An ETag is valid per key: another account may see another document."""

    document: Mapping[str, Any] | None
    """None if unchanged."""
    etag: str | None
    way: str
    """OPEN, or the slot of the key."""


class DocumentReader:
    """Reads the document. Never changes a key's state: only the status call may."""

    def __init__(self, client: CannonClient, keys: ApiKeys) -> None:
        self._client = client
        self._keys = keys
        self._refused: frozenset[str] | None = None

    async def read(self, way: str, etag: str | None) -> DocumentReading:
        """Return the document; `etag` is the last one's, which was read in the way `way`.

        Raises CannonError. `wants_key` says afterwards whether only another key would help.
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
        """Whether the last reading failed for want of a key, and no other key was set since."""
        if self._refused is None:
            return False
        return self._refused >= {each.slot for each in await self._keys.for_document()}

    async def _read(self, secret: str | None, slot: str, way: str, etag: str | None) -> DocumentReading:
        answer = await self._client.openapi(secret, etag=etag if slot == way else None)
        if answer is None:
            return DocumentReading(document=None, etag=etag, way=slot)
        return DocumentReading(document=_document(answer), etag=answer.etag, way=slot)


def _document(answer: OpenApiAnswer) -> Mapping[str, Any]:
    """Return the body if it describes an API. Raises UnreadableAnswer for any other object, such as a refusal."""
    if _MARKS.isdisjoint(answer.document):
        raise UnreadableAnswer(texts.NO_DESCRIPTION, 200)
    return answer.document


def _is_hidden(error: CannonError) -> bool:
    """Whether a key may help. A page instead of the document may be a login."""
    return isinstance(error, UnreadableAnswer) or error.status in _HIDDEN


KEEP_S = 7 * 24 * 3600.0
NAMED_META = "openapi_named"
"""Key in the table `meta` of the named operations and when each was last named."""

_BUILT_IN = frozenset(operation.id for operation in OPERATIONS)


@dataclass(frozen=True)
class NamedOperations:
    """Stores what documents said of operations that are not built in."""

    store: Store
    clock: Clock

    async def recent(self) -> list[Operation]:
        """Return the operations named by a document within the last week."""
        return recent_operations(await self.store.meta.get(NAMED_META), self.clock.wall())

    async def note(self, catalogue: Catalogue) -> None:
        renamed = set(catalogue.aliases.values())
        now = self.clock.wall()
        new = {
            operation.id: {"named_at": now, "document": describe(Catalogue([operation]))}
            for operation in catalogue.operations.values()
            if operation.offered and operation.id not in _BUILT_IN and operation.id not in renamed
        }
        former = _within_a_week(await self.store.meta.get(NAMED_META), now)
        if new or former:
            await self.store.meta.set(NAMED_META, json.dumps({**former, **new}))


def recent_operations(stored: str | None, now: float) -> list[Operation]:
    """Return the operations in `stored` named within a week before `now`, a Unix time."""
    return [
        operation
        for each in _within_a_week(stored, now).values()
        for operation in merge(Catalogue([]), each["document"]).operations.values()
    ]


def _within_a_week(stored: str | None, now: float) -> dict[str, Any]:
    try:
        found = json.loads(stored or "{}")
        return {key: each for key, each in found.items() if each["named_at"] > now - KEEP_S and "document" in each}
    except (ValueError, TypeError, KeyError, AttributeError):
        log.exception("catalogue.named_operations_dropped")
        return {}


REFRESH_S = 24 * 3600.0
RETRY_S = 3600.0
DOCUMENT: FactKey = ("openapi", "")
ETAG_META, WAY_META = "openapi_etag", "openapi_way"
"""Keys in the table `meta` of the document's ETag, and how it was read."""
OTHER_IDS_META = "openapi_other_ids"
"""Key of the ids that documents had for built-in operations: jobs are stored under them."""
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
    _tried_at: float | None = field(default=None, init=False)
    """Last try that failed for want of a key, monotonic seconds; None if it didn't."""
    _has_logged_form: bool = field(default=False, init=False)
    _adopting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _document_tried: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def __post_init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        """Called after something else was stored."""
        self._named = NamedOperations(self.store, self.clock)

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
                changes = await self._learned(facts)
                log.info("catalogue.loaded", differences=len(changes))
            self.catalogue.remember(json.loads(await self.store.meta.get(OTHER_IDS_META) or "{}"))
        except Exception:
            log.exception("catalogue.stored_facts_dropped", chars=sum(map(len, facts.values())))
            self._facts = {}
            await self.store.api_facts.delete()
            await self.store.meta.forget(ETAG_META, WAY_META, OTHER_IDS_META)

    async def refresh(self) -> None:
        """Fetch, learn and store the description, and announce news. An unusable one changes nothing.

        Raises CannonError if it cannot be fetched.
        """
        meta = self.store.meta
        reading = await self.reader.read(await meta.get(WAY_META) or OPEN, await meta.get(ETAG_META) or None)
        facts = {}
        is_read = reading.document is not None and await self.catalogue.names_operations(reading.document)
        if reading.document is not None and not is_read and not self._has_logged_form:
            self._has_logged_form = True
            log.warning("catalogue.form_not_known", hint="docs/cannon-api.md names the forms that are read")
        if is_read:
            facts = {DOCUMENT: json.dumps(reading.document, sort_keys=True)}
        await self._adopt(facts, {ETAG_META: reading.etag or "", WAY_META: reading.way} if facts else {})

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
                self._unannounced += await self._learned(facts)
                meta = {**meta, OTHER_IDS_META: json.dumps(self.catalogue.other_ids)}
            await self._named.note(self.catalogue.current)
            await self.drift.adopt(Published(facts=read, meta=meta), self._unannounced, is_first=is_first)
            self._unannounced = []
            if facts != self._facts:
                self._facts = facts
                self.on_change()
            self.catalogue.read_at = self.clock.wall()

    async def _lacks_a_key(self) -> bool:
        if self._tried_at is None or self.clock.monotonic() - self._tried_at >= REFRESH_S:
            return False
        return await self.reader.wants_key()

    async def run_once(self) -> float:
        """Refresh; return the seconds until the next time: a day, an hour after a failure.

        If the API wants a missing key: daily, and within the hour after another key was set.
        """
        if await self._lacks_a_key():
            return RETRY_S
        self._tried_at = None
        try:
            await self.refresh()
        except CannonError as error:
            if await self.reader.wants_key():
                self._tried_at = self.clock.monotonic()
            wants_key = self._tried_at is not None
            log.info("catalogue.not_read", error=type(error).__name__, status=error.status, wants_key=wants_key)
            return RETRY_S
        finally:
            self._document_tried.set()
        return REFRESH_S

    async def discover_once(self) -> float:
        """Discover, once the description was tried; return the seconds until the next time, as `run_once`."""
        await self._document_tried.wait()  # it may name operations to ask for
        return RETRY_S if await self.discover() is McpFailure.UNREACHED else REFRESH_S

    async def _learned(self, facts: Mapping[FactKey, str]) -> list[ApiChange]:
        return await self.catalogue.learn(*documents_of(facts), kept=await self._named.recent())
