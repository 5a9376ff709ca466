"""How many files members may have the bot look at: for one request, in a minute, at once, and for how long.

A look is a request to a host that a member has chosen. Without bounds, members could flood or scan others through the
bot, and keep it from looking at anybody else's files.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.errors import InputError, MediaUnreachable, Refused
from bot.generation import texts
from bot.runtime.clock import Clock
from bot.runtime.rate_limiter import RateLimiter

FILES_MAX = 10
"""For one request: uploads, links and results of jobs together."""
LOOKS_A_MINUTE, MINUTE_S = 30, 60.0
AT_ONCE_OF_MEMBER, AT_ONCE = 2, 8
LOOKS_TIMEOUT_S = 30.0
"""For all looks of one request together, waiting for a place included."""


@dataclass(slots=True)
class _Places:
    """A member's places; `users` are the looks that have one or wait for one."""

    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE_OF_MEMBER))
    users: int = 0


class LookPace:
    """Counts and bounds the looks of all members, in memory. Others are not held up by what one of them does."""

    def __init__(self, clock: Clock) -> None:
        self._begun = RateLimiter(clock, LOOKS_A_MINUTE, MINUTE_S)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._of_members: dict[int, _Places] = {}

    def require_few(self, count: int) -> None:
        """Raise InputError if one request may not have so many files."""
        if count > FILES_MAX:
            raise InputError(texts.too_many_files(FILES_MAX, count))

    def require_pace(self, member_id: int, count: int = 1) -> None:
        """Raise Refused if the member may not begin so many looks now. None is counted."""
        wait_s = self._begun.peek_s(member_id, count)
        if wait_s > 0:
            raise Refused(texts.too_many_looks(math.ceil(wait_s)))

    @asynccontextmanager
    async def request(self, member_id: int, count: int = 1) -> AsyncIterator[None]:
        """Bound all looks of one request, for which the member gave `count` files; each is a `look` or a `place`.

        Raises InputError or Refused before the first of them, MediaUnreachable if they take too long.
        """
        self.require_few(count)
        self.require_pace(member_id, count)
        try:
            async with asyncio.timeout(LOOKS_TIMEOUT_S):
                yield
        except TimeoutError:
            raise MediaUnreachable(texts.looks_timed_out(LOOKS_TIMEOUT_S)) from None

    @asynccontextmanager
    async def look(self, member_id: int) -> AsyncIterator[None]:
        """Wait for a place, and keep it for the block: one look at a file. Raises Refused above the member's pace."""
        self.require_pace(member_id)
        async with self.place(member_id):
            yield

    @asynccontextmanager
    async def place(self, member_id: int) -> AsyncIterator[None]:
        """Like `look`, for a result of the bot's own: it counts, but is not refused."""
        self._begun.note(member_id)
        places = self._of_members.setdefault(member_id, _Places())
        places.users += 1
        try:
            async with places.free, self._free:
                yield
        finally:
            places.users -= 1
            if not places.users:
                del self._of_members[member_id]
