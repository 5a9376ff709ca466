"""What servers have spent of the host's credits, measured by the host's limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.money.limit_rules import HOST_ZONE
from bot.domain.server.guild_rules import Limit, Scope
from bot.store.engine.columns import from_milli
from bot.store.money.spending import SPENT_ON_HOST_KEY, end_of
from bot.store.sql import Connection

_BY_GUILD = SPENT_ON_HOST_KEY.replace("SELECT", "SELECT jobs.guild_id,", 1) + " GROUP BY jobs.guild_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCredits:
    """Spending under a limit of the host, in credits, holds included."""

    limit: Limit
    spent: Decimal
    """By all servers; under a limit for each, by the one that spent most."""
    guild_id: int | None
    """The server that spent most, None for all servers."""

    @property
    def is_total(self) -> bool:
        return self.limit.scope is Scope.HOST_TOTAL


def host_credits(db: Connection, limits: Iterable[Limit], now: float) -> tuple[HostCredits, ...]:
    """Return the spending under each of the host's limits in its period at `now` (Unix seconds)."""
    return tuple(_of(db, limit, now) for limit in limits)


def _of(db: Connection, limit: Limit, now: float) -> HostCredits:
    period = (limit.period.start(now, HOST_ZONE), end_of(limit.period.end(now, HOST_ZONE)))
    spent = {guild_id: from_milli(milli) for guild_id, milli in db.execute(_BY_GUILD, period).fetchall()}
    if limit.scope is Scope.HOST_TOTAL:
        return HostCredits(limit=limit, spent=sum(spent.values(), Decimal(0)), guild_id=None)
    most = max(spent, key=lambda guild_id: spent[guild_id], default=None)
    return HostCredits(limit=limit, spent=Decimal(0) if most is None else spent[most], guild_id=most)
