"""Names of hosts that members and API answers link to, resolved in threads of their own.

asyncio resolves names in the threads that the whole process shares. There, a few names whose server never answers would
hold up the calls to Cannon Studio and Discord, and everything else that runs in a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Sequence

AT_ONCE = 4
ANSWER_TIMEOUT_S = 5.0
"""How long an answer is awaited, the wait for a place included."""
THREADS_MAX = 16
"""With those whose answer was given up: the system's look-up cannot be interrupted, and may last for half a minute."""


class NameLookup:
    """Resolves names as the machine does, `AT_ONCE` at a time. A name that gets no answer in time has no address."""

    def __init__(self, *, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(AT_ONCE)
        self._threads = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the name's addresses as text. Raises OSError."""
        try:
            async with asyncio.timeout(self._timeout_s), self._places:
                return await self._in_thread(host, port)
        except TimeoutError:
            raise OSError("no name server has answered in time") from None

    async def _in_thread(self, host: str, port: int) -> Sequence[str]:
        if self._threads >= THREADS_MAX:
            raise OSError("too many names are without an answer")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()
        # A daemon: one that hangs must not hold up the end of the process.
        thread = threading.Thread(target=self._look_up, args=(loop, answer, host, port), name="names", daemon=True)
        self._threads += 1
        thread.start()
        return await answer

    def _look_up(
        self, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Sequence[str]], host: str, port: int
    ) -> None:
        found: Sequence[str] | OSError
        try:
            found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except OSError as error:
            found = error
        except ValueError:  # UnicodeError, for a name that has no form in ASCII
            found = OSError("not a name")
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._settle, answer, found)

    def _settle(self, answer: asyncio.Future[Sequence[str]], found: Sequence[str] | OSError) -> None:
        self._threads -= 1
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)
