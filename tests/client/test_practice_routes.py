"""Which API a key leads to, and what the way to the sandbox refuses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cannon.client import CannonClient
from bot.cannon.estimates import EstimateOutcome, Estimates
from bot.cannon.key_routes import KeyRoutes
from bot.cannon.mcp import McpClient
from bot.cannon.wire import Progress, RemoteStatus
from bot.domain import practice
from bot.errors import CannonUnavailable, MediaError, RequestNotFound
from bot.media.fetcher import MediaFetcher
from bot.runtime.clock import SystemClock
from bot.runtime.network.fetching import PracticeAddress, PracticeTransport
from sandbox.server import Sandbox

REAL = "https://api.test"


def way_to(address: PracticeAddress) -> PracticeTransport:
    """Return a transport to a sandbox that accepts everything itself."""

    async def none_sent(_ids: Collection[str]) -> list[Mapping[str, Any]]:
        return []

    return PracticeTransport(address, sent=none_sent)


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

    async with httpx.AsyncClient(transport=way_to(address)) as http:
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get(f"{practice.URL}/api/v1/status", headers={"x-api-key": "cs_live_0000000000"})
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.post(f"{practice.URL}/mcp", headers={"authorization": "Bearer cs_live_0000000000"})
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get("https://example.org/", headers={"x-api-key": practice.new_practice_key()})
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get(f"{practice.URL}/_sandbox/state")
    assert called == []


async def test_only_the_fetcher_of_practice_reads_the_sandboxs_files_and_by_their_name_alone(tmp_path):
    sandbox = Sandbox(path="/secret", links=practice.URL, small=True)
    async with sandbox:

        async def address() -> str:
            return sandbox.url

        async with CannonClient(REAL, clock=SystemClock(), practice_transport=way_to(address)) as api:
            key = practice.new_practice_key()
            made = await api.submit(key, "image.generate", {"prompt": "x #fast"}, idempotency_key="one")
            done = await api.get(key, made.remote_id)
        link = done.output["image_url"]
        assert link.startswith(f"{practice.URL}/media/")
        inner = MediaFetcher(clock=SystemClock(), new_transport=lambda _count: way_to(address))
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


async def test_a_second_sandbox_answers_as_the_first_for_what_that_accepted():
    key, sent = practice.new_practice_key(), dict[str, dict[str, Any]]()
    first, second = (Sandbox(path="/secret", links=practice.URL, seeds_by_id=True) for _ in range(2))

    async def known(ids: Collection[str]) -> list[Mapping[str, Any]]:
        return [sent[each] for each in ids if each in sent]

    def route(sandbox: Sandbox) -> PracticeTransport:
        async def address() -> str:
            return sandbox.url

        return PracticeTransport(address, sent=known)

    def made(result: Progress) -> str:
        return str(result.output["image_url"])

    async with (
        first,
        second,
        CannonClient(REAL, clock=SystemClock(), practice_transport=route(first)) as one,
        CannonClient(REAL, clock=SystemClock(), practice_transport=route(second)) as other,
        httpx.AsyncClient(transport=route(first)) as files_of_one,
        httpx.AsyncClient(transport=route(second)) as files_of_other,
    ):
        for values in ({"prompt": "a fox #fast"}, {"prompt": "a wolf"}):
            created = await one.submit(key, "image.generate", values, idempotency_key=str(values))
            sent[created.remote_id] = {
                "id": created.remote_id,
                "key": key,
                "body": {"operation": "image.generate", "input": values},
                "sent_at": first.request(created.remote_id).accepted_at,
                "idempotency_key": str(values),
            }
        done, running = sent
        picture = made(await one.get(key, done))
        assert (await files_of_other.get(picture)).content == (await files_of_one.get(picture)).content
        assert made(await other.get(key, done)) == picture
        assert (await other.get(key, running)).status is (await one.get(key, running)).status
        ends = [each.request(running).ends_at for each in (first, second)]
        assert ends[0] == pytest.approx(ends[1])
        with pytest.raises(RequestNotFound):
            await other.get(practice.new_practice_key(), done)
        again = await other.submit(
            key, "image.generate", {"prompt": "a wolf"}, idempotency_key=str({"prompt": "a wolf"})
        )
        assert again.remote_id == running
        edited = await other.submit(
            key, "image.edit", {"prompt": "red #fast", "image_url": picture}, idempotency_key="e"
        )
        assert (await other.get(key, edited.remote_id)).status is RemoteStatus.SUCCEEDED
