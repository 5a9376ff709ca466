from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from bot.errors import StartError
from bot.runtime.metrics import Metrics
from bot.runtime.network import web_server
from bot.runtime.network.web_server import BODY_LIMIT_BYTES, Endpoint, HttpServer

KNOWN = "JOB0123456-abcdef"


class World:
    def __init__(self) -> None:
        self.state: Mapping[str, object] = {"ok": True, "ready": True, "jobs": 3}
        self.hints: list[str] = []
        self.metrics = Metrics()
        self.server = self.another()

    def another(self, *, port: int = 0, host: str = "127.0.0.1", is_public: bool = True) -> HttpServer:
        return HttpServer(
            private=Endpoint("HEALTH", "127.0.0.1", 0),
            public=Endpoint("HTTP", host, port) if is_public else None,
            health=self.health,
            hint=self.hint,
            metrics=self.metrics,
        )

    def health(self) -> Mapping[str, object]:
        if not self.state:
            raise RuntimeError("canary")
        return self.state

    def hint(self, token: str) -> bool:
        self.hints.append(token)
        return token == KNOWN


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.server.start()
    yield world
    await world.server.close()


@pytest.fixture
async def http(world: World) -> AsyncIterator[aiohttp.ClientSession]:
    """The world's way in."""
    async with aiohttp.ClientSession(world.server.webhook_address) as session:
        yield session


@pytest.fixture
async def host(world: World) -> AsyncIterator[aiohttp.ClientSession]:
    """The host's way in."""
    async with aiohttp.ClientSession(world.server.health_address) as session:
        yield session


async def test_the_world_reaches_webhooks_alone_and_the_host_health_and_metrics_alone(
    world: World, http: aiohttp.ClientSession, host: aiohttp.ClientSession
) -> None:
    for path in ("/healthz", "/metrics"):
        async with http.get(path) as theirs, host.get(path) as ours:
            assert (theirs.status, ours.status) == (404, 200)
    async with http.post(f"/webhooks/{KNOWN}") as theirs, host.post(f"/webhooks/{KNOWN}") as ours:
        assert (theirs.status, ours.status) == (202, 404)
    assert world.hints == [KNOWN]


async def test_where_nobody_sends_webhooks_one_address_is_listened_on() -> None:
    server = World().another(is_public=False)
    await server.start()
    try:
        assert server.webhook_address is None
        async with aiohttp.ClientSession(server.health_address) as session, session.get("/healthz") as answer:
            assert answer.status == 200
    finally:
        await server.close()


async def test_a_bot_that_is_well_answers_200_with_its_facts(host: aiohttp.ClientSession) -> None:
    async with host.get("/healthz") as answer:
        assert answer.status == 200
        assert await answer.json() == {"ok": True, "ready": True, "jobs": 3}


@pytest.mark.parametrize("state", [{"ok": True, "ready": False}, {"ok": False, "ready": True}, {}])
async def test_a_bot_that_is_not_well_answers_503(
    world: World, host: aiohttp.ClientSession, state: dict[str, object]
) -> None:
    world.state = state
    async with host.get("/healthz") as answer:
        assert answer.status == 503
        assert "canary" not in await answer.text()


async def test_metrics_are_served_in_prometheus_format(world: World, host: aiohttp.ClientSession) -> None:
    world.metrics.submit("image.generate", "accepted")
    async with host.get("/metrics") as answer:
        assert answer.content_type == "text/plain"
        assert 'cannon_bot_submits_total{operation="image.generate",outcome="accepted"} 1.0' in await answer.text()


async def test_a_webhook_of_a_known_job_is_a_hint_whatever_its_body_says(
    world: World, http: aiohttp.ClientSession
) -> None:
    for body in (b"", b'{"status": "succeeded"}', b"\xff" * BODY_LIMIT_BYTES):
        async with http.post(f"/webhooks/{KNOWN}", data=body) as answer:
            assert answer.status == 202
    assert world.hints == [KNOWN] * 3


async def test_answers_to_known_and_unknown_tokens_differ_in_nothing_but_the_status(
    http: aiohttp.ClientSession,
) -> None:
    seen = []
    for token, status in ((KNOWN, 202), ("JOB0123456-abcdeX", 404)):
        async with http.post(f"/webhooks/{token}", data=b"{}") as answer:
            assert answer.status == status
            headers = {name: value for name, value in answer.headers.items() if name != "Date"}
            seen.append((headers, await answer.read()))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_webhook_is_posted_and_nothing_else(world: World, http: aiohttp.ClientSession, method: str) -> None:
    async with http.request(method, f"/webhooks/{KNOWN}") as answer:
        assert answer.status == 405
    assert world.hints == []


async def test_a_body_over_the_cap_is_refused_and_hints_nothing(world: World, http: aiohttp.ClientSession) -> None:
    async with http.post(f"/webhooks/{KNOWN}", data=b"x" * (BODY_LIMIT_BYTES + 1)) as answer:
        assert answer.status == 413
    assert world.hints == []


@pytest.mark.parametrize(
    "path", ["/webhooks/", "/webhooks/short", "/webhooks/" + "a" * 129, "/webhooks/a%2Fb%2Fcdefgh", "/"]
)
async def test_other_addresses_are_not_found(world: World, http: aiohttp.ClientSession, path: str) -> None:
    async with http.post(path) as answer:
        assert answer.status == 404
    assert world.hints == []


async def test_a_body_that_never_ends_is_cut(
    world: World, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.network.web_server.BODY_TIMEOUT_S", 0.01)
    never = asyncio.Event()

    async def drip() -> AsyncIterator[bytes]:
        yield b"x"
        await never.wait()

    async with http.post(f"/webhooks/{KNOWN}", data=drip()) as answer:
        assert answer.status == 408
    assert world.hints == []
    never.set()


@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "], ids=["nothing", "half"])
async def test_who_sends_no_whole_head_is_closed_in_time(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert web_server.HEAD_TIMEOUT_S <= 10
    monkeypatch.setattr(web_server, "HEAD_TIMEOUT_S", 0.05)
    server = World().another()
    await server.start()
    try:
        port = int(str(server.webhook_address).rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
    finally:
        await server.close()


async def test_versions_are_not_told_and_nothing_is_cached(host: aiohttp.ClientSession) -> None:
    async with host.get("/healthz") as answer:
        assert answer.headers["Server"] == "cannon-bot"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_port_in_use_is_one_sentence_that_says_what_to_do(world: World) -> None:
    port = int(str(world.server.webhook_address).rpartition(":")[2])
    second = world.another(port=port)
    with pytest.raises(StartError, match="HTTP_PORT") as caught:
        await second.start()
    assert "\n" not in caught.value.sentence
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError):  # it listens nowhere: it has not started
            await session.get(f"{second.health_address}/healthz")


async def test_a_health_port_in_use_is_told_by_its_own_setting(world: World) -> None:
    port = int(world.server.health_address.rpartition(":")[2])
    second = HttpServer(
        private=Endpoint("HEALTH", "127.0.0.1", port),
        public=None,
        health=world.health,
        hint=world.hint,
        metrics=world.metrics,
    )
    with pytest.raises(StartError, match="HEALTH_PORT=0"):
        await second.start()


async def test_a_server_on_all_addresses_is_reached_on_this_machine() -> None:
    server = World().another(host="0.0.0.0")
    await server.start()
    try:
        assert str(server.webhook_address).startswith("http://127.0.0.1:")
    finally:
        await server.close()


async def test_closing_twice_is_no_error(world: World) -> None:
    await world.server.close()
    await world.server.close()


def test_labels_from_outside_cannot_make_the_series_grow() -> None:
    metrics = Metrics()
    for number in range(500):
        metrics.poll(f"status{number}")
    metrics.poll("a prompt with words, https://link.example/?sig=1")
    series = [line for line in metrics.render().decode().splitlines() if line.startswith("cannon_bot_polls_total{")]
    assert len(series) == 101
    assert not any("prompt" in line for line in series)
    assert json.dumps(series).count("other") == 1
