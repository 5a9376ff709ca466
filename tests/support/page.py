"""Driving the demo page with a headless Chromium, or Chrome."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator

from playwright.async_api import Locator, Page, async_playwright, expect

from bot.language import name_of

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str | None:
    """The program that CHROMIUM names, else the first of those that distributions and GitHub's runners have."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


CHROMIUM = browser()
ANSWER_MS = 20_000
AT_REST = "() => window.demoPage?.busy === false"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.asynccontextmanager
async def page_at(url: str, *, width: int = 1280, height: int = 1180, density: int = 1) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            page = await browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=density)
            await page.goto(url)
            yield page
        finally:
            await browser.close()


async def run_slash(page: Page, command: str, **options: str) -> None:
    """Pick a command in the composer, fill its options, and send it, by keyboard as a member does."""
    await type_slash(page, command, **options)
    await page.keyboard.press("Enter")


async def type_slash(page: Page, command: str, **options: str) -> None:
    """Pick a command in the composer and fill its options, by keyboard; Enter takes the marked choice of a list.

    Its name is typed as Discord shows it in the current language.
    """
    shown = name_of(f"/{command}")
    composer = page.locator("#channel-composer-input")
    await at_rest(page)
    await composer.click()
    await composer.press_sequentially(shown)
    await page.locator(".command-popup").get_by_text(shown, exact=True).first.wait_for()
    await page.keyboard.press("Enter")
    for name, value in options.items():
        field = await _option(page, name)
        await field.fill(value)
        if await field.get_attribute("aria-autocomplete"):
            await take_choice(page)


async def take_choice(page: Page) -> None:
    """Take the marked choice of the open list, which may still be on its way; the cursor stays."""
    await page.keyboard.press("Enter")
    await at_rest(page)


async def list_options(page: Page) -> None:
    """Open the list of the options that the chosen command has besides those that are there."""
    await page.locator(".command-ghost").click()
    await page.locator(".command-suggestion").first.wait_for()


async def at_rest(page: Page) -> None:
    """Wait until the page takes a press again."""
    await page.wait_for_function(AT_REST)


async def look_as(page: Page, viewer: str) -> None:
    """Change to a viewer as a person does, by the name that is shown."""
    await at_rest(page)
    picker = page.locator("#viewer-picker")
    if await picker.locator("option:checked").inner_text() == viewer:
        return
    await picker.select_option(label=viewer)
    await expect(page.locator("#action-status")).not_to_contain_text("Switching", timeout=ANSWER_MS)
    await at_rest(page)


async def choose_language(page: Page, language: str) -> None:
    """Choose the language of Discord on the page, which is then loaded again."""
    await at_rest(page)
    picker = page.locator(".demo-language select")
    if await picker.input_value() == language:
        return
    async with page.expect_navigation():
        await picker.select_option(language)
    await page.wait_for_function("() => window.simcordPreview")
    await expect(picker).to_have_value(language, timeout=ANSWER_MS)
    await at_rest(page)


async def open_room(page: Page, name: str) -> None:
    """Open a channel by its name, on a narrow screen from the drawer."""
    here = page.locator(".demo-channels [aria-current=page] .demo-channel-name")
    await here.wait_for(state="attached", timeout=ANSWER_MS)
    if await here.text_content() != name:
        if await (drawer := page.locator(".demo-toggle.demo-open-channels")).is_visible():
            await drawer.click()
        await page.locator(".demo-channels").get_by_text(name, exact=True).click()
        await expect(here).to_have_text(name, timeout=ANSWER_MS)
    await at_rest(page)


def newest_message(page: Page) -> Locator:
    """The message at the end of the conversation."""
    return page.locator(".channel-message").last


async def _option(page: Page, name: str) -> Locator:
    """Return an option's field. A required one is there; one that is optional is taken from the list of options.

    A command without a required option has no field at first, and its list is open.
    """
    field = page.locator(f".command-option-input[data-option={name}]")
    listed = page.locator(f".command-suggestion[data-value={name}]")
    await page.locator(".command-row").wait_for()
    if not await field.is_visible():
        if not await listed.is_visible():
            await list_options(page)
        await listed.click()
        await field.wait_for()
    return field
