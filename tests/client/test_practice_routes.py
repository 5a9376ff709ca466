"""Which API a key leads to, and what the way to the sandbox refuses."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cannon.client import CannonClient
from bot.cannon.estimates import EstimateOutcome, Estimates
from bot.cannon.key_routes import KeyRoutes
from bot.cannon.mcp import McpClient
from bot.domain import practice
from bot.errors import CannonUnavailable, MediaError
from bot.media.fetcher import MediaFetcher
from bot.runtime.clock import SystemClock
from bot.runtime.network.fetching import PracticeTransport
from bot.sandbox.server import Sandbox

REAL = "https://api.test"


class Seen(httpx.AsyncBaseTransport):
    """Notes where each request goes, and answers a status."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b'{"ok": true}'))


def client(real: Seen, sandbox: Seen | None) -> CannonClient:
    return CannonClient(REAL, clock=SystemClock(), transport=real, practice_transport=sandbox)


@given(tail=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1))
async def test_only_a_practice_key_leads_to_the_sandbox_and_it_leads_nowhere_else(tail: str):
    real, sandbox = Seen(), Seen()
    async with client(real, sandbox) as api:
        for key in (practice.PREFIX + tail, practice.PREFIX.upper() + tail):
            await api.status(key)
        assert [request.url.host for request in sandbox.requests] == [practice.HOST] * 2
        assert real.requests == []
        sandbox.requests.clear()
        for other in (f"cs_live_{tail}", f"cs_test_{tail}", f"x{practice.PREFIX}{tail}"):
            await api.status(other)
        await api.openapi()
        assert {request.url.host for request in real.requests} == {"api.test"}
        assert sandbox.requests == []


async def test_where_nobody_practises_a_practice_key_is_sent_nowhere():
    real = Seen()
    async with client(real, None) as api:
        with pytest.raises(CannonUnavailable, match="not available"):
            await api.status(practice.new_practice_key())
    mcp = McpClient(REAL)
    estimates = Estimates(mcp)
    answer = await estimates.ask(practice.new_practice_key(), "image.generate", {})
    assert answer.outcome is EstimateOutcome.SILENT
    await mcp.aclose()
    assert real.requests == []


async def test_the_way_to_the_sandbox_takes_no_true_key_and_leads_to_no_other_host():
    called = []

    async def address() -> str:
        called.append(1)
        return "http://127.0.0.1:1"

    async with httpx.AsyncClient(transport=PracticeTransport(address)) as http:
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get(f"{practice.URL}/api/v1/status", headers={"x-api-key": "cs_live_0000000000"})
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.post(f"{practice.URL}/mcp", headers={"authorization": "Bearer cs_live_0000000000"})
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get("https://example.org/", headers={"x-api-key": practice.new_practice_key()})
    assert called == []


async def test_only_the_fetcher_of_practice_reads_the_sandboxs_files_and_by_their_name_alone(tmp_path):
    sandbox = Sandbox(path="/secret", links=practice.URL, small=True)
    async with sandbox:

        async def address() -> str:
            return sandbox.url

        async with CannonClient(REAL, clock=SystemClock(), practice_transport=PracticeTransport(address)) as api:
            key = practice.new_practice_key()
            made = await api.submit(key, "image.generate", {"prompt": "x #fast"}, idempotency_key="one")
            done = await api.get(key, made.remote_id)
        link = done.output["image_url"]
        assert link.startswith(f"{practice.URL}/media/")
        inner = MediaFetcher(clock=SystemClock(), new_transport=lambda _count: PracticeTransport(address))
        async with MediaFetcher(clock=SystemClock(), practice=inner) as media:
            assert (await media.of(practice=True).inspect(link)).extension == ".png"
            with pytest.raises(MediaError):
                await media.of(practice=False).inspect(link)
            loopback = link.replace(practice.URL, sandbox.url)
            for practises in (True, False):
                with pytest.raises(MediaError):
                    await media.of(practice=practises).inspect(loopback)


def test_routes_without_practice_have_no_way_there():
    assert KeyRoutes(REAL, timeout_s=1).of(practice.new_practice_key()) is None


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (f"{practice.URL}/media/a.png", True),
        ({"a": [{"b": f"see HTTPS://{practice.HOST.upper()}/x"}]}, True),
        (("x", f"{practice.URL}/"), True),
        ({"a": ["https://example.org", 3, None]}, False),
    ],
)
def test_a_link_to_practice_is_seen_wherever_it_stands(value: object, is_one: bool):
    assert practice.has_practice_link(value) is is_one
