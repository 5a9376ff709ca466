"""Registers the generated commands, as far as Discord's size limits allow."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.catalogue import Catalogue, Operation
from bot.delivery.answers.command_payload import Translator
from cogs.described import texts
from cogs.described.command import DescribedCommand, command_of
from cogs.described.plan import OVERFLOW, called, named, plan_of
from cogs.ui.interaction import Bot
from cogs.workflows.asked.options import operation_of

log = structlog.get_logger(__name__)

SUBCOMMANDS_MAX = 25
COMMAND_CHARS = 8000
"""Discord: characters of names, descriptions and values of a command with all its parts, in the longest language."""
GROUPS: Mapping[str, str] = {"3d": texts.THREE_D_GROUP, OVERFLOW: texts.MORE_GROUP}
"""The groups that exist only for these commands, with their descriptions."""
_BUILT_IN = Catalogue()


@dataclass(slots=True)
class Room:
    """A group's remaining characters, and its names in every language."""

    chars: int
    count: int
    names: set[str] = field(default_factory=set)

    def takes(self, chars: int) -> bool:
        return self.count < SUBCOMMANDS_MAX and self.chars + chars <= COMMAND_CHARS

    def add(self, chars: int, name: str) -> None:
        self.chars += chars
        self.count += 1
        self.names.add(name)


@dataclass(frozen=True, slots=True)
class Made:
    """A command and its group."""

    group: str
    command: DescribedCommand


class DescribedCommands(commands.Cog):
    """Keeps the generated commands in step with the catalogue."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._made: list[Made] = []
        self._rooms: dict[str, Room] = {}
        self.left: tuple[str, ...] = ()
        """Ids of the operations that only `/studio request` reaches."""

    async def renew(self) -> None:
        by_hand = self._by_hand()
        missing = [each for each in self._bot.catalogue.operations.values() if each.id not in by_hand]
        made = await self._fitted(missing)
        self._replace(made)
        with_command = {operation_of(each.command) for each in made}
        self.left = tuple(each.id for each in missing if each.id not in with_command)

    def log(self) -> None:
        """Log how many there are, and which operations are left to `/studio request`."""
        log.info("commands.described", made=len(self._made), left=self.left)

    def remove(self) -> None:
        """Remove them all, after Discord has rejected one."""
        self.left = tuple(operation_of(each.command) or "" for each in self._made) + self.left
        self._replace([])

    def _by_hand(self) -> set[str]:
        own = {id(each.command) for each in self._made}
        keys = (operation_of(each) for each in _slash(self._bot) if id(each) not in own)
        found = (self._bot.catalogue.find(key) for key in keys if key is not None)
        return {operation.id for operation in found if operation is not None}

    async def _fitted(self, operations: list[Operation]) -> list[Made]:
        plans = {each.id: plan_of(each) for each in operations}
        wanted = [each for each in operations if plans[each.id] is not None]
        rooms = {group: await self._room(group) for group in {called(each).group for each in wanted}}
        made: list[Made] = []
        for one, name in named(wanted, {group: room.names for group, room in rooms.items()}):
            plan = plans[one.operation.id]
            if plan is None:
                continue
            before = _BUILT_IN.find(one.operation.id)
            command = command_of(plan, name, translated=before is not None and plan_of(before) == plan)
            chars = length(await command.get_translated_payload(self._bot.tree, _translator()))
            for group in (one.group, OVERFLOW):
                room = rooms.setdefault(group, Room(len(group) + len(GROUPS.get(group, "")), 0))
                if room.takes(chars) and command.name not in (room.names if group == OVERFLOW else ()):
                    room.add(chars, name)
                    made.append(Made(group, command))
                    break
        return made

    def _replace(self, made: list[Made]) -> None:
        """Replace the commands in the tree at once: no interaction comes in between."""
        tree = self._bot.tree
        for each in self._made:
            group = tree.get_command(each.group)
            if isinstance(group, app_commands.Group):
                group.remove_command(each.command.name)
                if each.group in GROUPS and not group.commands:
                    tree.remove_command(each.group)
        for each in made:
            group = tree.get_command(each.group)
            if group is None:
                group = app_commands.Group(
                    name=each.group,
                    description=GROUPS.get(each.group, texts.MORE_GROUP),
                    guild_only=True,
                    auto_locale_strings=each.group != OVERFLOW,
                )
                tree.add_command(group)
            if isinstance(group, app_commands.Group):
                group.add_command(each.command)
        self._made = made

    async def _room(self, name: str) -> Room:
        """Return the room in a registered group; measured once, before anything is added."""
        if name not in self._rooms:
            group = self._bot.tree.get_command(name)
            self._rooms[name] = Room(len(name) + len(GROUPS.get(name, "")), 0)
            if isinstance(group, app_commands.Group) and name not in GROUPS:
                payload = await group.get_translated_payload(self._bot.tree, _translator())
                names = {each for inner in payload["options"] for each in _names(inner)}
                self._rooms[name] = Room(length(payload), len(payload["options"]), names)
        known = self._rooms[name]
        return Room(known.chars, known.count, set(known.names))


@functools.cache
def _translator() -> Translator:
    return Translator()


def length(payload: Mapping[str, Any]) -> int:
    """Return a command's characters as Discord counts them: names, descriptions and values of all its parts."""
    longest = sum(
        max(len(text) for text in (payload.get(key) or "", *(payload.get(f"{key}_localizations") or {}).values()))
        for key in ("name", "description")
    )
    value = payload.get("value")
    inner: Iterable[Mapping[str, Any]] = (*(payload.get("options") or ()), *(payload.get("choices") or ()))
    return longest + (0 if value is None else len(str(value))) + sum(length(each) for each in inner)


def _names(payload: Mapping[str, Any]) -> list[str]:
    return [payload["name"], *(payload.get("name_localizations") or {}).values()]


def _slash(bot: Bot) -> Iterator[app_commands.Command[Any, ..., Any]]:
    for each in bot.tree.walk_commands(type=discord.AppCommandType.chat_input):
        if isinstance(each, app_commands.Command):
            yield each


async def setup(bot: Bot) -> None:
    """Load the commands, after all those of the code."""
    cog = DescribedCommands(bot)
    await bot.add_cog(cog)
    await cog.renew()
