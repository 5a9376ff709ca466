"""The whole bot in one process: real discord.py on simcord, the real sandbox over sockets, a real SQLite file."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import math
from collections.abc import AsyncIterator, Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import discord
import simcord

from bot.app.client import CannonBot, intents
from bot.app.practice_process import PracticeStudio
from bot.domain.models import Job
from bot.errors import BotError
from bot.runtime import failpoints
from bot.runtime.clock import Clock
from bot.settings import SecretStr, Settings
from sandbox.demo import simulation  # noqa: F401 - importing it adds routes to simcord
from sandbox.server import Sandbox
from sandbox.studio.variant import Variant
from tests.support.more import ask_the_rest_in_the_form
from tests.support.new_file import write_empty_database
from tests.support.plain_copies import copy_plainly
from tests.support.practice import SandboxInProcess
from tests.support.starts import share_starts

HOST_KEY = "cs_test_host_000000000000"
GUILD_KEY = "cs_test_guild_00000000beef"
STEP_S = 0.5
QUIET_S = 0.002
"""simcord looks every 50 ms whether a press has come to rest, and most have in a few."""
SKIPPED_MAX_S = 5.0
"""The longest time in which `work` lets nothing be looked after."""


class ManualClock:
    """Time that moves only when a test says so."""

    def __init__(self, wall: float = 1_767_225_600.0) -> None:
        self._start = wall
        self.elapsed = 0.0
        self.stepped = 0.0

    def wall(self) -> float:
        return self._start + self.elapsed + self.stepped

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        self.elapsed += seconds

    def step(self, seconds: float) -> None:
        """Set the wall clock forward or back, as NTP does: monotonic time knows nothing of it."""
        self.stepped += seconds

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        await event.wait()


class TrueTime(ManualClock):
    """The time of others: it passes as the bot's does, but no step of the bot's wall clock moves it."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def wall(self) -> float:
        return self._clock.wall() - self._clock.stepped

    def monotonic(self) -> float:
        return self._clock.monotonic()


def expected(error: BaseException, forgiven: tuple[type[BaseException], ...] = ()) -> bool:
    """Whether an error that simcord saw is one that members are answered with, or one that the test provoked."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (BotError, failpoints.Crash, *forgiven)):
            return True
        cause = getattr(cause, "original", None) or cause.__cause__
    return False


def simulated(bot: CannonBot) -> simcord.Env:
    """Return a Discord for the bot. It shows what one without privileged intents sees: no files of others' messages."""
    env = simcord.Env(bot, check_errors=False, settle_timeout=120.0, approved_intents=intents(), shard_count=1)
    env._settle_internal = functools.partial(env._settle_internal, idle=QUIET_S)
    return env


share_starts()
ask_the_rest_in_the_form()
copy_plainly()


class Rig:
    """A server with a channel, a member, a moderator and the bot.

    The sandbox's estimate tool knows every price: unless a test wants it, the server does not ask it. `variant` is what
    its API is where no page says it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        small: bool = True,
        estimate_tool: bool = False,
        variant: Variant | None = None,
        practised_in: Callable[[Clock], PracticeStudio] | None = None,
        **settings: Any,
    ) -> None:
        self.estimate_tool = estimate_tool
        self.folder = folder
        self.clock = ManualClock()
        self.settings = settings
        # simcord waits for the timer of a kept connection as for work of the bot.
        self.sandbox = Sandbox(
            clock=TrueTime(self.clock),
            credits=10_000,
            fetch=self.from_cdn,
            small=small,
            keep_alive=False,
            variant=variant,
        )
        self.practice: PracticeStudio = (
            SandboxInProcess(TrueTime(self.clock), self.from_cdn) if practised_in is None else practised_in(self.clock)
        )
        self.forgiven: tuple[type[BaseException], ...] = ()
        self.bot: CannonBot
        self.env: simcord.Env

    async def start(self) -> None:
        await self.sandbox.start()
        self.sandbox.add_key(HOST_KEY, credits=10_000)
        self.sandbox.add_key(GUILD_KEY, credits=500)
        if not (database := self.folder / "bot.db").exists():
            write_empty_database(database)
        self.bot = self.new_bot()
        self.env = simulated(self.bot)
        await self.env.start()
        self.guild = self.env.create_guild("Studio")
        self.channel = self.guild.create_text_channel("general")
        moderators = self.guild.create_role("mods", permissions=discord.Permissions(manage_guild=True))
        self.moderators = moderators
        self.member = self.guild.add_member(self.env.create_user("ada"))
        self.moderator = self.guild.add_member(self.env.create_user("morgan"), roles=[moderators])
        if not self.estimate_tool:
            await self.bot.parts.store.settings.change(self.guild.id, lambda rules: replace(rules, estimate_tool=False))

    def new_bot(self) -> CannonBot:
        values: dict[str, Any] = {
            "cannon_api_url": self.sandbox.url,
            "cannon_api_key": SecretStr(HOST_KEY),
            "cannon_api_key_guilds": "*",
            "database": self.folder / "bot.db",
            "health_port": 0,
        } | self.settings
        return CannonBot(
            Settings(**values),
            clock=self.clock,
            run_worker=False,
            serve_http=False,
            cdn=self.from_cdn,
            practice=self.practice,
        )

    async def from_cdn(self, url: str) -> bytes | None:
        return self.env.backend.cdn.get(url)

    async def close(self) -> None:
        await self.bot.close()
        await self.env.shutdown()
        await self.sandbox.close()
        failpoints.disarm()
        unexpected = [error for error in self.env.errors if not expected(error, self.forgiven)]
        if unexpected:
            raise BaseExceptionGroup("the bot raised", unexpected)

    # ------------------------------------------------------------------ time and work

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.env.backend.clock.advance(seconds)

    async def step(self) -> int:
        with self.env.time_context():
            self.bot.parts.maintenance.woken.clear()
            await self.bot.parts.maintenance.run_once()
            return await self.bot.parts.worker.step()

    async def tick(self) -> int:
        """Draw the cards again that are due; return how many."""
        with self.env.time_context():
            return await self.bot.parts.delivery.tick()

    async def work(self, *, limit_s: float = 3600.0) -> None:
        """Let time pass until no job is open. Steps at which nothing is due are left out."""
        passed = 0.0
        while True:
            await self.step()
            if not await self.bot.parts.store.job_lists.open_total():
                return
            if passed > limit_s:
                raise AssertionError(f"jobs are still open after {passed} s: {await self.jobs()}")
            wait_s = self._idle_s(STEP_S if passed < 60 else 5.0)
            self.advance(wait_s)
            passed += wait_s

    def _idle_s(self, pace_s: float) -> float:
        """Return how many seconds the worker would sleep now, in whole steps of `pace_s`, at least one."""
        parts = self.bot.parts
        if parts.maintenance.woken.is_set():
            return pace_s
        idle_s = min(parts.worker._idle_s(self.clock.monotonic()), SKIPPED_MAX_S)
        return pace_s * max(1, math.ceil(idle_s / pace_s - 1e-9))

    async def die(self) -> None:
        """Let go of what the kernel takes from a dead process; nothing else is tidied up."""
        if hasattr(self.bot, "parts"):
            parts = self.bot.parts
            for turn in parts.worker._turns:
                turn.cancel()
            await parts.client.aclose()
            await parts.estimate_tool.aclose()
            await parts.mcp.aclose()
            await parts.media.aclose()
            await parts.practice_studio.aclose()
            await parts.store.close()
        self.bot._folder.cleanup()

    async def send_at_once(self) -> None:
        """Have the worker send new jobs as a running one does whose key has been checked."""
        parts = self.bot.parts
        parts.worker.is_running = True
        await parts.worker.claims.renew()
        await parts.worker.key_waits.health.first_check(self.guild.id, await parts.keys.for_guild(self.guild.id))

    async def restart(self, *, after_s: float = 0.0) -> None:
        """Let the process die and start a new one on the same database. A Crash at its start rises."""
        await self.die()
        self.advance(after_s)
        self.bot = self.new_bot()
        if self.env._started:
            await self.env.restart_bot(self.bot)
        else:  # the last start crashed
            self.env.bot = self.bot
            await self.env.start()

    # ------------------------------------------------------------------ what is there

    async def jobs(self) -> list[Job]:
        return await self.bot.parts.store.job_lists.recent(self.guild.id, limit=100)

    def messages(self, viewer: Any = None) -> list[discord.Message]:
        return [m for m in self.channel.history(viewer=viewer) if m.author.id == self.bot.user.id]

    def form_fields(self, shown: Any) -> list[str]:
        """Return the custom ids of a form's text inputs, in order."""
        rows = [row for row in shown.modal["components"] if row["type"] != discord.ComponentType.text_display.value]
        inputs = [row.get("component") or row["components"][0] for row in rows]
        return [item["custom_id"] for item in inputs]

    def file(self, attachment: discord.Attachment) -> bytes:
        found = self.env.backend.cdn.get(attachment.url)
        assert found is not None
        return found


@contextlib.asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncIterator[Rig]:
    """Start a Rig; the options of the sandbox's `Variant` may be among its settings."""
    names = {each.name for each in fields(Variant)}
    varied = {name: settings.pop(name) for name in names & set(settings)}
    rig = Rig(folder, variant=Variant().changed(varied), **settings)
    await rig.start()
    try:
        yield rig
    finally:
        await rig.close()
