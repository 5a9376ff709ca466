"""Routes practice keys to the sandbox, others to Cannon Studio. Every call with a key uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import httpx

from bot.domain import practice
from bot.runtime.network.transport import HttpClient, plain_transport

API_PATH: Final = "/api/v1/"


@dataclass(frozen=True, slots=True)
class KeyRoute:
    """A key's connections, and base address without a final slash."""

    http: HttpClient
    base: str


class KeyRoutes:
    """Two separate connection pools. Close it with `aclose`."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
        practice_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take Cannon Studio's address, and the practice transport, None without practice."""
        self._real = KeyRoute(HttpClient(transport or plain_transport(), timeout_s=timeout_s), base_url.rstrip("/"))
        self._practice = None
        if practice_transport is not None:
            self._practice = KeyRoute(HttpClient(practice_transport, timeout_s=timeout_s), practice.URL)

    def of(self, key: str | None) -> KeyRoute | None:
        """Return a key's route; None for a practice key without practice."""
        return self._practice if key is not None and practice.is_practice_key(key) else self._real

    async def aclose(self) -> None:
        await self._real.http.aclose()
        if self._practice is not None:
            await self._practice.http.aclose()
