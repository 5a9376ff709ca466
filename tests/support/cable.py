"""The cable between processes and a PostgreSQL: it can be cut, and it can lose a COMMIT or its answer.

Each connection to the cable's TCP port is carried to the server's UNIX socket by real sockets, on an event loop in a
thread of its own. What TCP does in a partition is done here, since both halves end on this machine: bytes wait; the
client's side is reset once its own kernel would give it up, the server's side only when the cable is whole again.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from bot.fleet.postgresql.connection import UNHEARD_MS

if TYPE_CHECKING:
    from tests.support.postgres import Server

T = TypeVar("T")
CHUNK = 65_536
TLS, GSS = 80_877_103, 80_877_104
"""The place of the protocol's version, a question for encryption: the section "Message Formats" of its documentation
(https://www.postgresql.org/docs/current/protocol-message-formats.html)."""
WAIT_S = 30.0


class Lost(enum.Enum):
    """What the cable loses of the next COMMIT; the connection is reset then."""

    THE_COMMIT = enum.auto()
    """It never reaches the server."""
    ITS_ANSWER = enum.auto()
    """The server has committed, and the client does not hear of it."""


class Loss:
    """A loss that was ordered. `happened` is set by the cable's thread."""

    def __init__(self, what: Lost, *, is_last: bool) -> None:
        self.what, self.is_last = what, is_last
        self.happened = threading.Event()


class Cable:
    """See the module. All methods may be called from any thread, and return once it is done."""

    def __init__(self, server: Server) -> None:
        self._path = _socket_of(server)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cable", daemon=True)
        self._carried: set[_Carried] = set()
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        self._losses: list[Loss] = []
        self._refuses = False
        self._listening: asyncio.Server
        self.port = 0

    def url(self, database: str) -> str:
        """Return the address of the database through this cable."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def lead_to(self, server: Server) -> None:
        """Lead to another server from now on, as a managed database's address does after a failover."""

        def lead() -> None:
            self._path = _socket_of(server)
            for each in [*self._carried]:
                each.reset()

        self._do(lead)

    def partition(self, *, unheard_s: float = UNHEARD_MS / 1000) -> None:
        """Drop everything silently, in both directions. Clients give up after `unheard_s`, as set."""

        def cut() -> None:
            self._is_whole.clear()
            for each in self._carried:
                self._loop.call_later(unheard_s, each.give_up)

        self._do(cut)

    def mend(self) -> None:
        """Let everything through again, what waited first."""

        def mend() -> None:
            self._refuses = False
            self._is_whole.set()

        self._do(mend)

    def reset(self) -> None:
        """End all connections, as a middlebox that forgets them does."""
        self._do(lambda: [each.reset() for each in [*self._carried]])

    def unplug(self) -> None:
        """End all connections and refuse new ones until `mend`, as a server that is down does."""

        def unplug() -> None:
            self._refuses = True
            for each in [*self._carried]:
                each.reset()

        self._do(unplug)

    def lose(self, what: Lost, *, is_last: bool = False) -> Loss:
        """Lose that of the next COMMIT on any connection; with `is_last` take no new connection until `mend`."""
        loss = Loss(what, is_last=is_last)
        self._do(lambda: self._losses.append(loss))
        return loss

    # ------------------------------------------------------------------ on its own thread

    def _do(self, act: Callable[[], T]) -> T:
        async def run() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(WAIT_S)

    def _start(self) -> None:
        async def listen() -> None:
            self._listening = await asyncio.start_server(self._carry, "127.0.0.1", 0)
            self.port = self._listening.sockets[0].getsockname()[1]

        self._thread.start()
        asyncio.run_coroutine_threadsafe(listen(), self._loop).result(WAIT_S)

    def _stop(self) -> None:
        async def end() -> None:
            self._listening.close()
            self._is_whole.set()
            for each in [*self._carried]:
                each.reset()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(WAIT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._is_whole.wait()  # the kernel accepts the connection, without an answer
        try:
            if self._refuses:
                raise ConnectionRefusedError
            server_reader, server_writer = await asyncio.open_unix_connection(self._path)
        except OSError:  # the server is down
            writer.transport.abort()
            return
        carried = _Carried(self._is_whole, self._take_loss, (reader, writer), (server_reader, server_writer))
        self._carried.add(carried)
        try:
            await carried.run()
        finally:
            self._carried.discard(carried)

    def _take_loss(self) -> Loss | None:
        loss = self._losses.pop(0) if self._losses else None
        self._refuses = self._refuses or (loss is not None and loss.is_last)
        return loss


def _socket_of(server: Server) -> str:
    return f"{server.sockets}/.s.PGSQL.{server.port}"


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Carried:
    """One connection."""

    def __init__(
        self, is_whole: asyncio.Event, take_loss: Callable[[], Loss | None], client: Stream, server: Stream
    ) -> None:
        self._is_whole, self._take_loss = is_whole, take_loss
        self._client, self._server = client, server
        self._swallowing: Loss | None = None
        self._commits: set[bytes] = set()
        """The names of prepared statements that commit; that of the one without a name is empty."""

    async def run(self) -> None:
        """Carry both directions until both have ended."""
        await asyncio.gather(self._quietly(self._to_server()), self._quietly(self._to_client()))

    def give_up(self) -> None:
        """Do what the client's kernel does once it has heard nothing for too long, if that is still so."""
        if not self._is_whole.is_set():
            self._client[1].transport.abort()

    def reset(self) -> None:
        """End both sides at once."""
        for _, writer in (self._client, self._server):
            writer.transport.abort()

    async def _quietly(self, carrying: Awaitable[None]) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await carrying
        await self._is_whole.wait()  # that a side has gone is not heard through a cut cable either
        self.reset()

    async def _to_client(self) -> None:
        reader, writer = self._server[0], self._client[1]
        while data := await reader.read(CHUNK):
            await self._is_whole.wait()
            if self._swallowing is not None:
                self._swallowing.happened.set()
                return
            writer.write(data)
            await writer.drain()

    async def _to_server(self) -> None:
        """Carry the client's messages one by one, so that none is cut in two by what is done to it."""
        reader, writer = self._client[0], self._server[1]
        while True:  # the start has no letter, and may be repeated after a question for TLS
            size = await reader.readexactly(4)
            body = await reader.readexactly(int.from_bytes(size) - 4)
            await self._send(writer, size + body)
            if int.from_bytes(body[:4]) not in {TLS, GSS}:
                break
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(int.from_bytes(head[1:]) - 4)
            if self._is_commit(head[:1], body) and (loss := self._take_loss()) is not None:
                if loss.what is Lost.THE_COMMIT:
                    loss.happened.set()
                    return
                self._swallowing = loss
            await self._send(writer, head + body)

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        await self._is_whole.wait()
        if self._client[1].transport.is_closing():  # given up: what waited is not sent again
            raise ConnectionResetError
        writer.write(data)
        await writer.drain()

    def _is_commit(self, letter: bytes, body: bytes) -> bool:
        """Whether the message makes the server commit: a simple query, or the binding of a prepared statement."""
        match letter:
            case b"Q":
                return body == b"COMMIT\0"
            case b"P":
                name, query, _ = body.split(b"\0", 2)
                (self._commits.add if query == b"COMMIT" else self._commits.discard)(name)
            case b"B":
                return body.split(b"\0", 2)[1] in self._commits
        return False


@contextlib.contextmanager
def cable_to(server: Server) -> Iterator[Cable]:
    """Give a cable to the server; its connections end with it."""
    cable = Cable(server)
    cable._start()
    try:
        yield cable
    finally:
        cable._stop()
