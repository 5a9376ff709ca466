"""Registers the slash commands with Discord, and keeps the ids that mentions need."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

import discord
import structlog
from discord.ext import commands

from bot.app.connection.names import CommandNames
from bot.catalogue import Catalogue, LiveCatalogue
from bot.delivery.answers.command_payload import payload_of
from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.runtime.texts import COMMANDS_OUTDATED
from bot.settings import Settings
from bot.store import Store

log = structlog.get_logger(__name__)

RENEW_EVERY_S = 3600.0
"""Minimum time between changes: Discord takes 200 creations a day, and a document may flap."""
RETRY_S = 15.0
"""Wait after the first failure; it doubles, up to RENEW_EVERY_S."""


class Renew(Protocol):
    """Updates or removes the commands made from the catalogue's data."""

    async def __call__(self, *, described: bool = True) -> None:
        """Change the tree; nothing is registered."""


@dataclass
class CommandSync:
    """Keeps the registered commands equal to the loaded ones, and stores their ids.

    `outside`: the host offers them outside servers, too.
    """

    bot: commands.AutoShardedBot
    store: Store
    _: KW_ONLY
    catalogue: LiveCatalogue
    clock: Clock
    renew: Renew
    settings: Settings
    metrics: Metrics
    names: CommandNames = field(default_factory=CommandNames, init=False)
    _known: Catalogue | None = field(default=None, init=False)
    """The registered catalogue; None before."""
    _again_at: float = field(default=0.0, init=False)
    """Next possible registration, monotonic."""
    _failures: int = field(default=0, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    """One registration at a time: two would overwrite each other's ids."""

    def __post_init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        """Called after other commands were registered."""
        self.metrics.gauge("cannon_bot_commands_outdated", COMMANDS_OUTDATED, lambda: self.is_outdated)

    @property
    def is_outdated(self) -> bool:
        """Whether Discord still has older commands."""
        return self._failures > 0

    async def sync_if_changed(self) -> None:
        """Register the commands in every language, if changed.

        If Discord refuses them as invalid, those made from the catalogue's data are removed first. If it fails
        altogether, the registered ones remain, and `catch_up` retries.
        """
        async with self._turn:
            await self._sync()
        if not self.is_outdated:
            self._again_at = 0.0  # the first change after a start may come at once: the document is read then

    async def catch_up(self) -> None:
        """Register after a failure or a change of the catalogue, at most once an hour."""
        async with self._turn:
            if self._known is self.catalogue.current or self.clock.monotonic() < self._again_at:
                return
            await self.renew()
            await self._sync()

    def id_of(self, name: str) -> int | None:
        """Return the id of a registered command, group or menu by its English name; None if not registered."""
        return self.names.ids.get(name)

    async def _sync(self) -> None:
        known = self.catalogue.current
        try:
            await self._register_what_is_valid()
        except DISCORD_ERRORS as error:
            pause_s = min(RETRY_S * 2.0 ** min(self._failures, 16), RENEW_EVERY_S)
            self._failures += 1
            self._again_at = self.clock.monotonic() + pause_s
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
            await self.renew(described=False)
            try:
                await self._register_if_changed()
            except DISCORD_ERRORS:
                await self.renew()  # earlier ones may still work
                raise

    async def read_again(self) -> None:
        self.names.learn(self.bot.tree, json.loads(await self.store.meta.get("command_ids") or "{}"))

    async def _register_if_changed(self) -> None:
        meta, application_id = self.store.meta, self.bot.application_id
        payload = await self._payload()
        digest = f"{application_id}:{fingerprint(payload)}"
        before = await meta.get("commands") or ""
        if application_id is None or before == digest:
            return
        self._again_at = self.clock.monotonic() + RENEW_EVERY_S
        await meta.set("commands", "")  # until Discord answers, it is unknown which are registered
        try:
            # As `tree.sync`, with the existing payload: translating it again takes as long as the rest.
            made = await in_time(self.bot.http.bulk_upsert_global_commands(application_id, payload=payload))
        except discord.HTTPException as error:
            if error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                await meta.set("commands", before)
            raise
        # Menus too: their names begin with a capital letter, which Discord allows no slash command.
        await meta.set("command_ids", json.dumps({each["name"]: int(each["id"]) for each in made}))
        await meta.set("commands", digest)
        self.on_change()

    async def _payload(self) -> list[dict[str, Any]]:
        return await payload_of(self.bot.tree, outside=self.settings.serves_outside)


def fingerprint(payload: list[dict[str, Any]]) -> str:
    """Return a digest of registered commands; their order does not count."""
    ordered = sorted(payload, key=lambda each: (each.get("type", 1), each["name"]))
    return hashlib.sha256(json.dumps(ordered, sort_keys=True).encode()).hexdigest()
