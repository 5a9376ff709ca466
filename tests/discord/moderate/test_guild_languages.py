"""The server's language is the moderators' choice, else that of Discord's own server settings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.server.guild_rules import ServerLanguage
from bot.language import LANGUAGES, NAMES
from tests.support.rig import Rig


@pytest.mark.parametrize(("locale", "language"), [("fr", "fr"), ("es-419", "es"), ("ko", "en")])
async def test_a_server_s_language_is_that_of_its_discord_settings(rig: Rig, locale: str, language: str):
    guild = rig.env.create_guild("Atelier", preferred_locale=locale)
    await rig.env.settle()
    assert await rig.bot.parts.languages.of(guild.id) == language


async def test_moderators_choose_another_language_than_discord_s(rig: Rig):
    guild = rig.env.create_guild("Atelier", preferred_locale="fr")
    await rig.bot.parts.store.settings.change(guild.id, lambda rules: replace(rules, language=ServerLanguage.JAPANESE))
    assert await rig.bot.parts.languages.of(guild.id) == "ja"


async def test_a_server_that_discord_does_not_know_here_is_spoken_to_in_english(rig: Rig):
    assert await rig.bot.parts.languages.of(1) == "en"


def test_every_language_can_be_chosen_and_has_its_own_name():
    assert {each.value for each in ServerLanguage} - {"auto"} == set(LANGUAGES) == set(NAMES)
