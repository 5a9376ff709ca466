"""The payload that registers slash commands: their words in every language, and the files that their options take."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Place

from bot.domain.models import MediaKind
from bot.language import NAME, SOURCE, from_discord, speaking
from bot.language.catalogues import translations
from bot.language.messages import with_names

_COMMAND = re.compile(r"`(/[^`\n]+)`")
Callback = TypeVar("Callback", bound=Callable[..., Any])
Offered = TypeVar("Offered")

_IN_SERVERS = 0
"""Discord's number of installations, and of uses, in servers."""
TEXT_FILES = (".txt", ".md", ".csv", ".json")
_BEYOND: Mapping[MediaKind, tuple[str, ...]] = MappingProxyType(
    {
        MediaKind.IMAGE: (".heic", ".heif"),
        MediaKind.VIDEO: (".mkv", ".avi"),
        MediaKind.AUDIO: (".mka", ".weba"),
    }
)
"""Files that `bot/media/sniff.py` knows and Discord does not count to their kind."""
_TYPES: WeakKeyDictionary[Callable[..., Any], Mapping[str, Sequence[str]]] = WeakKeyDictionary()


def file_types(kinds: Collection[MediaKind]) -> tuple[str, ...]:
    ordered = [kind for kind in _BEYOND if kind in kinds]
    return (*(kind.value for kind in ordered), *(ending for kind in ordered for ending in _BEYOND[kind]))


def takes_files(**types: Sequence[str]) -> Callable[[Callback], Callback]:
    """Note which files a command's options take, by parameter: kinds or endings, `image` or `.txt`."""

    def decorate(callback: Callback) -> Callback:
        _TYPES[callback] = {**_TYPES.get(callback, {}), **types}
        return callback

    return decorate


def anywhere(command: Offered) -> Offered:
    """Offer a command or menu of members outside servers too: in direct messages, and where only they have the bot."""
    app_commands.allowed_installs(guilds=True, users=True)(command)
    return app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)(command)


def is_anywhere(command: app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu) -> bool:
    return command.allowed_installs is not None and bool(command.allowed_installs.user)


async def payload_of(tree: app_commands.CommandTree[Any], *, outside: bool = True) -> list[dict[str, Any]]:
    """Return the payload that registers a tree's commands, in every language; `outside`: elsewhere than in servers."""
    translator = tree.translator or app_commands.Translator()
    commands = tree.get_commands()
    payloads = [await command.get_translated_payload(tree, translator) for command in commands]
    for command, payload in zip(commands, payloads, strict=True):
        _add_file_types(command, payload)
        if not outside:
            payload |= {"integration_types": [_IN_SERVERS], "contexts": [_IN_SERVERS]}
    return [_plainly(each) for each in payloads]


def _plainly(node: Any) -> Any:
    """Return a payload whose descriptions name commands without backticks: Discord shows them as plain text."""
    if isinstance(node, dict):
        return {key: _plainly(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plainly(each) for each in node]
    return _COMMAND.sub(r"\1", node) if isinstance(node, str) else node


def _add_file_types(command: object, payload: dict[str, Any]) -> None:
    options: list[dict[str, Any]] = payload.get("options") or []
    if isinstance(command, app_commands.Group):
        for each in options:
            _add_file_types(command.get_command(each["name"]), each)
    if not isinstance(command, app_commands.Command):
        return
    known = _TYPES.get(command.callback, {})
    types = {str(each.display_name): known[each.name] for each in command.parameters if each.name in known}
    for option in options:
        if option["type"] == discord.AppCommandOptionType.attachment.value and option["name"] in types:
            option["file_types"] = list(types[option["name"]])


NAMES = frozenset({Place.command_name, Place.group_name, Place.parameter_name})

Catalogues = Callable[[str], gettext.NullTranslations]


class Translator(app_commands.Translator):
    """Translates the commands' texts when they are registered."""

    def __init__(self, catalogues: Catalogues = translations) -> None:
        self._catalogues = catalogues

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the string in that language, None for the English one."""
        language = from_discord(locale.value)
        if language == SOURCE:
            return None
        catalogue = self._catalogues(language)
        is_name = context.location in NAMES and not isinstance(context.data, app_commands.ContextMenu)
        message = string.message
        said = catalogue.pgettext(NAME, message) if is_name else catalogue.gettext(message)
        if said == message:
            return None
        with speaking(language):
            return said if is_name else with_names(said)
