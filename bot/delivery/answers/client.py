"""The bot's client as its cogs know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from discord.ext import commands

from bot.catalogue import Catalogue, LiveCatalogue
from bot.delivery.answers.responses import OpenForms, Responses
from bot.delivery.channels.guilds import Guilds
from bot.runtime.clock import Clock
from bot.runtime.pace import RateLimiter
from bot.settings import Settings


class Bot(commands.AutoShardedBot):
    """A client that answers members. Its subclass sets the attributes."""

    clock: Clock
    forms: OpenForms
    live_catalogue: LiveCatalogue
    presses: RateLimiter
    """Recent presses, to catch double ones."""
    responses: Responses
    settings: Settings
    known_guilds: Guilds

    @property
    def uses(self) -> Mapping[type[Any], Any]:
        """The use cases and readers that cogs may call, by class, once the bot has started."""
        raise NotImplementedError

    @property
    def leads(self) -> bool:
        """Whether this process is the leader."""
        raise NotImplementedError

    @property
    def catalogue(self) -> Catalogue:
        """The current catalogue."""
        return self.live_catalogue.current

    def mention(self, command: str) -> str:
        """Return a clickable mention of a slash command, such as `image generate`."""
        raise NotImplementedError
