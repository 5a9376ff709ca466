"""The figures of one engine, each in a time box: fill, looks, submits, claims, `kill -9`, pause, lost connections."""

from __future__ import annotations

import asyncio
import math
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from adapters import engine_of
from turns import LOOK, SUBMIT, TICK, Engine, Plan, Run, runs_of

from tests.support.postgres import Server

WORKER = Path(__file__).with_name("worker.py")
PARTS = ("looks", "submits", "claims", "killed", "paused", "cut", "ticks")
"""What is measured, each on a database of its own."""
OFFERED_PER_S = 3_000
LEASE_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured, and for how long (seconds)."""

    outstanding: int = 100_000
    fill_s: float = 15
    warm_s: float = 2
    window_s: float = 6
    again_s: float = 1
    """So soon are jobs due again when it is measured how many looks there can be: something is always due."""
    offered_window_s: float = 12
    submits: int = 1_000
    paced: int = 100
    claims: int = 50_000
    claims_s: float = 10
    killed: int = 500
    cut: int = 3_000
    cut_s: float = 5
    ticks_s: float = 8
    patience_s: float = 15
    """How long is waited for what may never come: three leases."""


QUICK = Sizes(
    outstanding=2_000, fill_s=5, warm_s=0.5, window_s=1.5, offered_window_s=2, submits=100, paced=20, again_s=0.1,
    claims=2_000, claims_s=4, killed=300, cut=300, cut_s=2, ticks_s=3, patience_s=12,
)  # fmt: skip


class Worker:
    """A worker process, and what it told."""

    def __init__(self, plan: Plan, job: str = "turns") -> None:
        self.plan = plan
        self.file = Path(plan.file)
        self.process = subprocess.Popen([sys.executable, WORKER, plan.to_json(), job])

    def runs(self) -> list[Run]:
        return runs_of(self.file)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)


class Measures:
    """Measures one engine on a server, in a folder for the workers' files."""

    def __init__(self, name: str, server: Server, folder: Path, sizes: Sizes) -> None:
        self.name = name
        self._engine: Engine = engine_of(name)
        self._server = server
        self._folder = folder
        self._sizes = sizes
        self._number = 0
        self._ended = 0

    def figures(self, parts: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield the figures of these parts by their names, in the order of the table."""
        for part in parts:
            began = time.monotonic()
            try:
                yield from getattr(self, f"_{part}")()
            except (AssertionError, OSError, RuntimeError, psycopg.Error) as error:
                yield f"failed: {part}", repr(error)
            sys.stderr.write(f"{self.name}: {part} took {time.monotonic() - began:.0f} s\n")

    # Looks

    def _looks(self) -> Iterator[tuple[str, str]]:
        sizes = self._sizes
        dsn = self._fresh()
        jobs, seconds = self._fill(dsn, LOOK, sizes.outstanding)
        yield "enqueued due later, jobs/s", _count(jobs / seconds)
        yield "outstanding", _count(jobs)
        yield "database, MB for 100,000 outstanding", f"{self._megabytes() * 100_000 / jobs:.0f}"
        yield from self._offered(dsn, jobs)
        rates = {}
        for workers in (1, 2, 4):
            self._make_due(time.time() - 1, 0)
            plan = Plan(engine=self.name, dsn=dsn, worker="", kind=LOOK, file="", again_s=sizes.again_s)
            runs = self._window(plan, workers, sizes.window_s)
            rates[workers] = len(runs) / sizes.window_s
            yield f"looks/s, {workers} worker{'s' * (workers > 1)}", _count(rates[workers])
        yield "looks/s, two workers / one", f"{rates[2] / rates[1]:.2f}" if rates[1] else "-"
        yield "looks at the same time as another's", _count(_too_soon(runs, sizes.again_s / 2))
        yield "database after the looks, MB", f"{self._megabytes():.0f}"
        yield "dead rows after the looks", _count(self._one("SELECT sum(n_dead_tup) FROM pg_stat_user_tables"))

    def _offered(self, dsn: str, jobs: int) -> Iterator[tuple[str, str]]:
        """Looks as they are due: each job every `jobs / OFFERED_PER_S` seconds."""
        period = jobs / OFFERED_PER_S
        # The workers take seconds to start; what was due meanwhile is polled in the time to warm up.
        self._make_due(time.time() + 3, period)
        plan = Plan(engine=self.name, dsn=dsn, worker="", kind=LOOK, file="", again_s=period)
        runs = self._window(plan, 2, self._sizes.offered_window_s, warm_s=self._sizes.warm_s + 4)
        late = [run.at - run.due for run in runs if not math.isnan(run.due)]
        yield f"looks/s of {OFFERED_PER_S:,} due, 2 workers", _count(len(runs) / self._sizes.offered_window_s)
        yield "from due to polled, median", _seconds(_quantile(late, 0.5))
        yield "from due to polled, p99", _seconds(_quantile(late, 0.99))

    def _window(self, plan: Plan, workers: int, seconds: float, warm_s: float | None = None) -> list[Run]:
        """Run workers; return the runs of `seconds` once each has had its first and some time has passed."""
        with self._workers(plan, workers) as running:
            _until(lambda: all(worker.runs() for worker in running), 12)
            begin = time.time() + (self._sizes.warm_s if warm_s is None else warm_s)
            time.sleep(max(begin + seconds - time.time(), 0))
        runs = [run for worker in running for run in worker.runs()]
        return [run for run in runs if begin <= run.at < begin + seconds]

    # Turns that end a job

    def _submits(self) -> Iterator[tuple[str, str]]:
        dsn = self._fresh()
        sizes = self._sizes
        plan = Plan(engine=self.name, dsn=dsn, worker="", kind=SUBMIT, file="")
        with self._workers(plan, 2) as running:
            self._add(dsn, SUBMIT, range(10))  # the workers are up when these have run
            _until(lambda: self._ledger() >= 10, 20)
            paced = range(1_000, 1_000 + sizes.paced)
            began = asyncio.run(self._engine.submit(dsn, paced, pace_s=0.05))
            _until(lambda: self._ledger() >= 10 + sizes.paced, 10)
            crowd = range(10_000, 10_000 + sizes.submits)
            crowded = asyncio.run(self._engine.submit(dsn, crowd, pace_s=0))
            _until(lambda: self._ledger() >= 10 + sizes.paced + sizes.submits, self._sizes.patience_s)
        runs = {run.job: run.at for worker in running for run in worker.runs()}
        waits = [runs[job] - at for job, at in began.items() if job in runs]
        yield "a submit, added until it runs, median", _seconds(_quantile(waits, 0.5))
        yield "a submit, added until it runs, p99", _seconds(_quantile(waits, 0.99))
        ran = [runs[job] for job in crowded if job in runs]
        took = max(ran) - min(crowded.values()) if ran else math.inf
        yield "submits/s, added and run by 2 workers", _count(len(ran) / took)

    def _claims(self) -> Iterator[tuple[str, str]]:
        dsn = self._fresh()
        sizes = self._sizes
        self._fill(dsn, SUBMIT, sizes.claims)  # as far as it comes
        self._make_due(time.time() - 1, 0)
        plan = Plan(engine=self.name, dsn=dsn, worker="", kind=SUBMIT, file="")
        with self._workers(plan, 4, "claims") as running:
            _until(lambda: all(worker.process.poll() is not None for worker in running), sizes.claims_s)
        runs = [run for worker in running for run in worker.runs()]
        assert runs, "nothing was claimed"
        # Processes start one after the other: the time between the first claim and the last, of whichever of them.
        took = max(run.at for run in runs) - min(run.at for run in runs)
        yield "claims/s, 4 workers", _count(len(runs) / took) if took else "-"
        yield "claimed twice", _count(len(runs) - len({run.job for run in runs}))

    def _killed(self) -> Iterator[tuple[str, str]]:
        dsn = self._fresh()
        jobs = range(self._sizes.killed)
        self._add(dsn, SUBMIT, jobs)
        plan = Plan(
            engine=self.name, dsn=dsn, worker="", kind=SUBMIT, file="", body_s=0.5, at_once=50, lease_s=LEASE_S
        )  # fmt: skip
        with self._workers(plan, 2) as (first, second):
            _until(lambda: bool(first.runs() and second.runs()), 15)
            time.sleep(0.2)  # less than a turn: it has some under way
            paid = self._paid()
            first.process.kill()
            since = time.time()
            first.process.wait()
            left = {run.job for run in first.runs()} - paid.keys()
            by_itself = _until(lambda: left <= self._paid().keys(), self._sizes.patience_s)
            again: list[Run] = []
            if not by_itself:  # what an operator's supervisor does anyway
                since = time.time()
                restarted = Worker(replace(first.plan, file=first.plan.file + "-again"))
                _until(lambda: left <= self._paid().keys(), self._sizes.patience_s)
                restarted.stop()
                again = restarted.runs()
            _until(lambda: len(self._paid()) >= len(jobs), 5)
            last = max((run.at for run in [*second.runs(), *again] if run.job in left), default=math.inf)
        paid = self._paid()
        yield (
            "kill -9: until its jobs are taken again",
            (
                _seconds(last - since) + ("" if by_itself else " after it was started again")
                if last < math.inf and left <= paid.keys()
                else "never"
                if left
                else "-"
            ),
        )
        yield "kill -9: jobs lost", f"{len(jobs) - len(paid)} of {len(jobs)}"
        yield "kill -9: jobs in the ledger twice", _count(sum(count > 1 for count in paid.values()))

    def _paused(self) -> Iterator[tuple[str, str]]:
        """A worker that is paused during its turn, until another has the job; then it goes on and ends its turn."""
        dsn = self._fresh()
        self._add(dsn, LOOK, range(1))
        plan = Plan(
            engine=self.name, dsn=dsn, worker="late", kind=LOOK, file=str(self._folder / "late"), body_s=1,
            again_s=3_600, lease_s=LEASE_S,
        )  # fmt: skip
        late = Worker(plan)
        other = None
        figure = "a paused worker's late end"
        try:
            _until(lambda: bool(late.runs()), 15)
            late.process.send_signal(19)  # SIGSTOP
            taking = replace(plan, worker="other", file=str(self._folder / "other"), body_s=8, instead_of="late")
            other = Worker(taking)
            if not _until(lambda: bool(other.runs()), self._sizes.patience_s + LEASE_S):
                yield figure, "no other worker takes the job"
                return
            before = self._state(0)
            late.process.send_signal(18)  # SIGCONT
            time.sleep(3)
            yield figure, "changes nothing" if self._state(0) == before else "takes effect"
        finally:
            for worker in (late, other):
                if worker is not None:
                    worker.process.kill()
                    worker.process.wait()
                    worker.file.unlink(missing_ok=True)

    def _cut(self) -> Iterator[tuple[str, str]]:
        """Connections that the server ends, most of them in COMMIT: that is made to last 10 ms."""
        dsn = self._fresh()
        jobs = range(self._sizes.cut)
        self._add(dsn, SUBMIT, jobs)
        plan = Plan(engine=self.name, dsn=dsn, worker="", kind=SUBMIT, file="", body_s=0.05, at_once=32)
        cut = 0
        with self._workers(plan, 2) as running, self._server.connect() as admin:
            _until(lambda: all(worker.runs() for worker in running), 15)
            for setting in ("commit_delay = 10000", "commit_siblings = 0"):
                admin.execute(f"ALTER SYSTEM SET {setting}")
            admin.execute("SELECT pg_reload_conf()")
            end = time.monotonic() + self._sizes.cut_s
            while time.monotonic() < end:
                found = admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND state = 'active'"
                    " AND backend_type = 'client backend' ORDER BY random() LIMIT 1", [self._database],
                ).fetchall()  # fmt: skip
                cut += len(found)
                running[:] = self._restarted(running)
                time.sleep(0.04)
            admin.execute("ALTER SYSTEM RESET ALL")
            admin.execute("SELECT pg_reload_conf()")
            begin = time.monotonic()
            done = len(self._paid())
            while len(paid := self._paid()) < len(jobs) and time.monotonic() < begin + self._sizes.patience_s:
                if len(paid) > done:  # patience counts from the last job that was done
                    done, begin = len(paid), time.monotonic()
                running[:] = self._restarted(running)
                time.sleep(0.2)
        paid = self._paid()
        yield "connections ended in a commit", _count(cut)
        undone = [job for job in jobs if job not in paid]
        stuck = sum(bool(self._state(job)) for job in undone)
        yield "of those: jobs stuck, lost", f"{stuck}, {len(undone) - stuck} of {len(jobs)}"
        yield "of those: jobs in the ledger twice", _count(sum(count > 1 for count in paid.values()))
        yield "of those: workers that ended", _count(self._ended)

    def _restarted(self, running: Sequence[Worker]) -> list[Worker]:
        """Start workers again that have ended, as an operator's supervisor does, and count them."""
        self._ended += sum(worker.process.poll() is not None for worker in running)
        return [worker if worker.process.poll() is None else Worker(worker.plan) for worker in running]

    def _ticks(self) -> Iterator[tuple[str, str]]:
        dsn = self._fresh()
        plan = Plan(engine=self.name, dsn=dsn, worker="", kind=TICK, file="", lease_s=LEASE_S)
        with self._workers(plan, 2) as running:
            _until(lambda: any(worker.runs() for worker in running), 15)
            time.sleep(2)  # the other one is up too
            begin = time.time()
            time.sleep(self._sizes.ticks_s)
            end = time.time()
            ticks = [(run.at, worker) for worker in running for run in worker.runs()]
            last, leader = max(ticks, key=lambda tick: tick[0])
            leader.process.kill()
            (other,) = (worker for worker in running if worker is not leader)
            killed = time.time()
            _until(lambda: any(run.at > killed for run in other.runs()), self._sizes.patience_s)
            taken_over = next((run.at - last for run in other.runs() if run.at > killed), None)
        seconds = Counter(round(at - 0.25) for at, _ in ticks if begin <= at < end)
        twice, every = sum(count > 1 for count in seconds.values()), int(end - begin)
        yield "periodic work", self._engine.periodic
        yield "periodic: done twice, left out", f"{twice}, {max(every - len(seconds), 0)} of {every}"
        missed = f"not in {self._sizes.patience_s:.0f} s"
        yield "periodic: next after kill -9", missed if taken_over is None else _seconds(taken_over)

    # What all need

    def _fresh(self) -> str:
        self._number += 1
        self._database = f"{self.name}_{self._number}"
        dsn = self._server.new_database(self._database)
        self._server.checkpoint()
        self._engine.install(dsn)
        return dsn

    def _add(self, dsn: str, kind: str, jobs: range) -> None:
        asyncio.run(self._engine.add(dsn, kind, jobs.start, [time.time()] * len(jobs)))

    def _fill(self, dsn: str, kind: str, jobs: int) -> tuple[int, float]:
        """Add jobs that are due in an hour or later, until there are `jobs` or the time is over.

        Returns how many there are, and in how many seconds they were added.
        """
        part = min(5_000, jobs)
        began = time.monotonic()
        added = 0
        while added < jobs and time.monotonic() - began < self._sizes.fill_s:
            dues = [time.time() + 3_600 + random.random() * 60 for _ in range(part)]
            asyncio.run(self._engine.add(dsn, kind, added, dues))
            added += part
        return added, time.monotonic() - began

    def _make_due(self, begin: float, seconds: float) -> None:
        """Not a figure: the engine's rows are changed by SQL and vacuumed, so that all start from the same."""
        with self._server.connect(self._database) as db:
            db.execute(self._engine.spread(begin, seconds))
            db.execute("VACUUM ANALYZE")

    @contextmanager
    def _workers(self, plan: Plan, count: int, job: str = "turns") -> Iterator[list[Worker]]:
        self._number += 1
        names = [f"{self.name}-{self._number}-{place}" for place in range(count)]
        running = [Worker(replace(plan, worker=name, file=str(self._folder / name)), job) for name in names]
        try:
            yield running
        finally:
            for worker in running:
                if worker.process.poll() is None:
                    worker.process.terminate()
            for worker in running:
                worker.stop()

    def _one(self, query: str) -> float:
        with self._server.connect(self._database) as db:
            row = db.execute(query).fetchone()
        return float(row[0] or 0) if row else 0

    def _megabytes(self) -> float:
        return self._one("SELECT pg_database_size(current_database())") / 1e6

    def _ledger(self) -> int:
        return int(self._one("SELECT count(*) FROM ledger"))

    def _paid(self) -> Counter[int]:
        with self._server.connect(self._database) as db:
            return Counter(dict(db.execute("SELECT job_id, count(*) FROM ledger GROUP BY job_id").fetchall()))

    def _state(self, job: int) -> list[tuple[object, ...]]:
        with self._server.connect(self._database) as db:
            return sorted(db.execute(self._engine.state(), [job]).fetchall(), key=repr)


def _until(what: object, seconds: float) -> bool:
    """Wait until `what()` is true, at most `seconds`; return whether it is."""
    assert callable(what)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return bool(what())


def _too_soon(runs: Sequence[Run], seconds: float) -> int:
    """Return how many runs began less than `seconds` after another of the same job."""
    found, last = 0, dict[int, float]()
    for run in sorted(runs, key=lambda run: run.at):
        found += run.at - last.get(run.job, -math.inf) < seconds
        last[run.job] = run.at
    return found


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else math.inf


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _seconds(value: float) -> str:
    return "-" if value == math.inf else f"{1_000 * value:.0f} ms" if value < 1 else f"{value:.1f} s"
