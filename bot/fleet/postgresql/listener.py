"""Notifications from other processes, and locks between them: one session on its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import secrets
import select
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
import structlog

from bot.errors import RESTART_CANNOT_HELP, DatabaseFailing, StoreError
from bot.fleet.postgresql.connection import PostgresConnection, connected, failure_of, session_lost
from bot.fleet.postgresql.dialect import SESSION
from bot.settings import PostgresUrl
from bot.store import texts

log = structlog.get_logger(__name__)

T = TypeVar("T")

SIGNALS = "cannon_signals"
"""The channel of `Signals`: a JSON array of the name and the text."""
TRIED = "cannon_tried"
"""The channel of `require_hearing`."""
TRIED_S = 10.0
LOCKS = 0x0C4A
"""The space of `lock`'s advisory locks."""
ASKED_S = 2.0
"""How long the server may take to answer."""
RETRY_S = 1.0


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
    """Listens to other processes and holds locks between them; both end with the session.

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
        self._hears = asyncio.Event()
        self._stopping = threading.Event()
        self._woken, self._waking = socket.socketpair()
        """A byte from the event loop ends the wait on the connection."""
        self._waking.setblocking(False)
        self._asked: deque[tuple[Callable[[psycopg.Connection[Any]], Any], asyncio.Future[Any]]] = deque()
        """What to run on the session, and whom to answer."""
        self._raw: psycopg.Connection[Any] | None = None
        self._heard = 0
        """How often it began to listen."""
        self.session = 0
        """The number of the present session, 0 for none."""
        self.process = 0
        """Its process on the server, of which it has the lock, likewise."""
        self._thread = threading.Thread(target=self._run, name="cannon-bot-listener", daemon=True)

    async def start(self) -> None:
        """Start; return once listening, so that nothing later is missed."""
        self._thread.start()
        await self._hears.wait()

    async def lock(self, name: str) -> bool | None:
        """Try to take a lock that one process has at a time, until `unlock` or the end of this connection.

        None if there is no connection. One process asks for a name once at a time.
        """
        if self._stopping.is_set() or self.failure is not None:
            return None
        outcome = self._queue(functools.partial(_call_lock, "pg_try_advisory_lock", name))
        outcome.add_done_callback(lambda outcome: self.unlock(name) if outcome.cancelled() else outcome.exception())
        with contextlib.suppress(TimeoutError, StoreError):
            async with asyncio.timeout(ASKED_S):
                return bool(await outcome)
        return None

    def unlock(self, name: str) -> None:
        """Give a lock back; never blocks."""
        unlocked = self._queue(functools.partial(_call_lock, "pg_advisory_unlock", name))
        unlocked.add_done_callback(lambda outcome: None if outcome.cancelled() else outcome.exception())

    async def ask(self, question: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Run `question` on the session, where it may take locks.

        Raises StoreError if there is none, or it is lost, as one is that answers nothing for `ASKED_S`.
        """
        if self._stopping.is_set() or self.failure is not None:
            raise session_lost()
        outcome = self._queue(question)
        try:
            async with asyncio.timeout(ASKED_S):
                answer: T = await outcome
        except TimeoutError:
            self._cut()
            raise session_lost() from None
        return answer

    def _cut(self) -> None:
        """Let its thread find the session ended, which may wait for an answer that never comes."""
        self.session = self.process = 0
        if (raw := self._raw) is not None:
            with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(raw.fileno())) as own:
                own.shutdown(socket.SHUT_RDWR)

    def _queue(self, question: Callable[[psycopg.Connection[Any]], Any]) -> asyncio.Future[Any]:
        outcome = self._loop.create_future()
        self._asked.append((question, outcome))
        with contextlib.suppress(OSError):  # it is being closed, or has a byte for each of thousands already
            self._waking.send(b".")
        return outcome

    async def close(self) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            self._waking.close()
        await asyncio.to_thread(self._thread.join)
        self._woken.close()

    # ------------------------------------------------------------------ on its own thread

    def _run(self) -> None:
        is_first, heard = True, self._heard
        while not self._stopping.is_set():
            try:
                self._hear(is_first=is_first)
            except (psycopg.Error, OSError, ValueError) as error:  # another program may announce there too
                if not self._stopping.is_set():
                    self._note(error, has_heard=self._heard > heard)
                    self._stopping.wait(RETRY_S if self._heard == heard else 0)
            finally:
                self.session = self.process = 0
                self._fail_asked()
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
        raw.execute(f"LISTEN {SIGNALS}")
        raw.execute("SELECT pg_advisory_lock(%s, pg_backend_pid())", [SESSION])
        self._heard, self.failure = self._heard + 1, None
        self.session, self.process = self._heard, raw.info.backend_pid
        self._call(self._hears.set)
        if not is_first:
            self._call(self._missed)
        waited_for: list[int | socket.socket] = [raw.fileno(), self._woken]
        while not self._stopping.is_set():
            for notice in raw.notifies(timeout=0):  # including those that came during a statement
                self._take(notice)
            if self._woken in select.select(waited_for, [], [])[0]:
                self._woken.recv(4096)
            self._answer(raw)

    def _answer(self, raw: psycopg.Connection[Any]) -> None:
        while self._asked:
            question, outcome = self._asked[0]
            answer = question(raw)
            self._asked.popleft()
            self._call(_resolve, outcome, answer)

    def _fail_asked(self) -> None:
        while self._asked:
            self._call(_fail, self._asked.popleft()[1])

    def _take(self, notice: psycopg.Notify) -> None:
        name, *words = json.loads(notice.payload)
        self._call(self._signal, name, *words)

    def _call(self, callback: Callable[..., object], *words: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(callback, *words)


def _call_lock(function: str, name: str, raw: psycopg.Connection[Any]) -> bool:
    row = raw.execute(f"SELECT {function}(%s, hashtext(%s))", [LOCKS, name]).fetchone()
    return bool(row and row[0])


def _resolve(outcome: asyncio.Future[Any], answer: Any) -> None:
    if not outcome.done():
        outcome.set_result(answer)


def _fail(outcome: asyncio.Future[Any]) -> None:
    if not outcome.done():
        outcome.set_exception(session_lost())
