"""What stands on the demo's page reads as on Discord: no markup is left raw, and nothing is wider than the screen."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from sandbox.demo.demo import Demo
from tests.support.page import CHROMIUM, page_at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

RAW = re.compile(r"<(?:@[!&]?|#|/[^>\n]*:|t:-?|a?:\w+:)\d*[^>\n]{0,40}>|^\s*-# |\*\*|^#{1,3} ", re.MULTILINE)
"""Discord's markup as it is typed: mentions, commands, times, emojis, small text, bold, headings."""
MEMBER, MODERATOR = 0, 1
WIDTHS = (1280, 390)
LONG_PROMPT = "a very long word " + "Donaudampfschifffahrtsgesellschaft" * 4
SHOWN: tuple[tuple[int, str, dict[str, object]], ...] = (
    (MEMBER, "image generate", {"prompt": LONG_PROMPT}),
    (MEMBER, "image generate", {"prompt": "four #fast", "count": 4}),
    (MEMBER, "image generate", {"prompt": "a lamp #fail"}),
    (MEMBER, "image generate", {"prompt": "an hour #late"}),
    (MEMBER, "video generate", {"prompt": "waves #fast"}),
    (MEMBER, "prompt", {"for": "image", "prompt": "a fox #fast"}),
    (MEMBER, "audio music", {"prompt": "slow piano"}),
    (MEMBER, "help", {}),
    (MEMBER, "help", {"topic": "image"}),
    (MEMBER, "me", {}),
    (MEMBER, "jobs", {}),
    (MEMBER, "recipe", {"recipe": "trailer"}),
    (MODERATOR, "studio status", {}),
    (MODERATOR, "studio settings", {}),
    (MODERATOR, "quota show", {}),
    (MODERATOR, "usage", {}),
)
TOO_WIDE = """
[...document.querySelectorAll("#channel-timeline *")]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > innerWidth + 1)
"""
SCROLLS = """
() => [document.documentElement, document.querySelector("#channel-timeline")]
  .some((each) => each.scrollWidth > each.clientWidth)
"""


async def seen_by(page: Page, viewer: str) -> str:
    """Change to a viewer as a person does, and return all that is written on the page."""
    await page.locator("#viewer-picker").select_option(label=viewer)
    await expect(page.locator("#action-status")).not_to_contain_text("Switching", timeout=15_000)
    await expect(page.locator(".channel-message").last).to_be_visible(timeout=15_000)
    return await page.locator("#channel-timeline").inner_text()


@pytest.mark.long
async def test_no_card_shows_raw_markup_or_is_wider_than_the_screen():
    async with Demo(speed=60.0, lived_in=False) as demo:
        for who, command, options in SHOWN:
            async with demo.turn:
                await demo.preview.viewers[who].slash(demo.preview.channel, command, **options)
        async with page_at(demo.url) as page:
            await expect(page.get_by_text("failed:").first).to_be_attached(timeout=20_000)
            for viewer in demo.preview.viewers[:2]:
                assert "Ada" in await seen_by(page, demo.env.backend.users[viewer.id].global_name)
                for width in WIDTHS:
                    await page.set_viewport_size({"width": width, "height": 900})
                    assert RAW.findall(await page.locator("#channel-timeline").inner_text()) == []
                    # The window can report its new width before the page is laid out for it.
                    await page.wait_for_function(f"() => !({TOO_WIDE}).length")
                    assert not await page.evaluate(SCROLLS)
