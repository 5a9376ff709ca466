"""What a newcomer sees after `make demo`, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from bot.sandbox.demo.demo import Demo
from tests.support.page import CHROMIUM, page_at, run_slash

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

CARD_MS = 20_000


@pytest.mark.long
async def test_a_prompt_in_the_slash_composer_becomes_a_picture_on_the_page():
    # Faster than that, and a busy machine's browser draws the first card only when the picture is there.
    async with Demo(speed=1.0, lived_in=False) as demo, page_at(demo.url) as page:
        await run_slash(page, "image generate", prompt="a lighthouse in fog")
        conversation = page.locator("body")
        await expect(conversation).to_contain_text(re.compile("Queued|Making it"), timeout=CARD_MS)
        await expect(conversation).to_contain_text("took", timeout=CARD_MS)
        await expect(conversation).to_contain_text("12 credits")
        picture = page.get_by_alt_text("a lighthouse in fog")
        await expect(picture).to_be_visible(timeout=CARD_MS)
        drawn = "image => image.complete && image.naturalWidth > 200"
        await page.wait_for_function(drawn, arg=await picture.element_handle())


@pytest.mark.long
async def test_a_price_that_nobody_knows_is_confirmed_first_and_the_page_does_not_wait_for_connections():
    async with Demo(speed=4.0, lived_in=False) as demo, page_at(demo.url) as page:
        demo.sandbox.tariff.hide("music.generate")
        conversation = page.locator("body")
        await run_slash(page, "audio music", prompt="slow piano, rain")
        await expect(conversation).to_contain_text("You are not charged until", timeout=CARD_MS // 2)
        await expect(conversation).to_contain_text("not known yet")
        assert demo.sandbox.requests == []
