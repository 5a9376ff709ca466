"""Whatever a member uses, the commands and options that they read of are Discord's own in their language."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from babel.messages.pofile import read_po

from bot.delivery.answers.command_payload import payload_of
from bot.language import LANGUAGES, speaking, tr
from tests.support.locales import speaks
from tests.support.rig import Rig
from tests.support.shown_texts import shown_since
from tests.support.surface import without_page
from tools.translations import TEMPLATE

WRITTEN = re.compile(r"(?<!`)`(?P<path>/[^`\n]+|[a-z][a-z0-9_]*)`(?!`)")
SLASH, NESTED = 1, frozenset({1, 2})
"""Discord's numbers of slash commands, and of subcommands and groups among options."""
NO_NAMES = frozenset({"12h", "7d", "2w", "trailer", "cannon-bot"})


def messages() -> Iterator[str]:
    """Give every message of the catalogue that names a command or an option, in English."""
    for each in read_po(io.BytesIO(TEMPLATE.read_bytes())):
        if each.id and each.context is None:
            forms = [each.id] if isinstance(each.id, str) else each.id
            yield from (text for text in forms if WRITTEN.search(text))


async def names(rig: Rig, language: str, *, groups: bool = True) -> set[str]:
    """Return the names as Discord shows them in a language: of commands and options, and of groups."""
    locale = LANGUAGES[language][0]
    found: set[str] = set()

    def shown(payload: dict[str, Any]) -> str:
        name: str = (payload.get("name_localizations") or {}).get(locale, payload["name"])
        return name

    def walk(payload: dict[str, Any], above: str) -> None:
        path, options = f"{above} {shown(payload)}".strip(), payload.get("options") or []
        nested = [each for each in options if each["type"] in NESTED]
        if groups or not nested:
            found.update({f"/{path}", *(shown(each) for each in options if each not in nested)})
        for each in nested:
            walk(each, path)

    for payload in await payload_of(rig.bot.tree):
        if payload["type"] == SLASH:
            walk(payload, "")
    return found


async def test_every_name_in_a_message_is_the_one_that_discord_shows_in_that_language(rig: Rig):
    for language in LANGUAGES:
        known, said = await names(rig, language), list(messages())
        assert len(said) > 50
        with speaking(language):
            wrong = [
                f"{found['path']}: {message}"
                for message in said
                for found in WRITTEN.finditer(tr(message))
                if found["path"] not in known | NO_NAMES
            ]
        assert wrong == []


async def test_panels_pages_and_greetings_have_commands_that_can_be_clicked_in_every_language(rig: Rig):
    number = len(rig.env.http_requests)
    for language in LANGUAGES:
        speaks(rig.member, LANGUAGES[language][0])
        speaks(rig.moderator, LANGUAGES[language][0])
        for command in ("me", "help"):
            await rig.member.slash(rig.channel, command)
        for command in ("studio status", "studio setup", "studio settings", "quota show"):
            await rig.moderator.slash(rig.channel, command)
    read = [each.text for each in shown_since(rig, number)]
    assert sum(text.count("</") for text in read) > 100
    commands = {each for language in LANGUAGES for each in await names(rig, language, groups=False)}
    left = {found["path"] for text in read for found in WRITTEN.finditer(text)}
    assert {path for path in left & commands if path.startswith("/")} == set()


async def test_a_refusal_names_a_command_that_can_be_clicked(rig: Rig):
    result = await rig.member.slash(rig.channel, "image generate", prompt="x", preset="nope")
    assert without_page(result.response.content).endswith(
        f"Open {rig.bot.parts.command_sync.names.mention('me')} to see your presets."
    )
