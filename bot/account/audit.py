"""Compares the accounts of guilds' own keys with the books hourly.

The host's account is not compared: its servers must not learn of each other.
"""

from __future__ import annotations

import structlog

from bot.account import texts
from bot.cannon.client import CannonClient
from bot.domain.models import GuildKey
from bot.errors import CannonError
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.store import Store
from bot.store.engine.repository import Record
from bot.store.guild.account import AccountDifference

log = structlog.get_logger(__name__)

CHECK_EVERY_S = 3600.0
AGAIN_S = 300.0
"""Retry interval of a failed comparison."""


class AccountAudit:
    """Requests the status of each key in use hourly."""

    def __init__(self, store: Store, *, client: CannonClient, clock: Clock, metrics: Metrics) -> None:
        self._store = store
        self._client = client
        self._clock = clock
        self._metrics = metrics
        self._due: dict[int, float] = {}

    async def run_once(self) -> None:
        keys = await self._store.account_checks.to_check(self._clock.wall() - CHECK_EVERY_S)
        self._due = {key.id: self._due[key.id] for key in keys if key.id in self._due}
        for key in keys:
            if self._clock.monotonic() >= self._due.get(key.id, 0.0):
                self._due[key.id] = self._clock.monotonic() + AGAIN_S
                await self._compare(key)

    async def _compare(self, key: GuildKey) -> None:
        version = await self._store.account_checks.books_version(key.guild_id)
        try:
            status = await self._client.status(key.secret)
        except CannonError as error:
            log.info("account.unknown", guild=key.guild_id, error=type(error).__name__)
            return
        if status.credits is None:
            return
        found = await self._store.account_checks.compare(key.guild_id, key.id, status.credits, version=version)
        if found is not None and found.is_news:
            self._metrics.books_differed()
            if key.own:
                return  # its member sees it in their panel
            log.warning("account.difference", guild=key.guild_id, credits=str(found.credits))
            about = {"credits": str(found.credits), "jobs": list(found.job_ids)}
            await self._store.decisions.add(
                key.guild_id, lambda _: Record(by_id=0, kind="account", text=difference_text(found), about=about)
            )


def difference_text(found: AccountDifference) -> str:
    """Return the moderators' sentence on an excess charge."""
    return texts.account_difference(found.credits, found.job_ids)
