"""Result and source files: streamed to disk under a cap, identified by content, never decoded here.

Sends no key. At most three redirects are followed, each checked like the first link.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote

import httpx
import structlog

from bot.domain.models import MediaKind
from bot.errors import (
    MediaEmpty,
    MediaError,
    MediaGone,
    MediaSlow,
    MediaTooLarge,
    MediaUnreachable,
    MediaUnsafe,
    MediaWrongKind,
)
from bot.media import texts
from bot.media.containers.facts import ContainerFacts, facts_of
from bot.media.containers.pieces import Span
from bot.media.scratch import PartFile
from bot.media.sniff import HEAD_BYTES, Sniffed, identified, identified_whole, looked_at, refined, require_kind
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.network.safe_urls import checked, origins_of
from bot.runtime.network.transport import (
    HttpClient,
    NoAnswer,
    OriginTransport,
    answer_to,
    chunks,
    content_length,
    is_packed,
    public_transport,
)

FLOOR_BYTES_S: Final = 4 * 1024
"""Minimum mean bytes per second over a window; a slower download is aborted and retried later."""
FLOOR_WINDOW_S: Final = 20.0
_STEPS: Final = 20
"""Steps of a moving window: bounds its points for any chunk size."""


class DownloadPace:
    """Measures a download's speed."""

    def __init__(self, clock: Clock, window_s: float = FLOOR_WINDOW_S) -> None:
        self._clock = clock
        self._window_s = window_s
        self._points = deque([(clock.monotonic(), 0)])
        """Byte counts by monotonic seconds, oldest first; the first is the window's start."""
        self._bytes = 0

    def add(self, count: int) -> None:
        """Count bytes. Raises MediaSlow if the last window had too few."""
        now = self._clock.monotonic()
        while len(self._points) > 1 and self._points[1][0] <= now - self._window_s:
            self._points.popleft()
        self._bytes += count
        since, before = self._points[0]
        if now - since >= self._window_s and self._bytes - before < FLOOR_BYTES_S * (now - since):
            raise MediaSlow(texts.NOT_LOADED)
        if now - self._points[-1][0] >= self._window_s / _STEPS:
            self._points.append((now, self._bytes))


__all__ = ["LocalFile", "MediaFetcher", "NewTransport", "OriginTransport", "SourceFacts"]

log = structlog.get_logger(__name__)

MAX_BYTES: Final = 512 * texts.MEBIBYTE
TOTAL_TIMEOUT_S: Final = 300.0
SILENCE_TIMEOUT_S: Final = FLOOR_WINDOW_S
DOWNLOAD_CONNECTIONS: Final = 200
CHECK_CONNECTIONS: Final = 40
"""Separate from downloads': members' dead links delay no result."""
INSPECT_TIMEOUT_S: Final = 20.0
INSPECT_BYTES: Final = 256 * 1024
INSPECT_SPANS: Final = 3
"""Further ranges per inspection: enough for an MP4 with headers at its end."""
REDIRECT_LIMIT: Final = 3
NAME_LIMIT_CHARS: Final = 60

_LATER: Final = frozenset({408, 425, 429})

NewTransport = Callable[[int], httpx.AsyncBaseTransport]
"""Makes a transport that has this many connections at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A downloaded file. `size` is in bytes, `extension` has its dot; all are derived from the content."""

    path: Path
    kind: MediaKind
    content_type: str
    size: int
    extension: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """A file's properties. `size` (bytes) and `duration_s` (seconds) are None if unknown."""

    kind: MediaKind
    content_type: str
    size: int | None
    duration_s: float | None
    extension: str
    name: str
    """A plain file name from the link's last part: ASCII letters, digits, `-`, `_`, and the true extension."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a file, its final link, and the file's size if given."""

    data: bytes
    url: str
    size: int | None
    ranged: bool


class MediaFetcher:
    """Downloads and inspects files on public https addresses. Close it, or use it as an async context manager."""

    def __init__(
        self,
        *,
        clock: Clock,
        allowed_origins: Collection[str] = (),
        new_transport: NewTransport | None = None,
        max_bytes: int = MAX_BYTES,
        total_timeout_s: float = TOTAL_TIMEOUT_S,
        progress_window_s: float = FLOOR_WINDOW_S,
        practice: MediaFetcher | None = None,
    ) -> None:
        """Allow exact origins (`http://127.0.0.1:8080`) besides public ones; `total_timeout_s` is per download.

        A download too slow over `progress_window_s` is aborted. Transports of `new_transport` must reject
        private addresses, as `public_transport` does. `practice` fetches for practice jobs, and alone reaches
        the sandbox. Raises ValueError for an invalid origin.
        """
        self._allowed = origins_of(allowed_origins)
        self._practice = practice
        self._clock = clock
        self._max_bytes = max_bytes
        self._progress_window_s = progress_window_s
        self._total_timeout_s = total_timeout_s
        new = new_transport or (lambda connections: public_transport(allowed_origins, connections=connections))
        self._downloads = HttpClient(new(DOWNLOAD_CONNECTIONS), timeout_s=SILENCE_TIMEOUT_S)
        self._checks = HttpClient(new(CHECK_CONNECTIONS), timeout_s=SILENCE_TIMEOUT_S)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._downloads.aclose()
        await self._checks.aclose()
        if self._practice is not None:
            await self._practice.aclose()

    def of(self, *, practice: bool) -> MediaFetcher:
        """Return the fetcher for practice jobs, else this one, which can't reach the sandbox."""
        return self._practice if practice and self._practice is not None else self

    async def download(
        self,
        url: str,
        into: Path,
        stem: str,
        *,
        expect: MediaKind | None,
        max_bytes: int | None = None,
    ) -> LocalFile:
        """Stream `url` to the file `stem` (a plain name) in `into`, with its content's extension.

        On any error or cancellation nothing is left on disk. Raises a MediaError leaf.
        """
        limit = self._max_bytes if max_bytes is None else max_bytes
        wanted = None if expect is None else (expect,)
        started = self._clock.monotonic()
        with PartFile(into, _plain(stem) or "file") as part:
            async with _deadline(self._total_timeout_s), self._answer(self._downloads, url) as response:
                pace = DownloadPace(self._clock, self._progress_window_s)
                found = await _fill(part, response, url, wanted, limit, pace)
            kind, content_type, extension = identified_whole(found, part.size, part.piece, wanted)
            path = part.keep(extension)
        log.debug("media.downloaded", kind=kind, size=part.size, seconds=round(self._clock.monotonic() - started, 3))
        return LocalFile(path=path, kind=kind, content_type=content_type, size=part.size, extension=extension)

    async def inspect(
        self, url: str, *, expect: Collection[MediaKind] | None = None, max_bytes: int | None = None
    ) -> SourceFacts:
        """Return the kind of `url`, from its first 256 KiB, and its duration from container headers.

        Raises a MediaError leaf: also for a kind not in `expect`, or a size over `max_bytes`.
        """
        async with _deadline(min(self._total_timeout_s, INSPECT_TIMEOUT_S)):
            head = await self._piece(url, Span(0, INSPECT_BYTES))
            if head.size is not None and max_bytes is not None and head.size > max_bytes:
                raise _too_large(max_bytes)
            found = looked_at(head.data, expect, url)
            is_played = found[0] in {MediaKind.VIDEO, MediaKind.AUDIO}
            facts = await self._container(head) if is_played else ContainerFacts()
            kind, content_type, extension = found = refined(found, facts)
            require_kind(found, expect)
        last = unquote(httpx.URL(url).path).rpartition("/")[2]
        name = (_plain(last.rpartition(".")[0] or last) or str(kind)) + extension
        return SourceFacts(
            kind=kind,
            content_type=content_type,
            size=head.size,
            duration_s=facts.seconds,
            extension=extension,
            name=name,
        )

    async def _container(self, head: _Piece) -> ContainerFacts:
        pieces = {0: head.data}
        while (span := (facts := facts_of(pieces, head.size)).needs) is not None:
            if not head.ranged or len(pieces) > INSPECT_SPANS:
                break
            try:
                piece = await self._piece(head.url, span)
            except MediaWrongKind:  # 416: the file is shorter than its headers say
                break
            if not piece.ranged:
                break
            pieces[span.start] = piece.data
        return facts

    async def _piece(self, url: str, span: Span) -> _Piece:
        """Read one range; if ranges are unsupported, the start only."""
        headers = {"range": f"bytes={span.start}-{span.stop - 1}"}
        async with self._answer(self._checks, url, headers) as response:
            ranged = response.status_code == 206
            size = _size_in_range(response, span) if ranged else content_length(response)
            data, wanted = bytearray(), span.stop - span.start
            async for chunk in chunks(response):
                data += chunk
                if len(data) >= wanted:
                    break
            if not ranged and size is None and len(data) < wanted:
                size = len(data)  # complete body
            return _Piece(bytes(data[:wanted]), str(response.request.url), size, ranged)

    @asynccontextmanager
    async def _answer(
        self, http: HttpClient, link: str, headers: dict[str, str] | None = None
    ) -> AsyncIterator[httpx.Response]:
        """Yield the response after redirects. Raises NoAnswer, or a MediaError leaf."""
        url = checked(link, self._allowed)
        for _ in range(REDIRECT_LIMIT + 1):
            async with answer_to(http, http.build_request("GET", url, headers=headers)) as response:
                if not response.is_redirect:
                    _refuse_status(response.status_code, ranged=headers is not None)
                    if is_packed(response):
                        raise MediaWrongKind(texts.NOT_LOADED)
                    yield response
                    return
                url = checked(_target(url, response), self._allowed)
        raise MediaUnsafe(texts.NOT_LOADED)


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    """Limit the block to `seconds`, or raise MediaSlow; host errors become MediaUnreachable."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise MediaSlow(texts.NOT_LOADED) from None
    except NoAnswer as error:
        log.warning("media.no_answer", reason=error.reason)
        raise MediaUnreachable(texts.NOT_LOADED) from None


async def _fill(
    part: PartFile,
    response: httpx.Response,
    link: str,
    expect: Collection[MediaKind] | None,
    limit: int,
    pace: DownloadPace,
) -> Sniffed:
    total = content_length(response)
    if total is not None and total > limit:
        raise _too_large(limit)
    head, found, halved = bytearray(), None, False
    async for chunk in chunks(response):
        pace.add(len(chunk))
        if part.size + len(chunk) > limit:
            raise _too_large(limit)
        part.write(chunk)
        if found is None:
            head += chunk
            found = identified(bytes(head), expect, link) if len(head) >= HEAD_BYTES else None
        if not halved and total is not None and part.size * 2 >= total:
            halved = _half(part)
    if not halved:
        _half(part)
    return found or identified(bytes(head), expect, link)


def _half(part: PartFile) -> bool:
    part.flush()
    failpoint("download.half")
    return True


def _refuse_status(status: int, *, ranged: bool) -> None:
    if status == 200 or (ranged and status == 206):
        return
    if status in {204, 416}:
        raise MediaEmpty(texts.EMPTY)
    if 400 <= status < 500 and status not in _LATER:
        raise MediaGone(texts.GONE)  # object stores answer 400 or 403 for an expired link
    raise MediaUnreachable(texts.NOT_LOADED)


def _target(url: httpx.URL, response: httpx.Response) -> str:
    try:
        return str(url.join(response.headers["location"]))
    except (httpx.InvalidURL, ValueError):
        raise MediaUnsafe(texts.NOT_LOADED) from None


def _size_in_range(response: httpx.Response, span: Span) -> int | None:
    """Return the whole file's size. Raises MediaUnreachable for a wrong range."""
    found = re.fullmatch(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", response.headers.get("content-range", ""))
    if found is None or int(found[1]) != span.start:
        raise MediaUnreachable(texts.NOT_LOADED)
    return None if found[2] == "*" else int(found[2])


def _too_large(limit: int) -> MediaError:
    return MediaTooLarge(texts.too_large(limit))


def _plain(text: str) -> str:
    """Return a safe file name: no path, control or RTL characters."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text)[:NAME_LIMIT_CHARS].strip("-")
