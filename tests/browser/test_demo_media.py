"""Films, sound and pictures on the demo's page: in their shape, with the browser's own controls, and without a jump."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from playwright.async_api import Route, expect

from bot.store import Reports
from sandbox.demo.demo import Demo
from tests.support.page import CHROMIUM, at_rest, page_at, run_slash

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

CARD_MS = 60_000
THINKS = "Cannon Studio is thinking…"
BOXES = """
(message) => [".message-attachments", ".embed-card, .component-container", ".message-components"].flatMap((each) => {
  const shown = message.querySelector(each)?.getBoundingClientRect();
  return shown ? [{ top: shown.top, bottom: shown.bottom, right: shown.right }] : [];
})
"""
PLAYER = """
(film) => ({
  controls: film.controls, poster: film.poster.startsWith("blob:"), ratio: film.videoWidth / film.videoHeight,
  shown: film.clientWidth / film.clientHeight,
  ours: film.closest(".media-player").querySelector(".media-player-controls").checkVisibility() })
"""


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_film_has_its_own_shape_and_covers_nothing_of_its_card(width: int):
    async with Demo(speed=60.0, lived_in=False) as demo, page_at(demo.url, width=width) as page:
        await run_slash(page, "video generate", prompt="waves on a shore")
        film = page.locator("video")
        await film.wait_for(timeout=CARD_MS)
        await page.wait_for_function(
            "(film) => film.videoWidth && film.poster", arg=await film.element_handle(), timeout=CARD_MS
        )
        player = await film.evaluate(PLAYER)
        assert (player["controls"], player["poster"], player["ours"]) == (True, True, False)
        assert player["shown"] == pytest.approx(player["ratio"], rel=0.02)
        boxes = await page.locator(".channel-message", has=film).evaluate(BOXES)
        assert len(boxes) > 1
        for above, below in itertools.pairwise(boxes):
            assert above["bottom"] <= below["top"]
        assert all(each["right"] <= width for each in boxes)


async def test_sound_has_the_browsers_player_and_its_waves():
    async with Demo(speed=60.0, lived_in=False) as demo, page_at(demo.url, width=390) as page:
        await run_slash(page, "audio narration", text="Welcome aboard")
        sound = page.locator("audio")
        await sound.wait_for(timeout=CARD_MS)
        await expect(page.locator(".voice-wave-bar").first).to_be_visible(timeout=CARD_MS)
        box = await sound.bounding_box()
        assert box is not None
        assert box["height"] < 60
        assert box["x"] + box["width"] <= 390
        assert await sound.evaluate("(each) => each.controls")


async def test_a_picture_takes_its_place_before_it_is_there():
    async with Demo(speed=60.0, lived_in=False) as demo, page_at(demo.url) as page:
        arrives = asyncio.Event()

        async def hold(route: Route) -> None:
            await arrives.wait()
            await route.continue_()

        await page.route("**/api/assets/**", hold)
        await run_slash(page, "image generate", prompt="a blue door")
        picture = page.get_by_alt_text("a blue door")
        await expect(picture).to_have_js_property("offsetHeight", 350, timeout=CARD_MS)  # an edited card is drawn anew
        await expect(picture).to_have_js_property("offsetWidth", 350)
        await expect(picture).to_be_hidden()
        arrives.set()
        await expect(picture.locator("..")).to_be_enabled(timeout=CARD_MS)
        await expect(picture).to_be_visible()
        await expect(picture).to_have_js_property("offsetHeight", 350)
        await expect(picture).to_have_js_property("offsetWidth", 350)


async def test_the_page_shows_that_the_bot_works_and_what_it_has_deferred(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sandbox.demo.simulation.ANSWER_S", 1.5)
    works = asyncio.Event()

    totals = Reports.totals

    async def late(*given: Any, **more: Any) -> Any:
        await works.wait()
        return await totals(*given, **more)

    async with Demo(lived_in=False) as demo, page_at(demo.url) as page:
        monkeypatch.setattr(Reports, "totals", late)
        await run_slash(page, "usage report")
        await expect(page.locator(".demo-working")).to_have_text(THINKS, timeout=CARD_MS)
        deferred = page.locator(".message-loading")
        await expect(deferred).to_have_text(THINKS, timeout=CARD_MS)
        await expect(deferred.locator(".demo-dots")).to_be_visible()
        await at_rest(page)
        await expect(page.locator(".demo-working")).to_be_hidden()
        works.set()
        await expect(page.locator(".channel-message").last).to_contain_text("Credits you spent", timeout=CARD_MS)
        await expect(deferred).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
async def test_pictures_of_a_line_and_of_the_list_of_jobs_are_shown(width: int):
    async with Demo(speed=60.0, lived_in=False) as demo, page_at(demo.url, width=width) as page:
        await run_slash(page, "image generate", prompt="a lighthouse in fog")
        vary = page.get_by_role("button", name="Vary")
        await vary.wait_for(timeout=CARD_MS)
        await at_rest(page)
        await vary.click()
        await page.get_by_role("button", name="Strong").click()
        varied = page.locator(".channel-message", has_text="Strong variation of a lighthouse in fog")
        await varied.get_by_role("button", name="Vary").wait_for(timeout=CARD_MS)
        await at_rest(page)
        await varied.get_by_role("button", name="Details").click(timeout=CARD_MS)
        pictures = page.locator(".component-gallery img")
        await expect(pictures).to_have_count(2, timeout=CARD_MS)
        first, second = [await picture.bounding_box() for picture in await pictures.all()]
        assert first is not None
        assert second is not None
        assert first["y"] == second["y"]
        assert second["x"] + second["width"] <= width
        await run_slash(page, "jobs")
        await expect(page.locator(".component-thumbnail img, img.component-thumbnail")).to_have_count(
            2, timeout=CARD_MS
        )
