"""Posting results side by side: which calls to Discord are about a result, and how many uploads run at once.

`Poster` says that it posts (`posting_of`); the app's `DiscordGate` sees each request as it goes on the wire and takes a
slot for it there. So a slot is held only while a file is on its way: not while it is downloaded, and not while
discord.py waits for a rate limit.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar

UPLOADS_AT_ONCE, UPLOADS_OF_ONE_SERVER = 8, 2

_posting: ContextVar[int | None] = ContextVar("posting", default=None)


@contextlib.contextmanager
def posting_of(guild_id: int) -> Iterator[None]:
    """Mark the calls of this block: they post a result of the guild, which is tried again if Discord cannot take it."""
    token = _posting.set(guild_id)
    try:
        yield
    finally:
        _posting.reset(token)


def posting_guild() -> int | None:
    """Return the guild whose result the running task is posting, None if it posts none."""
    return _posting.get()


class UploadSlots:
    """The places for uploads. A free one goes to the guild with the fewest uploads, then to who waited longest."""

    def __init__(self) -> None:
        self._running: Counter[int] = Counter()
        self._waiting: dict[asyncio.Future[None], int] = {}

    async def take(self, guild_id: int) -> None:
        """Wait for a slot and take it; `release` must follow."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[mine] = guild_id
        self._admit()
        try:
            await mine
        except asyncio.CancelledError:
            if self._waiting.pop(mine, None) is None:
                self.release(guild_id)
            raise

    def release(self, guild_id: int) -> None:
        """Free a slot of the guild."""
        self._running[guild_id] -= 1
        self._running += Counter()  # forgets those that are at zero
        self._admit()

    def running(self, guild_id: int | None = None) -> int:
        """Return how many uploads run, of one guild or of all."""
        return self._running.total() if guild_id is None else self._running[guild_id]

    def _admit(self) -> None:
        while self._running.total() < UPLOADS_AT_ONCE:
            free = [
                (waiting, guild_id)
                for waiting, guild_id in self._waiting.items()
                if self._running[guild_id] < UPLOADS_OF_ONE_SERVER and not waiting.done()  # done here: cancelled
            ]
            if not free:
                return
            waiting, guild_id = min(free, key=lambda each: self._running[each[1]])  # the first of those that are equal
            del self._waiting[waiting]
            self._running[guild_id] += 1
            waiting.set_result(None)
