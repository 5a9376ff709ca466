"""What the demo's page adds to simcord's: each of its controls does what it would do on Discord."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from sandbox.demo.demo import Demo
from tests.support.page import CHROMIUM, page_at, run_slash

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

SOON_MS = 20_000


@contextlib.asynccontextmanager
async def demo_page() -> AsyncIterator[Page]:
    async with Demo(speed=20.0, lived_in=False) as demo, page_at(demo.url) as page:
        yield page


async def places_of(page: Page, *wanted: str) -> list[float]:
    """Return how far down the last of each kind is, all seen at one moment: the page often redraws a message."""
    places = """wanted => {
        const found = wanted.map(each => [...document.querySelectorAll(`.channel-message ${each}`)].at(-1));
        const boxes = found.map(each => each?.getBoundingClientRect());
        return boxes.every(box => box?.height > 0) && boxes.map(box => box.y);
    }"""
    seen = await page.wait_for_function(places, arg=list(wanted), timeout=SOON_MS)
    return list(await seen.json_value())


@pytest.mark.long
async def test_a_result_is_drawn_like_on_discord_and_a_reaction_makes_another():
    async with demo_page() as page:
        await run_slash(page, "image generate", prompt="a blue door #fast")
        await expect(page.get_by_alt_text("a blue door fast")).to_be_visible(timeout=SOON_MS)
        files, card, controls = await places_of(page, ".message-attachments", ".embed-card", ".message-components")
        assert files < card < controls
        await page.locator(".channel-message").last.hover()
        await page.locator(".channel-message").last.get_by_role("button", name="Add a reaction").first.click()
        await page.get_by_role("button", name="React with 🔁").click()
        await expect(page.locator(".reaction-chip", has_text="🔁").first).to_contain_text("2", timeout=SOON_MS)
        await expect(page.get_by_text("Made from")).to_be_visible(timeout=SOON_MS)
