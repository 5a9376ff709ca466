"""Shard leases of a fleet's gateway processes, and identify slots.

Every decision is one write transaction, on the database's clock: docs/decisions/0028-when-to-look.md.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass

from bot.domain.shards import DAY_S, SessionStartLimit, StartLimitReport, shard_targets
from bot.store.engine.repository import Repository
from bot.store.processes import SHARED_LEASE_S, next_look_s
from bot.store.sql import HOST, Connection

SPACING_S = 5.5
"""Between identifies of shards with the same `shard_id % max_concurrency`: Discord's 5 seconds, plus some tolerance."""
COUNT_META, LIMIT_META = "fleet.shard_count", "fleet.session_start_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShards:
    """A process's shards, leased for `SHARED_LEASE_S` seconds from the request."""

    ids: frozenset[int]
    surplus: int
    """How many it must close and release: others have too few."""
    shard_count: int
    """How many shards the fleet has."""
    was_lost: bool
    """Whether it is new or lost its lease, and with it all its shards."""
    gateways: int
    """How many processes hold shards, or could."""
    next_look_s: float | None = None
    """In how many seconds another's lease ends unless it is renewed; None if no other has one."""
    taken_over: tuple[FreedShards, ...] = ()
    """The dead processes whose shards are free now, also for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreedShards:
    """What a dead process had."""

    process: str
    shards: int
    silent_s: float
    """Seconds since it last renewed its lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyTurn:
    """When a shard may identify."""

    wait_s: float
    """In how many seconds."""
    is_reserved: bool
    """Whether this time is reserved; otherwise ask again then."""
    left: int
    """Identifies left today, including the reserve."""


class Fleet(Repository):
    """The tables `gateways`, `shards` and `identifies`."""

    async def join(self, process: str, *, wanted: int | None, recommended: int) -> int:
        """Become a member and return the fleet's number of shards; the caller holds none yet.

        `wanted` is the host's setting, `recommended` Discord's. The first process decides. A different `wanted`
        is adopted once no other process is a member; until then the old number is returned, and the caller is
        no member.
        """

        def change(db: Connection) -> int:
            now = self._database.now(db)
            stored = _count(db)
            is_other = stored is None or (wanted is not None and wanted != stored)
            others = db.execute("SELECT 1 FROM gateways WHERE process <> ? AND expires_at > ?", (process, now))
            if stored is not None and is_other and others.fetchone() is not None:
                return stored
            count = stored if stored is not None and not is_other else wanted or recommended
            if is_other:
                db.execute("DELETE FROM shards")
                db.execute("DELETE FROM gateways")
                _set(db, COUNT_META, str(count))
            db.execute("DELETE FROM gateways WHERE process = ?", (process,))
            _add(db, process, now)
            return count

        return await self._database.write(change, HOST)

    async def keep(self, process: str, *, is_back: bool = False) -> HeldShards:
        """Renew a member's lease, end expired ones, and claim up to an even share.

        Call it every few seconds. A process that renews late keeps its shards unless claimed by others.
        `is_back`: it was recently partitioned from the database, and so may be others; then it ends no other's
        lease.
        """

        def change(db: Connection) -> HeldShards:
            now = self._database.now(db)
            own = db.execute("SELECT expires_at FROM gateways WHERE process = ?", (process,)).fetchone()
            taken_over = [] if is_back else _end_expired(db, process, now)
            if own is None:
                _add(db, process, now)
            else:
                db.execute("UPDATE gateways SET expires_at = ? WHERE process = ?", (now + SHARED_LEASE_S, process))
            count = _count(db) or 0
            held = {str(row[0]): int(row[1]) for row in db.execute(_HELD)}
            target = shard_targets(held, count)[process]
            owners = {int(row[0]): str(row[1]) for row in db.execute("SELECT id, process FROM shards")}
            free = [shard_id for shard_id in range(count) if shard_id not in owners]
            claimed = free[: max(0, target - held[process])]
            db.executemany("INSERT INTO shards (id, process) VALUES (?, ?)", [(each, process) for each in claimed])
            first = db.execute("SELECT min(expires_at) FROM gateways WHERE process <> ?", (process,)).fetchone()[0]
            return HeldShards(
                ids=frozenset(claimed).union(each for each, owner in owners.items() if owner == process),
                surplus=max(0, held[process] - target),
                shard_count=count,
                was_lost=own is None,
                gateways=len(held),
                next_look_s=next_look_s(now, first),
                taken_over=tuple(taken_over),
            )

        return await self._database.write(change, HOST)

    async def release(self, process: str, shard_ids: Collection[int]) -> None:
        rows = [(shard_id, process) for shard_id in shard_ids]
        await self._database.write(
            lambda db: db.executemany("DELETE FROM shards WHERE id = ? AND process = ?", rows), HOST
        )

    async def leave(self, process: str) -> None:
        """End the membership with all leases; the caller's shards are closed."""
        await self._database.write(lambda db: _end(db, process), HOST)

    async def holders(self) -> dict[int, str]:
        """Return the process that holds each shard under a live lease."""

        def read(db: Connection) -> dict[int, str]:
            now = self._database.now(db)
            return {int(row[0]): str(row[1]) for row in db.execute(_HOLDERS, (now,))}

        return await self._database.read(read)

    # ------------------------------------------------------------------ identifies

    async def note_limit(self, report: StartLimitReport) -> None:
        """Store Discord's session start limit."""

        def change(db: Connection) -> None:
            limit = SessionStartLimit.reported(self._database.now(db), report)
            _set(db, LIMIT_META, json.dumps(asdict(limit)))

        await self._database.write(change, HOST)

    async def identify_wait_s(self, shard_id: int) -> float:
        """Estimate the seconds until the shard may identify; 0: now. Reserves nothing."""

        def read(db: Connection) -> float:
            now = self._database.now(db)
            return _identify_at(db, shard_id, now)[0] - now

        return await self._database.read(read)

    async def reserve_identify(self, process: str, shard_id: int, *, at_most_s: float) -> IdentifyTurn | None:
        """Reserve the shard's identify, counted for the day, if its slot is within that many seconds.

        None if the process does not hold the shard: then it must not identify.
        """

        def change(db: Connection) -> IdentifyTurn | None:
            now = self._database.now(db)
            if db.execute(_HOLDS, (shard_id, process, now)).fetchone() is None:
                return None
            at, left = _identify_at(db, shard_id, now)
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


_HELD = """
SELECT gateways.process, count(shards.id) FROM gateways LEFT JOIN shards ON shards.process = gateways.process
GROUP BY gateways.process, gateways.joined_at ORDER BY gateways.joined_at, gateways.process
"""
_HOLDERS = """
SELECT shards.id, shards.process FROM shards JOIN gateways ON gateways.process = shards.process
WHERE gateways.expires_at > ?
"""
_HOLDS = """
SELECT 1 FROM shards JOIN gateways ON gateways.process = shards.process
WHERE shards.id = ? AND shards.process = ? AND gateways.expires_at > ?
"""


def _add(db: Connection, process: str, now: float) -> None:
    db.execute(
        "INSERT INTO gateways (process, joined_at, expires_at) VALUES (?, ?, ?)", (process, now, now + SHARED_LEASE_S)
    )


def _end_expired(db: Connection, process: str, now: float) -> list[FreedShards]:
    """End expired leases except the caller's own, which it may still renew."""
    gone = db.execute(
        "SELECT process, expires_at FROM gateways WHERE expires_at <= ? AND process <> ?", (now, process)
    ).fetchall()
    return [
        FreedShards(process=other, shards=_end(db, other), silent_s=now - expires_at + SHARED_LEASE_S)
        for other, expires_at in gone
    ]


def _end(db: Connection, process: str) -> int:
    freed = db.execute("DELETE FROM shards WHERE process = ?", (process,)).rowcount
    db.execute("DELETE FROM gateways WHERE process = ?", (process,))
    return freed


def _count(db: Connection) -> int | None:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (COUNT_META,)).fetchone()
    return None if row is None else int(row[0])


def _limit(db: Connection) -> SessionStartLimit:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (LIMIT_META,)).fetchone()
    return SessionStartLimit() if row is None else SessionStartLimit(**json.loads(row[0]))


def _identify_at(db: Connection, shard_id: int, now: float) -> tuple[float, int]:
    """Return the shard's earliest identify time, Unix seconds, and the identifies left."""
    limit, identifies = _limit(db), _identifies(db, now)
    times = [at for at, _ in identifies]
    bucket = shard_id % limit.max_concurrency
    of_bucket = [at for at, other in identifies if other % limit.max_concurrency == bucket]
    at = limit.open_at(times, now, shards=_count(db) or 1)
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
