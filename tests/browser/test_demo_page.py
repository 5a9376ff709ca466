"""What a newcomer sees after `make demo`, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from sandbox.demo.demo import Demo
from tests.support.page import CHROMIUM, at_rest, choose_language, open_room, page_at, run_slash

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


OF_SIMCORD = re.compile(r"simcord|preview|callback|viewport|inspector|capture", re.IGNORECASE)
WORDS_SHOWN = """
() => [document.title, document.body.innerText,
  ...[...document.querySelectorAll("[placeholder], [aria-label], [title]")].filter((each) => each.checkVisibility())
  .flatMap((each) => [each.placeholder, each.getAttribute("aria-label"), each.title])].filter(Boolean).join("\\n")
"""
COVERED = """
() => [...document.querySelectorAll(".preview-toolbar select, .channel-header :is(button, h1), #send-message")]
  .filter((each) => each.checkVisibility())
  .filter((each) => {
    const at = each.getBoundingClientRect();
    const top = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
    return at.right > innerWidth || !(each.contains(top) || top?.contains(each));
  }).map((each) => each.outerHTML.slice(0, 80))
"""


@pytest.mark.long
async def test_the_page_has_discords_frame_in_its_language_at_both_widths():
    async with Demo(speed=20.0, lived_in=False) as demo:
        async with demo.turn:
            await demo.preview.viewers[0].send(demo.preview.channel, "hello")
        async with page_at(demo.url) as page:
            sides, drawers = page.locator(".demo-sidebar, .demo-members"), page.locator(".demo-toggle")
            await at_rest(page)
            await expect(page.locator(".message-time").last).to_have_text(re.compile(r"^Today at \d"), timeout=CARD_MS)
            assert [await each.is_visible() for each in await sides.all()] == [True, True]
            assert [await each.is_visible() for each in await drawers.all()] == [False, False]
            assert OF_SIMCORD.findall(await page.evaluate(WORDS_SHOWN)) == []
            await choose_language(page, "ja")
            composer = page.locator("#channel-composer-input")
            await expect(composer).to_have_attribute("placeholder", "#studioへメッセージを送信", timeout=CARD_MS)
            await expect(page.locator(".message-time").last).to_have_text(re.compile(r"^今日 \d"), timeout=CARD_MS)
            shown = await page.evaluate(WORDS_SHOWN)
            assert OF_SIMCORD.findall(shown) == []
            assert re.findall("Viewing as|Language|Send|Reply|Members|Message #", shown) == []
            await page.set_viewport_size({"width": 390, "height": 844})
            await at_rest(page)
            for side in await sides.all():
                await expect(side).to_be_hidden()
            assert await page.evaluate(COVERED) == []
            await open_room(page, "gallery")
            await expect(page.locator("#channel-name")).to_have_text("gallery", timeout=CARD_MS)
            await expect(page.locator(".demo-sidebar")).to_be_hidden()
            await page.locator(".demo-toggle.demo-open-members").click()
            await expect(page.locator(".demo-members")).to_be_visible()
            await page.keyboard.press("Escape")
            await expect(page.locator(".demo-members")).to_be_hidden()
