"""How long a member waits for an estimate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from bot.account.api_keys import UsableKey
from bot.cannon.estimates import EstimateAnswer, EstimateOutcome
from bot.catalogue import Catalogue
from bot.prices import estimates
from bot.prices.estimates import EstimateTool
from tests.support.rig import ManualClock

IMAGE = Catalogue().get("image.generate")
KEY = UsableKey(id=1, secret="cs_live_000000000000")


class Server:
    """Answers 12 credits when `awake` is set."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.awake = asyncio.Event()

    async def ask(self, _key: str, _operation: str, values: Mapping[str, Any]) -> EstimateAnswer:
        self.asked.append(values)
        await self.awake.wait()
        return EstimateAnswer(EstimateOutcome.ANSWERED, Decimal(12))


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def tool(server: Server, clock: ManualClock) -> AsyncIterator[EstimateTool]:
    made = EstimateTool(server, clock)  # type: ignore[arg-type]  # the part of Estimates that is used
    yield made
    await made.aclose()


async def test_a_member_waits_no_longer_than_that_and_the_answer_counts_for_the_next(
    tool: EstimateTool, server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(estimates, "WAIT_S", 0.01)
    assert await tool.ask(1, KEY, IMAGE, {"prompt": "a fox"}) is None
    assert tool.health(KEY.slot(1)) is None  # a cold start is no failure
    assert await tool.ask(1, KEY, IMAGE, {"prompt": "a bear"}) is None
    server.awake.set()
    monkeypatch.setattr(estimates, "WAIT_S", 10.0)
    assert await tool.ask(1, KEY, IMAGE, {"prompt": "an owl"}) == 12
    assert [each["aspect_ratio"] for each in server.asked] == ["16:9"]
    assert await tool.ask(1, KEY, IMAGE, {"prompt": "a cat"}) == 12
    assert len(server.asked) == 1


async def test_one_who_gives_up_leaves_the_call_to_the_others(tool: EstimateTool, server: Server):
    first = asyncio.create_task(tool.ask(1, KEY, IMAGE, {"prompt": "a fox"}))
    second = asyncio.create_task(tool.ask(1, KEY, IMAGE, {"prompt": "a fox"}))
    await asyncio.sleep(0)
    first.cancel()
    server.awake.set()
    assert await second == 12
    assert len(server.asked) == 1


async def test_closing_abandons_calls_in_progress(tool: EstimateTool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(estimates, "WAIT_S", 0.01)
    assert await tool.ask(1, KEY, IMAGE, {"prompt": "a fox"}) is None
    async with asyncio.timeout(60):
        await tool.aclose()
