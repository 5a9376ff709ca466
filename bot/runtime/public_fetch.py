"""Small files from public https addresses, into memory: for the sandbox that servers practise in."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from bot.errors import MediaError
from bot.runtime.safe_urls import checked
from bot.runtime.transport import HttpClient, NoAnswer, TooMuch, answer_to, public_transport, read_capped


class PublicFetch:
    """Fetches links that strangers give. Use it as an async context manager."""

    def __init__(self, *, timeout_s: float, limit_bytes: int) -> None:
        self._http = HttpClient(public_transport(), timeout_s=timeout_s)
        self._limit_bytes = limit_bytes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, url: str) -> bytes | None:
        """Return the file behind a link; None if it is not public or cannot be read. No redirect is followed."""
        try:
            async with answer_to(self._http, self._http.build_request("GET", checked(url))) as response:
                return await read_capped(response, self._limit_bytes) if response.status_code == 200 else None
        except (MediaError, NoAnswer, TooMuch):
            return None
