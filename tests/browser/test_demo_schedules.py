"""The walk of schedules in Chromium, at a desktop's and a phone's width, as a moderator and as a member.

The pictures are kept in the test's folder, or in WALKS, to look at.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from sandbox.demo.demo import Demo
from sandbox.demo.furniture.server import POSTCARD
from tests.support.page import ANSWER_MS, CHROMIUM, at_rest, look_as, newest_message, page_at, run_slash

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

WIDTHS = {"": (1280, 1400), "-phone": (390, 1400)}


async def look(page: Page, folder: Path, name: str) -> None:
    """Take the page's picture in both widths; nothing may be cut off at the right."""
    for suffix, (width, height) in WIDTHS.items():
        await page.set_viewport_size({"width": width, "height": height})
        await at_rest(page)
        await page.wait_for_timeout(400)
        await page.screenshot(path=folder / f"schedules-{name}{suffix}.png")
        wide = await page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} pixels wide"
    await page.set_viewport_size({"width": 1280, "height": 1400})
    await at_rest(page)


async def press(page: Page, label: str) -> None:
    await at_rest(page)
    named = re.compile(rf"^\W*{re.escape(label)}(?: ·.*)?$")
    await page.get_by_role("button", name=named).last.click(timeout=ANSWER_MS)
    await at_rest(page)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = Path(os.environ.get("WALKS") or tmp_path / "images")
    found.mkdir(parents=True, exist_ok=True)
    return found


async def test_a_moderator_schedules_a_recipe_and_a_member_sees_it(folder: Path):
    async with Demo(speed=40.0, lived_in=False) as demo, page_at(demo.url, height=1400) as page:
        await page.wait_for_function("() => window.simcordPreview")
        await look_as(page, "Morgan (moderator)")
        await run_slash(page, "studio recipes", recipe=POSTCARD)
        await press(page, "Schedule…")
        fields = page.locator(".modal-input")
        await fields.first.wait_for(timeout=ANSWER_MS)
        await fields.nth(0).fill("place: {random: a lake | a wood} on {weekday}")
        await look(page, folder, "form")
        await fields.nth(1).fill("09:00")
        await fields.nth(2).fill("100")
        await press(page, "Submit")
        await expect(newest_message(page)).to_contain_text("Nothing runs yet", timeout=ANSWER_MS)
        await look(page, folder, "offer")
        await press(page, "Schedule it")
        await expect(newest_message(page)).to_contain_text("Used this month: 0 of 100 credits", timeout=ANSWER_MS)
        await look(page, folder, "page")
        await run_slash(page, "studio recipes")
        await look(page, folder, "recipes")
        await press(page, "Schedules…")
        await expect(newest_message(page)).to_contain_text("daily, 09:00", timeout=ANSWER_MS)
        await look(page, folder, "list")
        await look_as(page, "Ada")
        await run_slash(page, "recipe", recipe=POSTCARD)
        await expect(page.locator(".modal-dialog, dialog").last).to_contain_text(
            "Scheduled: daily, 09:00", timeout=ANSWER_MS
        )
        await look(page, folder, "member")
