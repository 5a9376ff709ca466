"""A rig whose bot reports to its host in a private channel of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import fields, replace
from typing import Any

import discord
import pytest

from bot.delivery.host.rules import Snapshot
from bot.fleet.host.reports import FleetReports
from bot.settings import DiscordId
from tests.support.rig import Rig, running


class Reported:
    """The rig's private channel, and what the bot is made to see."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        hidden, seen = discord.PermissionOverwrite(view_channel=False), discord.PermissionOverwrite(view_channel=True)
        everyone = rig.guild.default_role
        me = rig.guild.me
        self.channel = rig.guild.create_text_channel(
            "host", overwrites={everyone: hidden, rig.moderators: seen, me: seen}
        )
        self.seen: dict[str, Any] = {}

    @property
    def host(self) -> Any:
        return self.rig.moderator

    async def restart(self, **settings: Any) -> None:
        """Start the bot again, as one that reports to the channel."""
        here = DiscordId("channel", self.channel.id)
        self.rig.settings |= {"host_reports": here, "host_ids": frozenset({self.host.id})} | settings
        await self.rig.restart()
        self.reports = self.rig.bot.parts.host_reports
        look = self.reports.look

        async def looked() -> Snapshot:
            return replace(await look(), **self.seen)

        self.reports.look = looked

    def as_one_of_several(self, leads: Callable[[], bool]) -> FleetReports:
        """Report as a process of a fleet does, from now on."""
        own = {each.name: getattr(self.reports, each.name) for each in fields(self.reports) if each.init}
        self.reports = made = FleetReports(**own, leads=leads)
        return made

    async def round(self, *, after_s: float = 15.0, **seen: Any) -> None:
        """Let time pass and the rules be judged, with this in what they see from now on."""
        self.rig.advance(after_s)
        self.seen |= seen
        with self.rig.env.time_context():
            if self.rig.bot.parts.store.pulse.is_well is False and "database_is_up" not in self.seen:
                await self.rig.bot.parts.store.probe()
            await self.reports.run_once()

    def messages(self) -> list[discord.Message]:
        """Return the bot's messages there, the newest first, without the weekly page."""
        return [each for each in self.all() if each.embeds[0].title]

    def all(self) -> list[discord.Message]:
        return [each for each in reversed(self.channel.history()) if each.author.id == self.rig.bot.user.id]


@pytest.fixture
async def reported(tmp_path) -> AsyncIterator[Reported]:
    async with running(tmp_path) as rig:
        made = Reported(rig)
        await made.restart()
        yield made
