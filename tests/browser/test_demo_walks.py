"""Three walks in Chromium in three languages: a member's first day, a moderator's setup, and jobs that are rejected.

At each station everything that is on the page is read, at a desktop's and a phone's width; no word is
English but names. The pictures are kept in the test's folder, or in WALKS, a folder for each walk, to look at.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from bot.domain.server.first_contact import SetupStep
from bot.language import speaking, tr
from cogs.moderate.setup import texts as setup
from cogs.results import texts as results
from sandbox.demo import texts
from sandbox.demo.demo import Demo
from sandbox.demo.furniture.server import DEMO_KEY, GALLERY, LOG, REVIEW, STUDIO
from sandbox.demo.page import texts as page_texts
from tests.support.page import (
    ANSWER_MS,
    CHROMIUM,
    at_rest,
    list_options,
    look_as,
    open_room,
    page_at,
    run_slash,
    type_slash,
)
from tests.support.read_page import english, read

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
    pytest.mark.parametrize("language", ["ja", "fr", "es"]),
]

WIDTHS = {"": (1280, 1400), "-phone": (390, 1400)}
MADE_MS = 60_000
STEPS = 8
CARD, FORM, CONTROL = ".channel-message", ".modal-dialog", ".message-components button:enabled:not([role=combobox])"
REJECTED = ("#fail", "#billed", "#invalid", "#broke", "#none", "#plan")
"""What the sandbox does with a prompt that has one of these words."""
SETTLED = """
() => document.getAnimations()
  .every(each => each.playState !== "running" || each.effect.getTiming().iterations === Infinity)
"""
"""Whether nothing slides any more: a drawer does when the page gets narrow."""
UNSAFE = re.compile("🗑️|\N{INFORMATION SOURCE}")


@dataclass
class Walk:
    """Someone on the page, and what they have read that is English."""

    page: Page
    language: str
    folder: Path
    typed: list[str] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    """Each text with English words, and the first station that has it."""
    stations: int = 0

    def newest(self) -> Locator:
        """Return the newest message but the tour's, which moves below each result."""
        tour = self.page.get_by_role("button", name=re.compile(f"^({texts.BACK}|{texts.NEXT})$"))
        return self.page.locator(CARD).filter(has_not=tour).last

    async def look(self, name: str) -> None:
        """Read all of the page and take its picture, in both widths."""
        self.stations += 1
        for suffix, (width, height) in WIDTHS.items():
            await self.page.set_viewport_size({"width": width, "height": height})
            await at_rest(self.page)
            await self.page.wait_for_function(SETTLED)
            said = await read(self.page)
            for each in english(said, self.language, typed=self.typed):
                self.found.setdefault(each, name + suffix)
            await self.page.screenshot(path=self.folder / f"{self.stations:02}-{name}{suffix}.png")
        await self.page.set_viewport_size({"width": 1280, "height": 1400})
        await at_rest(self.page)

    async def slash(self, name: str, command: str, *, until: object = "", **options: str) -> None:
        await run_slash(self.page, command, **options)
        if until:
            await expect(self.newest()).to_contain_text(str(until), timeout=MADE_MS)
        await at_rest(self.page)
        await self.look(name)

    async def press(self, label: object, *, until: object = "") -> None:
        """Press the newest button with this label, whatever its emoji and price."""
        await at_rest(self.page)
        named = re.compile(rf"^\W*{re.escape(str(label))}(?: ·.*)?$")
        await self.page.get_by_role("button", name=named).last.click(timeout=ANSWER_MS)
        await at_rest(self.page)
        if until:
            await expect(self.newest()).to_contain_text(str(until), timeout=MADE_MS)

    async def press_each(self, name: str, *, but: re.Pattern[str] = UNSAFE) -> None:
        """Press each button of the newest message, look at what comes of it, and leave forms unsent."""
        message = self.page.locator(f"{CARD}[data-message-id='{await self.newest().get_attribute('data-message-id')}']")
        for label in await message.locator(CONTROL).all_inner_texts():
            words = label.split("\n")[-1].strip()
            button = message.locator(CONTROL).filter(has_text=words).first
            if not words or but.search(label) or not await button.count():
                continue
            await button.click(timeout=ANSWER_MS)
            await self.look("-".join([name, *re.findall(r"\w+", words)])[:40])
            await self.leave_form()

    async def choose(self, number: int, *, picker: int = -1) -> None:
        """Choose an option of one of the newest message's selects, by its number."""
        await at_rest(self.page)
        offered, list_of = self.page.locator("[role=option]:visible"), self.newest().get_by_role("combobox").nth(picker)
        await list_of.click(timeout=ANSWER_MS)
        await offered.first.wait_for(timeout=ANSWER_MS)
        await self.look("list")
        if not await offered.count():  # a page that changes its width closes it
            await list_of.click(timeout=ANSWER_MS)
        await offered.nth(number).click(timeout=ANSWER_MS)
        await at_rest(self.page)

    async def fill(self, *written: str) -> None:
        """Write into the fields of the open form, in their order, look at it, and send it."""
        fields = self.page.locator(".modal-input")
        await fields.first.wait_for(timeout=ANSWER_MS)
        for number, text in enumerate(written):
            await fields.nth(number).fill(text)
        await self.look("form")
        await self.press(page_texts.SUBMIT)

    async def ended(self) -> None:
        """Wait until nothing of the newest message can be canceled any more."""
        await at_rest(self.page)
        open_still = self.newest().get_by_role("button", name=re.compile(f"{results.CANCEL}|{results.DO_NOT_POST}"))
        await expect(open_still).to_have_count(0, timeout=MADE_MS)

    async def leave_form(self) -> None:
        form = self.page.locator(FORM)
        if await form.is_visible():
            await form.get_by_role("button", name=str(page_texts.CANCEL), exact=True).click()
            await form.wait_for(state="hidden")

    def judge(self) -> None:
        assert self.stations >= STEPS
        assert self.found == {}


@contextlib.asynccontextmanager
async def walking(name: str, language: str, folder: Path, **made: bool) -> AsyncIterator[Walk]:
    if kept := os.environ.get("WALKS"):
        folder = Path(kept) / f"{name}-{language}"
        folder.mkdir(parents=True, exist_ok=True)
    with speaking(language):
        async with Demo(speed=40.0, language=language, **made) as demo, page_at(demo.url, height=1400) as page:
            await page.wait_for_function("() => window.simcordPreview")
            await at_rest(page)
            walk = Walk(page, language, folder)
            try:
                yield walk
            finally:
                found = (f"{station}: {each}\n" for each, station in walk.found.items())
                (folder / "english.txt").write_text("".join(found), encoding="utf-8")  # whatever ended the walk


async def test_a_members_first_day_has_no_english(language: str, tmp_path: Path):
    async with walking("member", language, tmp_path) as walk:
        page, lighthouse = walk.page, str(texts.LIGHTHOUSE)
        await walk.look("tour")
        await open_room(page, GALLERY)
        await walk.look("gallery")
        await open_room(page, STUDIO)
        await walk.slash("help", "help")
        await walk.press_each("help")
        await page.locator("#channel-composer-input").press_sequentially("/")
        await page.locator(".command-popup .command-entry").first.wait_for()
        await walk.look("commands")
        await page.locator("#channel-composer-input").fill("")
        await type_slash(page, "image generate", prompt=lighthouse)
        await list_options(page)
        await walk.look("options")
        await page.keyboard.press("Escape")
        await page.reload()
        await page.wait_for_function("() => window.simcordPreview")
        await walk.slash("card", "image generate", prompt=lighthouse, until=results.RERUN)
        await walk.press(texts.ICONS["\N{INFORMATION SOURCE}\ufe0f"])
        await walk.look("details")
        await walk.press(results.VARY)
        await walk.look("vary")
        await walk.press(results.STRONG)
        await expect(page.locator(CARD).filter(has_text="🎲").last).to_contain_text(str(results.RERUN), timeout=MADE_MS)
        await walk.look("varied")
        await walk.press(results.EDIT_AND_RUN)
        await walk.look("edit")
        await walk.leave_form()
        await walk.press(results.NEXT_STEP)
        await walk.choose(0)
        await walk.look("next-step")
        await walk.leave_form()
        await walk.slash("me", "me")
        await walk.press_each("me")
        await walk.slash("jobs", "jobs")
        await walk.press_each("jobs")
        await run_slash(page, "recipe", recipe="trailer")
        await walk.fill(lighthouse)
        await walk.look("recipe")
        walk.judge()


async def test_a_moderators_setup_has_no_english(language: str, tmp_path: Path):
    async with walking("moderator", language, tmp_path, joins=True) as walk:
        page = walk.page
        await walk.look("greeting")
        await walk.press(setup.SET_UP, until=setup.TAKE_A_STEP)
        await walk.look("overview")
        for step in SetupStep:
            named = re.compile(rf"{re.escape(str(setup.NAMES[step]))}$")
            await page.get_by_role("button", name=named).last.click(timeout=ANSWER_MS)
            await walk.look(f"step-{step.value}")
            await walk.press(setup.OVERVIEW)
        await page.get_by_role("button", name=re.compile(str(setup.NAMES[SetupStep.KEY]))).last.click()
        await walk.press(setup.ENTER_KEY)
        await walk.fill(DEMO_KEY)
        await walk.look("key")
        await walk.press(setup.CONTINUE)
        await walk.look("continue")
        for name, command in (
            ("status", "studio status"), ("settings", "studio settings"), ("quota", "quota show"),
            ("recipes", "studio recipes"), ("report", "usage report"), ("pause", "studio pause"),
        ):  # fmt: skip
            await walk.slash(name, command)
            await walk.press_each(name)
        walk.judge()


async def test_jobs_that_are_rejected_have_no_english(language: str, tmp_path: Path):
    async with walking("refused", language, tmp_path) as walk:
        page = walk.page
        for word in REJECTED:
            prompt = f"{texts.PAPER_BOAT} {word}"
            await run_slash(page, "image generate", prompt=prompt)
            await walk.ended()
            await walk.look(word[1:])
        await walk.slash("preset", "image generate", prompt="x", preset="zzyzx")
        await walk.slash("file", "image edit", prompt="x", **{"from": "zzyzx"})
        await walk.slash("approval", "video generate", prompt=str(texts.SERIES), duration="20")
        await walk.press_each("approval")
        await look_as(page, str(texts.MORGAN))
        await open_room(page, REVIEW)
        await walk.look("review")
        await walk.press_each("review")
        await open_room(page, LOG)
        await walk.look("log")
        await open_room(page, STUDIO)
        await run_slash(page, "quota set", credits="1", period=tr("week"))
        await look_as(page, texts.ADA)
        await walk.slash("limit", "image generate", prompt=str(texts.LIGHTHOUSE))
        await walk.press_each("limit")
        await walk.slash("limit-me", "me")
        walk.judge()
