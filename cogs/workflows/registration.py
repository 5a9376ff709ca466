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

from bot.catalogue import Operation
from bot.delivery.answers.command_payload import Translator
from cogs.ui.interaction import Bot
from cogs.workflows.asked.options import operations_of
from cogs.workflows.command import MadeCommand, add_to_group, command_of, take_from_group
from cogs.workflows.plan import OVERFLOW, called, named, plan_of
from cogs.workflows.table import GROUPS

log = structlog.get_logger(__name__)

SUBCOMMANDS_MAX = 25
COMMAND_CHARS = 8000
"""Discord: characters of names, descriptions and values of a command with all its parts, in the longest language."""


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
    """A command with its group and its operations' ids."""

    group: str
    operations: tuple[str, ...]
    command: MadeCommand


class DescribedCommands(commands.Cog):
    """Keeps the commands in step with the catalogue: generates those of operations that have none in the code.

    Commands of the code whose operations are over leave the tree, and come back when the live document names them.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._made: list[Made] = []
        self._rooms: dict[str, Room] = {}
        self._ending = [each for command in _slash(bot) for each in _with_end(bot, command)]
        """The code's commands of operations with an end, in order."""
        self.left: tuple[str, ...] = ()
        """Ids of the operations that only `/studio request` reaches."""

    async def renew(self) -> None:
        by_hand = self._by_hand()
        missing = [each for each in self._bot.catalogue.operations.values() if each.id not in by_hand]
        made = await self._fitted(missing)
        self._replace(made)
        with_command = {key for each in made for key in each.operations}
        over = [key for each in self._ending if self._is_over(each) for key in each.operations]
        self.left = (*over, *(each.id for each in missing if each.id not in with_command))

    def log(self) -> None:
        """Log how many there are, and which operations are left to `/studio request`."""
        log.info("commands.described", made=len(self._made), left=self.left)

    def remove(self) -> None:
        """Remove them all, after Discord has rejected one."""
        self.left = tuple(key for each in self._made for key in each.operations) + self.left
        self._replace([])

    def _by_hand(self) -> set[str]:
        own = {id(each.command) for each in self._made}
        slash = [each for each in _slash(self._bot) if id(each) not in own]
        by_hand = [*slash, *(each.command for each in self._ending)]
        return {operation.id for each in by_hand for operation in operations_of(self._bot, each)}

    def _is_over(self, ending: Made) -> bool:
        found = [self._bot.catalogue.find(key) for key in ending.operations]
        return all(each is not None and each.is_over(self._bot.clock.wall()) for each in found)

    async def _fitted(self, operations: list[Operation]) -> list[Made]:
        plans = {each.id: plan_of(each) for each in operations}
        wanted = [each for each in operations if plans[each.id] is not None]
        rooms = {group: await self._room(group) for group in {called(each).group for each in wanted}}
        made: list[Made] = []
        for one, name in named(wanted, {group: room.names for group, room in rooms.items()}):
            plan = plans[one.operation.id]
            if plan is None:
                continue
            # A translated word beside foreign names may equal one of them, and Discord rejects both.
            command = command_of(plan, name, translated=False)
            chars = length(await command.get_translated_payload(self._bot.tree, _translator()))
            for group in (one.group, OVERFLOW):
                room = rooms.setdefault(group, Room(len(group) + len(GROUPS.get(group, "")), 0))
                if room.takes(chars) and command.name not in (room.names if group == OVERFLOW else ()):
                    room.add(chars, name)
                    made.append(Made(group, (one.operation.id,), command))
                    break
        return made

    def _replace(self, made: list[Made]) -> None:
        """Replace the commands in the tree at once: no interaction comes in between."""
        tree = self._bot.tree
        for each in [*self._made, *self._ending]:
            take_from_group(tree, each.group, each.command)
        for each in [*(one for one in self._ending if not self._is_over(one)), *made]:
            add_to_group(tree, each.group, each.command)
        self._made = made

    async def _room(self, name: str) -> Room:
        """Return the room in a group; measured once, before anything is added, with what may come back."""
        if name not in self._rooms:
            group = self._bot.tree.get_command(name)
            self._rooms[name] = Room(len(name) + len(GROUPS.get(name, "")), 0)
            if isinstance(group, app_commands.Group):
                payload = await group.get_translated_payload(self._bot.tree, _translator())
                names = {each for inner in payload["options"] for each in _names(inner)}
                self._rooms[name] = Room(length(payload), len(payload["options"]), names)
            for each in self._ending:
                if each.group == name and not _is_in(self._bot.tree, each):
                    payload = await each.command.get_translated_payload(self._bot.tree, _translator())
                    self._rooms[name].add(length(payload), each.command.name)
                    self._rooms[name].names.update(_names(payload))
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


def _with_end(bot: Bot, command: app_commands.Command[Any, ..., Any]) -> list[Made]:
    """Return the command if all its operations have an end, else nothing."""
    group, operations = "" if command.parent is None else command.parent.name, operations_of(bot, command)
    has_end = bool(operations) and all(each.end is not None for each in operations)
    return [Made(group, tuple(each.id for each in operations), command)] if has_end else []


def _is_in(tree: app_commands.CommandTree[Any], ending: Made) -> bool:
    return any(each is ending.command for each in tree.walk_commands())


async def setup(bot: Bot) -> None:
    """Load the commands, after all those of the code."""
    cog = DescribedCommands(bot)
    await bot.add_cog(cog)
    await cog.renew()
