"""A server's first minutes in Chromium, at a desktop's and a phone's width: greeting, setup, practice, and a key."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.delivery.texts import PRACTICE_MARK
from bot.domain.server.first_contact import SetupStep
from cogs.moderate import texts as moderator_texts
from cogs.moderate.settings.texts import NOT_SET
from cogs.moderate.setup import texts
from sandbox.demo.demo import Demo
from sandbox.demo.furniture.server import DEMO_KEY, LOG
from sandbox.demo.texts import DIRECTORS, MORGAN
from tests.support.page import ANSWER_MS, CHROMIUM, at_rest, newest_message, page_at, run_slash

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

WIDTHS = (1280, 390)
MADE_MS = 60_000
PROMPT = "a lighthouse in fog"


async def press(page: Page, label: str) -> None:
    """Press the newest button with this label."""
    await at_rest(page)
    await page.get_by_role("button", name=label, exact=True).last.click(timeout=ANSWER_MS)
    await at_rest(page)


async def submit_form(page: Page, *written: str) -> None:
    """Write into the fields of the open form, in their order, and send it."""
    fields = page.locator(".modal-input")
    await fields.first.wait_for(timeout=ANSWER_MS)
    for number, text in enumerate(written):
        await fields.nth(number).fill(text)
    await press(page, "Submit")


CHOICES_MAX = 6


async def choose(page: Page, picker: str, option: str, told: str) -> None:
    """Choose one option of a picker until the newest message says `told`.

    simcord's page compares pickers with those it showed before: a choice made meanwhile is shown, but the bot is not
    told of it. Who meets that loads the page again.
    """
    for _ in range(CHOICES_MAX):
        await _choose(page, picker, option)
        with contextlib.suppress(AssertionError):
            await expect(newest_message(page)).to_contain_text(told, timeout=ANSWER_MS // 2)
            return
        await page.reload()
        await page.wait_for_function("() => window.simcordPreview")
    await expect(newest_message(page)).to_contain_text(told, timeout=ANSWER_MS)


async def _choose(page: Page, picker: str, option: str) -> None:
    await at_rest(page)
    await expect(page.locator(".select-guidance:visible")).to_have_count(0, timeout=ANSWER_MS)
    await at_rest(page)
    await page.get_by_role("combobox", name=picker).last.click(timeout=ANSWER_MS)
    await page.get_by_role("option", name=option).last.click(timeout=ANSWER_MS)
    await at_rest(page)


async def seen(page: Page, folder: Path, name: str) -> None:
    """Keep a picture of the page, for whoever looks into a failure; nothing may be wider than the page."""
    await page.screenshot(path=folder / f"{name}.png")
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def set_some_up(page: Page, folder: Path) -> None:
    """Set limits, a role and a channel, and leave the key and the test image open."""
    await press(page, str(texts.SET_UP))
    await expect(newest_message(page)).to_contain_text(str(texts.TAKE_A_STEP), timeout=ANSWER_MS)
    await seen(page, folder, "overview")
    await press(page, str(texts.BUTTONS[SetupStep.LIMITS]))
    await submit_form(page, "100", "2000")
    await expect(newest_message(page)).to_contain_text("100", timeout=ANSWER_MS)
    await seen(page, folder, "limits")
    await press(page, str(texts.BUTTONS[SetupStep.ROLE]))
    await choose(page, str(NOT_SET["moderator_role"]), str(DIRECTORS), "Moderator role in Discord")
    await seen(page, folder, "access")
    for following in ("Channels", "Review", "Gallery", "Setup"):
        await press(page, f"Next: {following}")
    await set_log_channel(page, folder)


async def set_log_channel(page: Page, folder: Path) -> None:
    """Set the log channel, from the page Setup and back, as `choose` does: only the setup says that it is set."""
    done = f"{texts.DONE_MARK} {texts.NAMES[SetupStep.CHANNELS]}"
    for _ in range(CHOICES_MAX):
        await press(page, str(texts.BUTTONS[SetupStep.CHANNELS]))
        await _choose(page, str(NOT_SET["log_channel"]), LOG)
        await seen(page, folder, "channels")
        for following in ("Review", "Gallery", "Setup"):
            await press(page, f"Next: {following}")
        with contextlib.suppress(AssertionError):
            await expect(newest_message(page)).to_contain_text(done, timeout=ANSWER_MS // 2)
            return
        await page.reload()
        await page.wait_for_function("() => window.simcordPreview")
    await expect(newest_message(page)).to_contain_text(done, timeout=ANSWER_MS)


async def read_status(page: Page, folder: Path) -> None:
    await run_slash(page, "studio status")
    done = {SetupStep.LIMITS, SetupStep.ROLE, SetupStep.CHANNELS}
    for step, name in texts.NAMES.items():
        line = f"{texts.DONE_MARK if step in done else texts.OPEN_MARK} {name}"
        await expect(newest_message(page)).to_contain_text(line, timeout=ANSWER_MS)
    await seen(page, folder, "status")


async def practise(page: Page, folder: Path) -> None:
    await press(page, str(texts.PRACTICE))
    await expect(newest_message(page)).to_contain_text("Practice mode is on", timeout=ANSWER_MS)
    await seen(page, folder, "practice-on")
    await run_slash(page, "image generate", prompt=f"{PROMPT} #fast")
    card = page.locator(".channel-message").filter(has_text=str(PRACTICE_MARK)).last
    await expect(card).to_contain_text("Re-run", timeout=MADE_MS)
    picture = await card.get_by_alt_text(PROMPT).element_handle(timeout=ANSWER_MS)
    await page.wait_for_function("image => image.complete && image.naturalWidth > 200", arg=picture, timeout=ANSWER_MS)
    await seen(page, folder, "practice-card")
    await press(page, str(moderator_texts.END_PRACTICE))
    await expect(newest_message(page)).to_contain_text("Practice mode is off", timeout=ANSWER_MS)


async def end_with_a_key(page: Page, folder: Path) -> None:
    await run_slash(page, "studio setup")
    await press(page, str(texts.BUTTONS[SetupStep.KEY]))
    await submit_form(page, DEMO_KEY)
    await expect(newest_message(page)).to_contain_text(str(moderator_texts.KEY_STORED), timeout=ANSWER_MS)
    await expect(newest_message(page)).to_contain_text(f"{texts.DONE_MARK} API key", timeout=ANSWER_MS)
    await seen(page, folder, "complete")


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
async def test_a_new_server_is_set_up_and_practises_and_gets_its_key(width: int, tmp_path: Path):
    async with Demo(speed=6.0, joins=True) as demo, page_at(demo.url, width=width, height=900) as page:
        await expect(page.locator("#viewer-picker option:checked")).to_have_text(str(MORGAN), timeout=ANSWER_MS)
        await expect(page.get_by_role("button", name=str(texts.HELP), exact=True)).to_be_visible(timeout=ANSWER_MS)
        await seen(page, tmp_path, "greeting")
        await set_some_up(page, tmp_path)
        await read_status(page, tmp_path)
        await practise(page, tmp_path)
        await end_with_a_key(page, tmp_path)
        assert demo.sandbox.requests == []
