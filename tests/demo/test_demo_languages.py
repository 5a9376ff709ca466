"""The demo in another language: the member's Discord, the server's cards, the tour, and what the composer says."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.language import LANGUAGES, name_of, speaking
from sandbox.demo import texts
from sandbox.demo.demo import Demo
from sandbox.demo.tour.steps import STEPS
from tests.demo.test_demo_page_server import Browser

OTHERS = sorted(set(LANGUAGES) - {"en"})


def chosen_in(offered: dict[str, Any]) -> list[str]:
    return [each["id"] for each in offered["languages"] if each["here"]]


def cards_of(demo: Demo, channel: Any) -> list[str]:
    return [embed.title for message in channel.history() for embed in message.embeds if embed.title]


@pytest.mark.long
async def test_a_member_chooses_japanese_on_the_page_and_the_tour_is_in_japanese():
    async with Demo(speed=20.0) as demo, aiohttp.ClientSession() as session:
        browser = Browser(session, demo.url)
        await browser.open()
        member, studio = demo.preview.viewers[0], demo.preview.channel
        status, _ = await browser.ask("/demo/language", {"viewer": str(member.id), "language": "ja"})
        assert status == 200
        with speaking("ja"):
            first = texts.TITLE(number=1, count=len(STEPS), heading=f"🖼️ {texts.IMAGE}")
            second = texts.TITLE(number=2, count=len(STEPS), heading=f"🌙 {texts.NIGHT}")
        assert cards_of(demo, studio)[-1] == first
        assert sum(title.endswith(str(texts.IMAGE)) for title in cards_of(demo, studio)) == 0, "the English one is gone"
        async with demo.turn:
            await member.click(studio.history()[-1], custom_id="tour:1")
        assert cards_of(demo, studio)[-1] == second
        assert demo.bot.get_guild(studio.guild.id).preferred_locale.value == "ja"
        _, offered = await browser.ask(f"/demo/offered?viewer={member.id}")
        assert chosen_in(offered) == ["ja"]
        assert offered["words"]["language"] == "言語"


@pytest.mark.parametrize("language", OTHERS)
async def test_the_composer_shows_commands_as_they_were_registered_for_the_language(language: str):
    async with Demo(lived_in=False, language=language) as demo, aiohttp.ClientSession() as session:
        browser = Browser(session, demo.url)
        await browser.open()
        _, catalog = await browser.ask("/api/commands")
    entries = catalog["entries"]
    batch = next(each for each in entries if each["path"] == ["batch"])
    locale, registered = LANGUAGES[language][0], demo.env.backend.commands[None]["batch", 1]
    with speaking(language):
        assert f"/{batch['invocation']}" == name_of("/batch")
        assert [each["label"] for each in batch["options"]] == [name_of(each["name"]) for each in batch["options"]]
    assert batch["description"] == registered["description_localizations"][locale]
    assert batch["options"][0]["description"] == registered["options"][0]["description_localizations"][locale]
    choices = next(each for each in entries if each["path"] == ["prompt"])["options"][0]["choices"]
    assert [each["name"] for each in choices] != [each["value"].capitalize() for each in choices]
