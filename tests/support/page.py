"""Driving the demo page with Debian's headless Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator

from playwright.async_api import Locator, Page, async_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
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
async def page_at(url: str, *, width: int = 1280, height: int = 1180) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            page = await browser.new_page(viewport={"width": width, "height": height})
            await page.goto(url)
            yield page
        finally:
            await browser.close()


async def run_slash(page: Page, command: str, **options: str) -> None:
    """Pick a command in the composer, fill its options, and send it, by keyboard as a member does."""
    composer = page.locator("#channel-composer-input")
    await composer.click()
    await composer.press_sequentially(f"/{command}")
    await page.locator(".command-popup").get_by_text(f"/{command}", exact=True).first.wait_for()
    await page.keyboard.press("Enter")
    for name, value in options.items():
        field = page.locator(f".command-option-input[data-option={name}]")
        await field.wait_for()
        await field.fill(value)
    await page.keyboard.press("Enter")


def cards(page: Page) -> Locator:
    """The messages of the conversation, oldest first."""
    return page.locator("article, .message")
