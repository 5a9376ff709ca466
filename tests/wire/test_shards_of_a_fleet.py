"""Several processes share the shards of one bot, on a real WebSocket and a real database."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import discord as dpy
import pytest
import yarl
from discord.gateway import DiscordWebSocket

from bot.app.client import intents
from bot.app.connection.start import Gateway as ToldGateway
from bot.errors import StartError
from bot.fleet.postgresql.database import OnServer
from bot.fleet.postgresql.shard_locks import ShardLocks
from bot.fleet.runtime_shards import RuntimeShards
from bot.fleet.shards import FleetShards
from bot.runtime.background import BackgroundTasks
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WAIT_S, WireDiscord

SHARDS = 4
TAKEN_OVER_S = 30.0
"""The locks fall, and the second shard of a bucket waits for the first."""


class Gateway(RuntimeShards):
    """One process of a fleet, without anything but its shards."""

    def __init__(self, store: Store, wanted: int | None = None) -> None:
        super().__init__("!", intents=intents(), help_command=None, max_messages=None)
        self.tasks = BackgroundTasks()
        database = store.rows(OnServer).database
        self.leases = FleetShards(
            self,
            store,
            signals=database.signals,
            locks=ShardLocks(database.locks),
            spawn=self.tasks.start,
            wanted=wanted,
        )

    async def begin_shards(self, gateway: ToldGateway) -> None:
        await self.leases.begin(gateway)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        assert shard_id is not None
        await self.leases.take_identify(shard_id)

    async def on_shard_ready(self, shard_id: int) -> None:
        self.note_shard_ready(shard_id)

    async def close(self) -> None:
        await self.tasks.stop()
        await self.leases.stop()
        await super().close()


class Fleet:
    """Processes, as many as a test wants, all in this one."""

    def __init__(self, wire: WireDiscord, database: str, stack: contextlib.AsyncExitStack) -> None:
        self.wire, self.database, self._stack = wire, database, stack

    async def start(self, wanted: int | None = None) -> tuple[Gateway, asyncio.Task[None]]:
        store = await Store.open(PostgresUrl(self.database), clock=SystemClock(), secret_keys=["k" * 40])
        self._stack.push_async_callback(store.close)
        gateway = Gateway(store, wanted)
        task = asyncio.create_task(gateway.start(self.wire.token))
        self._stack.push_async_callback(asyncio.gather, task, return_exceptions=True)
        self._stack.push_async_callback(gateway.close)
        return gateway, task

    async def until(self, is_true: Callable[[], Any], timeout_s: float = WAIT_S) -> None:
        async with asyncio.timeout(timeout_s):
            while not is_true():  # noqa: ASYNC110 - the gateway's, the leases' and the clients' state at once
                await asyncio.sleep(0.02)

    @property
    def live(self) -> list[int]:
        return sorted(each.shard_id for each in self.wire.gateway.live)


@pytest.fixture
async def fleet(monkeypatch: pytest.MonkeyPatch, empty_postgres_database: str) -> AsyncIterator[Fleet]:
    async with WireDiscord() as wire, contextlib.AsyncExitStack() as stack:
        monkeypatch.setattr(dpy.http.Route, "BASE", f"{wire.url}/api/v10")
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(wire.gateway.url))
        wire.rest.shards = SHARDS
        wire.rest.session_starts["max_concurrency"] = 16
        wire.create_guild("Studio")
        yield Fleet(wire, empty_postgres_database, stack)


@pytest.mark.long
async def test_two_processes_share_the_shards_and_one_that_stops_leaves_its_own_to_the_other(fleet: Fleet) -> None:
    first, _ = await fleet.start()
    await fleet.until(lambda: first.leases.held == SHARDS and first.leases.is_ready)
    second, _ = await fleet.start()
    await fleet.until(lambda: (first.leases.held, second.leases.held) == (2, 2) and second.leases.is_ready)
    await fleet.until(lambda: fleet.live == [0, 1, 2, 3])
    assert sorted([*first.shards, *second.shards]) == [0, 1, 2, 3]
    await first.close()
    await fleet.until(lambda: second.leases.held == SHARDS and second.leases.is_ready)
    assert fleet.live == [0, 1, 2, 3]
    assert all(not each.beside for each in fleet.wire.gateway.starts), "no shard was ever connected twice"
    assert second.leases.identifies_left < 999


async def test_the_number_of_shards_is_one_for_all(fleet: Fleet) -> None:
    first, _ = await fleet.start()
    await fleet.until(lambda: first.leases.is_ready)
    fleet.wire.rest.shards = 9
    second, _ = await fleet.start()
    await fleet.until(lambda: second.shard_count == SHARDS)
    _, refused = await fleet.start(wanted=9)
    with pytest.raises(StartError, match="runs with 4 shards"):
        await refused


# ---------------------------------------------------------------------- real processes


def life(wire: WireDiscord, folder: Path, name: str, database: str) -> BotProcess:
    home = folder / name
    home.mkdir()
    env = {
        "DISCORD_TOKEN": wire.token,
        "CANNON_API_URL": "http://127.0.0.1:9",
        "DATABASE": database,
        "SECRET_KEYS": "k" * 40,
        "HEALTH_PORT": "0",
        "LOG_FORMAT": "json",
        "PRACTICE": "off",
    }
    return BotProcess(wire, ["run"], home / "bot.log", env=env)


def clients(wire: WireDiscord) -> dict[str, set[int]]:
    """Which shards each process has connected now."""
    found = defaultdict(set)
    for session in wire.gateway.live:
        found[session.client].add(session.shard_id)
    return found


def closest(wire: WireDiscord, max_concurrency: int) -> float:
    """The shortest time between two identifies of a bucket, in seconds."""
    times = defaultdict(list)
    for start in wire.gateway.starts:
        times[start.shard_id % max_concurrency].append(start.at)
    return min(b - a for each in times.values() for a, b in itertools.pairwise(each))


@pytest.mark.long  # identifies are five seconds apart
async def test_a_killed_process_is_taken_over_and_identifies_stay_apart(
    tmp_path: Path, empty_postgres_database: str
) -> None:
    async with WireDiscord() as wire:
        wire.rest.shards, wire.rest.session_starts["max_concurrency"] = SHARDS, 2
        for _ in range(6):
            wire.create_guild("Studio")
        async with (
            life(wire, tmp_path, "first", empty_postgres_database) as first,
            life(wire, tmp_path, "second", empty_postgres_database) as second,
        ):
            await wire.until(lambda: sorted(map(len, clients(wire).values())) == [2, 2])
            await first.kill()
            await wire.until(lambda: list(map(len, clients(wire).values())) == [SHARDS], TAKEN_OVER_S + WAIT_S)
            assert await second.terminate() == 0
        assert closest(wire, 2) >= 5
        assert all(not each.beside for each in wire.gateway.starts)


@pytest.mark.long  # the server ends a session that is silent for eight seconds
async def test_a_paused_process_is_taken_over_and_does_nothing_when_it_wakes(
    tmp_path: Path, empty_postgres_database: str
) -> None:
    async with WireDiscord() as wire:
        wire.rest.shards, wire.rest.session_starts["max_concurrency"] = 1, 16
        guild = wire.create_guild("Studio")
        channel = wire.create_text_channel(guild, "art")
        ada = wire.add_member(guild, "ada", permissions=dpy.Permissions.all())
        async with life(wire, tmp_path, "first", empty_postgres_database) as first:
            await first.online()
            async with life(wire, tmp_path, "second", empty_postgres_database) as second:
                await wire.until(lambda: wire.calls("GET", "/gateway/bot")[1:])
                first.send(signal.SIGSTOP)
                await second.online()
                reply = await wire.slash(ada, channel, "help")
                answers = len(wire.calls("POST", "/interactions/*/callback"))
                first.send(signal.SIGCONT)
                await wire.until(lambda: len(clients(wire)) == 1)
                assert len(wire.calls("POST", "/interactions/*/callback")) == answers, "the one that slept stays silent"
                assert reply.acknowledged
                # What it learns first depends on whether it was asking the database when it was stopped.
                await wire.until(lambda: re.search(r"shards\.(suspended|lost)", first.output()))
                assert await second.terminate() == 0
            await wire.until(lambda: len(clients(wire)) == 1)
            assert await first.terminate() == 0
