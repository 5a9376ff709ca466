"""Registers the slash commands with Discord, and mentions them so that members can click them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from http import HTTPStatus
from typing import Any, Protocol

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.app.command_payload import payload_of
from bot.catalogue import Catalogue, LiveCatalogue
from bot.delivery.deadlines import in_time
from bot.delivery.discord_facts import DISCORD_ERRORS
from bot.runtime.clock import Clock
from bot.store import Store

log = structlog.get_logger(__name__)

COMMANDS = "commands"
"""The signal that other commands are registered."""
CHAT_INPUT = discord.AppCommandType.chat_input.value
_NAMED = re.compile(r"(?<!`)`/(?P<command>[a-z0-9_-]+(?: [a-z0-9_-]+){0,2})`(?!`)")
RENEW_EVERY_S = 3600.0
"""How often commands may change while the bot runs: Discord takes 200 creations a day, and a document may flap."""
RETRY_S = 15.0
"""How long it is not tried again after the first failure; the wait doubles, up to RENEW_EVERY_S."""


class Renew(Protocol):
    """Makes the commands that come from the catalogue's data those of the present catalogue, or removes them."""

    async def __call__(self, *, described: bool = True) -> None:
        """Change the tree; nothing is registered."""


class CommandSync:
    """Keeps the registered commands equal to the loaded ones, and stores the ids that Discord gave them."""

    def __init__(
        self,
        bot: commands.AutoShardedBot,
        store: Store,
        *,
        catalogue: LiveCatalogue,
        clock: Clock,
        renew: Renew,
        registers: bool,
    ) -> None:
        """Take what it needs; `registers`: else another process does, and this one mentions what that one has made."""
        self._registers = registers
        self._bot = bot
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._renew = renew
        self._ids: dict[str, int] = {}
        self._known: Catalogue | None = None
        """The catalogue that the commands are of; None before they are registered."""
        self._again_at = 0.0
        """When they may be registered again, monotonic."""
        self._failures = 0
        self._turn = asyncio.Lock()
        """One registration at a time: the start's and a round's would each overwrite what the other has stored."""

    @property
    def is_outdated(self) -> bool:
        """Whether Discord has not taken the commands as they are now: those of before serve."""
        return self._failures > 0

    async def sync_if_changed(self) -> None:
        """Register the commands, in every language, if they have changed since the last time.

        If Discord refuses them as invalid, those that come from the catalogue's data are removed first. If it does not
        take them at all, the registered ones go on serving, and `catch_up` tries again.
        """
        async with self._turn:
            await self._sync()
        if not self.is_outdated:
            self._again_at = 0.0  # the first change after a start may come at once: the document is read then

    async def catch_up(self) -> None:
        """Register the commands if that has failed, or if the catalogue has changed since; at most once an hour."""
        async with self._turn:
            if self._known is self._catalogue.current or self._clock.monotonic() < self._again_at:
                return
            await self._renew()
            await self._sync()

    def mention(self, command: str) -> str:
        """Return a slash command, such as `image generate`, as members can click it, in their own language."""
        command_id = self._ids.get(command.partition(" ")[0])
        return f"`/{command}`" if command_id is None else f"</{command}:{command_id}>"

    def linked(self, text: str) -> str:
        """Return a text in which each "`/jobs list`" is a command that members can click, in their own language.

        For what Discord renders as Markdown alone: contents, descriptions and fields. Everything else in backticks
        stays: groups, options, commands that there are no longer.
        """

        def clickable(found: re.Match[str]) -> str:
            return self.mention(found["command"]) if self._is_there(found["command"]) else found[0]

        return _NAMED.sub(clickable, text)

    def _is_there(self, command: str) -> bool:
        first, *rest = command.split()
        found: Any = self._bot.tree.get_command(first)
        for name in rest:
            found = found.get_command(name) if isinstance(found, app_commands.Group) else None
        return isinstance(found, app_commands.Command)

    async def _sync(self) -> None:
        known = self._catalogue.current
        try:
            await self._register_what_is_valid()
        except DISCORD_ERRORS as error:
            pause_s = min(RETRY_S * 2.0 ** min(self._failures, 16), RENEW_EVERY_S)
            self._failures += 1
            self._again_at = self._clock.monotonic() + pause_s
            status = getattr(error, "status", None)
            log.warning("commands.not_registered", error=type(error).__name__, status=status, again_s=pause_s)
            return
        self._failures = 0
        self._known = known
        await self.read_again()

    async def _register_what_is_valid(self) -> None:
        try:
            await self._register_if_changed()
        except discord.HTTPException as error:
            if error.status != HTTPStatus.BAD_REQUEST:
                raise
            log.exception("commands.refused")
            await self._renew(described=False)
            try:
                await self._register_if_changed()
            except DISCORD_ERRORS:
                await self._renew()  # some of them may be registered since before: they serve
                raise

    async def read_again(self) -> None:
        """Read the ids that Discord gave the commands, perhaps to another process."""
        self._ids = json.loads(await self._store.meta.get("command_ids") or "{}")

    async def _register_if_changed(self) -> None:
        if not self._registers:
            return
        meta, application_id = self._store.meta, self._bot.application_id
        payload = await self._payload()
        digest = f"{application_id}:{fingerprint(payload)}"
        before = await meta.get("commands") or ""
        if application_id is None or before == digest:
            return
        self._again_at = self._clock.monotonic() + RENEW_EVERY_S
        await meta.set("commands", "")  # until Discord has answered, nobody knows which are registered
        try:
            # What `tree.sync` does, with the payload that is there: translating it again takes as long as the rest.
            made = await in_time(self._bot.http.bulk_upsert_global_commands(application_id, payload=payload))
        except discord.HTTPException as error:
            if error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                await meta.set("commands", before)
            raise
        slash = {each["name"]: int(each["id"]) for each in made if each["type"] == CHAT_INPUT}
        await meta.set("command_ids", json.dumps(slash))
        await meta.set("commands", digest)
        self._store.signals.send(COMMANDS)

    async def _payload(self) -> list[dict[str, Any]]:
        """Return the payload that registers the commands."""
        return await payload_of(self._bot.tree)


def fingerprint(payload: list[dict[str, Any]]) -> str:
    """Return a digest that differs for every other payload, in hexadecimal."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
