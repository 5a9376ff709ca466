"""Where a key leads: a practice key to the sandbox, any other to Cannon Studio. Every call with a key asks here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import httpx

from bot.domain import practice
from bot.runtime.network.transport import HttpClient, plain_transport

API_PATH: Final = "/api/v1/"


@dataclass(frozen=True, slots=True)
class KeyRoute:
    """The connections for a key, and the address there, without a slash at its end."""

    http: HttpClient
    base: str


class KeyRoutes:
    """Two pools of connections that have nothing in common. Close it with `aclose`."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
        practice_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take Cannon Studio's address, and the transport for practice: None where nobody practises."""
        self._real = KeyRoute(HttpClient(transport or plain_transport(), timeout_s=timeout_s), base_url.rstrip("/"))
        self._practice = None
        if practice_transport is not None:
            self._practice = KeyRoute(HttpClient(practice_transport, timeout_s=timeout_s), practice.URL)

    def of(self, key: str | None) -> KeyRoute | None:
        """Return where calls with this key go; None for a practice key where nobody practises."""
        return self._practice if key is not None and practice.is_practice_key(key) else self._real

    async def aclose(self) -> None:
        """Close all connections."""
        await self._real.http.aclose()
        if self._practice is not None:
            await self._practice.http.aclose()
