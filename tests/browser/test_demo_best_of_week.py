"""The best of the week in Chromium, at a desktop's and a phone's width: the message, and how moderators set it.

The pictures are kept in the test's folder, or in WALKS, to look at.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from sandbox.demo.demo import Demo
from tests.support.page import ANSWER_MS, CHROMIUM, at_rest, look_as, newest_message, open_room, page_at, run_slash

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]
MADE_MS = 60_000


def kept_in(folder: Path) -> Path:
    folder = Path(os.environ.get("WALKS") or folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("width", [1280, 390])
async def test_members_see_it_and_moderators_set_and_preview_it(width: int, tmp_path: Path):
    folder = kept_in(tmp_path)
    async with Demo() as demo, page_at(demo.url, width=width) as page:
        await page.wait_for_function("() => window.simcordPreview")

        async def look(name: str) -> None:
            await at_rest(page)
            await page.screenshot(path=folder / f"week-{name}-{width}.png")
            assert await page.evaluate("() => document.documentElement.scrollWidth") <= width

        await open_room(page, "gallery")
        await expect(newest_message(page)).to_contain_text("Best of the week", timeout=ANSWER_MS)
        await expect(newest_message(page)).to_contain_text("⭐ 2")
        assert await newest_message(page).locator("img").count() >= 2
        await look("gallery")
        await look_as(page, "Morgan (moderator)")
        await open_room(page, "studio")
        await run_slash(page, "studio settings")
        await expect(newest_message(page)).to_contain_text("Settings · Access", timeout=MADE_MS)
        await newest_message(page).get_by_role("combobox").first.click()
        await page.get_by_role("option", name=re.compile("^Gallery")).click()
        await expect(newest_message(page)).to_contain_text("Every Monday at 9:00", timeout=ANSWER_MS)
        await look("settings")
        await newest_message(page).get_by_role("button", name="Preview the best of the week").click()
        await expect(newest_message(page)).to_contain_text("🥇", timeout=MADE_MS)
        await look("preview")
