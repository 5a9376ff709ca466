"""What is erased without anybody asking: contents of old jobs, and all of servers that removed the bot for good."""

from __future__ import annotations

import asyncio

import structlog

from bot.catalogue import LiveCatalogue
from bot.runtime.clock import Clock
from bot.store import Store
from bot.store.guild.retention import BATCH
from bot.store.host.old_files import delete_upgrade_backups

log = structlog.get_logger(__name__)

EVERY_S = 3600.0
"""How often it is looked what is to be erased."""
UPGRADE_BACKUP_S = 30 * 86_400.0
"""How long a backup that was made by itself before an upgrade is kept: it has what members have deleted since."""
PURGE_AFTER_S = 30 * 86_400.0
"""How long a server may be without the bot before all that it has said and set here is erased."""


class DataRetention:
    """Erases in small turns. `host_days` is the host's number of days, 0 for ever; a server may set a lower one."""

    def __init__(self, store: Store, catalogue: LiveCatalogue, clock: Clock, *, host_days: int) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._host_days = host_days
        self._due_at = 0.0
        self._has_erased = False
        """Whether something was erased since the database was rebuilt."""

    async def run_once(self) -> None:
        """Do one turn, if one is due. While there is more, and until the log could be emptied, the next is due at once.

        The log is emptied in each hour, because keys and tokens are also forgotten in passing.
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
        if (path := self._store.path) is not None:
            await asyncio.to_thread(delete_upgrade_backups, path, self._clock.wall() - UPGRADE_BACKUP_S)
        await self._store.retention.forget_expired()
        await self._store.retention.forget_unused(self._host_days)
        if erased:
            log.info("retention.erased", jobs=erased)
        self._has_erased |= bool(erased or replaced)
        if has_more:
            await self._store.truncate_log()
        elif await (self._store.scrub() if self._has_erased else self._store.truncate_log()):
            self._has_erased = False
            self._due_at = self._clock.monotonic() + EVERY_S

    async def _purge(self, guild_id: int, before: float) -> bool:
        """Take a turn at purging a guild; return whether nothing can be done about it now."""
        retention = self._store.retention
        if await retention.erase_some(guild_id, before, self._catalogue.current.knows_model) == BATCH:
            return False
        left = await retention.clear_out(guild_id, before)
        log.info("guild.purged", guild=guild_id, open=left)
        return True
