"""Fetches the files that a request's input links to, as Cannon Studio does with its hosted URLs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.catalogue.fields import FieldKind
from bot.catalogue.operation import Operation
from bot.sandbox import texts
from bot.sandbox.files import Files

Fetch = Callable[[str], Awaitable[bytes | None]]
"""Returns the file behind a link; None, or an exception, if it cannot be read."""

SOURCE_LIMIT_BYTES = 64 * 1024 * 1024
SOURCE_TIMEOUT_S = 20.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class SourceLost(Exception):
    """A source cannot be read. `field` is the input that links to it."""

    def __init__(self, field: str) -> None:
        super().__init__(texts.unreadable_source(field))
        self.field = field


class InputFiles:
    """Reads sources: own files from memory, others through the injected `fetch`, else by a plain GET."""

    def __init__(self, files: Files, session: aiohttp.ClientSession, own_url: str, fetch: Fetch | None) -> None:
        self._files = files
        self._session = session
        self._own_prefix = f"{own_url}/media/"
        self._fetch = fetch

    async def read(self, operation: Operation, given: Mapping[str, Any]) -> dict[str, bytes]:
        """Return the files that the input links to, by field. Raises SourceLost for the first that cannot be read."""
        found = {}
        for name, url in _links(operation, given):
            try:
                async with asyncio.timeout(SOURCE_TIMEOUT_S):
                    data = await self._get(url)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                data = None
            if not data:
                raise SourceLost(name)
            found[name] = data
        return found

    async def _get(self, url: str) -> bytes | None:
        if url.startswith(self._own_prefix):
            file = self._files.get(url.removeprefix(self._own_prefix))
            return file.data if file is not None and file.fault is None else None
        if self._fetch is not None:
            try:
                return await self._fetch(url)
            except Exception:  # noqa: BLE001 - the injected function may fail in any way; the request then fails too
                return None
        address = urlsplit(url)
        if address.scheme != "https" and address.hostname not in _LOOPBACK:
            return None
        # No redirects: an allowed link must not lead to one that is not allowed.
        async with self._session.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                return None
            data = await answer.content.read(SOURCE_LIMIT_BYTES + 1)
            while len(data) <= SOURCE_LIMIT_BYTES and (more := await answer.content.read(SOURCE_LIMIT_BYTES)):
                data += more
        return data if len(data) <= SOURCE_LIMIT_BYTES else None


def _links(operation: Operation, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    links = []
    for field in operation.fields:
        value = given.get(field.name)
        if field.kind is FieldKind.URL and isinstance(value, str):
            links.append((field.name, value))
        elif field.kind is FieldKind.URLS and isinstance(value, list):
            links += [(field.name, url) for url in value if isinstance(url, str)]
    return links
