"""Engines that say which process follows which jobs, beside the store's own leases: `make bench-engines`.

Starts a PostgreSQL of its own and, for each engine, real workers. The API is out of the way: a job is added, sent,
lasts and ends. Of each engine: how fast jobs are added, started and ended; then, with all that are outstanding and some
that come and go, what a worker's death, pause and partition and a restart of the database cost, and whether every job
was sent and paid once. Options: `--only shipped,nats`; `--parts flow,kill`; `--quick` shows that it runs, and says
nothing about speed; `--keep FILE` keeps the figures as JSON and prints them beside those of other runs. What was found
is in docs/decisions/0085-the-engine-again.md.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.metadata
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(1, str(Path(__file__).resolve().parents[3]))

import psycopg
from adapters import NAMES, engine_of
from books import Plan, sent_in

from tests.support.cable import Cable, cable_to
from tests.support.machine import slowness
from tests.support.postgres import OwnServer, running

WORKER = Path(__file__).with_name("worker.py")
WORKERS = 4
LOOK_S = 0.2
PARTS = ["flow", "kill", "pause", "partition", "restart"]
"""What is measured; the troubles one after the other on the same jobs. One more is "orphan"."""
ORPHAN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much, and for how long (seconds)."""

    flow_s: float = 10
    adders: int = 16
    outstanding: int = 100_000
    servers: int = 10_000
    coming: float = 35
    """Jobs a second that come and go meanwhile: those of the busiest hour."""
    life_s: float = 4
    rest_s: float = 20
    liveness_s: float = 4
    patience_s: float = 60
    drain_s: float = 300


QUICK = Sizes(flow_s=1, outstanding=200, servers=20, coming=10, life_s=0.5, rest_s=1, patience_s=60, drain_s=60)
Figures = dict[str, str]


class Worker:
    """A process, the first with a cable; `start` it again under a new name, as a supervisor does."""

    def __init__(self, number: int, bench: Bench, cable: Cable | None) -> None:
        self.number, self.cable, self._bench = number, cable, bench
        self.starts = 0
        self.start()

    def start(self) -> None:
        self.starts += 1
        self.name = f"w{self.number}.{self.starts}"
        sizes, database = self._bench.sizes, self._bench.database
        url = self._bench.server.dsn(database) if self.cable is None else self.cable.url(database)
        plan = Plan(
            engine=self._bench.name, url=url, worker=self.name,
            sent=str(self._bench.folder / f"{self.name}.sent"), liveness_s=sizes.liveness_s,
            at_once=math.ceil(sizes.servers / (WORKERS - 1) * 1.2) + 100, extra=self._bench.engine.extra,
        )  # fmt: skip
        words = json.dumps({field: getattr(plan, field) for field in plan.__slots__})
        self.process = subprocess.Popen([sys.executable, WORKER, words], stderr=self._bench.log)

    def send(self, sign: signal.Signals) -> None:
        self.process.send_signal(sign)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1000


class Bench:
    """One engine on a server. Each measure gives figures by their names."""

    def __init__(self, name: str, server: OwnServer, folder: Path, sizes: Sizes) -> None:
        self.name, self.server, self.sizes = name, server, sizes
        self.engine = engine_of(name)
        refused = self.engine.refused
        self._refused = refused if isinstance(refused, tuple) else (refused,)
        self.database = f"engine_{name}"
        self.folder = folder / name
        self.folder.mkdir()
        self.log = (folder / f"{name}.log").open("wb")
        self.workers: list[Worker] = []
        self.away: set[Worker] = set()
        """Those that are not to be started again just now."""
        self.restarts = 0
        self._jobs = 1_000_000

    async def figures(self, parts: list[str]) -> AsyncIterator[tuple[str, str]]:
        self.troubles = [part for part in parts if part != "flow"]
        for measure in [*([self._flow] if "flow" in parts else []), *([self._chaos] if self.troubles else [])]:
            url = self.server.new_database(self.database)
            with self.engine.running():
                await self.engine.prepare(url)
                await self.engine.open(url, self.sizes.adders, self.sizes.servers)
                try:
                    async for figure in measure(url):
                        sys.stderr.write(f"{self.name}: {figure[0]}: {figure[1]}\n")
                        yield figure
                finally:
                    await self.engine.close()

    # ------------------------------------------------------------------ how fast

    async def _flow(self, url: str) -> AsyncIterator[tuple[str, str]]:
        """Each job is the only one of its server, so that each is a task."""
        with self._working(2):
            await self.engine.accept(self._next(), self._jobs, 0)
            await self._until(lambda: self._one(self.engine.paid) == 1)
            began, at_first = time.monotonic(), self._jobs

            async def some() -> None:
                while time.monotonic() - began < self.sizes.flow_s:
                    job = self._next()
                    await self.engine.accept(job, job, 0)

            await asyncio.gather(*(some() for _ in range(self.sizes.adders)))
            added, took = self._jobs - at_first, time.monotonic() - began
            yield "jobs added while two workers follow, /s", f"{added / took:,.0f}"
            await self._until(lambda: self._one(self.engine.paid) >= added + 1, self.sizes.drain_s)
            whole = time.monotonic() - began
            yield "added, started and ended, a task for each job, /s", f"{added / whole:,.0f}"

    # ------------------------------------------------------------------ what goes wrong

    async def _chaos(self, url: str) -> AsyncIterator[tuple[str, str]]:
        sizes, engine = self.sizes, self.engine
        await engine.fill(url, sizes.outstanding, sizes.servers)
        self._sql("VACUUM ANALYZE")
        self.server.checkpoint()
        before, began = self._one("SELECT pg_database_size(current_database())"), time.monotonic()
        with self._working(WORKERS):
            supervisor = asyncio.create_task(self._supervise())
            total = sizes.servers if engine.unit == "servers" else sizes.outstanding
            await self._until(lambda: sum(self._followed().values()) >= total, sizes.drain_s)
            yield f"until all are followed by {WORKERS} workers", f"{time.monotonic() - began:.1f} s"
            async for figure in self._at_rest(before):
                yield figure
            coming = asyncio.create_task(self._come_and_go())
            try:
                for trouble in self.troubles:
                    async for figure in getattr(self, f"_{trouble}")():
                        yield figure
                    await self._settled()
            finally:
                coming.cancel()
                await asyncio.wait({coming})
            accepted = self._jobs - 1_000_000
            yield "jobs that came and went meanwhile", f"{accepted:,}"
            async for figure in self._drained():
                yield figure
            supervisor.cancel()
        yield "workers that ended by themselves", f"{self.restarts}"

    async def _at_rest(self, before: float) -> AsyncIterator[tuple[str, str]]:
        await asyncio.sleep(2)
        rows = (
            "SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = current_database()"
        )
        written, log, began = self._one(rows), self._wal(), time.monotonic()
        busy = sum(self._processor_s().values())
        await asyncio.sleep(self.sizes.rest_s)
        took = time.monotonic() - began
        yield "at rest: rows written a second", f"{(self._one(rows) - written) / took:,.0f}"
        yield "at rest: log, KB/s", f"{(self._wal() - log) / took / 1000:,.0f}"
        yield "at rest: cores of workers and database", f"{(sum(self._processor_s().values()) - busy) / took:.2f}"
        yield "dead rows", f"{self._one('SELECT sum(n_dead_tup) FROM pg_stat_user_tables'):,.0f}"
        size = self._one("SELECT pg_database_size(current_database())")
        yield "database, MB: filled, followed", f"{before / 1e6:.0f}, {size / 1e6:.0f}"
        yield "memory of a worker, MB", f"{max(worker.resident_mb() for worker in self.workers):.0f}"

    async def _kill(self) -> AsyncIterator[tuple[str, str]]:
        victim = self._busiest()
        had, since = self._followed()[victim.name], time.monotonic()
        self.away.add(victim)
        victim.end()
        yield f"kill -9: until others follow all its {self.engine.unit}", await self._taken_over(victim, had, since)
        victim.start()
        self.away.discard(victim)

    async def _pause(self) -> AsyncIterator[tuple[str, str]]:
        victim = self._busiest()
        had, since = self._followed()[victim.name], time.monotonic()
        victim.send(signal.SIGSTOP)
        yield "pause: the same", await self._taken_over(victim, had, since)
        victim.send(signal.SIGCONT)

    async def _partition(self) -> AsyncIterator[tuple[str, str]]:
        victim = self.workers[0]
        assert victim.cable is not None
        had, since = self._followed()[victim.name], time.monotonic()
        victim.cable.partition()
        yield "partition: the same", await self._taken_over(victim, had, since)
        victim.cable.mend()

    async def _orphan(self) -> AsyncIterator[tuple[str, str]]:
        self.engine.dies_after_commit = True
        job, since = self._next(), time.monotonic()
        await self.engine.accept(job, job, 0)  # the first of its server
        self.engine.dies_after_commit = False
        ended = await self._until(lambda: self._one(self.engine.is_paid, job) == 1, ORPHAN_S)
        took = f"{time.monotonic() - since:.1f} s" if ended else f"not in {ORPHAN_S:.0f} s"
        yield "a job whose gateway died after its commit: until it has ended", took

    async def _restart(self) -> AsyncIterator[tuple[str, str]]:
        await asyncio.to_thread(self.server.stop)
        await asyncio.to_thread(self.engine.restart)
        await asyncio.sleep(self.sizes.life_s)
        await asyncio.to_thread(self.server.start)
        since = time.monotonic()
        await self._settled()
        yield "database restarted: until jobs come and go as before", f"{time.monotonic() - since:.1f} s"

    async def _drained(self) -> AsyncIterator[tuple[str, str]]:
        paid, began = self._one(self.engine.paid), time.monotonic()
        self._sql(self.engine.end_all)
        self._sql("SELECT pg_notify('added', 'all')")
        await self._until(lambda: self._one(self.engine.left) == 0, self.sizes.drain_s)
        ended, took = self._one(self.engine.paid) - paid, time.monotonic() - began
        yield "all told to end: ended, /s", f"{ended / took:,.0f}"
        sent = Counter(sent_in(self.folder))
        yield "jobs lost", f"{self._one(self.engine.left):.0f}"
        twice = sum(count > 1 for count in sent.values())
        yield "jobs sent twice, paid twice", f"{twice}, {self._one(self.engine.paid_twice):.0f}"

    # ------------------------------------------------------------------ what all need

    def _next(self) -> int:
        self._jobs += 1
        return self._jobs

    async def _come_and_go(self) -> None:
        """Add jobs at the pace of the busiest hour; one that is not accepted is no job."""
        tasks = set[asyncio.Task[None]]()
        dice, due = random.Random(1), time.monotonic()
        while True:
            job, server = self._next(), dice.randrange(1, self.sizes.servers + 1)
            task = asyncio.create_task(self._accepted(job, server))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            due = max(due + 1 / self.sizes.coming, time.monotonic() - 1)
            await asyncio.sleep(max(due - time.monotonic(), 0))

    async def _accepted(self, job: int, server: int) -> None:
        with contextlib.suppress(psycopg.Error, OSError, *self._refused):
            await self.engine.accept(job, server, self.sizes.life_s)

    async def _supervise(self) -> None:
        while True:
            for worker in self.workers:
                if worker not in self.away and worker.process.poll() is not None:
                    self.restarts += 1
                    worker.start()
            await asyncio.sleep(0.3)

    async def _settled(self) -> None:
        """Return once all is followed by workers that live, and a job that is added now has ended."""
        job, paid = self._next(), 0
        while True:
            with contextlib.suppress(psycopg.Error, OSError, *self._refused):
                await self.engine.accept(job, 1, 0)
                paid = 1
            if paid:
                break
            await asyncio.sleep(LOOK_S)
        total = self.sizes.servers if self.engine.unit == "servers" else self.sizes.outstanding
        await self._until(
            lambda: self._one(self.engine.is_paid, job) == 1 and sum(self._followed().values()) >= total * 0.999,
            self.sizes.drain_s,
        )

    def _busiest(self) -> Worker:
        followed = self._followed()
        return max(self.workers, key=lambda worker: followed[worker.name])

    async def _taken_over(self, victim: Worker, had: int, since: float) -> str:
        """Wait until nothing is the victim's, or free, any more."""
        total = self.sizes.servers if self.engine.unit == "servers" else self.sizes.outstanding

        def is_over() -> bool:
            followed = self._followed()
            others = sum(count for name, count in followed.items() if name != victim.name)
            return followed[victim.name] == 0 and others >= total * 0.999

        before = self._processor_s()
        over = await self._until(is_over, self.sizes.patience_s)
        took = f"{time.monotonic() - since:.1f} s" if over else f"not in {self.sizes.patience_s:.0f} s"
        busy = sum(seconds - before.get(process, 0) for process, seconds in self._processor_s().items())
        return f"{took} ({had:,}; {busy:.1f} s of a core)"

    def _followed(self) -> Counter[str]:
        """Return how much each worker that runs follows."""
        alive = {worker.name for worker in self.workers if worker.process.poll() is None}
        with contextlib.suppress(psycopg.Error), self.server.connect(self.database) as db:
            return Counter({name: n for name, n in db.execute(self.engine.followed).fetchall() if name in alive})
        return Counter()

    @contextlib.contextmanager
    def _working(self, count: int) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            self.workers = []
            try:
                for number in range(count):
                    # Only the one that is cut off: a cable costs both sides time.
                    cable = stack.enter_context(cable_to(self.server)) if not number and self.troubles else None
                    self.workers.append(Worker(number, self, cable))
                yield
            finally:
                for worker in self.workers:
                    worker.end()

    async def _until(self, what: Callable[[], bool], seconds: float = 60) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if await asyncio.to_thread(what):
                return True
            await asyncio.sleep(LOOK_S)
        return False

    def _processor_s(self) -> dict[int, float]:
        """Return the seconds of a core that each process of the bench has used."""
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                name, fields = stat.read_text(encoding="utf-8").rsplit(")", 1)
                fields = fields.split()
                pids = {worker.process.pid for worker in self.workers}
                if int(stat.parent.name) in pids or int(fields[1]) == self._postgres() or "nats-server" in name:
                    found[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return found

    def _postgres(self) -> int:
        return int((self.server.sockets / "data" / "postmaster.pid").read_text().split()[0])

    def _wal(self) -> float:
        return self._one("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")

    def _one(self, query: str, *values: Any) -> float:
        with contextlib.suppress(psycopg.OperationalError), self.server.connect(self.database) as db:
            row = db.execute(query, values).fetchone()  # type: ignore[call-overload]
            return float(row[0] or 0) if row else 0
        return -1

    def _sql(self, query: str) -> None:
        with self.server.connect(self.database) as db:
            db.execute(query)  # type: ignore[call-overload]


def weight(package: str) -> str:
    """Return how many packages, and MB, a bot that used it would install."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    seen, left = set[tuple[str, str]](), [(package, "")]
    while left:
        if (one := left.pop()) in seen:
            continue
        seen.add(one)
        for requirement in map(Requirement, importlib.metadata.requires(one[0]) or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": one[1]}):
                left += [(canonicalize_name(requirement.name), extra) for extra in ("", *requirement.extras)]
    packages = {name for name, _ in seen}
    files = [Path(str(path.locate())) for name in packages for path in importlib.metadata.files(name) or ()]
    size = sum(path.stat().st_size for path in files if path.exists())
    return f"{importlib.metadata.version(package)}: {len(packages)}, {size / 1e6:.0f}"


def table_of(found: dict[str, Figures]) -> str:
    names = list(dict.fromkeys(figure for figures in found.values() for figure in figures))
    rows = [["", *found], ["---"] * (len(found) + 1)]
    rows += [[figure, *(figures.get(figure, "") for figures in found.values())] for figure in names]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


async def measured(name: str, server: OwnServer, folder: Path, sizes: Sizes, parts: list[str]) -> Figures:
    load, slow = os.getloadavg()[0], slowness()
    figures = {figure: text async for figure, text in Bench(name, server, folder, sizes).figures(parts)}
    figures["load; the machine's slowness, before and after"] = (
        f"{load:.1f}, {os.getloadavg()[0]:.1f}; {slow:.1f}, {slowness():.1f} ×"
    )
    package = getattr(engine_of(name), "package", None)
    return figures | ({"version: packages, MB": weight(package)} if package else {})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=lambda text: text.split(","), default=NAMES, metavar="shipped,nats")
    parser.add_argument("--parts", type=lambda text: text.split(","), default=PARTS, metavar="flow,kill")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether it runs, not how fast")
    parser.add_argument("--outstanding", type=int, metavar="JOBS", help="fewer than 100,000; a tenth as many servers")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the figures beside those of other runs")
    options = parser.parse_args()
    kept = options.keep is not None and options.keep.exists()
    found: dict[str, Figures] = json.loads(options.keep.read_text(encoding="utf-8")) if kept else {}
    with running() as server, tempfile.TemporaryDirectory() as folder:
        for name in options.only:
            sizes = QUICK if options.quick else Sizes()
            if options.outstanding:
                sizes = replace(sizes, outstanding=options.outstanding, servers=options.outstanding // 10)
            try:
                figures = asyncio.run(measured(name, server, Path(folder), sizes, options.parts))
            finally:
                sys.stderr.write((Path(folder) / f"{name}.log").read_text(errors="replace")[-2_000:])
            found[name] = found.get(name, {}) | figures
    if options.keep is not None:
        options.keep.write_text(json.dumps(found, indent=1), encoding="utf-8")
    sys.stdout.write(f"{table_of(found)}\n\n{os.cpu_count()} cores, load now {os.getloadavg()[0]:.1f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
