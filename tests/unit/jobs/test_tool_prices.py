"""How often the estimate tool is asked for samples, and for how long its answers count."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.account.api_keys import UsableKey
from bot.cannon.estimates import EstimateAnswer, EstimateOutcome
from bot.prices.samples import ASK_AGAIN_S, ASK_UNANSWERED_AGAIN_S, AT_ONCE, SLOTS_MAX, PriceSample, ToolPrices
from tests.support.rig import ManualClock

SLOT, SECRET = "700:1", "cs_live_000000000000"
SAMPLES = [PriceSample(operation=f"op.{number}", model="", input={"n": number}) for number in range(30)]


class Tool:
    """An estimate tool that answers ten credits, or nothing, when `gate` is open."""

    def __init__(self, credits_: Decimal | None = Decimal(10)) -> None:
        self.credits = credits_
        self.asked: list[tuple[str, str]] = []
        self.at_once = self.most = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.two = asyncio.Event()
        """Set while two are asked."""

    async def ask_now(
        self, _guild_id: int, key: UsableKey, operation: str, _values: Mapping[str, Any]
    ) -> EstimateAnswer:
        self.asked.append((key.secret, operation))
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        if self.at_once == 2:
            self.two.set()
        await asyncio.sleep(0)
        await self.gate.wait()
        self.at_once -= 1
        outcome = EstimateOutcome.UNPRICED if self.credits is None else EstimateOutcome.ANSWERED
        return EstimateAnswer(outcome, self.credits)


def told_by(tool: Tool, clock: ManualClock) -> ToolPrices:
    return ToolPrices(tool, clock)  # type: ignore[arg-type]  # the part of EstimateTool that is used


async def ask(prices: ToolPrices, slot: str = SLOT, most: int = 99, samples: list[PriceSample] = SAMPLES) -> None:
    guild_id, key_id = map(int, slot.split(":"))
    await prices.ask(guild_id, UsableKey(id=key_id, secret=SECRET), samples, most=most)


async def test_at_most_twenty_are_asked_in_an_hour_for_a_key_and_the_rest_in_the_next():
    tool, clock = Tool(), ManualClock()
    prices = told_by(tool, clock)
    for _ in range(3):
        await ask(prices)
    assert len(tool.asked) == 20
    assert tool.most == AT_ONCE
    await ask(prices, "700:2")
    assert len(tool.asked) == 40
    clock.advance(3599.0)
    await ask(prices)
    assert len(tool.asked) == 40
    clock.advance(1.0)
    await ask(prices)
    assert len(tool.asked) == 50
    assert prices.unasked(SLOT, SAMPLES) == []


async def test_an_answer_counts_for_a_day_and_for_its_own_key_alone():
    tool, clock = Tool(), ManualClock()
    prices = told_by(tool, clock)
    await ask(prices, samples=SAMPLES[:1])
    assert prices.estimated(SLOT, SAMPLES[0]) == 10
    assert prices.estimated("701:2", SAMPLES[0]) is None
    clock.advance(ASK_AGAIN_S - 1)
    await ask(prices, samples=SAMPLES[:1])
    assert len(tool.asked) == 1
    clock.advance(1)
    assert prices.estimated(SLOT, SAMPLES[0]) is None
    await ask(prices, samples=SAMPLES[:1])
    assert len(tool.asked) == 2


async def test_what_the_tool_does_not_answer_is_asked_again_after_an_hour():
    tool, clock = Tool(None), ManualClock()
    prices = told_by(tool, clock)
    await ask(prices, samples=SAMPLES[:2])
    await ask(prices, samples=SAMPLES[:2])
    assert len(tool.asked) == 2
    clock.advance(ASK_UNANSWERED_AGAIN_S)
    tool.credits = Decimal(7)
    await ask(prices, samples=SAMPLES[:2])
    assert [prices.estimated(SLOT, each) for each in SAMPLES[:3]] == [7, 7, None]


async def test_two_who_ask_at_once_ask_once_and_one_who_gives_up_leaves_nothing_locked():
    tool = Tool()
    prices = told_by(tool, ManualClock())
    tool.gate.clear()
    first = asyncio.create_task(ask(prices, samples=SAMPLES[:2]))
    await tool.two.wait()
    await ask(prices, samples=SAMPLES[:2])
    assert len(tool.asked) == 2
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    tool.gate.set()
    await ask(prices, samples=SAMPLES[:2])
    assert len(tool.asked) == 4
    assert prices.unasked(SLOT, SAMPLES[:2]) == []


async def test_only_so_many_as_wanted_are_asked():
    tool = Tool()
    await ask(told_by(tool, ManualClock()), most=3)
    assert [name for _, name in tool.asked] == ["op.0", "op.1", "op.2"]


async def test_memory_is_bounded_and_the_key_that_was_told_longest_ago_is_forgotten_first():
    tool = Tool()
    prices = told_by(tool, ManualClock())
    for number in range(SLOTS_MAX + 1):
        await ask(prices, f"{number}:1", samples=SAMPLES[:1])
    assert prices.estimated("0:1", SAMPLES[0]) is None
    assert prices.estimated("1:1", SAMPLES[0]) == 10
