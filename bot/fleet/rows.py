"""When the shards of a fleet identify.

Every decision is one write transaction, on the database's clock: docs/decisions/0028-when-to-look.md.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from bot.domain.shards import DAY_S, SessionStartLimit, StartLimitReport
from bot.store.engine.repository import Repository
from bot.store.sql import HOST, Connection

SPACING_S = 5.5
"""Between identifies of shards with the same `shard_id % max_concurrency`: Discord's 5 seconds, plus some tolerance."""
LIMIT_META = "fleet.session_start_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyTurn:
    """When a shard may identify."""

    wait_s: float
    """In how many seconds."""
    is_reserved: bool
    """Whether this time is reserved; otherwise ask again then."""
    left: int
    """Identifies left today, including the reserve."""


class SessionStarts(Repository):
    """The table `identifies`, and Discord's limit of them."""

    async def note_limit(self, report: StartLimitReport) -> None:
        """Store Discord's session start limit."""

        def change(db: Connection) -> None:
            limit = SessionStartLimit.reported(self._database.now(db), report)
            _set(db, LIMIT_META, json.dumps(asdict(limit)))

        await self._database.write(change, HOST)

    async def identify_wait_s(self, shard_id: int, shards: int) -> float:
        """Estimate the seconds until one of so many shards may identify; 0: now. Reserves nothing."""

        def read(db: Connection) -> float:
            now = self._database.now(db)
            return _identify_at(db, shard_id, shards, now)[0] - now

        return await self._database.read(read)

    async def reserve_identify(self, shard_id: int, shards: int, *, at_most_s: float) -> IdentifyTurn:
        """Reserve the identify of one of so many shards, for the day's count, if its time is within so many seconds."""

        def change(db: Connection) -> IdentifyTurn:
            now = self._database.now(db)
            at, left = _identify_at(db, shard_id, shards, now)
            if at - now > at_most_s:
                return IdentifyTurn(wait_s=at - now, is_reserved=False, left=left)
            db.execute("DELETE FROM identifies WHERE at <= ?", (now - DAY_S,))
            db.execute("INSERT INTO identifies (shard_id, at) VALUES (?, ?)", (shard_id, at))
            return IdentifyTurn(wait_s=at - now, is_reserved=True, left=left - 1)

        return await self._database.write(change, HOST)

    async def identifies_left(self) -> int:
        """Return the identifies left today, including the reserve."""

        def read(db: Connection) -> int:
            now = self._database.now(db)
            return _limit(db).left([at for at, _ in _identifies(db, now)], now)

        return await self._database.read(read)


def _limit(db: Connection) -> SessionStartLimit:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (LIMIT_META,)).fetchone()
    return SessionStartLimit() if row is None else SessionStartLimit(**json.loads(row[0]))


def _identify_at(db: Connection, shard_id: int, shards: int, now: float) -> tuple[float, int]:
    """Return the shard's earliest identify time, Unix seconds, and the identifies left."""
    limit, identifies = _limit(db), _identifies(db, now)
    times = [at for at, _ in identifies]
    bucket = shard_id % limit.max_concurrency
    of_bucket = [at for at, other in identifies if other % limit.max_concurrency == bucket]
    at = limit.open_at(times, now, shards=shards)
    return max([now, at, *(each + SPACING_S for each in of_bucket[-1:])]), limit.left(times, now)


def _identifies(db: Connection, now: float) -> list[tuple[float, int]]:
    """Return the last day's and reserved identifies with their shards, in order."""
    rows = db.execute("SELECT at, shard_id FROM identifies WHERE at > ? ORDER BY at", (now - DAY_S,))
    return [(float(row[0]), int(row[1])) for row in rows]


def _set(db: Connection, name: str, value: str) -> None:
    db.execute(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
