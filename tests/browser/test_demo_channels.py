"""The demo's page stays when another channel or viewer is chosen: nothing is loaded again, and it is never empty."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from sandbox.demo.demo import Demo
from tests.support.page import ANSWER_MS, CHROMIUM, at_rest, look_as, open_room, page_at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

WATCH = """
() => {
  window.isTheSamePage = true;
  window.emptyFrames = 0;
  const look = () => {
    if (!document.querySelector(".channel-message")?.checkVisibility()) window.emptyFrames += 1;
    requestAnimationFrame(look);
  };
  look();
}
"""


@pytest.mark.parametrize("width", [1280, 390])
async def test_another_channel_and_viewer_are_shown_on_the_page_that_is_there(width: int):
    async with Demo() as demo, page_at(demo.url, width=width) as page:
        await at_rest(page)
        await page.locator(".channel-message").first.wait_for(timeout=ANSWER_MS)
        await page.evaluate(WATCH)
        shown = page.locator("#channel-message-list")
        in_studio = await shown.inner_text()
        await open_room(page, "gallery")
        await expect(shown).not_to_have_text(in_studio)
        in_gallery = await shown.inner_text()
        await look_as(page, "Morgan (moderator)")
        await expect(shown).to_contain_text(in_gallery.splitlines()[-1])
        await open_room(page, "studio")
        await expect(page.locator("#channel-composer-input")).to_have_attribute("placeholder", "Message #studio")
        assert await page.evaluate("() => [window.isTheSamePage, window.emptyFrames]") == [True, 0]


async def test_a_command_that_is_being_written_stays_in_its_channel():
    """It is not sent in another one by the next Enter."""
    async with Demo() as demo, page_at(demo.url) as page:
        await at_rest(page)
        composer = page.locator("#channel-composer-input")
        await composer.press_sequentially("/image generate")
        await page.keyboard.press("Enter")
        await page.locator(".command-row").wait_for()
        await open_room(page, "gallery")
        await expect(page.locator(".command-row")).to_have_count(0)
        await expect(composer).to_have_value("")
