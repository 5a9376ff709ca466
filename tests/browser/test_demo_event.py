"""The demo's running event in Chromium, at a desktop's and a phone's width: taking part, the purse, and the end.

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
async def test_a_member_takes_part_and_a_moderator_sees_it_end_with_places(width: int, tmp_path: Path):
    folder = kept_in(tmp_path)
    async with Demo(speed=8.0) as demo, page_at(demo.url, width=width) as page:
        await page.wait_for_function("() => window.simcordPreview")
        store, guild_id = demo.bot.parts.store, demo.preview.viewers[0].guild.id
        [event] = await store.events.open(guild_id)

        async def look(name: str) -> None:
            await at_rest(page)
            await page.screenshot(path=folder / f"event-{name}-{width}.png")
            assert await page.evaluate("() => document.documentElement.scrollWidth") <= width

        await open_room(page, "events")
        announcement = page.locator(".channel-message").first
        await expect(announcement).to_contain_text("Event: Night flights", timeout=ANSWER_MS)
        await announcement.scroll_into_view_if_needed()
        await look("announcement")
        before = await store.events.use(event, 0)
        assert (before.members, before.paid > 0) == (2, True)
        await announcement.get_by_role("button", name="Take part").click()
        await expect(newest_message(page)).to_contain_text("take part", timeout=ANSWER_MS)
        await look("took-part")
        await run_slash(page, "image generate", prompt="a dragon at night")
        await expect(newest_message(page)).to_contain_text("a dragon at night", timeout=MADE_MS)
        await expect(newest_message(page)).to_contain_text("Made with AI", timeout=MADE_MS)
        used = await store.events.use(event, demo.preview.viewers[0].id)
        assert used.members == 3
        assert used.of_member == used.paid - before.paid > 0
        await run_slash(page, "event")
        await expect(newest_message(page)).to_contain_text("Night flights", timeout=ANSWER_MS)
        await expect(newest_message(page).get_by_role("combobox")).to_have_count(0)
        await look("member")
        await look_as(page, "Morgan (moderator)")
        await open_room(page, "events")
        await run_slash(page, "event")
        await expect(newest_message(page).get_by_role("combobox")).to_have_count(1, timeout=ANSWER_MS)
        await look("moderator")
        await newest_message(page).get_by_role("combobox").click()
        await page.get_by_role("option", name=re.compile("^Night flights")).click()
        await expect(newest_message(page)).to_contain_text("Cancel “Night flights”?", timeout=ANSWER_MS)
        await look("cancel")
        await newest_message(page).get_by_role("button", name="Keep").click()
        await expect(newest_message(page)).to_contain_text("Members", timeout=ANSWER_MS)
        demo._clock._behind_s -= event.ends_at - event.begins_at  # its time is over
        places = page.locator(".channel-message").filter(has_text="Places: Night flights")
        await expect(places).to_contain_text(re.compile("🥇 @Cleo.*50 credits.*🥈 @Bo.*30 credits"), timeout=MADE_MS)
        await look("places")
