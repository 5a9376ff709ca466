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
from dataclasses import dataclass

UPLOADS_AT_ONCE, UPLOADS_OF_ONE_SERVER = 32, 2
"""As many as Discord takes calls in a second, if each lasts two thirds of one."""
GIVES_WAY_S = 1.0
"""An upload that takes longer gives its slot to the next one: Discord may never answer it, and others need a moment."""
SLOW_UPLOADS_MOST = 120
"""How many may have done so at once."""

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


@dataclass(slots=True, eq=False)
class UploadSlot:
    """One upload's place, from `take` to `release`."""

    guild_id: int
    is_slow: bool = False
    """Whether it has given way: it counts for its server still, but not for the others."""
    timer: asyncio.TimerHandle | None = None


class UploadSlots:
    """The places for uploads. A free one goes to the guild with the fewest uploads, then to who waited longest."""

    def __init__(self) -> None:
        self._running: Counter[int] = Counter()
        self._slow = 0
        self._waiting: dict[asyncio.Future[UploadSlot], int] = {}

    async def take(self, guild_id: int) -> UploadSlot:
        """Wait for a slot and take it; `release` must follow."""
        mine: asyncio.Future[UploadSlot] = asyncio.get_running_loop().create_future()
        self._waiting[mine] = guild_id
        self._admit()
        try:
            return await mine
        except asyncio.CancelledError:
            if self._waiting.pop(mine, None) is None:
                self.release(mine.result())
            raise

    def release(self, slot: UploadSlot) -> None:
        """Free a slot."""
        if slot.timer is not None:
            slot.timer.cancel()
        self._slow -= slot.is_slow
        self._running[slot.guild_id] -= 1
        self._running += Counter()  # forgets those that are at zero
        self._admit()

    def running(self, guild_id: int | None = None) -> int:
        """Return how many uploads run, of one guild or of all."""
        return self._running.total() if guild_id is None else self._running[guild_id]

    def _admit(self) -> None:
        while self._running.total() - self._slow < UPLOADS_AT_ONCE:
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
            slot = UploadSlot(guild_id)
            slot.timer = asyncio.get_running_loop().call_later(GIVES_WAY_S, self._give_way, slot)
            waiting.set_result(slot)

    def _give_way(self, slot: UploadSlot) -> None:
        if self._slow < SLOW_UPLOADS_MOST:
            slot.is_slow = True
            self._slow += 1
            self._admit()
