"""The demo does what a real process does: every duty of its one list, and so a card moves while its job runs."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Locator, expect

from cogs.results import texts as results
from sandbox.demo import demo as demos
from sandbox.demo.demo import Demo
from sandbox.demo.simulation import DemoClock
from sandbox.studio.studio import Studio
from tests.support.page import ANSWER_MS, CHROMIUM, page_at, run_slash

PROMPT = "waves on a shore"
BAR = re.compile("[▰▱]{10}")
LEAST_CHANGES = 5
"""The last one is from the bar to the result. No video has taught this bot how long one takes: it is cautious."""
VIDEO_S = 60.0
LONG_S = 200
LOOK_MS = 20


class SteppedClock(DemoClock):
    """Time that passes only when a test says so."""

    def __init__(self, *, behind_s: float = 0.0) -> None:
        super().__init__(behind_s=behind_s)
        self._passed_s = 0.0
        self._wall_s = super().wall()
        self._waiting: dict[asyncio.Event, tuple[float, asyncio.Future[None]]] = {}

    def wall(self) -> float:
        return self._wall_s + self._passed_s

    def monotonic(self) -> float:
        return self._passed_s

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if seconds is not None:
            self._waiting[event] = (self._passed_s + seconds, ended)
        heard = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({ended, heard}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.pop(event, None)
            heard.cancel()
            ended.cancel()

    async def pass_second(self, awaited: asyncio.Event) -> None:
        """Let a second pass, and return once whatever waits for `awaited` waits again."""
        self._passed_s += 1.0
        for event, (until, ended) in list(self._waiting.items()):
            if until <= self._passed_s:
                del self._waiting[event]
                ended.set_result(None)
        while awaited not in self._waiting:  # noqa: ASYNC110 - it is a table, not an event
            await asyncio.sleep(0.005)


async def test_the_demo_runs_every_round_of_a_process_and_its_worker():
    async with Demo(lived_in=False) as demo:
        running = {task.get_name() for task in asyncio.all_tasks()}
        assert running >= {"worker", "database"}
        async with asyncio.timeout(20):  # maintenance begins with the worker
            while not running >= demo.bot.parts.rounds.table.keys():
                await asyncio.sleep(0.01)
                running = {task.get_name() for task in asyncio.all_tasks()}


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`")
async def test_the_bar_of_a_video_moves_on_the_page_while_it_is_made(monkeypatch: pytest.MonkeyPatch):
    clock = SteppedClock()
    monkeypatch.setattr(Studio, "_duration_s", lambda *_: VIDEO_S)
    monkeypatch.setattr(demos, "DemoClock", lambda *, behind_s: clock)
    async with Demo(lived_in=False) as demo, page_at(demo.url) as page:
        await run_slash(page, "video generate", prompt=PROMPT)
        card = page.locator(".channel-message").filter(has_text=PROMPT)
        await expect(card).to_contain_text(BAR, timeout=ANSWER_MS)
        bars = await shown_bars(demo, card, clock)
        await expect(card).to_contain_text(str(results.RERUN), timeout=ANSWER_MS)
    assert len(bars) >= LEAST_CHANGES, bars


async def shown_bars(demo: Demo, card: Locator, clock: SteppedClock) -> list[str]:
    """Let time pass until the card has no bar; return its bars, each of which the page showed."""
    ticker = demo.bot.parts.rounds.table["ticker"].woken
    written = demo.env.backend.messages[demo.preview.channel.id][int(await card.get_attribute("data-message-id") or 0)]
    bars: list[str] = []
    for _ in range(LONG_S):
        await clock.pass_second(ticker)
        while (bar := BAR.search(str(written.embeds))) is not None and bar[0] not in await card.inner_text():
            await card.page.wait_for_timeout(LOOK_MS)
        if bar is None:
            return bars
        if bar[0] not in bars:
            bars.append(bar[0])
    raise AssertionError(bars)
