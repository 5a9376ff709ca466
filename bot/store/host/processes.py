"""The bot's processes on this database: which run, which version, and what each has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.runtime.clock import Clock
from bot.runtime.process import ProcessIdentity
from bot.settings import PostgresUrl
from bot.store.engine.database import DIED, STOPPED, beat, end_process
from bot.store.engine.repository import Repository
from bot.store.fleet import fleet_module
from bot.store.host.jobs import reading
from bot.store.sql import Connection, Row

SILENT_S = 50.0
"""Without a sign of life for so long, three beats and a tolerance, a process counts as silent."""
KEPT_S = 3600.0
"""How long a process is listed after its last beat."""


class ProcessState(StrEnum):
    """`silent`: paused, cut off or dead, and no other process has found out yet."""

    RUNNING = "running"
    SILENT = "silent"
    STOPPED = STOPPED
    DIED = DIED


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetProcess:
    """A process of the database, running or ended within the hour."""

    name: str
    host: str
    pid: int
    role: str
    version: str
    revision: str
    state: ProcessState
    started_at: float
    """Unix seconds, of the database's clock."""
    silent_s: float
    """Seconds since its last sign of life: a beat, or the renewal of a lease."""
    jobs: int
    """Jobs that it follows."""
    shards: tuple[int, ...]
    is_leader: bool

    @property
    def is_alive(self) -> bool:
        return self.state is ProcessState.RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerLeader:
    """The process that led before, without having stopped by itself."""

    name: str
    silent_s: float


class Processes(Repository):
    """The table `processes`."""

    async def register(self, identity: ProcessIdentity, *, is_only: bool) -> None:
        """List this process, and note its name in all that it claims. `is_only`: all others are dead, and it leads."""
        self._database.identity = identity

        def change(db: Connection) -> None:
            now = self._database.now(db)
            db.execute("DELETE FROM processes WHERE beat_at <= ?", (now - KEPT_S,))
            if is_only:
                db.execute("UPDATE processes SET ended = 'died', ended_at = ? WHERE ended IS NULL", (now,))
            beat(db, identity, now)
            if is_only:
                db.execute("UPDATE processes SET led_since = ? WHERE name = ?", (now, identity.name))

        await self._database.write(change)

    async def lead(self) -> FormerLeader | None:
        """Note that this process leads; return the leader that it takes over from, None if that had stopped."""
        name = self._database.process

        def change(db: Connection) -> FormerLeader | None:
            now = self._database.now(db)
            query = "SELECT name, beat_at FROM processes WHERE led_since IS NOT NULL AND name <> ? AND ended IS NOT ?"
            former = db.execute(query, (name, STOPPED)).fetchone()
            db.execute("UPDATE processes SET led_since = NULL WHERE name <> ? AND led_since IS NOT NULL", (name,))
            db.execute("UPDATE processes SET led_since = ? WHERE name = ?", (now, name))
            return None if former is None else FormerLeader(name=former[0], silent_s=max(0.0, now - former[1]))

        return await self._database.write(change)

    async def leave(self) -> None:
        """Note that this process has stopped, if it was registered."""

        def change(db: Connection) -> None:
            end_process(db, self._database.process, STOPPED, self._database.now(db))

        if self._database.identity is not None:
            await self._database.write(change)

    async def all(self) -> tuple[FleetProcess, ...]:
        """Return the processes that run, or ended within the hour; the running ones first, by role and start."""
        return await self._database.read(lambda db: processes_in(db, self._database.now(db)))


def listed_processes(database: Path | PostgresUrl, clock: Clock) -> tuple[FleetProcess, ...]:
    """Like `Processes.all`, next to running bots. Blocks. Raises StoreError."""
    with reading(database) as db:
        now = clock.wall()
        if isinstance(database, PostgresUrl):  # the processes' clock
            now = float(db.execute(fleet_module("postgresql.dialect").NOW).fetchone()[0])
        return processes_in(db, now)


def processes_in(db: Connection, now: float) -> tuple[FleetProcess, ...]:
    """Return the processes at `now`, Unix seconds of the database's clock."""
    shards: dict[str, list[int]] = {}
    for shard_id, name in db.execute("SELECT id, process FROM shards ORDER BY id"):
        shards.setdefault(name, []).append(shard_id)
    rows = db.execute(_ALL, (now - KEPT_S,)).fetchall()
    found = [_process(row, tuple(shards.get(row["name"], ())), now) for row in rows]
    return tuple(sorted(found, key=lambda each: (list(ProcessState).index(each.state), each.role, each.started_at)))


def _process(row: Row, shards: tuple[int, ...], now: float) -> FleetProcess:
    silent_s = max(0.0, now - row["seen_at"])
    ended = row["ended"]
    running = ProcessState.RUNNING if silent_s < SILENT_S else ProcessState.SILENT
    state = running if ended is None else ProcessState(ended)
    return FleetProcess(
        **{name: row[name] for name in ("name", "host", "pid", "role", "version", "revision", "started_at", "jobs")},
        state=state,
        silent_s=silent_s,
        shards=shards,
        is_leader=row["led_since"] is not None and ended is None,
    )


_ALL = """
SELECT own.name, own.host, own.pid, own.role, own.version, own.revision, own.started_at, own.led_since, own.ended,
    (
        SELECT max(sign.at) FROM (
            SELECT own.beat_at AS at
            UNION ALL SELECT leases.renewed_at FROM leases WHERE leases.process = own.name
        ) AS sign
    ) AS seen_at,
    (
        SELECT count(*) FROM leases JOIN running_jobs ON running_jobs.lease = leases.token
        WHERE leases.process = own.name
    ) AS jobs
FROM processes AS own WHERE own.beat_at > ?
"""
