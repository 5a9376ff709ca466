"""Credits of a server's own account that expire: known from each status call, requested daily for a timely alert."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import structlog

from bot.cannon.client import CannonClient
from bot.domain.credit_expiry import lost, of_expiry
from bot.domain.models import ExpiringCredits
from bot.domain.spending_alerts import DAY_S, Alert
from bot.errors import CannonError, NoKey
from bot.guild.api_keys import ApiKeys, UsableKey
from bot.runtime.clock import Clock

log = structlog.get_logger(__name__)

WEEK_S = 7 * DAY_S


class BalanceExpiry:
    """Knows what of the servers' own accounts expires. The host's account is nobody else's business."""

    def __init__(self, *, keys: ApiKeys, client: CannonClient, clock: Clock) -> None:
        self._keys = keys
        self._client = client
        self._clock = clock
        self._ask_due: dict[str, float] = {}

    def expiring(self, guild_id: int, key: UsableKey) -> Sequence[ExpiringCredits]:
        """Return what the account told last of its credits that expire; () for the host's."""
        told = None if key.id is None else self._keys.told(guild_id, key)
        return () if told is None else told.expiring

    def lost_in_a_week(self, guild_id: int, key: UsableKey, a_day: Decimal) -> Decimal:
        """Return the credits that will be lost in the coming week at the rate of `a_day`."""
        now = self._clock.wall()
        found = lost(self.expiring(guild_id, key), a_day, now)
        return sum((each.credits for each in found if each.of.expires_at <= now + WEEK_S), Decimal(0))

    async def alerts(self, guild_id: int, a_day: Decimal) -> list[Alert]:
        """Return what moderators should be told at the rate of `a_day`; the account is asked daily for it at most."""
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
