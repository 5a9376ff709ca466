"""The server's language is the moderators' choice, else that of Discord's own server settings."""

from __future__ import annotations

from dataclasses import replace

from bot.delivery.channels.facts import OPTIONS_PER_SELECT
from bot.domain.server.guild_rules import AUTO_LANGUAGE, SERVER_LANGUAGES, Rules
from bot.language import LANGUAGES, own_name
from tests.support.rig import Rig


async def test_a_server_s_language_is_the_moderators_choice_else_that_of_its_discord_settings(rig: Rig):
    languages = rig.bot.parts.languages
    for locale, language in (("fr", "fr"), ("es-ES", "es"), ("ko", "en")):
        guild = rig.env.create_guild("Atelier", preferred_locale=locale)
        await rig.env.settle()
        assert await languages.of(guild.id) == language
    await rig.bot.parts.store.settings.change(guild.id, lambda rules: replace(rules, language="ja"))
    assert await languages.of(guild.id) == "ja"
    assert await languages.of(1) == "en", "a server that Discord does not know here"


def test_every_language_can_be_chosen_and_has_its_own_name():
    assert set(SERVER_LANGUAGES) == {AUTO_LANGUAGE, *LANGUAGES}
    assert len({own_name(each) for each in LANGUAGES}) == len(LANGUAGES)
    assert len(SERVER_LANGUAGES) <= OPTIONS_PER_SELECT


def test_a_language_that_is_gone_is_that_of_discord_again():
    assert Rules.from_json({"language": "ja"}).language == "ja"
    assert Rules.from_json({"language": "tlh"}).language == AUTO_LANGUAGE
