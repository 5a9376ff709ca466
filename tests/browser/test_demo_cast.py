"""The cast's walks in Chromium, at a desktop's and a phone's width.

The pictures are kept in the test's folder, or in WALKS, to look at.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from sandbox.demo import texts
from sandbox.demo.demo import Demo
from sandbox.demo.furniture.server import POSTCARD
from tests.support.page import ANSWER_MS, CHROMIUM, at_rest, newest_message, page_at, run_slash

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

WIDTHS = {"": (1280, 1400), "-phone": (390, 1400)}
MADE_MS = 60_000


@dataclass
class Walk:
    """A member on the page."""

    page: Page
    folder: Path
    stations: int = 0

    async def look(self, name: str) -> None:
        """Take the page's picture in both widths; nothing may be cut off at the right."""
        self.stations += 1
        for suffix, (width, height) in WIDTHS.items():
            await self.page.set_viewport_size({"width": width, "height": height})
            await at_rest(self.page)
            await self.page.wait_for_timeout(400)
            await self.page.screenshot(path=self.folder / f"{self.stations:02}-{name}{suffix}.png")
            wide = await self.page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} pixels wide"
        await self.page.set_viewport_size({"width": 1280, "height": 1400})
        await at_rest(self.page)

    async def press(self, label: str) -> None:
        await at_rest(self.page)
        named = re.compile(rf"^\W*{re.escape(label)}(?: ·.*)?$")
        await self.page.get_by_role("button", name=named).last.click(timeout=ANSWER_MS)
        await at_rest(self.page)

    async def fill(self, *written: str) -> None:
        """Write into the first fields of the open form, look at it, and send it."""
        fields = self.page.locator(".modal-input")
        await fields.first.wait_for(timeout=ANSWER_MS)
        for number, text in enumerate(written):
            await fields.nth(number).fill(text)
        await self.look("form")
        await self.press("Submit")

    def newest(self) -> Locator:
        return self.page.locator(".channel-message").filter(has_not_text=re.compile(r"\d of \d+ ·")).last

    async def made(self, *words: str, buttons: str = "Next step") -> None:
        """Wait until the newest message is a finished card that says these words."""
        for each in words:
            await expect(self.newest()).to_contain_text(each, timeout=MADE_MS)
        await expect(self.newest().get_by_role("button", name=buttons).first).to_be_visible(timeout=MADE_MS)
        await at_rest(self.page)

    async def image(self, prompt: str, *words: str, **options: str) -> None:
        await run_slash(self.page, "image generate", prompt=prompt, **options)
        await self.made(*words)


@contextlib.asynccontextmanager
async def walking(folder: Path) -> AsyncIterator[Walk]:
    folder = Path(os.environ.get("WALKS") or folder)
    folder.mkdir(parents=True, exist_ok=True)
    async with Demo(speed=40.0, lived_in=False) as demo, page_at(demo.url, height=1400) as page:
        await page.wait_for_function("() => window.simcordPreview")
        await at_rest(page)
        yield Walk(page, folder)


async def test_a_character_is_added_and_plays_in_every_way(tmp_path: Path):
    async with walking(tmp_path / "images") as walk:
        await _from_a_result(walk)
        await _from_words(walk)
        await walk.image("at the market", "with Mira", cast="Mira")
        await walk.look("by-option")
        await _by_mention(walk)
        prompts = " | ".join(f"@Otto {place}" for place in ("on a roof", "at sea", "in snow", "in fog", "at home"))
        await run_slash(walk.page, "batch", operation="image.generate", prompts=prompts)
        await walk.press("Yes, make it")
        await walk.made("with Otto", buttons="Re-run all")
        await walk.look("batch")
        await run_slash(walk.page, "recipe", recipe=POSTCARD)
        await walk.fill("@Mira's meadow")
        await walk.made("with Mira", buttons="Re-run all")
        await walk.look("recipe")


async def _from_a_result(walk: Walk) -> None:
    await walk.image("an owl on a branch")
    await walk.press("Next step…")
    await walk.look("next-step")
    await walk.press("Add to cast")
    await walk.fill("Olive", "an old owl")
    await expect(newest_message(walk.page)).to_contain_text("Olive is in the cast now", timeout=MADE_MS)
    await walk.look("added-from-a-result")


async def _from_words(walk: Walk) -> None:
    await run_slash(walk.page, "cast")
    await expect(newest_message(walk.page)).to_contain_text("Olive", timeout=MADE_MS)
    await walk.look("gallery")
    await walk.press("Add a character")
    await walk.fill("Bruno", "a brown bear with a red scarf")
    await expect(newest_message(walk.page)).to_contain_text("Bruno is in the cast now", timeout=MADE_MS)
    await walk.look("added-from-words")
    await walk.press("Make a character sheet")
    await walk.made("a brown bear")
    await walk.press("Next step…")
    await walk.press("Add to cast")
    await walk.fill()
    await expect(newest_message(walk.page)).to_contain_text("Bruno is in the cast now", timeout=MADE_MS)
    await walk.look("sheet")


async def _by_mention(walk: Walk) -> None:
    composer = walk.page.locator("#channel-composer-input")
    await composer.fill(f"@{texts.BOT_NAME} draw @Mira at sea")
    await composer.press("Enter")
    await walk.press("Continue")
    await walk.made("with Mira")
    await walk.look("by-mention")


async def test_a_story_is_continued_joined_and_told(tmp_path: Path):
    async with walking(tmp_path / "stories") as walk:
        await run_slash(walk.page, "video generate", prompt="@Mira walks home", duration="4")
        await walk.made("with Mira")
        await walk.look("first-shot")
        for words in ("@Mira reaches the river", "@Mira sleeps"):
            await walk.press("Next step…")
            await walk.press("Continue")
            await walk.fill(words)
            await walk.made(words)
            await walk.look("next-shot")
        await walk.press("Next step…")
        await walk.look("join")
        await walk.press("Join")
        joined = walk.page.locator(".channel-message").filter(has_text="Joined 3 shots").last
        await expect(joined).to_be_visible(timeout=MADE_MS)
        await walk.look("joined")
        await run_slash(walk.page, "audio narration", text="Good night, river.", cast="Mira")
        await walk.made("with Mira")
        await walk.look("narration")
