"""The sandbox's storage: finished files in memory, served with ranges as a real file host does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from aiohttp import web

STORE_LIMIT_BYTES = 512 * 1024 * 1024
"""Above this the oldest files are deleted, so that a long rehearsal does not fill the memory."""
DRAWN_LIMIT = 20_000
"""Of how many files it is known that they were drawn here: 32 bytes of each."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One stored file. `fault` is the kind of fault that every fetch of it plays, None for a good one."""

    data: bytes
    content_type: str
    fault: str | None = None


class Files:
    """Files by name, oldest first."""

    def __init__(self, limit_bytes: int = STORE_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._files: dict[str, StoredFile] = {}
        self._total_bytes = 0
        self._drawn: dict[bytes, None] = {}

    def put(self, name: str, file: StoredFile) -> None:
        """Store `file`; drop the oldest ones while there are too many bytes."""
        self._files[name] = file
        self._drawn[_digest(file.data)] = None
        while len(self._drawn) > DRAWN_LIMIT:
            del self._drawn[next(iter(self._drawn))]
        self._total_bytes += len(file.data)
        while self._total_bytes > self._limit_bytes and len(self._files) > 1:
            oldest = next(iter(self._files))
            self._total_bytes -= len(self._files.pop(oldest).data)

    def has_drawn(self, data: bytes) -> bool:
        """Whether a file was stored here before, wherever it comes from now."""
        return _digest(data) in self._drawn

    def get(self, name: str) -> StoredFile | None:
        """Return the file of that name, None if there is none."""
        return self._files.get(name)

    def pop(self, name: str) -> StoredFile | None:
        """Delete the file of that name and return it, None if there is none."""
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
