"""Workers of a fleet on a PostgreSQL of their own: polls with one and with two, claims and writes with four.

Real processes and a real server with fsync; the API is out of the way (fleet_worker.py), so what is measured is the
bot. Options as of bench.py. Exit code 1 if a bar is missed. `make bench OF=fleet` runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parents[1]))

import bench_polls  # noqa: E402 - found by the line above
import bench_writes  # noqa: E402 - the same
import outstanding_rows  # noqa: E402 - the same
from bench_report import Row, Table  # noqa: E402 - the same
from fleet_worker import SECRET_KEY  # noqa: E402 - the same

from bot.runtime.clock import SystemClock  # noqa: E402 - the same
from bot.runtime.logs import configure_logs  # noqa: E402 - the same
from bot.settings import PostgresUrl  # noqa: E402 - the same
from bot.store import Store  # noqa: E402 - the same
from tests.support import postgres  # noqa: E402 - the same
from tests.support.machine import slowness  # noqa: E402 - the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    polled: int = 10_000
    seconds: float = 10.0
    claimed: int = 100_000


AWAY_S = 0.001
"""How far a fleet's database is away, in seconds for a round trip."""
SERVERS = 100
PEAK_WRITES = 350
"""What a million jobs a day need in their busiest hour: three times the mean of 12 a second, ten writes each."""
QUICK = Effort(polled=400, seconds=1.0, claimed=4000)


class Process:
    """A worker's process, told by lines what to do next."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, what: str, url: str, seconds: float, servers: int, away_s: float) -> Process:
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable, HERE / "fleet_worker.py", what, url, f"{seconds}", f"{servers}", f"{away_s}",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 26,
            )
        )  # fmt: skip

    async def heard(self) -> Any:
        """Return the next thing that it tells."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"fleet_worker.py ended with {await self._process.wait()}")
        return json.loads(line)

    def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")

    async def end(self) -> None:
        self.go_on()
        await self._process.wait()


async def rows(server: postgres.Server, effort: Effort) -> AsyncIterator[Row]:
    """Give each row as soon as it is measured."""
    url = server.new_database("polls")
    await fill(url, effort.polled)
    one, two = [await polled(url, count, effort) for count in (1, 2)]
    note = f"{effort.polled:,} outstanding jobs; with one {one:,.0f}/s, with two {two:,.0f}/s"
    yield Row(number=1, figure="polls, two workers to one", ours=two / one, unit="×", bar=1.8, at_least=True, note=note)
    url = server.new_database("claims")
    await fill(url, effort.claimed)
    server.checkpoint()
    rate, doubles = await claimed(url, 4, effort)
    claims = f"{effort.claimed:,} free jobs, {min(effort.claimed, 2000):,} at once"
    yield Row(number=2, figure="claims, 4 workers", ours=rate, unit="/s", bar=20_000, at_least=True, note=claims)
    yield Row(number=2, figure="claimed twice", ours=doubles, unit="", bar=0)
    bytes_each = server.size_of("claims") / effort.claimed
    yield Row(number=4, figure="database for an outstanding job", ours=bytes_each / 1000, unit="KB", bar=5)
    async for row in rows_of_writes(server, effort):
        yield row


async def rows_of_writes(server: postgres.Server, effort: Effort) -> AsyncIterator[Row]:
    """Measure the writes of jobs from acceptance to settlement, of one server and of many, near and far."""
    for where, away_s in (("in the same machine", 0.0), (f"{AWAY_S * 1000:.0f} ms away", AWAY_S)):
        one, many = [
            await written(server, 4, effort, servers=servers, away_s=away_s, name=f"writes_{servers}_{away_s:.3f}")
            for servers in (1, SERVERS)
        ]
        alone, _ = await written(server, 1, effort, servers=SERVERS, away_s=away_s, name=f"alone_{away_s:.3f}")
        rates = f"{many[0]:,.0f}/s to {one[0]:,.0f}/s; one process alone {alone:,.0f}/s"
        note = f"database {where}: {rates}; each waits for its commit, p99 {many[1] * 1000:.0f} ms"
        what = f"writes of 4 processes, {SERVERS} servers to one"
        yield Row(
            number=3, figure=what, ours=many[0] / one[0], unit="×", bar=3.0 if away_s else 1.0, at_least=True, note=note
        )
    what = f"writes of 4 processes, {SERVERS} servers"
    yield Row(number=3, figure=what, ours=many[0], unit="/s", bar=PEAK_WRITES, at_least=True)


async def printed(server: postgres.Server, effort: Effort, table: Table) -> bool:
    """Print the rows; return whether all bars are met."""
    is_met = True
    async for row in rows(server, effort):
        table.add(row)
        is_met &= row.met
    return is_met


async def fill(url: str, jobs: int) -> None:
    clock = SystemClock()
    store = await Store.open(PostgresUrl(url), clock=clock, secret_keys=[SECRET_KEY])
    try:
        names = [f"req_model_{number}" for number in range(bench_polls.GUILDS)]
        await bench_polls.fill(store, names, clock)
        await store._database.write(lambda db: outstanding_rows.multiply(db, jobs - len(names)))
        await store._database.write(lambda db: db.execute("ANALYZE"))
    finally:
        await store.close()


async def started(
    what: str, url: str, count: int, seconds: float, *, servers: int = 1, away_s: float = 0.0
) -> list[Process]:
    """Start so many workers, and return when each is ready."""
    workers = [await Process.start(what, url, seconds, servers, away_s) for _ in range(count)]
    for each in workers:
        await each.heard()
    return workers


async def gone_on(workers: list[Process]) -> list[Any]:
    """Let all go on at once; return what each tells next."""
    for each in workers:
        each.go_on()
    return [await each.heard() for each in workers]


async def done_by(workers: list[Process]) -> list[Any]:
    """Let all do their work at once and end; return what each has done."""
    done = await gone_on(workers)
    for each in workers:
        await each.end()
    return done


async def polled(url: str, count: int, effort: Effort) -> float:
    """Return the polls a second of so many workers together."""
    workers = await started("polls", url, count, effort.seconds)
    followed = await gone_on(workers)
    if (found := sum(each["followed"] for each in followed)) != effort.polled:
        raise RuntimeError(f"{found} of {effort.polled} jobs are followed: {followed}")
    return float(sum(each["polls"] / each["wall_s"] for each in await done_by(workers)))


async def claimed(url: str, count: int, effort: Effort) -> tuple[float, int]:
    """Return the claims a second of so many workers together, and how many jobs two of them got."""
    done = await done_by(await started("claims", url, count, 0))
    ids = [job_id for each in done for job_id in each["claimed"]]
    if len(set(ids)) != effort.claimed:
        raise RuntimeError(f"{len(set(ids))} of {effort.claimed} jobs were claimed")
    took = max(each["ended"] for each in done) - min(each["began"] for each in done)
    return len(ids) / took, len(ids) - len(set(ids))


async def written(
    server: postgres.Server, count: int, effort: Effort, *, servers: int, away_s: float, name: str
) -> tuple[float, float]:
    """Return the writes a second of so many processes together, and how long the slowest hundredth waited at least."""
    url = server.new_database(name)
    store = await Store.open(PostgresUrl(url), clock=SystemClock(), secret_keys=[SECRET_KEY])
    await bench_writes.give_keys(store, servers)
    await store.close()
    done = await done_by(await started("writes", url, count, effort.seconds, servers=servers, away_s=away_s))
    waits = sorted(wait for each in done for wait in each["waits_s"])
    return sum(each["writes"] / each["wall_s"] for each in done), waits[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    configure_logs(level="ERROR", log_format="json", secrets=())
    before = slowness()
    with postgres.running() as server:
        table = Table(as_json=options.json)
        is_met = asyncio.run(printed(server, QUICK if options.quick else Effort(), table))
    table.tell(f"The machine was {before:.1f} to {slowness():.1f} × slower; load now {os.getloadavg()[0]:.1f}")
    return 0 if options.quick or is_met else 1


if __name__ == "__main__":
    sys.exit(main())
