"""Each server is greeted once: when the bot joins it, or when it starts and finds that it has joined meanwhile.

A server that removes the bot and invites it again is greeted again only if all of it was erased in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.domain.first_contact import WelcomePlace
from bot.guild.absences import Absences
from bot.runtime.clock import Clock
from bot.store import Store

log = structlog.get_logger(__name__)

FOUND_WITHIN_S = 3 * 86_400.0
"""A server without a row that the bot joined before this is an old one, of another database or without any use."""
GIVE_UP_S = 86_400.0
"""For how long a greeting that Discord does not take just now is tried again."""
EVERY_S = 60.0

SendWelcome = Callable[[int, bool], Awaitable[WelcomePlace | None]]
"""Sends the message to a server, where the second argument says whether an earlier attempt may have left one there.

Returns where it is, None if it should be tried again later. Raises no error of Discord.
"""


class Welcomes:
    """Has servers greeted, and remembers that in the store before and after, so that a crash repeats nothing."""

    def __init__(self, store: Store, clock: Clock, *, absences: Absences, send: SendWelcome) -> None:
        self._store = store
        self._clock = clock
        self._absences = absences
        self._send = send
        self._wake = asyncio.Event()
        self._lock = asyncio.Lock()

    async def joined(self, guild_id: int) -> None:
        """Have a server greeted that the bot joins now, unless it was before."""
        await self._expect({guild_id: self._clock.wall()})

    async def found(self, joined: Mapping[int, float]) -> None:
        """Have those servers greeted that the bot joined while it was off; `joined` is when, in Unix seconds."""
        since = self._clock.wall() - FOUND_WITHIN_S
        await self._expect({guild_id: at for guild_id, at in joined.items() if at >= since})

    async def run(self) -> None:
        """Greet until cancelled; what fails is tried again."""
        while True:
            self._wake.clear()
            try:
                waits = await self.run_once()
            except Exception:
                log.exception("welcome.failed")
                waits = True
            await self._clock.wait(self._wake, EVERY_S if waits else None)

    async def run_once(self) -> bool:
        """Greet whoever is to be greeted; return whether somebody still is."""
        async with self._lock:
            waiting = [
                guild_id
                for guild_id, joined_at, was_tried in await self._store.welcomes.due()
                if not await self._greet(guild_id, joined_at, again=was_tried)
            ]
        return bool(waiting)

    async def _expect(self, joined: Mapping[int, float]) -> None:
        if joined and await self._store.welcomes.expect(joined):
            self._wake.set()

    async def _greet(self, guild_id: int, joined_at: float, *, again: bool) -> bool:
        """Greet a server, or give up; return whether that is over."""
        place = None
        if not self._absences.is_absent(guild_id):
            await self._store.welcomes.begin(guild_id)
            place = await self._send(guild_id, again)
        if place is None and self._clock.wall() - joined_at > GIVE_UP_S:
            place = WelcomePlace.NOWHERE
        if place is None:
            return False
        await self._store.welcomes.end(guild_id, place)
        log.info("welcome.ended", guild=guild_id, place=place.value)
        return True
