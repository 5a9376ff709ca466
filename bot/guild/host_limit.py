"""What servers may spend of the host's own credits: so much in a month, which no moderator can lift."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.spending_policy import host_month
from bot.guild.api_keys import UsableKey
from bot.runtime.clock import Clock
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class HostUsage:
    """What a server has spent or holds of its limit in this month, in credits; `renewed_at` is Unix seconds."""

    spent: Decimal
    limit: Decimal
    renewed_at: float


class HostLimit:
    """Knows the limit; bot/domain/spending_policy.py decides by it, inside the transaction."""

    def __init__(self, store: Store, clock: Clock, limit: Decimal | None) -> None:
        self._store = store
        self._clock = clock
        self._limit = limit

    def of(self, key: UsableKey) -> Decimal | None:
        """Return the limit that applies to jobs with this key, in credits; None without one."""
        return self._limit if key.id is None else None

    async def usage(self, guild_id: int, key: UsableKey) -> HostUsage | None:
        """Return what the guild has used of its limit, None if none applies with this key."""
        limit = self.of(key)
        if limit is None:
            return None
        since, renewed_at = host_month(self._clock.wall())
        spent = await self._store.spending.on_host_key(guild_id, since)
        return HostUsage(spent=spent, limit=limit, renewed_at=renewed_at)
