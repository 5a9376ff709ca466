from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.app.entry_points import unconnected
from bot.app.translation import Translator, read_translations
from bot.settings import Settings

COMMAND_LIMIT_CHARS = 8000
TEXT_LIMIT_CHARS = 100
NAME = re.compile(r"[-_'\w]{1,32}")
"""Discord: word characters of any language, lower case. https://discord.com/developers/docs/interactions/application-commands"""
MENU, SUBCOMMAND, GROUP = (2, 3), 1, 2
LANGUAGES = sorted(read_translations())


@dataclass(frozen=True)
class Text:
    """One string of a command: where it stands, its table, its English form and its translations."""

    path: str
    table: str
    english: str
    translated: dict[str, str]


async def payloads(translator: app_commands.Translator | None = None) -> list[dict[str, Any]]:
    async with unconnected(Settings(log_level="INFO")) as bot:
        made = translator or Translator()
        return [await each.get_translated_payload(bot.tree, made) for each in bot.tree.get_commands()]


def texts(item: dict[str, Any], above: str = "") -> Iterator[Text]:
    path = f"{above} {item['name']}".strip()
    is_menu = not above and item.get("type") in MENU
    yield Text(path, "menus" if is_menu else "names", item["name"], item.get("name_localizations") or {})
    if item.get("description"):
        yield Text(path, "descriptions", item["description"], item.get("description_localizations") or {})
    for choice in item.get("choices", ()):
        yield Text(path, "choices", choice["name"], choice.get("name_localizations") or {})
    for option in item.get("options", ()):
        yield from texts(option, path)


def siblings(item: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Give every list of names that Discord wants to be different."""
    options = item.get("options") or []
    yield options
    for option in options:
        yield from siblings(option)


def length(item: dict[str, Any]) -> int:
    """Return what Discord counts: names, descriptions and values, each in its longest language."""

    def longest(name: str) -> int:
        return max(len(text) for text in (item.get(name) or "", *(item.get(f"{name}_localizations") or {}).values()))

    value = item.get("value")
    return (
        longest("name")
        + longest("description")
        + (len(str(value)) if value is not None else 0)
        + sum(length(inner) for inner in (*(item.get("options") or ()), *(item.get("choices") or ())))
    )


def test_german_is_among_the_languages_and_each_is_one_of_discords() -> None:
    assert "de" in LANGUAGES
    assert set(LANGUAGES) <= {locale.value for locale in discord.Locale}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_string_of_every_command_has_a_translation(language: str) -> None:
    missing = {
        (text.table, text.english)
        for payload in await payloads()
        for text in texts(payload)
        if language not in text.translated
    }
    assert missing == set(), f"add these to bot/app/translations/{language}.json"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_translation_is_left_over_from_a_command_that_is_gone(language: str) -> None:
    used = {(text.table, text.english) for payload in await payloads() for text in texts(payload)}
    there = {(table, english) for table, words in read_translations()[language].items() for english in words}
    assert there - used == set()


async def test_every_name_is_valid_in_every_language() -> None:
    wrong = []
    for payload in await payloads():
        for text in texts(payload):
            for name in (text.english, *text.translated.values()):
                if text.table == "names":
                    fits = NAME.fullmatch(name) is not None and name == name.lower()
                elif text.table == "menus":
                    fits = 1 <= len(name) <= 32
                else:
                    fits = 1 <= len(name) <= TEXT_LIMIT_CHARS and name == name.strip()
                wrong += [] if fits else [(text.path, name, len(name))]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_names_that_stand_together_differ_in_every_language(language: str) -> None:
    made = await payloads()
    slash = {"options": [each for each in made if each.get("type") not in MENU]}
    for group in siblings(slash):
        names = [(each.get("name_localizations") or {}).get(language, each["name"]) for each in group]
        assert sorted(names) == sorted(set(names))


async def test_a_command_stays_within_discords_size_in_its_longest_language() -> None:
    sizes = {payload["name"]: length(payload) for payload in await payloads()}
    assert max(sizes.values()) <= COMMAND_LIMIT_CHARS, sizes


def test_the_longest_language_counts_for_the_size_of_a_command() -> None:
    choice = {"name": "on", "value": "yes", "name_localizations": {"de": "an", "fr": "activé"}}
    option = {"name": "switch", "description": "", "choices": [choice]}
    command = {"name": "ab", "description": "abc", "description_localizations": {"de": "abcde"}, "options": [option]}
    assert length(command) == 2 + 5 + 6 + len("activé") + 3


async def test_what_is_not_translated_stays_english() -> None:
    [image] = [
        each for each in await payloads(Translator({"de": {"names": {"image": "bild"}}})) if each["name"] == "image"
    ]
    assert image["name_localizations"] == {"de": "bild"}
    assert image["description_localizations"] == {}
    assert "description_localizations" not in image["options"][0]["options"][0]


async def test_a_menu_is_looked_up_apart_from_commands_of_the_same_name() -> None:
    async def callback(interaction: discord.Interaction, message: discord.Message) -> None:
        raise AssertionError

    menu = app_commands.ContextMenu(name="image", callback=callback)
    translator = Translator({"de": {"names": {"image": "bild"}, "menus": {"image": "Bild bearbeiten"}}})
    async with unconnected(Settings(log_level="INFO")) as bot:
        payload = await menu.get_translated_payload(bot.tree, translator)
    assert payload["name_localizations"] == {"de": "Bild bearbeiten"}


async def test_translating_does_not_slow_the_start_down() -> None:
    async with unconnected(Settings(log_level="INFO")) as bot:
        best = float("inf")
        for _ in range(5):
            begun = time.perf_counter()
            translator = Translator()
            for each in bot.tree.get_commands():
                await each.get_translated_payload(bot.tree, translator)
            best = min(best, time.perf_counter() - begun)
    assert best < 0.05
