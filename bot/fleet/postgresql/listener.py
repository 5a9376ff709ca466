"""Notifications from other processes, and leader election: one connection on its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import secrets
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import psycopg
import structlog

from bot.errors import RESTART_CANNOT_HELP, DatabaseFailing, StoreError
from bot.fleet.postgresql.connection import PostgresConnection, connected, failure_of
from bot.settings import PostgresUrl
from bot.store import texts

log = structlog.get_logger(__name__)

SIGNALS = "cannon_signals"
"""The channel of `Signals`: a JSON array of the name and the text."""
TRIED = "cannon_tried"
"""The channel of `require_hearing`."""
TRIED_S = 10.0
LEADER_LOCK = 0x0C4A_990B
PROCESS_LOCK = 0x0C4A_990E
"""The lock that all processes share: its holders are counted."""
LOCKS = 0x0C4A
"""The space of `lock`'s advisory locks."""
ASKED_S = 2.0
"""How long `lock` waits for an answer of the server."""
BEAT_S = 3.0
"""Interval of connection checks and leadership attempts."""
BELIEVED_S = 9.0
"""How long leadership, and the number of processes, are assumed after the last check."""
SILENCE = "12s"
"""The server ends a paused process's session, and its leadership, after this time."""
RETRY_S = 1.0


_PROCESSES = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = 0 AND objid = %s AND objsubid = 1
"""


def require_hearing(url: PostgresUrl) -> None:
    """Raise StoreError unless what is announced at an address is heard there. Blocks.

    A pooler with transaction pooling lends the listening session to others between two transactions.
    """
    hearing: list[psycopg.Connection[Any]] = []

    def listen(raw: psycopg.Connection[Any]) -> None:
        raw.execute(f"LISTEN {TRIED}")
        hearing.append(raw)

    announced = secrets.token_hex(16)
    with (
        contextlib.closing(PostgresConnection(url, prepare=listen)),
        contextlib.closing(PostgresConnection(url)) as announcing,
    ):
        announcing.notify(TRIED, announced)
        for notice in hearing[-1].notifies(timeout=TRIED_S):
            if notice.payload == announced:
                return
    raise StoreError(texts.SESSIONS_ARE_SHARED(name=str(url)), exit_code=RESTART_CANNOT_HELP)


class AnnouncementListener:
    """Listens to other processes and holds the leader's lock; both end with the connection.

    `signal` gets a name and its text, on the event loop.
    """

    def __init__(
        self,
        url: PostgresUrl,
        *,
        signal: Callable[..., None],
        missed: Callable[[], None],
        failing: Callable[[DatabaseFailing], None],
    ) -> None:
        self._url = url
        self._signal, self._missed, self._failing = signal, missed, failing
        self.failure: DatabaseFailing | None = None
        """Why it does not listen, once a new connection has failed, too."""
        self._loop = asyncio.get_running_loop()
        self._leads_until = self._counted_until = 0.0
        self._processes = 1
        self._wants_to_lead = False
        self._begins_to_lead = asyncio.Event()
        self._hears = asyncio.Event()
        self._stopping = threading.Event()
        self._woken, self._waking = socket.socketpair()
        """A byte from the event loop ends the wait on the connection."""
        self._waking.setblocking(False)
        self._asked: deque[tuple[str, str, asyncio.Future[bool] | None]] = deque()
        """Queries about locks with the lock's name, and whom to answer."""
        self._raw: psycopg.Connection[Any] | None = None
        self._heard = 0
        """How often it began to listen."""
        self._thread = threading.Thread(target=self._run, name="cannon-bot-listener", daemon=True)

    async def start(self) -> None:
        """Start; return once listening, so that nothing later is missed."""
        self._thread.start()
        await self._hears.wait()

    @property
    def is_leader(self) -> bool:
        """Whether this process was the leader within the last seconds."""
        return time.monotonic() < self._leads_until

    async def wait(self) -> None:
        """Return once this process leads; the first call enters the election."""
        self._wants_to_lead = True
        while not self.is_leader:
            self._begins_to_lead.clear()
            await self._begins_to_lead.wait()

    def part_of(self, calls: int) -> int:
        """Return this process's part of so many calls; 1 while the number of processes is unknown."""
        return max(1, calls // self._processes) if time.monotonic() < self._counted_until else 1

    async def lock(self, name: str) -> bool | None:
        """Try to take a lock that one process has at a time, until `unlock` or the end of this connection.

        None if there is no connection. One process asks for a name once at a time.
        """
        if self._stopping.is_set() or self.failure is not None:
            return None
        outcome: asyncio.Future[bool] = self._loop.create_future()
        outcome.add_done_callback(lambda outcome: self.unlock(name) if outcome.cancelled() else None)
        self._ask("SELECT pg_try_advisory_lock(%s, hashtext(%s))", name, outcome)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ASKED_S):
                return await outcome
        return None

    def unlock(self, name: str) -> None:
        """Give a lock back; never blocks."""
        self._ask("SELECT pg_advisory_unlock(%s, hashtext(%s))", name, None)

    def _ask(self, query: str, name: str, outcome: asyncio.Future[bool] | None) -> None:
        self._asked.append((query, name, outcome))
        with contextlib.suppress(OSError):  # it is being closed, or has a byte for each of thousands already
            self._waking.send(b".")

    async def close(self) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            self._waking.close()
        await asyncio.to_thread(self._thread.join)
        self._leads_until = self._counted_until = 0.0
        self._woken.close()

    # ------------------------------------------------------------------ on its own thread

    def _run(self) -> None:
        is_first, heard = True, self._heard
        while not self._stopping.is_set():
            try:
                self._hear(is_first=is_first)
            except (psycopg.Error, OSError, ValueError) as error:  # another program may announce there too
                self._leads_until = self._counted_until = 0.0
                if not self._stopping.is_set():
                    self._note(error, has_heard=self._heard > heard)
                    self._stopping.wait(RETRY_S)
            finally:
                is_first, heard = False, self._heard
                if self._raw is not None:
                    self._raw.close()

    def _note(self, error: Exception, *, has_heard: bool) -> None:
        """A lost connection is no failure yet, as a new one may be had at once."""
        if has_heard:
            log.info("database.listener_lost", error=type(error).__name__)
            return
        found = failure_of(error) if isinstance(error, psycopg.Error) else None
        self.failure = found or DatabaseFailing(texts.OUT_OF_ORDER, for_host=f"{type(error).__name__}: {error}")
        self._call(self._failing, self.failure)

    def _hear(self, *, is_first: bool) -> None:
        """Listen until stopped or disconnected. Raises psycopg.Error."""
        self._raw = raw = connected(self._url)
        raw.execute(f"SET idle_session_timeout = '{SILENCE}'")
        raw.execute(f"LISTEN {SIGNALS}")
        raw.execute("SELECT pg_advisory_lock_shared(%s)", [PROCESS_LOCK])
        self._count(raw)
        self._heard, self.failure = self._heard + 1, None
        self._call(self._hears.set)
        if not is_first:
            self._call(self._missed)
        waited_for: list[int | socket.socket] = [raw.fileno(), self._woken]
        leads = False
        while not self._stopping.is_set():
            asked = time.monotonic()
            self._count(raw)
            if self._wants_to_lead and not leads:
                row = raw.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK]).fetchone()
                leads = bool(row and row[0])
                if leads:
                    log.info("database.leads")
            if leads:
                self._leads_until = asked + BELIEVED_S
                self._call(self._begins_to_lead.set)
            while (left := asked + BEAT_S - time.monotonic()) > 0 and not self._stopping.is_set():
                for notice in raw.notifies(timeout=0):  # including those that came during a statement
                    self._take(notice)
                if self._woken in select.select(waited_for, [], [], left)[0]:
                    self._woken.recv(4096)
                self._answer(raw)

    def _count(self, raw: psycopg.Connection[Any]) -> None:
        asked = time.monotonic()
        row = raw.execute(_PROCESSES, [PROCESS_LOCK]).fetchone()
        self._processes, self._counted_until = row[0] if row else 1, asked + BELIEVED_S

    def _answer(self, raw: psycopg.Connection[Any]) -> None:
        while self._asked:
            query, name, outcome = self._asked.popleft()
            row = raw.execute(query, [LOCKS, name]).fetchone()
            if outcome is not None:
                self._call(functools.partial(_resolve, outcome, is_held=bool(row and row[0])))

    def _take(self, notice: psycopg.Notify) -> None:
        name, *words = json.loads(notice.payload)
        self._call(self._signal, name, *words)

    def _call(self, callback: Callable[..., object], *words: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(callback, *words)


def _resolve(outcome: asyncio.Future[bool], *, is_held: bool) -> None:
    if not outcome.done():
        outcome.set_result(is_held)
