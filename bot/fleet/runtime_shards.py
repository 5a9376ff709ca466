"""A client whose shards are opened and closed one by one while it runs: what discord.py's AutoShardedClient lacks.

That one takes its shards when it is made, connects one after the other, knows no `max_concurrency`, and reconnects
them in one queue, in which each waits for the others. Here each shard has a task of its own. All names of discord.py
that are private are used in this file alone; `tests/wire/test_runtime_shards.py` fails when they change.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp
import discord
import structlog
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.shard import EventItem, EventType

from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.domain.shards import ToldLimit
from bot.errors import StoreError
from bot.runtime.clock import Clock, SystemClock
from bot.store.host.fleet import IdentifyTurn

log = structlog.get_logger(__name__)

LATE_S = 0.4
"""How late after its time an identify may be: the spacing of the times has as much to spare."""
TRIES = 3
"""After so many times that came too late, because the database is slow, one is used all the same: Discord then answers
that the session is invalid, and the shard asks again."""
IN_TURN_S = 30.0
"""How long a shard waits for its time while it is connected: discord.py closes a connection that is silent for 60 s."""
TOLD_S = 15.0
"""A longer wait is logged."""


class NotNowError(Exception):
    """The shard may not identify now: it is another process's, or its time is too far away to stay connected."""


class IdentifyRows(Protocol):
    """What is asked of the store: `bot.store.host.fleet.Fleet`."""

    async def identify_wait_s(self, shard_id: int) -> float:
        """Return in how many seconds the shard may probably identify."""
        ...

    async def reserve_identify(self, process: str, shard_id: int, *, at_most_s: float) -> IdentifyTurn | None:
        """Reserve the shard's identify; None if the process does not hold it."""
        ...


class Identifies:
    """Of the shards of this process that would have to wait for each other, one connects at a time."""

    def __init__(self, rows: IdentifyRows, *, process: str, clock: Clock, max_concurrency: int = 1) -> None:
        self._rows = rows
        self._process = process
        self._clock = clock
        self._max_concurrency = max_concurrency
        self._buckets: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.left = math.nan
        """How many identifies were left of Discord's day when one was reserved last."""

    @contextlib.asynccontextmanager
    async def turn(self, shard_id: int) -> AsyncIterator[None]:
        """Enter when the shard should connect to identify; the block ends once it has."""
        async with self._buckets[shard_id % self._max_concurrency]:
            while (wait_s := await self._rows.identify_wait_s(shard_id)) > IN_TURN_S / 2:
                if wait_s > TOLD_S:
                    log.warning("identify.waits", shard=shard_id, seconds=math.ceil(wait_s))
                await self._clock.wait(asyncio.Event(), wait_s)
            yield

    async def take(self, shard_id: int) -> None:
        """Return when the shard has to identify, at once. Raises NotNowError, StoreError."""
        for tries in range(TRIES):
            asked = self._clock.monotonic()
            turn = await self._rows.reserve_identify(self._process, shard_id, at_most_s=IN_TURN_S)
            if turn is None or not turn.is_reserved:
                raise NotNowError
            self.left = turn.left
            # The database read its clock after `asked`, and before now: the time is between these two and the wait.
            await self._clock.wait(asyncio.Event(), turn.wait_s)
            late_s = self._clock.monotonic() - asked - turn.wait_s
            if late_s <= LATE_S or tries == TRIES - 1:
                return


CONNECT_S = 60.0
"""Within which a shard has to be connected, its turn to identify included."""
GOODBYE, INTERRUPTED = 1000, 4000
"""Close codes: the session ends, or can be resumed."""
INTENTS_DISALLOWED = 4014
RESUMES_MAX = 5
"""How often it is tried to get where a session can be resumed."""
ASK_AGAIN_S = 5.0
"""When Discord is asked again for its gateway, for the first time; the wait doubles, up to PAUSE_MAX_S."""
PAUSE_S, PAUSE_MAX_S = 1.0, 60.0
"""How long a shard rests after the first failure to connect, and at most; it doubles."""
TROUBLE = (OSError, discord.HTTPException, discord.GatewayNotFound, aiohttp.ClientError, TimeoutError, StoreError)

_opening: ContextVar[_Shard] = ContextVar("opening")
"""The shard that is being connected: `from_client` makes the socket by itself, and gives it nothing of ours."""


class Identifying(Protocol):
    """When shards may identify: `bot.fleet.runtime_shards.Identifies`."""

    def turn(self, shard_id: int) -> contextlib.AbstractAsyncContextManager[None]:
        """Enter when the shard should connect to identify."""
        ...

    async def take(self, shard_id: int) -> None:
        """Return when the shard has to identify, at once."""
        ...


class Holding(Protocol):
    """Which shards are this process's: `bot.fleet.shard_keeper.ShardKeeper`."""

    def holds(self, shard_id: int) -> bool:
        """Whether this process holds the shard now."""
        ...


@dataclass(frozen=True, slots=True)
class Gateway:
    """What Discord says of its gateway and of the sessions that this bot may begin: `GET /gateway/bot`."""

    shards: int
    """How many it recommends."""
    address: str
    limit: ToldLimit


@dataclass(slots=True)
class _Session:
    """What a shard resumes with."""

    id: str
    sequence: int | None
    gateway: yarl.URL


class _Socket(DiscordWebSocket):
    """A connection that hands nothing on once its shard is not this process's: it may have slept past its lease."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._shard = _opening.get()
        self._shard.ws = self

    async def received_message(self, msg: Any, /) -> None:
        """Handle a message, or leave it to whoever resumes."""
        if self._shard.is_held:
            await super().received_message(msg)
        else:
            await self.close(INTERRUPTED)


class _Shard:
    """One connection to the gateway, kept up by a task; it stands where discord.py has its `Shard`."""

    def __init__(self, client: RuntimeShards, shard_id: int) -> None:
        self.id = shard_id
        self.ws: DiscordWebSocket | None = None
        self._client = client
        self._session: _Session | None = None
        self._failures = 0
        """How often it was connected since a message came last."""
        self._task: asyncio.Task[None] | None = None

    @property
    def is_held(self) -> bool:
        return self._client.holding.holds(self.id)

    @property
    def is_connected(self) -> bool:
        return self.ws is not None and self.ws.open and self.ws.session_id is not None

    @property
    def has_session(self) -> bool:
        return self._session is not None or (self.ws is not None and self.ws.session_id is not None)

    def open(self) -> None:
        self._task = asyncio.create_task(self._keep_connected(), name=f"shard-{self.id}")

    async def close(self, *, for_good: bool = True) -> None:
        """End the task and the connection; with `for_good` also the session."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._note_session()
        if for_good:
            self._session = None
        if self.ws is not None:
            was_open = self.ws.open
            with contextlib.suppress(*TROUBLE):
                await self.ws.close(GOODBYE if for_good else INTERRUPTED)
            if was_open:
                self._client.dispatch("shard_disconnect", self.id)

    async def disconnect(self) -> None:
        """End the connection, as `ShardInfo.disconnect` offers."""
        await self.close()

    async def _keep_connected(self) -> None:
        while True:
            try:
                await self._connect()
                while True:
                    await self._socket.poll_event()
                    self._failures = 0
            except (ReconnectWebSocket, discord.ConnectionClosed) as lost:
                if not await self._goes_on(lost):
                    return
            except (NotNowError, *TROUBLE) as error:
                await self._abandon()
                await self._rest(error)
            except Exception as error:  # noqa: BLE001 - a fault of ours or discord.py's, which `connect` raises
                self._client.fail(error)
                return

    async def _goes_on(self, lost: ReconnectWebSocket | discord.ConnectionClosed) -> bool:
        """See to it that a lost connection is made again; False if it cannot be."""
        self._client.dispatch("disconnect")
        self._client.dispatch("shard_disconnect", self.id)
        self._note_session()
        if isinstance(lost, ReconnectWebSocket):
            if not lost.resume:
                self._session = None
            if self._failures > 1:  # Discord closes what it has just opened
                await self._rest(lost)
            return True
        self._session = None
        if lost.code == GOODBYE:
            await self._rest(lost)
            return True
        self._client.fail(discord.PrivilegedIntentsRequired(self.id) if lost.code == INTENTS_DISALLOWED else lost)
        return False

    async def _connect(self) -> None:
        if not self.is_held:
            raise NotNowError
        self._failures += 1
        if self._failures > RESUMES_MAX:
            self._session = None
        if (session := self._session) is not None:
            await self._opened(gateway=session.gateway, session=session.id, sequence=session.sequence, resume=True)
            return
        async with self._client.identifying.turn(self.id):
            await self._opened(gateway=self._client.gateway)

    async def _opened(self, **options: Any) -> None:
        mark = _opening.set(self)
        try:
            connecting = _Socket.from_client(self._client, shard_id=self.id, **options)
            self.ws = await asyncio.wait_for(connecting, CONNECT_S)
        finally:
            _opening.reset(mark)
        self._client.register(self)

    async def _abandon(self) -> None:
        """Close what was begun: discord.py would keep its heartbeat going."""
        self._note_session()
        if self.ws is not None:
            with contextlib.suppress(*TROUBLE):
                await self.ws.close(INTERRUPTED)

    async def _rest(self, error: BaseException) -> None:
        pause_s = min(PAUSE_MAX_S, PAUSE_S * 2 ** min(self._failures - 1, 10)) * random.uniform(0.5, 1)  # noqa: S311 - spreads load
        log.warning("shard.not_connected", shard=self.id, error=type(error).__name__, again_s=round(pause_s, 1))
        await asyncio.sleep(pause_s)

    def _note_session(self) -> None:
        """Remember how to resume; a connection that has not identified has nothing of its own."""
        ws = self.ws
        if ws is None or ws.session_id is None:
            return
        self._session = _Session(ws.session_id, ws.sequence, ws.gateway)

    @property
    def _socket(self) -> DiscordWebSocket:
        assert self.ws is not None
        return self.ws


class RuntimeShards(commands.AutoShardedBot):
    """An AutoShardedBot that asks first how many sessions are left, and connects then.

    It can be `leased`: then nothing is connected but by `open_shard`. A subclass waits in `begin_shards`, or starts
    whoever opens shards, and hands `before_identify_hook` to `take_identify`.
    """

    holding: Holding
    identifying: Identifying
    is_leased = False
    clock: Clock = SystemClock()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.gateway: yarl.URL = DiscordWebSocket.DEFAULT_GATEWAY
        self._all: dict[int, _Shard] = {}
        self._ready_shards: set[int] = set()

    async def begin_shards(self, gateway: Gateway) -> None:
        """Return when the first session may begin; if `is_leased`, begin to open shards."""
        raise NotImplementedError

    async def ask_gateway(self) -> Gateway:
        """Ask Discord once. Raises GatewayNotFound, and what else of DISCORD_ERRORS is no answer."""
        asked = self.clock.monotonic()
        shards, address, limit = await in_time(self.http.get_bot_gateway())
        told = ToldLimit(
            total=limit["total"],
            remaining=limit["remaining"],
            reset_after_s=limit["reset_after"] / 1000,
            max_concurrency=limit["max_concurrency"],
            age_s=self.clock.monotonic() - asked,
        )
        return Gateway(shards, address, told)

    async def launch_shards(self) -> None:
        """Connect all shards one after the other, or let others open them."""
        gateway = await self._answered_gateway()
        if not self.is_leased:
            self.shard_count = self.shard_count or gateway.shards
        await self.begin_shards(gateway)
        if not self.is_leased:
            await super().launch_shards()

    async def _answered_gateway(self) -> Gateway:
        """Ask Discord until it answers: what needs no gateway goes on meanwhile. Raises LoginFailure."""
        pause_s = ASK_AGAIN_S
        while True:
            try:
                return await self.ask_gateway()
            except (discord.GatewayNotFound, *DISCORD_ERRORS) as error:
                if getattr(error.__cause__, "status", None) == HTTPStatus.UNAUTHORIZED:
                    raise discord.LoginFailure from None
                log.warning("start.waits", seconds=pause_s, error=type(error.__cause__ or error).__name__)
            await self.clock.wait(asyncio.Event(), pause_s)
            pause_s = min(2 * pause_s, PAUSE_MAX_S)

    def lead_shards(self, shard_count: int, gateway: str, *, holding: Holding, identifying: Identifying) -> None:
        """Prepare for shards of so many, at Discord's address of the gateway."""
        self.holding, self.identifying = holding, identifying
        self.shard_count = self._connection.shard_count = shard_count
        self.gateway = yarl.URL(gateway)

    def open_shard(self, shard_id: int) -> None:
        """Begin to connect a shard, and keep it connected. It resumes the session that it has, if any."""
        if (shard := self._all.get(shard_id)) is None:
            shard = self._all[shard_id] = _Shard(self, shard_id)
            self._forget_guilds(shard_id)  # known from elsewhere: the session that begins tells which there are
        self._connection.shard_ids = sorted(self._all)
        shard.open()

    async def close_shard(self, shard_id: int, *, for_good: bool) -> None:
        """Close a shard. Unless it is `for_good`, its session and its servers are kept for another `open_shard`."""
        shard = self._all.get(shard_id)
        if shard is None:
            return
        if for_good:
            self._forget(shard_id)
        await shard.close(for_good=for_good)

    def is_shard_ready(self, shard_id: int) -> bool:
        """Whether the shard is connected, and all its servers are known."""
        shard = self._all.get(shard_id)
        return shard is not None and shard.is_connected and shard_id in self._ready_shards

    def shard_of(self, guild_id: int) -> int:
        """Return the shard that a server belongs to (docs.discord.com, Gateway: "Sharding")."""
        return (guild_id >> 22) % (self.shard_count or 1)

    def note_shard_ready(self, shard_id: int) -> bool:
        """Note that all servers of a shard are known, as `on_shard_ready` says; False if it is closed by now."""
        shard = self._all.get(shard_id)
        if shard is None or not shard.has_session:  # closed since, and perhaps opened again
            return False
        self._ready_shards.add(shard_id)
        self._note_all_ready()
        return True

    def _note_all_ready(self) -> None:
        """Say so once all shards are ready; discord.py does not if one was given up meanwhile."""
        if self._all and self._ready_shards.issuperset(self._all) and not self._ready.is_set():
            self._handle_ready()
            by_discord_py = self._connection._ready_task
            if by_discord_py is None or by_discord_py.done():
                self.dispatch("ready")

    def fail(self, error: Exception) -> None:
        """End the client: `connect` closes it and raises the error."""
        of_client: asyncio.PriorityQueue[EventItem] = vars(self)["_AutoShardedClient__queue"]
        of_client.put_nowait(EventItem(EventType.terminate, None, error))

    def register(self, shard: Any) -> None:
        """Let discord.py find the connection of a shard."""
        vars(self)["_AutoShardedClient__shards"][shard.id] = shard

    def _forget(self, shard_id: int) -> None:
        """Forget the shard's servers: from now on another process has them."""
        self._all.pop(shard_id, None)
        self._ready_shards.discard(shard_id)
        state = self._connection
        state.shard_ids = sorted(self._all)
        vars(self)["_AutoShardedClient__shards"].pop(shard_id, None)
        waiting = state._ready_tasks.pop(shard_id, None)
        if waiting is not None:
            waiting.cancel()
            state._ready_task = None  # it waits for all of them, and ends with this one
        state._ready_states.pop(shard_id, None)
        self._forget_guilds(shard_id)
        self._note_all_ready()

    def _forget_guilds(self, shard_id: int) -> None:
        for guild in [each for each in self.guilds if each.shard_id == shard_id]:
            self._connection._remove_guild(guild)
