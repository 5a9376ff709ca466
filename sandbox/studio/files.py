"""Storage: finished files in memory, served with ranges like a real file host."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from bot.catalogue.fields import FieldKind
from bot.catalogue.operation import Operation
from bot.media.containers.facts import facts_of
from bot.media.containers.mp4 import boxes
from bot.media.containers.pieces import Broken, FilePieces, Needed
from bot.media.sniff import pixels
from sandbox import texts
from sandbox.media.words import Scene

STORE_LIMIT_BYTES = 512 * 1024 * 1024
"""Above this the oldest files are deleted, to limit memory."""
DRAWN_LIMIT = 20_000
"""How many scenes of files drawn here are kept, by their digests: some hundred bytes each."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored file. `fault` is played by every fetch of it, None for a good one."""

    data: bytes
    content_type: str
    fault: str | None = None
    scene: Scene | None = None
    """What it shows, None for sound."""


class Files:
    """Files by name, oldest first."""

    def __init__(self, limit_bytes: int = STORE_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._files: dict[str, StoredFile] = {}
        self._total_bytes = 0
        self._drawn: dict[bytes, Scene | None] = {}

    def put(self, name: str, file: StoredFile) -> None:
        """Store `file`, in the place of an earlier one; drop the oldest above the size limit."""
        self.pop(name)
        self._files[name] = file
        self._drawn[_digest(file.data)] = file.scene
        while len(self._drawn) > DRAWN_LIMIT:
            del self._drawn[next(iter(self._drawn))]
        self._total_bytes += len(file.data)
        while self._total_bytes > self._limit_bytes and len(self._files) > 1:
            oldest = next(iter(self._files))
            self._total_bytes -= len(self._files.pop(oldest).data)

    def scene(self, data: bytes) -> Scene | None:
        """Return what a file drawn here shows, wherever it comes from now; None for sound and foreign files."""
        return self._drawn.get(_digest(data))

    def get(self, name: str) -> StoredFile | None:
        """Return a file, None if missing."""
        return self._files.get(name)

    def pop(self, name: str) -> StoredFile | None:
        """Delete and return a file, None if missing."""
        file = self._files.pop(name, None)
        if file is not None:
            self._total_bytes -= len(file.data)
        return file


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def serve(file: StoredFile, request: web.Request) -> web.Response:
    """Answer with the file, or with the one requested range of it (RFC 9110, 14)."""
    response = web.Response(body=file.data, content_type=file.content_type, headers={"Accept-Ranges": "bytes"})
    try:
        wanted = request.http_range
    except ValueError:
        return response
    if wanted.start is None and wanted.stop is None:
        return response
    start, stop, _ = wanted.indices(len(file.data))
    if start >= stop:
        headers = {"Content-Range": f"bytes */{len(file.data)}"}
        return web.Response(status=416, headers=headers)
    response = web.Response(status=206, body=file.data[start:stop], content_type=file.content_type)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(file.data)}"
    return response


Fetch = Callable[[str], Awaitable[bytes | None]]
"""Returns the file behind a link; None, or an exception, if unreadable."""

SOURCE_LIMIT_BYTES = 64 * 1024 * 1024
SOURCE_TIMEOUT_S = 20.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class InputFile:
    """A linked file of an input. It is never decoded: `scene` is what it shows if it was drawn here."""

    data: bytes
    scene: Scene | None = None

    def size(self) -> tuple[int, int] | None:
        """Return width and height in pixels from the headers; None for sound and unknown formats."""
        try:
            found = pixels(self.data) or _of_mp4(self.data)
        except (Broken, Needed):
            return None
        return found if found is not None and min(found) > 0 else None

    def seconds(self) -> float | None:
        """Return the duration in the headers, None without one."""
        return facts_of({0: self.data}, len(self.data)).seconds


class SourceLost(Exception):
    """An unreadable source. `field` is its input."""

    def __init__(self, field: str) -> None:
        super().__init__(texts.UNREADABLE_SOURCE(field=field))
        self.field = field


class InputFiles:
    """Reads sources: own files from memory, others through the injected `fetch`, else by a plain GET."""

    def __init__(
        self,
        files: Files,
        session: aiohttp.ClientSession,
        own_url: str,
        fetch: Fetch | None,
        may_read: Callable[[str], bool],
    ) -> None:
        self._files = files
        self._may_read = may_read
        self._session = session
        self._own_prefix = f"{own_url}/media/"
        self._fetch = fetch

    async def read(self, operation: Operation, given: Mapping[str, Any]) -> dict[str, InputFile]:
        """Return the linked files of an input, by field. Raises SourceLost for the first unreadable one."""
        found = {}
        for name, url in _links(operation, given):
            try:
                async with asyncio.timeout(SOURCE_TIMEOUT_S):
                    data = await self._get(url)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                data = None
            if not data:
                raise SourceLost(name)
            found[name] = InputFile(data, self._files.scene(data))
        return found

    async def _get(self, url: str) -> bytes | None:
        if url.startswith(self._own_prefix):
            name = url.removeprefix(self._own_prefix).partition("?")[0]
            file = self._files.get(name) if self._may_read(url) else None
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


# ---------------------------------------------------------------------- sizes in headers


def _of_mp4(data: bytes) -> tuple[int, int] | None:
    """Read the first track header with a size (ISO/IEC 14496-12, 8.3.2): its last numbers, in 1/65536."""
    if data[4:8] != b"ftyp":
        return None
    file = FilePieces({0: data}, len(data))
    for name, body, end in boxes(file, 0, len(data)):
        for inner, start, stop in boxes(file, body, end) if name == b"moov" else ():
            for part, _, last in boxes(file, start, stop) if inner == b"trak" else ():
                size = file.number(last - 8, 2), file.number(last - 4, 2)
                if part == b"tkhd" and min(size) > 0:
                    return size
    return None
