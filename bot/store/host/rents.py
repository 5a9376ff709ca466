"""Budgets of calls that the processes of a fleet share: each rents a part for some seconds.

No call asks the database. A process says now and then how many it would make, and is told how many it may; the sum of
what all may make never exceeds the budget: docs/decisions/0036-shards-of-a-fleet.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.fleet_shares import fair_share
from bot.store.engine.repository import Repository
from bot.store.sql import Connection

RENT_S = 12.0
"""For how long a process has its part without asking again."""
IN_USE_S = 3.0
"""For how long a part that was given up may still be in use: the answer is on its way, and the last window counts."""


class Rents(Repository):
    """The table `rents`."""

    async def rent(self, budget: str, process: str, *, wanted: float, total: int) -> int:
        """Return how many calls in a window the process may make for `RENT_S` seconds from when it asked.

        `total` is the budget of all, `wanted` how many the process would make.
        """

        def change(db: Connection) -> int:
            now = self._database.now(db)
            db.execute("DELETE FROM rents WHERE budget = ? AND expires_at <= ?", (budget, now - IN_USE_S))
            rows = {str(row[0]): _Rent(*row[1:]) for row in db.execute(_RENTS, (budget,)).fetchall()}
            own = rows.pop(process, None)
            demands = {name: rent.wanted for name, rent in rows.items() if rent.expires_at > now}
            in_use = sum(rent.in_use(now) for rent in rows.values())
            fair = fair_share({**demands, process: wanted}, process, total)
            calls = min(fair, max(0, total - in_use))
            had, had_until = _had(own, calls, now)
            db.execute(_RENT, (budget, process, wanted, calls, had, had_until, now + RENT_S))
            return calls

        return await self._database.write(change)

    async def give_up(self, budget: str, process: str) -> None:
        """Let others have the part: the caller makes no more calls."""

        def change(db: Connection) -> None:
            now = self._database.now(db)
            db.execute("UPDATE rents SET expires_at = ? WHERE budget = ? AND process = ?", (now, budget, process))

        await self._database.write(change)


@dataclass(frozen=True, slots=True)
class _Rent:
    """A row, without its names."""

    wanted: float
    calls: int
    had: int
    had_until: float
    expires_at: float

    def in_use(self, now: float) -> int:
        """Return how many calls in a window the process may make yet, or have made in the last one."""
        return max(self.calls, self.had if self.had_until > now else 0)


def _had(own: _Rent | None, calls: int, now: float) -> tuple[int, float]:
    """Return what a process may still have in use beyond its new part, and until when."""
    if own is None:
        return 0, 0.0
    if own.calls > calls:
        return own.in_use(now), now + IN_USE_S
    return own.had, own.had_until


_RENTS = "SELECT process, wanted, calls, had, had_until, expires_at FROM rents WHERE budget = ?"
_RENT = """
INSERT INTO rents (budget, process, wanted, calls, had, had_until, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (budget, process) DO UPDATE SET wanted = excluded.wanted, calls = excluded.calls, had = excluded.had,
    had_until = excluded.had_until, expires_at = excluded.expires_at
"""
