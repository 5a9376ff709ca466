"""Servers that remove the bot, and perhaps reinvite it.

Unsent work is cancelled at once; paid work is followed for a grace day with its key, and shown nowhere. Then the key is
deleted. The gateway reports removals only while connected, so the servers are compared at each new session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog

from bot.catalogue import LiveCatalogue
from bot.runtime.clock import Clock
from bot.store import Store
from bot.store.guild.privacy import BATCH

log = structlog.get_logger(__name__)

GRACE_S = 24 * 3600.0


class Absences:
    """Tracks which servers removed the bot. Failed writes are retried by `run_once`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._absent: set[int] = set()
        self._news: dict[int, bool] = {}
        """Pending writes: whether the server removed the bot."""
        self._to_compare: list[tuple[frozenset[int], Callable[[int], bool]]] = []
        """The bot's servers, and which servers the list covers."""
        self._listeners: list[Callable[[int], None]] = []
        self._lock = asyncio.Lock()
        self.on_change: Callable[[], None] = lambda: None
        """Called when a server is noted as left or returned, as it."""

    async def load(self) -> None:
        async with self._lock:
            self._absent = await self._store.absent_guilds.all()

    def listen(self, on_return: Callable[[int], None]) -> None:
        """Have `on_return` called with the id of each returning server."""
        self._listeners.append(on_return)

    def is_absent(self, guild_id: int) -> bool:
        """Whether the server has removed the bot: nothing is shown or started there."""
        return guild_id in self._absent

    async def left(self, guild_id: int) -> None:
        self._news[guild_id] = True
        await self._note_news()

    async def returned(self, guild_id: int) -> None:
        """Note that the bot is in the server, perhaps again: its jobs are resumed."""
        self._news[guild_id] = False
        await self._note_news()

    async def compare(self, present: Collection[int], concerns: Callable[[int], bool] = lambda _: True) -> None:
        """Note removals and returns since the last connection.

        `present` are all its servers, including those in an outage; or all that this `concerns`, such as one shard's.
        """
        self._to_compare.append((frozenset(present), concerns))
        await self._note_news()

    async def note_news(self) -> None:
        await self._note_news()

    async def run_once(self) -> None:
        """Retry pending writes, and end long absences."""
        await self._note_news()
        for guild_id in await self._store.absent_guilds.with_unsent():
            await self._leave(guild_id)
        for guild_id in await self._store.absent_guilds.overdue(self._clock.wall() - GRACE_S):
            forgotten = await self._store.absent_guilds.forget(guild_id)
            log.info("guild.forgotten", guild=guild_id, held=forgotten.held, failed=forgotten.failed)

    async def _note_news(self) -> None:
        async with self._lock:
            while self._to_compare:
                present, concerns = self._to_compare[-1]
                for guild_id in filter(concerns, await self._store.absent_guilds.concerned()):
                    self._news.setdefault(guild_id, guild_id not in present)
                self._to_compare.remove((present, concerns))
            while self._news:
                guild_id, is_absent = next(iter(self._news.items()))
                await (self._leave(guild_id) if is_absent else self._return(guild_id))
                if self._news.get(guild_id) is is_absent:  # it may have changed meanwhile
                    del self._news[guild_id]

    async def _leave(self, guild_id: int) -> None:
        self._absent.add(guild_id)
        cancelled = await self._store.absent_guilds.note(guild_id)
        self.on_change()
        log.info("guild.absent", guild=guild_id, cancelled=cancelled)

    async def _return(self, guild_id: int) -> None:
        if guild_id not in self._absent:
            return
        await self._store.absent_guilds.remove(guild_id)
        self._absent.discard(guild_id)
        self.on_change()
        log.info("guild.returned", guild=guild_id)
        for on_return in self._listeners:
            on_return(guild_id)


EVERY_S = 3600.0
PURGE_AFTER_S = 30 * 86_400.0
"""How long a server may be without the bot before its data is erased."""


class DataRetention:
    """Erases in small turns. `host_days` is the host's number of days, 0 for ever; a server may set fewer."""

    def __init__(self, store: Store, catalogue: LiveCatalogue, clock: Clock, *, host_days: int) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._host_days = host_days
        self._due_at = 0.0
        self._has_erased = False

    async def run_once(self) -> None:
        """Do one turn, if due. While data remains, or the log could not be emptied, the next is due at once.

        The log is emptied hourly, since keys and tokens are also deleted elsewhere.
        """
        if self._clock.monotonic() < self._due_at:
            return
        is_known = self._catalogue.current.knows_model
        erased = await self._store.retention.erase_old(self._host_days, is_known)
        has_more = erased >= BATCH
        before = self._clock.wall() - PURGE_AFTER_S
        for guild_id in await self._store.retention.to_purge(before):
            has_more |= not await self._purge(guild_id, before)
            self._has_erased = True
        has_more |= await self._store.retention.forget_left_over() >= BATCH
        replaced = await self._store.former_members.replace_due()
        has_more |= replaced >= BATCH
        await self._store.retention.forget_expired()
        if erased:
            log.info("retention.erased", jobs=erased)
        self._has_erased |= bool(erased or replaced)
        if has_more:
            await self._store.truncate_log()
        elif await (self._store.scrub() if self._has_erased else self._store.truncate_log()):
            self._has_erased = False
            self._due_at = self._clock.monotonic() + EVERY_S

    async def _purge(self, guild_id: int, before: float) -> bool:
        """Take a turn at purging a guild; return whether it is blocked for now."""
        retention = self._store.retention
        if await retention.erase_some(guild_id, before, self._catalogue.current.knows_model) == BATCH:
            return False
        left = await retention.clear_out(guild_id, before)
        log.info("guild.purged", guild=guild_id, open=left)
        return True
