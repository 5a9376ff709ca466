"""An hour without faults, at three commands a second: what the bot takes must not grow. `make soak ARGS=--steady`.

Members of twenty servers do what members do most. Sixty times the process is measured: memory, objects, tasks, open
handles, threads, its database, the write-ahead log and its log. The first third of the time is for caches to fill,
which have some thousand messages and rows. After it a level (memory, tasks, handles) may not rise, and what grows with
the jobs by design (database, log) may not take more for each job in the last third than in the middle one. At the end
the books must agree.

`--minutes 10` makes it shorter; each line is printed as it is measured.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

from bot.domain.models import OPEN_STATES, JobState
from bot.store.engine.sqlite_database import WAL_LIMIT_BYTES
from sandbox.server import Sandbox
from tests.bench.bench_bot import cpu_s, memory
from tests.soak import verdict
from tests.soak.plan import MEMBERS_EACH, SERVERS, Act, drawn
from tests.soak.soaked_bot import VITALS
from tests.soak.town import LIMITED, Town, sleep_until
from tests.support.vitals import asked
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord

MINUTES, PER_S, SAMPLES = 60.0, 3.0, 60
SPEED = 12.0
"""As in the soak: a picture takes 0.7 s, a video 5 s."""
POOR = 1
"""The server whose account runs out of credits: it and the limited one would soon refuse everything."""
CALM_S, MOST_TYPES = 90.0, 12
KB, MB = 1_000, 1_000_000

_ACTS = {
    "picture": 68, "edit": 4, "video": 5, "text": 3, "again": 8, "react": 4, "cancel": 2, "delete": 2, "approve": 4,
}  # fmt: skip
_UNDER_WAY = sorted(OPEN_STATES - {JobState.AWAITING_APPROVAL})
_JOBS = f"SELECT count(*), total(state IN ({', '.join(map(repr, map(str, _UNDER_WAY)))})) FROM jobs"
_WORDS = {"": 45, "#fast": 45, "#many": 3, "#fail": 3, "#billed": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """The process at one moment."""

    at_s: float
    """Since members began."""
    jobs: int
    """Accepted so far."""
    under_way: int
    memory: int
    """The resident set, in bytes."""
    objects: int
    """Of Python, as far as its garbage collector knows them."""
    tasks: int
    handles: int
    threads: int
    database: int
    """Of the file, in bytes."""
    wal: int
    log: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Level:
    """A figure that may not rise after the first third, but for `room`."""

    name: str
    of: Callable[[Vitals], float]
    room: float
    unit: str = ""
    per: float = 1
    typical: Callable[[Iterable[float]], float] = median
    """Of a third's samples. `min` where a busy moment adds to it, which is no leak: that raises the least as well."""

    def judged(self, early: Sequence[Vitals], late: Sequence[Vitals]) -> tuple[str, bool]:
        """Return a line with the typical ones of the middle and the last third, and whether it is flat."""
        before, after = self.typical(map(self.of, early)), self.typical(map(self.of, late))
        line = f"{self.name}: {before / self.per:,.1f} → {after / self.per:,.1f}{self.unit}"
        return f"{line} (room {self.room / self.per:,.1f})", after - before <= self.room


@dataclass(frozen=True, slots=True)
class PerJob:
    """A figure that grows with the jobs: so much for each, and no more for later ones, but for a share of `more`."""

    name: str
    of: Callable[[Vitals], float]
    more: float
    unit: str
    per: float = 1

    def judged(self, early: Sequence[Vitals], late: Sequence[Vitals]) -> tuple[str, bool]:
        """Return a line with what a job took in the middle and in the last third, and whether it is the same."""
        before, after = self._each(early), self._each(late)
        line = f"{self.name} a job: {before / self.per:,.2f} → {after / self.per:,.2f}{self.unit}"
        return f"{line} (room {self.more:.0%})", after <= before * (1 + self.more)

    def _each(self, samples: Sequence[Vitals]) -> float:
        first, last = samples[0], samples[-1]
        return (self.of(last) - self.of(first)) / max(1, last.jobs - first.jobs)


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure that busy moments raise for good, up to `most`."""

    name: str
    of: Callable[[Vitals], float]
    most: float
    unit: str
    per: float

    def judged(self, early: Sequence[Vitals], late: Sequence[Vitals]) -> tuple[str, bool]:
        """Return a line with the most of the middle and of the last third, and whether it is in bounds."""
        before, after = max(map(self.of, early)), max(map(self.of, late))
        line = f"{self.name}: {before / self.per:,.1f} → {after / self.per:,.1f}{self.unit}"
        return f"{line} (at most {self.most / self.per:,.1f})", after <= self.most


JUDGED: tuple[Level | PerJob | Bound, ...] = (
    Level("memory", lambda each: each.memory, 3 * MB, " MB", MB),
    Level("tasks, at least", lambda each: each.tasks, 4, typical=min),
    Level("open handles, at least", lambda each: each.handles, 4, typical=min),
    Level("threads", lambda each: each.threads, 1),
    Bound("write-ahead log", lambda each: each.wal, WAL_LIMIT_BYTES, " MB", MB),
    PerJob("database", lambda each: each.database, 0.2, " KB", KB),
    PerJob("log", lambda each: each.log, 0.1, " KB", KB),
)
TOLD = (
    Level("Python's objects", lambda each: each.objects, 0),
    PerJob("processor time", lambda each: each.cpu_s * 1000, 0, " ms"),
)
"""Reported only: the garbage collector's moment and the machine change them."""


@dataclass
class Report:
    """What an hour came to; `wrong` is empty if all is well."""

    samples: list[Vitals] = field(default_factory=list)
    tasks: dict[str, int] = field(default_factory=dict)
    """At the end, by what they run."""
    objects: list[Counter[str]] = field(default_factory=list)
    """Of each sample, by their types."""
    wrong: list[str] = field(default_factory=list)

    def thirds(self) -> list[list[Vitals]]:
        """Return the samples of each third of the time; each begins with the last one of the third before."""
        ends = [0, *(round((len(self.samples) - 1) * third / 3) for third in (1, 2, 3))]
        return [self.samples[begin : end + 1] for begin, end in pairwise(ends)]

    def lines(self) -> list[str]:
        """Return the report in lines: of each figure its middle and its last third."""
        _, early, late = self.thirds()
        last = self.samples[-1]
        return [
            f"{last.jobs} jobs in {last.at_s / 60:.0f} min; middle third → last third:",
            *(each.judged(early, late)[0] for each in (*JUDGED, *TOLD)),
            f"objects that came after the first third: {_counts(self._more_objects())}",
            f"tasks at the end: {_counts(self.tasks.items())}",
            *(f"WRONG: {each}" for each in self.wrong),
        ]

    def _more_objects(self) -> list[tuple[str, int]]:
        if not self.objects:
            return []
        return (self.objects[-1] - self.objects[round((len(self.objects) - 1) / 3)]).most_common(MOST_TYPES)

    def judge(self) -> None:
        """Add what is not flat to what is wrong."""
        _, early, late = self.thirds()
        found = (each.judged(early, late) for each in JUDGED)
        self.wrong += [f"not flat: {line}" for line, is_flat in found if not is_flat]


def acts(seed: int) -> Iterator[Act]:
    """Give what members do, without end; all of it ends well or fails at once."""
    dice = random.Random(f"steady {seed}")
    servers = [number for number in range(SERVERS) if number not in {POOR, LIMITED}]
    number = 0
    while True:
        number += 1
        options = {
            "prompt": f"fox {number} {drawn(dice, _WORDS)}".strip(),
            "private": dice.random() < 0.15,
            "pick": dice.random(),
            "count": dice.choice([1, 1, 1, 2]),
        }
        yield Act(drawn(dice, _ACTS), dice.choice(servers), dice.randrange(MEMBERS_EACH), options)


class Steady:
    """One life of the bot in a town without trouble."""

    def __init__(self, town: Town, bot: BotProcess, seconds: float, told: Callable[[str], object]) -> None:
        self._town = town
        self._bot = bot
        self._seconds = seconds
        self._told = told
        self._loop = asyncio.get_running_loop()
        self.report = Report()

    async def run(self, seed: int) -> None:
        """Let members act for so long, and look at the process meanwhile."""
        await self._town.discord.until(lambda: "image" in self._town.discord.commands(), CALM_S)
        began = self._loop.time()
        members = asyncio.create_task(self._members(seed, began))
        try:
            for number in range(SAMPLES + 1):
                await sleep_until(began + number * self._seconds / SAMPLES)
                await self._look(self._loop.time() - began)
                if members.done() and number < SAMPLES:
                    members.result()
        finally:
            members.cancel()
            await asyncio.gather(members, return_exceptions=True)

    async def _members(self, seed: int, began: float) -> None:
        for number, act in enumerate(acts(seed)):
            await sleep_until(began + number / PER_S)
            await self._town.do(act)

    async def _look(self, at_s: float) -> None:
        process_id = self._bot.process_id
        inside = await asked(self._bot, self._town.folder / VITALS)
        inside["objects"] = Counter(inside["objects"])
        jobs, under_way = self._jobs()
        now = Vitals(
            at_s=at_s,
            jobs=jobs,
            under_way=under_way,
            memory=memory(process_id, "VmRSS"),
            objects=inside["objects"].total(),
            tasks=sum(inside["tasks"].values()),
            handles=_count(f"/proc/{process_id}/fd"),
            threads=_count(f"/proc/{process_id}/task"),
            database=_size(self._town.database),
            wal=_size(self._town.database.with_name("bot.db-wal")),
            log=_size(self._town.log),
            cpu_s=cpu_s(process_id),
        )
        self.report.tasks = inside["tasks"]
        self.report.objects.append(inside["objects"])
        self.report.samples.append(now)
        self._told(
            f"{now.at_s / 60:5.1f} min  {now.jobs:6} jobs, {now.under_way:3} under way  {now.memory / MB:6.1f} MB"
            f"  {now.objects:7} objects  {now.tasks:3} tasks  {now.handles:3} handles  {now.threads:2} threads"
            f"  database {now.database / MB:6.2f} MB  wal {now.wal / MB:5.2f} MB  log {now.log / MB:6.2f} MB"
            f"  cpu {now.cpu_s:6.1f} s"
        )

    def _jobs(self) -> tuple[int, int]:
        """Return how many jobs were accepted, and how many of them are under way."""
        [(jobs, under_way)] = self._town.ask_database(_JOBS)
        return int(jobs), int(under_way)

    async def settle(self) -> None:
        """Wait until nothing is under way but what waits for a moderator."""
        until = self._loop.time() + CALM_S
        while (self._town.discord.in_hand() or self._jobs()[1]) and self._loop.time() < until:  # noqa: ASYNC110 - the database announces nothing
            await asyncio.sleep(1.0)


def _counts(named: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {name}" for name, count in named)


def _count(folder: str) -> int:
    return len(list(Path(folder).iterdir()))


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


async def _wrong(town: Town) -> list[str]:
    """Compare the books, and read the log."""
    async with town.store() as store:
        found = list(await store.check())
        books = await verdict.books_of(town, store)
    found += [f"open without a reason: {each}" for each in verdict.open_without_reason(books)]
    found += [*verdict.wrong_money(town, books), *verdict.wrong_deliveries(town, books)]
    log = town.log.read_text(errors="replace")
    complaints = [*verdict.complaints(log), *verdict.errors(log)]
    return found + [f"{count} x {line}" for line, count in verdict.counted(complaints).items()]


async def steady(folder: Path, seed: int, minutes: float, told: Callable[[str], object]) -> Report:
    """Run it in `folder`, where the bot's log and database stay; `told` gets a line for each sample.

    What is not flat is not judged yet (`Report.judge`).
    """
    async with WireDiscord(answer_deadline_s=3.0) as discord, Sandbox(speed=SPEED, small=True, seed=seed) as sandbox:
        town = Town(discord, sandbox, folder)
        await town.settle_in()
        async with town.life() as bot:
            await bot.online(CALM_S)
            soak = Steady(town, bot, minutes * 60, told)
            await soak.run(seed)
            await soak.settle()
            report = soak.report
            if status := await bot.terminate():
                report.wrong.append(f"the bot ended with exit status {status}")
        report.wrong += await _wrong(town)
    return report
