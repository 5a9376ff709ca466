"""What registers the commands with Discord: discord.py's payload, and the files that each upload takes.

discord.py 2.7 does not know `file_types`, Discord's filter of what a member can pick for an option that takes a file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import discord
from discord import app_commands

from bot.domain.models import MediaKind

Callback = TypeVar("Callback", bound=Callable[..., Any])

TEXT_FILES = (".txt", ".md", ".csv", ".json")
FILE_TYPES_MAX = 10
"""Source: https://docs.discord.com/developers/interactions/application-commands"""
_BEYOND: Mapping[MediaKind, tuple[str, ...]] = MappingProxyType(
    {
        MediaKind.IMAGE: (".heic", ".heif"),
        MediaKind.VIDEO: (".mkv", ".avi"),
        MediaKind.AUDIO: (".mka", ".weba"),
    }
)
"""The files that `bot/media/sniff.py` knows and Discord does not count to their kind."""
_TYPES: WeakKeyDictionary[Callable[..., Any], Mapping[str, Sequence[str]]] = WeakKeyDictionary()


def file_types(kinds: Collection[MediaKind]) -> tuple[str, ...]:
    """Return what Discord is told of an upload that takes files of these kinds."""
    ordered = [kind for kind in _BEYOND if kind in kinds]
    return (*(kind.value for kind in ordered), *(ending for kind in ordered for ending in _BEYOND[kind]))


def takes_files(**types: Sequence[str]) -> Callable[[Callback], Callback]:
    """Note which files the options of a command take, by parameter: kinds or endings, `image` or `.txt`."""

    def decorate(callback: Callback) -> Callback:
        _TYPES[callback] = {**_TYPES.get(callback, {}), **types}
        return callback

    return decorate


async def payload_of(tree: app_commands.CommandTree[Any]) -> list[dict[str, Any]]:
    """Return the payload that registers the commands of a tree, in every language."""
    translator = tree.translator or app_commands.Translator()
    commands = tree.get_commands()
    payloads = [await command.get_translated_payload(tree, translator) for command in commands]
    for command, payload in zip(commands, payloads, strict=True):
        _add_file_types(command, payload)
    return payloads


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
