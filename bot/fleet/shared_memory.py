"""What processes keep in memory and share: facts are sent, and caches of rows reread at signals and at intervals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import discord
import structlog

from bot.delivery.channels.guilds import Guilds
from bot.fleet.signals import Signals
from bot.jobs.signals import CLAIM, DECIDED, HINT, RESUME, WAKE, WorkerSignals
from bot.runtime.background import BackgroundTasks
from bot.runtime.clock import Clock
from bot.runtime.logs import QuietErrors

log = structlog.get_logger(__name__)


class Fact(Protocol):
    """What is known in memory alone: `tell` is called with news, and `heard` takes another process's."""

    tell: Callable[..., None]

    @property
    def heard(self) -> Callable[..., None]: ...


def share(signals: Signals, name: str, fact: Fact) -> None:
    """Share a fact of which it does no harm to hear one's own news."""
    fact.tell = partial(signals.send, name)
    signals.listen(name, fact.heard)


def share_counts(signals: Signals, name: str, fact: Fact, own: str) -> None:
    """Share a fact of which one's own news, by the process `own`, must not count twice."""

    def heard(whose: str, *words: str) -> None:
        if whose != own:
            fact.heard(*words)

    fact.tell = partial(signals.send, name, own)
    signals.listen(name, heard)


def share_calls(signals: Signals, calls: WorkerSignals) -> None:
    calls.tell = signals.send
    for name in (WAKE, CLAIM, HINT, DECIDED, RESUME):
        signals.listen(name, partial(calls.heard, name))


class Changing(Protocol):
    """A cache of rows that calls `on_change` after it has changed them."""

    on_change: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgain:
    """Reread at a signal, sent by the cache that has changed, and after `every_s` seconds in case that was lost."""

    signal: str
    cache: Changing | None
    """None: nothing signals it."""
    again: Callable[[], Awaitable[None]]
    every_s: float


class SharedMemory:
    """Rereads the caches."""

    def __init__(self, signals: Signals, kept: list[ReadAgain], clock: Clock) -> None:
        self._kept = kept
        self._clock = clock
        self._quiet = QuietErrors(clock)
        self._tasks = BackgroundTasks()
        self._due = {each.signal: clock.monotonic() + each.every_s for each in self._kept}
        for each in self._kept:
            if each.cache is not None:
                each.cache.on_change = partial(signals.send, each.signal)
            signals.listen(each.signal, lambda each=each: self._tasks.start(self._read(each), each.signal))

    async def run_once(self) -> None:
        """Reread what is due; failures are logged and retried."""
        for each in self._kept:
            if self._clock.monotonic() >= self._due[each.signal]:
                await self._read(each)

    async def _read(self, kept: ReadAgain) -> None:
        try:
            await kept.again()
        except Exception as error:  # noqa: BLE001 - the others are still read; it is logged there
            self._quiet.note(log, "shared_memory.failed", kept.signal, error, what=kept.signal)
        else:
            self._due[kept.signal] = self._clock.monotonic() + kept.every_s

    async def aclose(self) -> None:
        await self._tasks.stop()


class SharedGuilds:
    """Servers of a process with some of a fleet's connections, asked about all."""

    def __init__(self, connected: Guilds, fetched: Guilds, *, is_connected: Callable[[int], bool]) -> None:
        """`is_connected` says which servers the gateway reports here."""
        self._connected = connected
        self._fetched = fetched
        self._is_connected = is_connected

    def known(self, guild_id: int) -> discord.Guild | None:
        return self._of(guild_id).known(guild_id)

    async def find(self, guild_id: int) -> discord.Guild | None:
        return await self._of(guild_id).find(guild_id)

    def _of(self, guild_id: int) -> Guilds:
        return self._connected if self._is_connected(guild_id) else self._fetched
