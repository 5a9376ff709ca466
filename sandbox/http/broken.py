"""Faults on the socket: answers that are late, cut off, oversized, or malformed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any

from aiohttp import web

from sandbox import texts
from sandbox.studio.error_bodies import error_body
from sandbox.studio.faults import Fault

Answer = Callable[[], Awaitable[web.Response]]
"""Performs the call and returns the true answer."""

HTML = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
BOMB_BYTES = 300 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
HUGE_HEADER_BYTES = 64 * 1024
_TRUE_ANSWER = frozenset(
    {"slow_drip", "stall", "truncated", "nan", "unknown_status", "missing", "extra", "wrong_types"}
)


async def play(fault: Fault, request: web.Request, answer: Answer, closing: asyncio.Event) -> web.StreamResponse:
    """Answer `request` with `fault`. `closing` stops endless faults."""
    media = "/media/" in request.path
    true = await answer() if media or fault.commit or fault.kind in _TRUE_ANSWER else web.json_response()
    if media and fault.kind in _FALSE_FILES:
        return web.Response(body=_FALSE_FILES[fault.kind](), content_type=true.content_type)
    if fault.kind in _STREAMS:
        with contextlib.suppress(ConnectionError):
            return await _STREAMS[fault.kind](fault, request, true, closing)
        return web.Response()
    if fault.kind in _TWISTS and true.content_type == "text/html":
        return true  # an error as a web page has no JSON to change
    if fault.kind in _TWISTS:
        return web.json_response(_TWISTS[fault.kind](_document(true)), status=true.status)
    return _WHOLE[fault.kind](fault)


def pixel_flood() -> bytes:
    """Return a small PNG whose header claims 50,000 by 50,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """Return some 300 KB of gzip that decompress to BOMB_BYTES of spaces."""
    block, count = b" " * (1024 * 1024), BOMB_BYTES // (1024 * 1024)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # After a full flush a block is independent: it is compressed once and repeated, so the event loop is not blocked.
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(count):
        check = zlib.crc32(block, check)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return head + packed * count + packer.flush() + struct.pack("<II", check, BOMB_BYTES)


def _status(fault: Fault) -> web.Response:
    body = fault.body if fault.body is not None else json.dumps(error_body(texts.SERVER_ERROR))
    return _text(body, "application/json", fault.status, dict(fault.headers))


def _page(fault: Fault) -> web.Response:
    return _text(HTML, "text/html", fault.status, dict(fault.headers))


def _flood(fault: Fault) -> web.Response:
    wait = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    return web.json_response(error_body(texts.TOO_MANY_REQUESTS), status=429, headers=wait)


def _huge(fault: Fault) -> web.Response:
    return _text('{"filler": "' + "x" * fault.size_bytes + '"}', "application/json", 200, {})


def _text(body: str, content_type: str, status: int, headers: dict[str, str]) -> web.Response:
    if not any(name.casefold() == "content-type" for name in headers):
        headers = {**headers, "Content-Type": f"{content_type}; charset=utf-8"}
    return web.Response(body=body.encode(), status=status, headers=headers)


def _document(answer: web.Response) -> Any:
    """Return an answer's JSON: of its first event with data, where it is a stream."""
    if answer.content_type != "text/event-stream":
        return json.loads(_body(answer))
    events = _body(answer).split(b"\n\n")
    data = (b"\n".join(line[6:] for line in each.split(b"\n") if line.startswith(b"data: ")) for each in events)
    return json.loads(next(filter(None, data)))


def _body(answer: web.Response) -> bytes:
    return answer.body if isinstance(answer.body, bytes) else b""


async def _dropped(
    _fault: Fault, request: web.Request, _true: web.Response, _closing: asyncio.Event
) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _begin(request: web.Request, true: web.Response, length: int | None) -> web.StreamResponse:
    stream = web.StreamResponse(status=true.status)
    stream.content_type = true.content_type
    stream.content_length = length
    await stream.prepare(request)
    return stream


async def _drip(fault: Fault, request: web.Request, true: web.Response, closing: asyncio.Event) -> web.StreamResponse:
    body = _body(true)
    stream = await _begin(request, true, len(body))
    for position in range(len(body)):
        await stream.write(body[position : position + 1])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(fault.interval_s):
                await closing.wait()
        if closing.is_set():
            return _cut(request, stream)
    return stream


async def _half(fault: Fault, request: web.Request, true: web.Response, closing: asyncio.Event) -> web.StreamResponse:
    body = _body(true)
    stream = await _begin(request, true, len(body))
    await stream.write(body[: len(body) // 2])
    if fault.kind == "stall":
        await closing.wait()
    return _cut(request, stream)


async def _endless(
    _fault: Fault, request: web.Request, true: web.Response, closing: asyncio.Event
) -> web.StreamResponse:
    stream = await _begin(request, true, None)
    while not closing.is_set():
        await stream.write(b" " * CHUNK_BYTES)
        await asyncio.sleep(0)
    return _cut(request, stream)


def _cut(request: web.Request, stream: web.StreamResponse) -> web.StreamResponse:
    # close(), not abort(): written data still arrives.
    if request.transport is not None:
        request.transport.close()
    return stream


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _each(item, change) for name, item in value.items()}
    if isinstance(value, list):
        return [_each(item, change) for item in value]
    return change(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_FALSE_FILES: Mapping[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "garbage": HTML.encode,
    "wrongtype": lambda: b"PK\x03\x04" + bytes(26) + b"notes.txt",
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "exe": lambda: b"MZ" + bytes(58) + b"\x40\x00\x00\x00PE\x00\x00",
    "pixel_flood": pixel_flood,
}
"""A file's content instead of the medium."""

_STREAMS: Mapping[str, Callable[[Fault, web.Request, web.Response, asyncio.Event], Awaitable[web.StreamResponse]]] = {
    "drop": _dropped,
    "drop_after_commit": _dropped,
    "slow_drip": _drip,
    "stall": _half,
    "truncated": _half,
    "endless": _endless,
}
"""Answers written in pieces, or never."""

_TWISTS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "nan": lambda document: _each(document, lambda value: math.nan if _is_number(value) else value),
    "unknown_status": lambda document: document | {"status": "paused"},
    "missing": lambda document: {name: document[name] for name in document.keys() - {"id", "status", "output"}},
    "extra": lambda document: document | {"surprise": {"nested": [1, 2, 3]}, "status_detail": None, "région": "eu"},
    "wrong_types": lambda document: {
        name: [value] if isinstance(value, str) else "text" for name, value in document.items()
    },
}
"""Changes to a true answer."""

_WHOLE: Mapping[str, Callable[[Fault], web.Response]] = {
    "status": _status,
    "page": _page,
    "flood": _flood,
    "huge": _huge,
    "gone": lambda _fault: web.json_response(error_body(texts.NO_FILE), status=404),
    "redirect": lambda fault: web.Response(status=302, headers={"Location": fault.location}),
    "huge_headers": lambda _fault: web.json_response({}, headers={"X-Filler": "x" * HUGE_HEADER_BYTES}),
    "gzip_bomb": lambda _fault: web.Response(
        body=bomb(), content_type="application/json", headers={"Content-Encoding": "gzip"}
    ),
    "garbage": lambda _fault: _text(HTML, "text/html", 200, {}),
    "empty": lambda _fault: web.Response(content_type="application/json"),
}
"""Answers in one piece, instead of the true one."""
