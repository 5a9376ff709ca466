"""Compares the accounts of guilds' own keys with the books hourly, and the running totals with the ledger daily.

The host's account is not compared: its servers must not learn of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import structlog

from bot.account import texts
from bot.account.api_keys import ApiKeys, UsableKey
from bot.cannon.client import CannonClient
from bot.domain.models import ExpiringCredits, GuildKey
from bot.domain.money.account import DAY_S, Alert, lost, of_expiry
from bot.errors import CannonError, NoKey
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.store import Store
from bot.store.engine.repository import Record
from bot.store.guild.account import AccountDifference
from bot.store.money.totals import COMPARED_META, HOST_ID

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
            self._metrics.books_differed("account")
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


TOTALS_EVERY_S = 600.0
"""How often it is seen whether a day has passed; not in the first of these, when a start has work of its own."""


class TotalsAudit:
    """Compares the running totals with the ledger daily, sets them right, and reports it to moderators and the host."""

    def __init__(self, store: Store, clock: Clock, metrics: Metrics) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._not_before = clock.monotonic() + TOTALS_EVERY_S

    async def run_once(self) -> None:
        now = self._clock.wall()
        compared_at = float(await self._store.meta.get(COMPARED_META) or 0)
        if self._clock.monotonic() < self._not_before or 0 <= now - compared_at < DAY_S:
            return
        guild_id: int | None = HOST_ID
        while guild_id is not None:
            await self._compare(guild_id)
            guild_id = await self._store.totals.next_guild(guild_id)
        await self._store.meta.set(COMPARED_META, str(now))

    async def _compare(self, guild_id: int) -> None:
        if not await self._store.totals.differing(guild_id):
            return
        if wrong := await self._store.totals.rebuild(guild_id, record=_totals_corrected):
            self._metrics.books_differed("totals")
            log.error("totals.differed", guild=guild_id, rows=wrong)


def _totals_corrected(rows: int) -> Record | None:
    if not rows:
        return None
    return Record(by_id=0, kind="account", text=texts.TOTALS_CORRECTED(count=rows), about={"rows": rows})


WEEK_S = 7 * DAY_S


class BalanceExpiry:
    """Tracks expiring credits of servers' own accounts. The host's account is private."""

    def __init__(self, *, keys: ApiKeys, client: CannonClient, clock: Clock) -> None:
        self._keys = keys
        self._client = client
        self._clock = clock
        self._ask_due: dict[str, float] = {}

    def expiring(self, guild_id: int, key: UsableKey) -> Sequence[ExpiringCredits]:
        """Return the account's last reported expiring credits; () for the host's."""
        status = None if key.id is None else self._keys.last_status(guild_id, key)
        return () if status is None else status.expiring

    def lost_in_a_week(self, guild_id: int, key: UsableKey, a_day: Decimal) -> Decimal:
        """Return the credits lost in the coming week at the rate of `a_day`."""
        now = self._clock.wall()
        found = lost(self.expiring(guild_id, key), a_day, now)
        return sum((each.credits for each in found if each.of.expires_at <= now + WEEK_S), Decimal(0))

    async def alerts(self, guild_id: int, a_day: Decimal) -> list[Alert]:
        """Return the alerts at the rate of `a_day`; the account is requested at most daily."""
        try:
            key = await self._keys.for_guild(guild_id)
        except NoKey:
            return []
        if key.id is None or key.refused:
            return []
        slot, now = key.slot(guild_id), self._clock.monotonic()
        if now >= self._ask_due.get(slot, now):
            self._ask_due[slot] = now + DAY_S
            await self._ask(guild_id, key)
        return of_expiry(self.expiring(guild_id, key), a_day, self._clock.wall())

    async def _ask(self, guild_id: int, key: UsableKey) -> None:
        try:
            status = await self._client.status(key.secret)
        except CannonError as error:
            log.info("expiry.unknown", guild=guild_id, error=type(error).__name__)
        else:
            await self._keys.note_status(guild_id, key, status)
