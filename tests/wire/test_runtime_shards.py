"""Shards that are opened and closed while the client runs, on a real WebSocket; and what of discord.py that needs."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator

import discord as dpy
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.shard import AutoShardedClient, EventItem, Shard
from discord.state import AutoShardedConnectionState

from bot.app.client import intents
from bot.app.connection.start import Gateway
from bot.fleet.runtime_shards import NotNowError, RuntimeShards
from tests.support.wire.server import WAIT_S, WireDiscord

SHARDS = 4


class Leases:
    """Which shards the client holds, and when they identify: as the test says."""

    def __init__(self) -> None:
        self.held: set[int] = set(range(SHARDS))
        self.taken: list[int] = []
        self.may_identify = asyncio.Event()
        self.may_identify.set()

    def keeps(self, shard_id: int) -> bool:
        return shard_id in self.held

    @contextlib.asynccontextmanager
    async def turn(self, shard_id: int) -> AsyncIterator[None]:
        await self.may_identify.wait()
        yield

    async def take(self, shard_id: int) -> None:
        if shard_id not in self.held:
            raise NotNowError
        self.taken.append(shard_id)


class Client(RuntimeShards):
    def __init__(self, leases: Leases, gateway: str) -> None:
        super().__init__("!", intents=intents(), help_command=None, max_messages=None)
        self.leases, self.address = leases, gateway
        self.seen: list[str] = []
        self.changed = asyncio.Event()

    async def begin_shards(self, gateway: Gateway) -> None:
        self.lead_shards(SHARDS, self.address, keeps=self.leases.keeps, identifying=self.leases)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        assert shard_id is not None
        await self.leases.take(shard_id)

    async def on_shard_ready(self, shard_id: int) -> None:
        self.note_shard_ready(shard_id)
        self.changed.set()

    async def on_shard_resumed(self, shard_id: int) -> None:
        self.changed.set()

    async def on_message(self, message: dpy.Message, /) -> None:
        self.seen.append(message.author.name)  # the words come with an intent that the bot has not
        self.changed.set()

    async def until(self, is_true) -> None:
        async with asyncio.timeout(WAIT_S):
            while not is_true():
                self.changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await self.changed.wait()


class Stage:
    running: asyncio.Task[None]

    def __init__(self, wire: WireDiscord, client: Client, leases: Leases) -> None:
        self.wire, self.client, self.leases = wire, client, leases
        self.guilds = {}
        while len(self.guilds) < SHARDS:  # one server on each shard
            guild = wire.create_guild("Studio")
            self.guilds.setdefault((guild.id >> 22) % SHARDS, guild)
        self.channels = {shard: wire.create_text_channel(guild) for shard, guild in self.guilds.items()}

    def speaks(self, shard_id: int, name: str) -> None:
        """Have somebody of this name say something on a server of the shard."""
        self.wire.post(self.wire.add_member(self.guilds[shard_id], name), self.channels[shard_id], "Hello.")

    async def opened(self, *shard_ids: int) -> None:
        for shard_id in shard_ids:
            self.client.open_shard(shard_id)
        await self.client.until(lambda: all(map(self.client.is_shard_ready, shard_ids)))

    @property
    def live(self) -> list[int]:
        return sorted(each.shard_id for each in self.wire.gateway.live)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with WireDiscord() as wire:
        monkeypatch.setattr(dpy.http.Route, "BASE", f"{wire.url}/api/v10")
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(wire.gateway.url))
        leases = Leases()
        async with Client(leases, wire.gateway.url) as client:
            stage = Stage(wire, client, leases)
            running = asyncio.create_task(client.start(wire.token))
            await client.until(lambda: client.shard_count == SHARDS or running.done())
            stage.running = running
            yield stage
            await client.close()
            await asyncio.gather(running, return_exceptions=True)
        await wire.until(lambda: not wire.gateway.live)


@pytest.mark.long
@pytest.mark.parametrize("is_ready_first", [True, False])
@pytest.mark.parametrize("gets_connected", [True, False])
async def test_a_shard_that_is_given_up_is_not_waited_for(
    stage: Stage, is_ready_first: bool, gets_connected: bool
) -> None:
    client, connection = stage.client, stage.client._connection
    ready: list[int] = []

    async def on_ready() -> None:
        ready.append(len(client.guilds))
        client.changed.set()

    client.event(on_ready)
    connection.guild_ready_timeout = 1.0
    stage.wire.gateway.outages = {stage.guilds[each].id for each in ([1] if is_ready_first else [0, 1])}
    stage.leases.held = {0}
    client.open_shard(1)
    client.open_shard(0)
    if is_ready_first:
        await client.until(lambda: client.is_shard_ready(0))
    else:
        await client.until(lambda: 0 in connection._ready_tasks)
    if gets_connected:
        stage.leases.held = {0, 1}
        await client.until(lambda: 1 in connection._ready_tasks)
    assert ready == []
    await client.close_shard(1, for_good=True)
    await client.until(lambda: ready)
    assert client._ready.is_set()
    assert client.is_shard_ready(0)


async def test_shards_are_opened_and_closed_one_by_one(stage: Stage) -> None:
    client = stage.client
    await stage.opened(0, 2)
    assert stage.live == [0, 2]
    assert {guild.shard_id for guild in client.guilds} == {0, 2}
    assert client.is_ready()
    await stage.opened(1)
    stage.speaks(1, "ada")
    await client.until(lambda: client.seen == ["ada"])
    await client.close_shard(0, for_good=True)
    await stage.wire.until(lambda: stage.live == [1, 2])
    assert {guild.shard_id for guild in client.guilds} == {1, 2}, "its servers are another process's now"
    assert sorted(client.shards) == [1, 2]
    assert not client.is_shard_ready(0)
    assert [each.beside for each in stage.wire.gateway.starts] == [(), (), ()]
    await stage.opened(0)
    assert stage.leases.taken == [0, 2, 1, 0]


async def test_a_shard_that_was_closed_and_opened_anew_is_not_ready_by_what_the_old_one_had(stage: Stage) -> None:
    await stage.opened(0)
    await stage.client.close_shard(0, for_good=True)
    assert not stage.client.note_shard_ready(0)
    stage.leases.may_identify.clear()
    stage.client.open_shard(0)
    assert not stage.client.note_shard_ready(0), "nobody knows its servers yet: none of them is gone"
    stage.leases.may_identify.set()
    await stage.client.until(lambda: stage.client.is_shard_ready(0))


async def test_a_shard_that_is_closed_for_a_while_resumes_and_misses_nothing(stage: Stage) -> None:
    await stage.opened(0)
    await stage.client.close_shard(0, for_good=False)
    await stage.wire.until(lambda: stage.live == [])
    assert {guild.shard_id for guild in stage.client.guilds} == {0}
    stage.speaks(0, "ben")
    stage.client.open_shard(0)
    await stage.client.until(lambda: stage.client.seen == ["ben"])
    assert (stage.wire.gateway.identifies, stage.wire.gateway.resumes) == (1, 1)
    assert stage.leases.taken == [0], "a resume takes no turn"


async def test_a_lost_connection_is_resumed_and_a_lost_session_identifies_in_its_turn(stage: Stage) -> None:
    await stage.opened(0, 1)
    await stage.wire.disconnect()
    await stage.wire.until(lambda: stage.wire.gateway.resumes == 2)
    stage.leases.may_identify.clear()
    await stage.wire.disconnect(resumable=False)
    await stage.client.until(lambda: not any(stage.client._all[each].is_connected for each in (0, 1)))
    assert stage.wire.gateway.identifies == 2, "both wait for their turn"
    stage.leases.may_identify.set()
    await stage.wire.until(lambda: stage.live == [0, 1])
    assert stage.wire.gateway.identifies == 4


@pytest.mark.long
async def test_nothing_is_handed_on_once_the_lease_is_lost(stage: Stage) -> None:
    await stage.opened(0)
    stage.leases.held.clear()
    stage.speaks(0, "cleo")
    await stage.wire.until(lambda: stage.live == [])
    assert stage.client.seen == []
    stage.leases.held.add(0)
    await stage.client.until(lambda: stage.client.seen == ["cleo"])
    assert stage.wire.gateway.resumes >= 1, "the message was left to whoever resumes"


@pytest.mark.long
async def test_a_shard_of_another_process_does_not_identify(stage: Stage) -> None:
    stage.leases.held.clear()
    stage.client.open_shard(0)
    with pytest.raises(TimeoutError):
        await stage.wire.until(lambda: stage.wire.gateway.identifies, 0.5)
    assert len(stage.wire.gateway._sockets) <= 1


async def test_one_shard_that_does_not_connect_keeps_no_other_from_it(stage: Stage) -> None:
    stage.leases.may_identify.clear()
    stage.client.open_shard(3)
    await asyncio.sleep(0)
    stage.leases.may_identify = asyncio.Event()
    stage.leases.may_identify.set()
    await stage.opened(0)
    assert stage.live == [0]


@pytest.mark.parametrize(("code", "error"), [(4004, dpy.ConnectionClosed), (4014, dpy.PrivilegedIntentsRequired)])
async def test_what_no_wait_helps_against_ends_the_client(stage: Stage, code: int, error: type[Exception]) -> None:
    await stage.opened(0)
    await stage.wire.gateway.disconnect(code=code)
    with pytest.raises(error):
        await stage.running
    assert stage.client.is_closed()


# ---------------------------------------------------------------------- what discord.py has


def test_discord_py_has_the_private_names_that_are_used() -> None:
    """Read bot/fleet/runtime_shards.py again, and discord/shard.py, when this fails."""
    client = RuntimeShards("!", intents=dpy.Intents.none())
    assert vars(client)["_AutoShardedClient__shards"] == {}
    source = inspect.getsource(AutoShardedClient)
    assert "self.__queue = asyncio.PriorityQueue()" in source
    assert "await self.launch_shards()" in inspect.getsource(AutoShardedClient.connect)
    assert "return self.__shards[shard_id].ws" in source
    assert list(inspect.signature(EventItem).parameters) == ["etype", "shard", "error"]
    taken = inspect.signature(DiscordWebSocket.from_client).parameters
    assert {"gateway", "shard_id", "session", "sequence", "resume"} <= taken.keys()
    made = inspect.getsource(DiscordWebSocket.from_client)
    assert "ws = cls(socket, loop=client.loop)" in made
    assert "await self.received_message(msg.data)" in inspect.getsource(DiscordWebSocket.poll_event)
    state = inspect.getsource(AutoShardedConnectionState)
    for name in ("_ready_tasks", "_ready_states", "shard_ids"):
        assert f"self.{name}: " in state
    assert callable(AutoShardedConnectionState._remove_guild)
    assert callable(client._handle_ready)
    assert {"ws", "id", "close", "disconnect"} <= {*dir(Shard), *inspect.signature(Shard).parameters}
