"""A client whose shards are opened and closed one by one while it runs: AutoShardedClient can't.

That one takes its shards when it is made, connects one after the other, ignores `max_concurrency`, and reconnects them
in one queue. Here each shard has a task. Only this file uses private names of discord.py;
`tests/wire/test_runtime_shards.py` fails when they change.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.shard import EventItem, EventType

from bot.app.connection.start import GatewayClient
from bot.delivery.channels.guilds import arrivals
from bot.errors import StoreError
from bot.fleet.rows import SessionStarts
from bot.runtime.clock import Clock
from bot.runtime.logs import OutageLog

log = structlog.get_logger(__name__)

LATE_S = 0.4
"""How late an identify may be: the spacing leaves as much."""
TRIES = 3
"""After so many late attempts (a slow database) one is used anyway: Discord then answers that the session is invalid,
and the shard retries."""
IN_TURN_S = 30.0
"""How long a connected shard waits for its time: discord.py closes a connection that is silent for 60 s."""
LOGGED_WAIT_S = 15.0
"""A longer wait is logged."""


class NotNowError(Exception):
    """The shard may not identify now: it is another process's, or its time is too far off to stay connected."""


class Identifies:
    """Lets shards that would have to wait for each other connect one at a time."""

    def __init__(
        self, rows: SessionStarts, *, shards: int, holds: Callable[[int], bool], clock: Clock, max_concurrency: int = 1
    ) -> None:
        """`holds` says which of all `shards` are this process's."""
        self._rows = rows
        self._shards = shards
        self._holds = holds
        self._clock = clock
        self._max_concurrency = max_concurrency
        self._buckets: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.left = math.nan
        """Identifies left today, at the last reservation."""

    @contextlib.asynccontextmanager
    async def turn(self, shard_id: int) -> AsyncIterator[None]:
        """Enter when the shard should connect to identify; leave once it has."""
        async with self._buckets[shard_id % self._max_concurrency]:
            while (wait_s := await self._rows.identify_wait_s(shard_id, self._shards)) > IN_TURN_S / 2:
                if wait_s > LOGGED_WAIT_S:
                    log.warning("identify.waits", shard=shard_id, seconds=math.ceil(wait_s))
                await self._clock.wait(asyncio.Event(), wait_s)
            yield

    async def take(self, shard_id: int) -> None:
        """Wait until the shard has to identify, at once. Raises NotNowError, StoreError."""
        for tries in range(TRIES):
            asked = self._clock.monotonic()
            if not self._holds(shard_id):
                raise NotNowError
            turn = await self._rows.reserve_identify(shard_id, self._shards, at_most_s=IN_TURN_S)
            if not turn.is_reserved:
                raise NotNowError
            self.left = turn.left
            # The database read its clock after `asked`, and before now: the time lies between these two and the wait.
            await self._clock.wait(asyncio.Event(), turn.wait_s)
            late_s = self._clock.monotonic() - asked - turn.wait_s
            if late_s <= LATE_S or tries == TRIES - 1:
                return


CONNECT_S = 60.0
"""Timeout of connecting a shard, including its turn to identify."""
GOODBYE, INTERRUPTED = 1000, 4000
"""Close codes: the session ends, or can be resumed."""
INTENTS_DISALLOWED = 4014
RESUMES_MAX = 5
"""Attempts to resume a session."""
PAUSE_S, PAUSE_MAX_S = 1.0, 60.0
"""Rest after the first failure to connect, and its maximum; it doubles."""
TROUBLE = (OSError, discord.HTTPException, discord.GatewayNotFound, aiohttp.ClientError, TimeoutError, StoreError)

_opening: ContextVar[_Shard] = ContextVar("opening")
"""The shard being connected: `from_client` makes the socket, and can't pass anything of ours."""


@dataclass(slots=True)
class _Session:
    id: str
    sequence: int | None
    gateway: yarl.URL


class _Socket(DiscordWebSocket):
    """A connection that drops what comes once its shard is not this process's: it may have slept meanwhile."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._shard = _opening.get()
        self._shard.ws = self

    async def received_message(self, msg: Any, /) -> None:
        if self._shard.is_held:
            await super().received_message(msg)
        else:
            await self.close(INTERRUPTED)


class _Shard:
    """One connection to the gateway, kept up by a task; in place of discord.py's `Shard`."""

    def __init__(self, client: RuntimeShards, shard_id: int) -> None:
        self.id = shard_id
        self.ws: DiscordWebSocket | None = None
        self._client = client
        self._session: _Session | None = None
        self._failures = 0
        self._outage = OutageLog()
        """Connection attempts since the last message."""
        self._task: asyncio.Task[None] | None = None

    @property
    def is_held(self) -> bool:
        return self._client.keeps(self.id)

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
                    self._outage.works(log, "shard.connected", shard=self.id)
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
        """Prepare to reconnect; False if that is impossible."""
        self._client.dispatch("disconnect")
        self._client.dispatch("shard_disconnect", self.id)
        self._note_session()
        if isinstance(lost, ReconnectWebSocket):
            if not lost.resume:
                self._session = None
            if self._failures > 1:  # Discord closes new connections at once
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
        """Close a partial connection: discord.py would keep its heartbeat running."""
        self._note_session()
        if self.ws is not None:
            with contextlib.suppress(*TROUBLE):
                await self.ws.close(INTERRUPTED)

    async def _rest(self, error: BaseException) -> None:
        pause_s = min(PAUSE_MAX_S, PAUSE_S * 2 ** min(self._failures - 1, 10)) * random.uniform(0.5, 1)  # noqa: S311 - spreads load
        self._outage.fails(log, "shard.not_connected", shard=self.id, error=type(error).__name__, reason=str(error))
        await asyncio.sleep(pause_s)

    def _note_session(self) -> None:
        """Remember how to resume; a connection that has not identified has no session."""
        ws = self.ws
        if ws is None or ws.session_id is None:
            return
        self._session = _Session(ws.session_id, ws.sequence, ws.gateway)

    @property
    def _socket(self) -> DiscordWebSocket:
        return cast("DiscordWebSocket", self.ws)


class RuntimeShards(GatewayClient):
    """A client of which only `open_shard` connects.

    A subclass starts the opener of shards in `begin_shards`, and passes `before_identify_hook` to `take_identify`.
    """

    keeps: Callable[[int], bool]
    """Whether a shard's connection stays."""
    identifying: Identifies

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.gateway: yarl.URL = DiscordWebSocket.DEFAULT_GATEWAY
        self._all: dict[int, _Shard] = {}
        self._ready_shards: set[int] = set()

    async def launch_shards(self) -> None:
        await self.begin_shards(await self.answered_gateway())

    def lead_shards(
        self, shard_count: int, gateway: str, *, keeps: Callable[[int], bool], identifying: Identifies
    ) -> None:
        self.keeps, self.identifying = keeps, identifying
        self.shard_count = self._connection.shard_count = shard_count
        self.gateway = yarl.URL(gateway)

    def open_shard(self, shard_id: int) -> None:
        """Start connecting a shard, and keep it connected. It resumes its session, if any."""
        if (shard := self._all.get(shard_id)) is None:
            shard = self._all[shard_id] = _Shard(self, shard_id)
            self._forget_guilds(shard_id)  # known from elsewhere: the new session lists them
        self._connection.shard_ids = sorted(self._all)
        shard.open()

    async def close_shard(self, shard_id: int, *, for_good: bool) -> None:
        """Close a shard. Unless `for_good`, its session and servers are kept for another `open_shard`."""
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

    def has_session(self, shard_id: int) -> bool:
        """Whether the shard has a session: it may have been closed since an event, and perhaps reopened."""
        shard = self._all.get(shard_id)
        return shard is not None and shard.has_session

    def note_shard_ready(self, shard_id: int) -> bool:
        """Note that all servers of a shard are known, as `on_shard_ready` says; False if it was closed."""
        if not self.has_session(shard_id):
            return False
        self._ready_shards.add(shard_id)
        self._note_all_ready()
        return True

    def _note_all_ready(self) -> None:
        """Report that all shards are ready; discord.py does not if one was given up meanwhile."""
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
        """Register a shard's connection with discord.py."""
        vars(self)["_AutoShardedClient__shards"][shard.id] = shard

    def _forget(self, shard_id: int) -> None:
        """Forget the shard's servers: another process has them."""
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
        arrivals(self).end(shard_id)
        self._forget_guilds(shard_id)
        self._note_all_ready()

    def _forget_guilds(self, shard_id: int) -> None:
        for guild in [each for each in self.guilds if each.shard_id == shard_id]:
            self._connection._remove_guild(guild)
