"""The demo's composer in Chromium: commands, lists, mentions and replies by the keys that Discord takes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import discord
import pytest
from playwright.async_api import Locator, Page, expect

from cogs.words import texts as words
from sandbox.demo import texts
from sandbox.demo.demo import Demo
from tests.support.page import ANSWER_MS, CHROMIUM, at_rest, newest_message, page_at, run_slash, type_slash

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

BOT = f"@{texts.BOT_NAME}"
PHONE_PX = 390


@contextlib.asynccontextmanager
async def open_demo(width: int = 1280) -> AsyncIterator[tuple[Demo, Page]]:
    async with Demo(speed=20.0, lived_in=False) as demo, page_at(demo.url, width=width, height=900) as page:
        await at_rest(page)
        yield demo, page


def box(page: Page) -> Locator:
    return page.locator("#channel-composer-input")


def field(page: Page, option: str) -> Locator:
    return page.locator(f".command-option-input[data-option={option}]")


def choices(page: Page) -> Locator:
    return page.locator(".command-popup:not([hidden]) .command-suggestion")


def form(page: Page) -> Locator:
    return page.locator("#modal-root .modal-body")


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.long), PHONE_PX])
async def test_a_click_on_a_mentioned_command_puts_the_cursor_into_its_first_field(width: int):
    async with open_demo(width) as (_, page):
        await run_slash(page, "help")
        await at_rest(page)
        await page.locator(".channel-message .command-mention", has_text="/image generate").first.click()
        await at_rest(page)
        await expect(field(page, "prompt")).to_be_focused()
        await page.keyboard.type("a blue door")
        await page.keyboard.press("Enter")
        await expect(page.get_by_alt_text("a blue door")).to_be_visible(timeout=ANSWER_MS)
        await expect(box(page)).to_have_value("")


@pytest.mark.long
async def test_enter_takes_the_marked_choice_of_every_kind_of_list_and_the_next_enter_sends():
    async with open_demo() as (_, page):
        await type_slash(page, "recipe", recipe="trailer")  # asked of the bot
        await expect(choices(page)).to_have_count(0)
        await page.keyboard.press("Enter")
        await expect(form(page)).to_be_visible(timeout=ANSWER_MS)
        await page.keyboard.press("Escape")
        await expect(form(page)).to_be_hidden()
        await type_slash(page, "prompt", **{"for": "image", "prompt": "a fox"})  # fixed choices
        await expect(choices(page)).to_have_count(0)
        await page.keyboard.press("Enter")
        await expect(page.locator("body")).to_contain_text("a fox", timeout=ANSWER_MS)
        await type_slash(page, "image generate", prompt="a quiet door", private="True")  # yes or no
        await expect(field(page, "private")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_alt_text("a quiet door")).to_be_visible(timeout=ANSWER_MS)


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, PHONE_PX])
async def test_a_completed_mention_and_a_reply_reach_the_bot_and_lead_to_its_offers(width: int):
    heard: list[discord.Message] = []

    async def hears(message: discord.Message) -> None:
        if not message.author.bot:
            heard.append(message)

    async with open_demo(width) as (demo, page):
        demo.bot.add_listener(hears, "on_message")
        await box(page).click()
        await page.keyboard.type("@")
        await expect(page.locator(".demo-name").first).to_contain_text(texts.BOT_NAME)
        await page.keyboard.type("ca")
        await expect(page.locator(".demo-name")).to_have_count(1)
        await page.keyboard.press("Enter")
        await expect(box(page)).to_have_value(f"{BOT} ")
        await page.keyboard.type("a fox")
        await page.keyboard.press("Enter")
        await expect(newest_message(page)).to_contain_text(str(words.MAKES["image.generate"]), timeout=ANSWER_MS)
        await run_slash(page, "image generate", prompt="a blue door #fast")
        card = page.locator(".channel-message").filter(has=page.get_by_alt_text("a blue door fast"))
        await expect(card).to_have_count(1, timeout=ANSWER_MS)
        await at_rest(page)
        await card.hover()
        await card.get_by_role("button", name="Reply").click()
        await expect(page.locator("#reply-context")).to_contain_text(texts.REPLYING(name=texts.BOT_NAME))
        await page.keyboard.type("make it night")
        await page.keyboard.press("Enter")
        await expect(newest_message(page)).to_contain_text(str(words.MAKES["image.edit"]), timeout=ANSWER_MS)
        await expect(page.locator("#reply-context")).to_be_hidden()
    assert [demo.bot.user in message.mentions for message in heard] == [True, True]
    assert [message.content.split("> ")[1] for message in heard] == ["a fox", "make it night"]
    assert heard[1].reference is not None
