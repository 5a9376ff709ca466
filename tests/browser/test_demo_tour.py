"""The guided tour in Chromium: its words are followed key by key, on a phone and in Japanese too."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

import pytest
from playwright.async_api import Locator, Page, expect

from bot.domain import texts as domain
from bot.language import name_of, speaking, tr
from cogs.moderate.quota import texts as quota
from cogs.workflows.texts import PAYS_SERVER
from sandbox.demo import texts
from sandbox.demo.demo import Demo
from sandbox.demo.furniture.server import REVIEW, STUDIO
from sandbox.demo.texts import ADA, MORGAN
from sandbox.demo.tour.steps import STEPS, TourStep
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

VISITS = (pytest.param(1280, "en", marks=pytest.mark.build), (390, "en"), (1280, "ja"), (390, "ja"))
"""Width of the page and language of the visitor's Discord."""
MADE_MS = 60_000


def images(page: Page) -> Locator:
    return page.locator(".channel-message").filter(has=page.locator(".attachment-image"))


async def click_command(page: Page, command: str) -> None:
    await page.locator(".channel-message .command-mention").get_by_text(name_of(f"/{command}"), exact=True).last.click()


async def click_reply(page: Page, label: str) -> None:
    await images(page).last.hover()
    await images(page).last.get_by_role("button", name=tr(label), exact=True).click()


async def click_reaction(page: Page, _: str) -> None:
    await images(page).last.hover()
    await images(page).last.get_by_label(str(texts.PAGE["add"])).first.click()


async def pick(page: Page, emoji: str) -> None:
    await page.get_by_role("button", name=texts.REACT_WITH(emoji=emoji, does="")).click()


async def type_words(page: Page, words: str) -> None:
    await page.keyboard.type(words)


async def press_enter(page: Page, _: str) -> None:
    await page.keyboard.press("Enter")


async def choose(page: Page, choice: str) -> None:
    await page.locator(".command-suggestion").get_by_text(choice).first.click()


async def choose_option(page: Page, name: str) -> None:
    await page.locator(f".command-suggestion[data-value={name}]").click()


async def press(page: Page, label: str) -> None:
    named = re.compile(rf"^\W*{re.escape(tr(label))}(?: ·.*)?$")
    await page.locator(".channel-message").get_by_role("button", name=named).last.click()


async def submit(page: Page, _: str) -> None:
    await page.locator("#modal-root .modal-actions .button-primary").click()


async def look_as_named(page: Page, viewer: str) -> None:
    await look_as(page, tr(viewer))


async def enter_room(page: Page, room: str) -> None:
    await open_room(page, ROOMS[room])


async def enter_direct(page: Page, name: str) -> None:
    await open_room(page, name)


OPTIONS = {
    "image generate": {"prompt": str(texts.HARBOR)},
    "event": {"theme": str(texts.EVENT_THEME), "ends": "2h", "purse": "200"},
}


async def use_command(page: Page, command: str) -> None:
    await run_slash(page, command, **OPTIONS.get(command, {}))


async def try_it(page: Page, _: str) -> None:
    """Press *Try it*: the step needs a form on a page that words can't follow key by key."""
    await press(page, texts.TRY_IT.message)


Act: TypeAlias = Callable[[Page, str], Awaitable[None]]
ACTS: Mapping[str, Act] = {
    r"click `/([a-z ]+)`": click_command,
    r"click \*\*(Reply)\*\* on your image": click_reply,
    r"click (☺) on your image": click_reaction,
    r"pick (\S+)": pick,
    r"type `([^`]+)`": type_words,
    r"choose `(prompt)`": choose_option,
    r"choose `(?!prompt`)([^`]+)`": choose,
    r"choose \*\*([^*]+)\*\* under \*\*Viewing as\*\*": look_as_named,
    r"open (\{\w+\})": enter_room,
    r"open \*\*([^*]+)\*\* under": enter_direct,
    r"open \*\*([^*]+)\*\*(?! under)": press,
    r"use `/([a-z ]+)`": use_command,
    r"press (Enter)": press_enter,
    r"(?:press|then) \*\*([^*]+)\*\*": press,
    r"(submit) the form": submit,
}
"""What a person does who follows the tour's words: a button, a key, or something to type."""
ROOMS = {"{review}": REVIEW}
QUOTED = re.compile(r"`[^`]+`|\*\*[^*]+\*\*(?: under \*\*[^*]+\*\*)?|☺|\{\w+\}|Enter|submit")


def acts_of(step: TourStep) -> list[tuple[Act, str]]:
    """Return what the first sentence of a step with something to do says to do, in its order.

    The order is that of the English sentence; what is typed and pressed is in the current language.
    """
    sentences = re.split(r"(?<=\S)[.:](?:\s|$)", step.text.message)
    doing = [each for each in sentences[:2] if any(re.search(said, each, re.IGNORECASE) for said in ACTS)]
    if not doing or "`{key}`" in doing[0]:
        return [(try_it, "")]
    sentence = doing[0]
    found = sorted(
        (match.start(), said, match[1]) for said in ACTS for match in re.finditer(said, sentence, re.IGNORECASE)
    )
    assert len(found) == len(QUOTED.findall(sentence)), f"follow all of: {sentence}"
    values = {f"{{{name}}}": str(value) for name, value in step.values.items()}
    return [(ACTS[said], values.get(words, words)) for _, said, words in found]


def tour_card(page: Page, title: str, *, after: int) -> Locator:
    """The tour's card with a title, once it praises the `after`th step; 0 for the first card."""
    card = page.locator(".channel-message").filter(has_text=title)
    return card.filter(has_text=str(STEPS[after - 1].praise)) if after else card


@pytest.mark.long
@pytest.mark.parametrize(("width", "language"), VISITS)
async def test_the_tour_is_followed_word_by_word_and_sees_that_each_step_is_done(width: int, language: str):
    async with Demo(speed=20.0, language=language) as demo, page_at(demo.url, width=width, height=900) as page:
        with speaking(language):
            await expect(page.locator("#viewer-picker option:checked")).to_have_text(ADA, timeout=ANSWER_MS)
            for number, step in enumerate(STEPS, start=1):
                await open_room(page, STUDIO)
                title = texts.TITLE(number=number, count=len(STEPS), heading=f"{step.emoji} {step.heading}")
                await expect(tour_card(page, title, after=number - 1)).to_have_count(1, timeout=MADE_MS)
                for act, words in acts_of(step):
                    await at_rest(page)
                    await act(page, words)
                if step.heading == texts.FAULTS:  # the first request since a second account is there
                    await at_rest(page)
                    await press(page, PAYS_SERVER.message)
            await expect(tour_card(page, str(texts.DONE), after=len(STEPS))).to_have_count(1, timeout=MADE_MS)
            assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.long
async def test_a_moderator_in_french_sets_a_limit_in_french():
    async with Demo(speed=6.0) as demo, page_at(demo.url, height=900) as page:
        await look_as(page, str(MORGAN))
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
