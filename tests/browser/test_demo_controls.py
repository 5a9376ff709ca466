"""What the demo's page adds to simcord's: each of its controls does what it would do on Discord."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from sandbox.demo.demo import Demo
from sandbox.demo.furniture.server import REVIEW, STUDIO
from sandbox.demo.page.texts import UNCERTAIN
from sandbox.demo.simulation import SetupError
from sandbox.demo.texts import MORGAN
from tests.support.page import CHROMIUM, at_rest, list_options, look_as, open_room, page_at, run_slash, type_slash

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

SOON_MS = 20_000


@contextlib.asynccontextmanager
async def demo_page() -> AsyncIterator[Page]:
    async with Demo(speed=20.0, lived_in=False) as demo, page_at(demo.url) as page:
        yield page


async def places_of(page: Page, *wanted: str) -> list[float]:
    """Return how far down the last of each kind is, all seen at one moment: the page often redraws a message."""
    places = """wanted => {
        const found = wanted.map(each => [...document.querySelectorAll(`.channel-message ${each}`)].at(-1));
        const boxes = found.map(each => each?.getBoundingClientRect());
        return boxes.every(box => box?.height > 0) && boxes.map(box => box.y);
    }"""
    seen = await page.wait_for_function(places, arg=list(wanted), timeout=SOON_MS)
    return list(await seen.json_value())


@pytest.mark.long
async def test_a_result_is_drawn_like_on_discord_and_a_reaction_makes_another():
    async with demo_page() as page:
        await run_slash(page, "image generate", prompt="a blue door #fast")
        await expect(page.get_by_alt_text("a blue door fast")).to_be_visible(timeout=SOON_MS)
        files, card, controls = await places_of(page, ".message-attachments", ".embed-card", ".message-components")
        assert files < card < controls
        await page.locator(".channel-message").last.hover()
        await page.locator(".channel-message").last.get_by_role("button", name="Add a reaction").first.click()
        await page.get_by_role("button", name="React with 🔁").click()
        await expect(page.locator(".reaction-chip", has_text="🔁").first).to_contain_text("2", timeout=SOON_MS)
        await expect(page.get_by_text("Made from")).to_be_visible(timeout=SOON_MS)


BUTTONS = """() => [...document.querySelectorAll(".channel-message:last-of-type .component-row")].map(row =>
    [...row.querySelectorAll("button")].map(each => {
        const box = each.getBoundingClientRect();
        return [each.getAttribute("aria-label") ?? each.textContent, Math.round(box.x), Math.round(box.y)];
    }))"""


async def named_rows(page: Page, last: str) -> list[list[tuple[str, int, int]]]:
    """Return the buttons of the newest message, each with its name and place, once the last one is named so."""
    await expect(page.locator(".channel-message").last.get_by_role("button", name=last)).to_be_visible(timeout=SOON_MS)
    return [[(name, x, y) for name, x, y in row] for row in await page.evaluate(BUTTONS)]


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 390])
async def test_a_results_buttons_do_not_wrap_and_those_of_several_are_columns(width: int):
    async with Demo(speed=20.0, lived_in=False) as demo, page_at(demo.url, width=width) as page:
        await run_slash(page, "image generate", prompt="a blue door #fast")
        one = await named_rows(page, "Remove")
        assert [[name for name, _, _ in row][-2:] for row in one[1:]] == [["Details", "Remove"]]
        await run_slash(page, "image generate", prompt="a red door #fast", count="4")
        await page.get_by_role("button", name="Yes, make it").last.click()
        await expect(page.get_by_role("button", name="V4", exact=True)).to_be_enabled(timeout=SOON_MS)
        several = await named_rows(page, "Remove")
        assert [[name for name, _, _ in row] for row in several] == [
            ["U1", "U2", "U3", "U4", "Re-run all"],
            ["V1", "V2", "V3", "V4", "Edit and run"],
            ["Details", "Remove"],
        ]
        assert [x for _, x, _ in several[0]] == [x for _, x, _ in several[1]], "columns"
        assert all(len({y for _, _, y in row}) == 1 for row in [*one, *several]), "no row wraps"


@pytest.mark.long
async def test_times_tick_while_nothing_else_happens():
    async with demo_page() as page:
        await page.locator("#channel-composer-input").fill(f"now: <t:{int(time.time())}:R>")
        await page.get_by_role("button", name="Send").click()
        since = page.locator("time.discord-timestamp").first
        await expect(since).to_have_text(re.compile(r"\d+ seconds? ago"), timeout=SOON_MS)
        before = await since.inner_text()
        await expect(since).not_to_have_text(before, timeout=5_000)


@pytest.mark.long
async def test_a_picker_has_its_choices_when_it_opens():
    async with demo_page() as page:
        await type_slash(page, "image generate")
        await list_options(page)
        await page.locator(".command-suggestion").get_by_text("model", exact=True).click()
        await expect(page.locator(".command-suggestion", has_text="GPT Image").first).to_be_visible(timeout=SOON_MS)


@pytest.mark.long
async def test_a_command_of_optional_options_is_typed_into_the_channel_that_a_changed_viewer_sees():
    async with demo_page() as page:
        await look_as(page, str(MORGAN))
        await open_room(page, REVIEW)
        await page.locator("#viewer-picker").select_option(index=0)
        await run_slash(page, "video generate", prompt="waves on a shore")  # the page changes the channel meanwhile
        await expect(page.locator("#channel-name")).to_have_text(STUDIO, timeout=SOON_MS)
        await expect(page.locator("body")).to_contain_text("waves on a shore", timeout=SOON_MS)


@pytest.mark.long
async def test_a_command_that_the_bot_got_is_not_sent_again_though_it_failed(monkeypatch: pytest.MonkeyPatch):
    async with Demo(speed=20.0, lived_in=False) as demo, page_at(demo.url) as page:
        got = []

        async def fails(
            _page: object, _action: object, _cursor: object, answer: Awaitable[Any], **_rest: object
        ) -> None:
            got.append(await answer)
            raise SetupError("gone meanwhile")

        monkeypatch.setattr(demo.preview, "_run_interaction_action", fails)
        await page.clock.install()
        await page.reload()
        await run_slash(page, "me")
        await expect(page.locator("#action-status")).to_have_text(str(UNCERTAIN), timeout=SOON_MS)
        await page.clock.run_for(2_000)
        await at_rest(page)
        assert len(got) == 1
