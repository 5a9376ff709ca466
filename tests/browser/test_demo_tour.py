"""The guided tour in Chromium: each step is reached, and what it says works; on a phone and in Japanese too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal

import pytest
from playwright.async_api import Page, expect

from bot.domain import texts as domain
from bot.language import Text, speaking, tr
from bot.sandbox.demo import texts
from bot.sandbox.demo.demo import Demo
from bot.sandbox.demo.furniture.server import REVIEW, STUDIO
from bot.sandbox.demo.texts import ADA, MORGAN
from bot.sandbox.demo.tour.steps import STEPS
from cogs.moderate.decisions import texts as decisions
from cogs.moderate.quota import texts as quota
from tests.support.page import (
    ANSWER_MS,
    CHROMIUM,
    at_rest,
    choose_language,
    look_as,
    newest_message,
    open_room,
    page_at,
    run_slash,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: install Debian's package `chromium`"),
]

VISITS = ((1280, "en"), (390, "en"), (1280, "ja"))
"""Width of the page and language of the visitor's Discord."""
MADE_MS = 60_000
PROMPT = "a lighthouse in fog"


async def try_picture(page: Page) -> None:
    await run_slash(page, "image generate", prompt=PROMPT)
    await expect(page.get_by_alt_text(PROMPT).last).to_be_visible(timeout=MADE_MS)


async def try_failure(page: Page) -> None:
    await run_slash(page, "image generate", prompt=texts.FAILING)


async def try_moderator(page: Page) -> None:
    await look_as(page, MORGAN)
    await open_room(page, REVIEW)
    await expect(page.get_by_role("button", name=str(decisions.APPROVE), exact=True).last).to_be_visible(
        timeout=ANSWER_MS
    )
    await open_room(page, STUDIO)


TRIES: Mapping[Text, Callable[[Page], Awaitable[None]]] = {
    texts.IMAGE: try_picture,
    texts.FAULTS: try_failure,
    texts.MODERATE: try_moderator,
}
"""What is tried at a step, by its heading, before the next one is opened; a step without it is only read."""
SEEN = {texts.IMAGE, texts.FAULTS}
"""Those that the tour moves on from by itself, once they were tried."""


@pytest.mark.long
@pytest.mark.parametrize(("width", "language"), VISITS)
async def test_the_tour_leads_through_eight_steps_and_each_can_be_tried(width: int, language: str):
    async with Demo(speed=6.0, language=language) as demo, page_at(demo.url, width=width, height=900) as page:
        assert len(STEPS) == 8
        with speaking(language):
            await walk(page)


async def walk(page: Page) -> None:
    """Take the tour, and try what its steps say, in the language that is spoken now."""
    await expect(page.locator("#viewer-picker option:checked")).to_have_text(ADA, timeout=ANSWER_MS)
    for number, step in enumerate(STEPS, start=1):
        heading = texts.TITLE(number=number, count=len(STEPS), heading=f"{step.emoji} {step.heading}")
        card = page.locator(".channel-message").filter(has_text=heading)
        await expect(card).to_have_count(1, timeout=MADE_MS)
        await expect(card).to_contain_text(str(step.heading))
        if step.heading in TRIES:
            await TRIES[step.heading](page)
        if step.heading not in SEEN:
            await at_rest(page)
            await card.get_by_role("button", name=str(texts.NEXT), exact=True).click(timeout=ANSWER_MS)
    await at_rest(page)
    await newest_message(page).get_by_role("button", name=str(texts.AGAIN), exact=True).click(timeout=ANSWER_MS)
    again = newest_message(page)
    await expect(again).to_contain_text(str(texts.IMAGE), timeout=ANSWER_MS)
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.long
async def test_a_step_that_was_left_above_comes_to_the_end_and_is_there_once():
    async with Demo(speed=6.0) as demo, page_at(demo.url, height=900) as page:
        await run_slash(page, "me")
        await expect(newest_message(page)).to_contain_text("Open jobs", timeout=ANSWER_MS)
        await at_rest(page)
        async with demo.turn:
            await demo.preview.viewers[0].send(demo.preview.channel, "what now?")
        await expect(newest_message(page)).to_contain_text("what now?", timeout=ANSWER_MS)
        await at_rest(page)
        await page.get_by_role("button", name=str(texts.NEXT), exact=True).click(timeout=ANSWER_MS)
        await expect(newest_message(page)).to_contain_text(str(texts.NIGHT), timeout=ANSWER_MS)
        await expect(page.locator(".channel-message").filter(has_text=f"of {len(STEPS)} · ")).to_have_count(1)


@pytest.mark.long
async def test_a_moderator_in_french_sets_a_limit_in_french():
    async with Demo(speed=6.0) as demo, page_at(demo.url, height=900) as page:
        await look_as(page, MORGAN)
        await choose_language(page, "fr")
        with speaking("fr"):
            await run_slash(page, "quota set", credits="250", period=tr("week"))
            terms = domain.A_WEEK(count=Decimal(250))
            assert "250" in terms
            await expect(newest_message(page)).to_contain_text(terms, timeout=ANSWER_MS)
            await at_rest(page)
            await run_slash(page, "quota show")
            await expect(newest_message(page)).to_contain_text(terms, timeout=ANSWER_MS)
            await expect(newest_message(page)).to_contain_text(str(quota.LIMITS_TITLE))
        assert "credits a week" not in await newest_message(page).inner_text()
