"""A refusal links to the page that explains it, where the host has said where; `/help why` shows the same page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.language import Explained
from bot.language.pages import page, written
from cogs.member.texts import NO_PAGE
from cogs.ui.texts import GONE
from tests.support.locales import speaks
from tests.support.rig import Rig, running
from tests.support.surface import private_sentence, unlinked

DOCS = "https://example.org/docs/"


def fields(result: Any) -> dict[str, str]:
    [found] = result.embeds
    return {each.name: each.value for each in found.fields}


async def asked(rig: Rig, why: str) -> Any:
    return (await rig.member.slash(rig.channel, "help", why=why)).response


async def refused(rig: Rig) -> str:
    """Return what a member reads who may not use the bot: the words of a refusal of the use case."""
    return str((await rig.member.slash(rig.channel, "help", topic="nothing")).response.content)


@pytest.mark.parametrize(
    ("settings", "last"),
    [
        ({}, "-# input.name · `/help` `why`"),
        ({"docs_url": DOCS}, "-# [input.name](<https://example.org/docs/troubleshooting.html#input.name>)"),
    ],
    ids=["unset", "set"],
)
async def test_a_refusal_links_to_its_page_where_the_host_has_published_it(
    tmp_path: Path, settings: dict[str, str], last: str
):
    async with running(tmp_path, **settings) as rig:
        said, _, link = (await refused(rig)).partition("\n")
        assert said.startswith("⚠️ There is no topic nothing.")
        assert unlinked(link) == last


async def test_a_reader_of_another_language_gets_the_page_in_it(tmp_path: Path):
    async with running(tmp_path, docs_url=DOCS) as rig:
        speaks(rig.member, "de")
        assert "troubleshooting.de.html#input.name" in await refused(rig)


async def test_a_reader_of_another_language_gets_the_name_of_the_option_in_it(rig: Rig):
    speaks(rig.member, "de")
    assert (await refused(rig)).endswith(" `warum`")


async def test_help_shows_the_page_of_an_id_a_pasted_refusal_or_words(rig: Rig):
    for typed, why in [
        ("limit.member.week", "limit.member.week"),
        ("⚠️ This server has no Cannon Studio key yet. A moderator can set one with /studio key.", "key.none"),
        ("nsfw", "place.nsfw"),
    ]:
        shown = await asked(rig, typed)
        expected = page(why)
        assert expected is not None
        assert shown.ephemeral
        [embed] = shown.embeds
        assert (embed.title, embed.footer.text) == (expected.title, why)
        assert fields(shown)["Who can change it"].lower() == expected.who.lower()


async def test_the_page_is_in_the_readers_language_with_its_names_of_commands(rig: Rig):
    speaks(rig.member, "de")
    shown = await asked(rig, "key.none")
    [embed] = shown.embeds
    assert embed.title == "Dieser Server hat keinen API-Schlüssel"
    assert "</studio key:" in fields(shown)["Was du jetzt tun kannst"]


async def test_words_that_fit_nothing_are_answered_with_what_to_do(rig: Rig):
    result = await rig.member.slash(rig.channel, "help", why="xyzzy qwrtz")
    assert private_sentence(result) == str(NO_PAGE)


async def test_another_cause_can_be_chosen_below(rig: Rig):
    result = await rig.member.slash(rig.channel, "help", why="key")
    chosen = await rig.member.select(result.response, ["key.tries"], custom_id="c1:help_why:list")
    assert chosen.response.embeds[0].footer.text == "key.tries"


async def test_the_list_offers_what_fits_best_first_in_the_readers_language(rig: Rig):
    speaks(rig.member, "fr")
    choices = await rig.member.autocomplete(rig.channel, "help", "why", "clé API")
    assert len(choices) <= 25
    assert {each["value"] for each in choices[:3]} <= {why for why in written() if why.startswith("key.")}
    assert "clé API" in choices[0]["name"]


def test_what_is_sent_with_a_page_is_still_its_words():
    assert Explained("Gone.", "key.none") == "Gone."
    assert GONE.why == "button.gone"
