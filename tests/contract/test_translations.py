"""The catalogues of all languages against the code, and the commands in every language against Discord's limits."""

from __future__ import annotations

import ast
import functools
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from discord import app_commands

from bot.app.entry_points import unconnected
from bot.delivery.answers.command_payload import NAME, Translator
from bot.language import LANGUAGES, SOURCE, from_discord, name_of, speaking
from bot.language.catalogues import translations
from bot.language.po_files import read
from bot.settings import Settings
from tests.support.pseudo import PseudoTranslations
from tools.found_messages import limits_of_labels
from tools.translations import TEMPLATE, TRANSLATED, all_found, current, missing, po_file, template, text_of

ROOT = Path(__file__).resolve().parents[2]
COMMAND_LIMIT_CHARS = 8000
TEXT_LIMIT_CHARS = 100
LOCALES = tuple(locale for locales in LANGUAGES.values() for locale in locales if from_discord(locale) != SOURCE)
VALID_NAME = re.compile(r"[-_'\w]{1,32}")
"""Discord: word characters of any language, lower case. https://discord.com/developers/docs/interactions/application-commands"""
MENU, SUBCOMMAND, GROUP = (2, 3), 1, 2


@functools.cache
def made() -> Catalog:
    """Return the template that the code makes now."""
    return template(all_found())


@functools.cache
def translated(language: str) -> Catalog:
    """Return a language's translations of the messages that there are now."""
    return current(language, made())


def forms(message: Message) -> list[str]:
    """Return the translations of a message that are there: one, or one of each plural form."""
    found = message.string if isinstance(message.string, list | tuple) else [message.string]
    return [each for each in found if each]


def originals(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, list | tuple) else [message.id]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


# ---------------------------------------------------------------------- the catalogues


def test_the_template_has_the_messages_of_the_code():
    assert TEMPLATE.read_text(encoding="utf-8") == text_of(made()), "run `make translations`"


def test_no_message_stands_inside_an_f_string():
    """Before Python 3.12 an f-string is one token, in which none is found."""
    inside = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for package in ("bot", "cogs", "sandbox")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"tr", "ntr"}
        and isinstance(call.args[0], ast.Constant)
    ]
    assert inside == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str):
    assert [each.id for each in missing(translated(language))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_placeholders_of_its_message(language: str):
    wrong = []
    for message in translated(language):
        if not message.id:
            continue
        wanted = set().union(*map(placeholders, originals(message)))
        for form in forms(message):
            # A form that is for one number alone may leave the number out: "one job".
            optional = {"count"} if message.pluralizable else set()
            if not wanted - optional <= placeholders(form) <= wanted:
                wrong.append((message.id, form))
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_plural_has_every_form_of_its_language(language: str):
    catalog = translated(language)
    wrong = [each.id for each in catalog if each.pluralizable and len(each.string) != catalog.num_plurals]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_says_what_the_tool_writes(language: str):
    """However a translator's tool has wrapped and sorted it, it has the messages that there are."""
    assert said(read(po_file(language))) == said(current(language, made())), "run `make translations`"


def said(catalog: Catalog) -> dict[tuple[str | None, str], tuple[list[str], bool]]:
    return {(each.context, originals(each)[0]): (forms(each), each.fuzzy) for each in catalog if each.id}


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_bot_reads_every_message_of_the_catalogue(language: str):
    shown = translations(language)
    for message in read(po_file(language)):
        one, said = originals(message)[0], forms(message)
        if message.pluralizable:
            assert {shown.ngettext(*message.id, number) for number in range(3)} <= set(said)
        elif message.context:
            assert shown.pgettext(message.context, one) == said[0]
        elif one:
            assert shown.gettext(one) == said[0]


@pytest.mark.parametrize("language", [SOURCE, *TRANSLATED])
def test_a_label_fits_where_discord_shows_it(language: str):
    limits = limits_of_labels()
    assert len(limits) > 30
    wrong = []
    for message in made() if language == SOURCE else translated(language):
        limit = min((limits[each] for each in originals(message) if each in limits), default=None)
        said = originals(message) if language == SOURCE else forms(message)
        wrong += [(limit, each) for each in said if limit is not None and len(shortest(each)) > limit]
    assert wrong == []


def shortest(message: str) -> str:
    """Return a message with a character in each of its places: no value makes it shorter."""
    return "".join(text + ("x" if name is not None else "") for text, name, _, _ in string.Formatter().parse(message))


@pytest.mark.parametrize("language", TRANSLATED)
def test_markup_and_commands_of_a_message_are_in_its_translation(language: str):
    marks = re.compile(r"`[^`]+`|-# |https?://\S+")
    wrong = []
    for message in translated(language):
        found = marks.findall(originals(message)[0]) if message.id and message.context != NAME else []
        wanted = {each for each in found if "{" not in each}  # what is filled in has a test of its own
        wrong += [(form, each) for form in forms(message) for each in wanted if each not in form]
    assert wrong == []


# ---------------------------------------------------------------------- the commands


@dataclass(frozen=True)
class Said:
    """One string of a command: where it is, what it is, its English form and its translations."""

    path: str
    kind: str
    english: str
    translated: dict[str, str]


async def payloads(translator: app_commands.Translator | None = None) -> list[dict[str, Any]]:
    async with unconnected(Settings(log_level="INFO")) as bot:
        used = translator or Translator()
        return [await each.get_translated_payload(bot.tree, used) for each in bot.tree.get_commands()]


def texts(item: dict[str, Any], above: str = "") -> Iterator[Said]:
    path = f"{above} {item['name']}".strip()
    is_menu = not above and item.get("type") in MENU
    yield Said(path, "menus" if is_menu else "names", item["name"], item.get("name_localizations") or {})
    if item.get("description"):
        yield Said(path, "descriptions", item["description"], item.get("description_localizations") or {})
    for choice in item.get("choices", ()):
        yield Said(path, "choices", choice["name"], choice.get("name_localizations") or {})
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


async def test_every_name_is_valid_in_every_language():
    wrong = []
    for payload in await payloads():
        for text in texts(payload):
            for name in (text.english, *text.translated.values()):
                if text.kind == "names":
                    fits = VALID_NAME.fullmatch(name) is not None and name == name.lower()
                elif text.kind == "menus":
                    fits = 1 <= len(name) <= 32
                else:
                    fits = 1 <= len(name) <= TEXT_LIMIT_CHARS and name == name.strip()
                wrong += [] if fits else [(text.path, name, len(name))]
    assert wrong == []


async def test_names_that_are_together_differ_in_every_language():
    commands = await payloads()
    slash = {"options": [each for each in commands if each.get("type") not in MENU]}
    menus = [each for each in commands if each.get("type") in MENU]
    for locale in LOCALES:
        for group in (*siblings(slash), menus):
            names = [(each.get("name_localizations") or {}).get(locale, each["name"]) for each in group]
            assert sorted(names) == sorted(set(names)), locale


async def test_a_command_stays_within_discords_size_in_its_longest_language():
    sizes = {payload["name"]: length(payload) for payload in await payloads()}
    assert max(sizes.values()) <= COMMAND_LIMIT_CHARS, sizes


async def test_every_string_of_every_command_is_looked_up_in_every_language():
    translator = Translator(PseudoTranslations)
    missed = [
        (text.path, text.english, locale)
        for payload in await payloads(translator)
        for text in texts(payload)
        for locale in LOCALES
        if text.translated.get(locale) != _pseudo(text.english, from_discord(locale))
    ]
    assert missed == []


def _pseudo(english: str, language: str) -> str:
    """Return a text as the pseudo translation has it; names of commands in it are in the real language."""
    with speaking(language):
        return f"⟦{language}:{re.sub(r'/[a-z]+(?: (?:voices|character))?', lambda found: name_of(found[0]), english)}⟧"
