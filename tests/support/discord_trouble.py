"""Discord as it is on a bad day: calls that never answer, and refusals that depend on what a message holds."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from simcord.backend.errors import BackendError
from simcord.http import client

Trouble = Callable[["DiscordCall"], Awaitable[None]]
"""Returns where all is well, raises or never returns where it is not."""


@dataclass(frozen=True)
class DiscordCall:
    """One call to Discord, before it is carried out."""

    method: str
    path: str
    body: dict[str, Any]
    files: int
    """How many files are uploaded with it."""

    @property
    def is_message(self) -> bool:
        """Whether it makes or changes a message."""
        return self.method in {"POST", "PATCH"} and "/messages" in self.path


def refusal(status: int, code: int = 0) -> BackendError:
    """Return what a call raises that Discord refuses."""
    return BackendError(status, code, "refused by the test")


@contextlib.contextmanager
def trouble_with(meet: Trouble) -> Iterator[list[DiscordCall]]:
    """Let every call to Discord meet `meet` first, by the bot's token or an interaction's. Gives all calls so far."""
    calls: list[DiscordCall] = []

    def met(kind: type, forms: str) -> Callable[..., Awaitable[Any]]:
        original = kind.request

        async def request(self: Any, route: Any, *rest: Any, **options: Any) -> Any:
            parts = options.get(forms) or []
            body = options.get("json") or options.get("payload") or _payload(parts)
            uploads = len(options.get("files") or ()) or sum(part["name"].startswith("files") for part in parts)
            call = DiscordCall(route.method, client._path_of(route.url), body, uploads)
            calls.append(call)
            try:
                await meet(call)
            except BackendError as error:
                client._raise_for(error)
            return await original(self, route, *rest, **options)

        return request

    with pytest.MonkeyPatch.context() as patch:
        for kind, forms in ((client.FakeHTTPClient, "form"), (client.FakeWebhookAdapter, "multipart")):
            patch.setattr(kind, "request", met(kind, forms))
        yield calls


def _payload(parts: list[dict[str, Any]]) -> dict[str, Any]:
    found = next((part["value"] for part in parts if part["name"] == "payload_json"), "{}")
    payload: dict[str, Any] = json.loads(found)
    return payload
