"""The soak: the real bot for ten minutes among faults that are drawn at random. `make soak`, `SEED=7 make soak`.

With `--storm` it is storm.py instead, a thousand kills.

Twenty servers request two thousand jobs while Cannon Studio and Discord fail at random, the bot's wall clock is set
forward and back, keys are revoked for a while, and the process is killed three times. Then all faults end, and when the
bot has come to rest the three books must agree, every open job must have a reason, every result must have been posted
once, memory must be flat, and the log must hold no complaint.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sandbox.server import Sandbox
from tests.bench.bench_bot import memory
from tests.soak import verdict
from tests.soak.plan import FULL, SHORT, Size, Trouble, acts, troubles
from tests.soak.storm import FULL_KILLS, SHORT_KILLS, storms
from tests.soak.town import Town, sleep_until
from tests.support.rig import HOST_KEY
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord

SPEED = 12.0
"""A picture takes 0.7 s, a video 5 s."""
REVOKED_S = 10.0
FAULT_LIFE_S = 2.0
T = TypeVar("T")
MIB = 1024 * 1024
CHECK_EVERY_S = 0.5


@dataclass
class Report:
    """What a soak came to; `wrong` is empty if all is well."""

    seed: int
    states: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    memory_mib: list[list[float]] = field(default_factory=list)
    """One sample a second, for each life."""
    open_reasons: Counter[str] = field(default_factory=Counter)
    unconfirmed: int = 0
    calls_most: int = 0
    """The most calls that arrived at Discord within a second: above 50 they were refused."""
    wrong: list[str] = field(default_factory=list)

    @property
    def growth_mib(self) -> float:
        """By how much the mean of the last life's last third is above that of its first, in MiB."""
        samples = self.memory_mib[-1]
        samples = samples[min(30, len(samples) // 4) :]  # what a start loads is no growth
        third = max(1, len(samples) // 3)
        first, last = samples[:third], samples[-third:]
        return sum(last) / len(last) - sum(first) / len(first)

    def lines(self) -> list[str]:
        """Return the report in lines."""
        last = self.memory_mib[-1]
        return [
            f"seed {self.seed}: {sum(self.states.values())} jobs in {self.lives} lives of the bot",
            f"states: {', '.join(f'{count} {state}' for state, count in self.states.most_common())}",
            f"open with a reason: {dict(self.open_reasons) or 'none'}",
            f"never confirmed and refunded: {self.unconfirmed}; calls to Discord within a second: {self.calls_most}",
            f"memory of the last life, in MiB: {last[0]:.0f} at first, {max(last):.0f} at most, {last[-1]:.0f} at last",
            f"growth from its first to its last third, in MiB: {self.growth_mib:+.1f}",
            *(f"WRONG: {each}" for each in self.wrong),
        ]


class Soak:
    """One soak of a town."""

    def __init__(self, town: Town, size: Size, seed: int) -> None:
        self._town = town
        self._size = size
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._acts = acts(seed)
        self._later: set[asyncio.Task[None]] = set()
        self.report = Report(seed)

    # ------------------------------------------------------------------ the run

    async def run(self) -> Report:
        """Let all of it happen, and judge what came of it."""
        await self._town.settle_in()
        plan = troubles(self.report.seed, self._size)
        kills = [each.at for each in plan if each.where == "kill"]
        self._began = self._loop.time()
        others = asyncio.create_task(self._trouble([each for each in plan if each.where != "kill"]))
        members = asyncio.create_task(self._members())
        try:
            for at in kills:
                async with self._life() as bot:
                    await sleep_until(self._began + at)
                    await bot.kill()
                for task in (others, members):
                    if task.done():
                        task.result()
            async with self._life() as bot:
                await asyncio.gather(others, members)
                await self._calm()
                if await bot.terminate():
                    self.report.wrong.append(f"the bot ended with exit status {await bot.ended()}")
        finally:
            for task in (others, members, *self._later):
                task.cancel()
            await asyncio.gather(others, members, *self._later, return_exceptions=True)
        await self._judge()
        return self.report

    @contextlib.asynccontextmanager
    async def _life(self) -> AsyncIterator[BotProcess]:
        """One life of the bot; of the sessions before it nothing is kept, as Discord would not for long."""
        self._town.discord.gateway.sessions.clear()
        self.report.lives += 1
        self.report.memory_mib.append([])
        async with self._town.life() as bot:
            watch = asyncio.create_task(self._watch_memory(bot, self.report.memory_mib[-1]))
            try:
                yield bot
            finally:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)

    async def _watch_memory(self, bot: BotProcess, samples: list[float]) -> None:
        await bot.online(60.0)
        while True:
            process = bot._process
            assert process is not None
            samples.append(memory(process.pid, "VmRSS") / MIB)
            await asyncio.sleep(1.0)

    # ------------------------------------------------------------------ what happens

    async def _members(self) -> None:
        """Let members ask until enough jobs are accepted, at a pace that reaches it in nine tenths of the time."""
        size, asked = self._size, 0
        await self._town.discord.until(lambda: "image" in self._town.discord.commands(), size.busy_s)
        while (accepted := self._accepted()) < size.jobs:
            passed_s = self._loop.time() - self._began
            wanted = size.jobs * min(1.0, passed_s / (0.9 * size.busy_s))
            for _ in range(max(1, min(20, round((wanted - accepted) / 2)))):
                await self._town.do(next(self._acts))
                asked += 1
                await asyncio.sleep(0.01)
            if passed_s > size.busy_s + size.late_s:
                self.report.wrong.append(f"only {accepted} jobs were accepted of {asked} requests")
                return
            await asyncio.sleep(CHECK_EVERY_S)

    def _accepted(self) -> int:
        return int(self._town.ask_database("SELECT count(*) FROM jobs")[0][0])

    async def _trouble(self, plan: list[Trouble]) -> None:
        for each in plan:
            await sleep_until(self._began + each.at)
            if each.where == "gateway":
                await self._town.discord.disconnect(**each.options)
            else:
                getattr(self, f"_{each.where}")(**each.options)

    def _discord(self, *, hold_s: float | None = None, **fault: object) -> None:
        made = self._town.discord.fault(**fault, hold=hold_s is not None)  # type: ignore[arg-type]  # drawn in plan.py
        if hold_s is not None:
            self._loop.call_later(hold_s, made.release)
        self._end_later(self._town.discord.rest.faults, made)

    def _studio(self, *, where: str, **fault: object) -> None:
        faults = self._town.sandbox.faults
        faults.add(where, **fault)  # type: ignore[arg-type]  # as above
        queue = faults._queues[where]
        self._end_later(queue, queue[-1])

    def _end_later(self, faults: list[T], fault: T) -> None:
        """Let a fault that nobody has met end after a while: else those that come during a pause meet it at once."""

        def end() -> None:
            if fault in faults:
                faults.remove(fault)

        self._loop.call_later(FAULT_LIFE_S, end)

    def _clock(self, *, seconds: float) -> None:
        self._town.clock.seconds += seconds

    def _key(self, *, server: int) -> None:
        key = self._town.servers[server].key
        if key != HOST_KEY:
            self._town.sandbox.revoke_key(key)
            self._loop.call_later(REVOKED_S, self._town.sandbox.restore_key, key)

    # ------------------------------------------------------------------ rest and judgement

    async def _calm(self) -> None:
        """End all trouble, and wait until the bot has come to rest: every open job has a reason of its own.

        However slow the machine is, and whatever a 429 has left of a key's budget: it may take as long as jobs go on.
        """
        town = self._town
        town.sandbox.faults.clear()
        town.discord.rest.faults.clear()
        async with town.store() as store:
            since, before = self._loop.time(), None
            while self._loop.time() < since + self._size.still_s:
                await asyncio.sleep(2.0)
                in_hand = town.discord.in_hand()  # before the books: each may make a job
                books = await verdict.books_of(town, store)
                states = {job.id: job.state for job in books.jobs}
                since, before = (since, before) if states == before else (self._loop.time(), states)
                if not in_hand and not {None, verdict.MOVES_ON} & set(verdict.reasons(books).values()):
                    return

    async def _judge(self) -> None:
        town, report = self._town, self.report
        async with town.store() as store:
            report.wrong += await store.check()
            report.wrong += [f"unanswered card {card.id}" for card in await store.cards.unanswered()]
            books = await verdict.books_of(town, store)
        report.states.update(str(job.state) for job in books.jobs)
        report.open_reasons.update(str(reason) for reason in verdict.reasons(books).values())
        report.unconfirmed = sum(map(verdict.is_unconfirmed, books.jobs))
        report.wrong += verdict.wrong_money(town, books)
        report.wrong += [f"open without a reason: {each}" for each in verdict.open_without_reason(books)]
        report.wrong += verdict.wrong_deliveries(town, books)
        log = town.log.read_text(errors="replace")
        report.wrong += [f"{count} x {line}" for line, count in verdict.counted(verdict.complaints(log)).items()]
        report.wrong += [f"left behind: {path.name}" for path in town.folder.glob(".cannon-bot-*")]
        report.calls_most = town.calls.most
        if report.growth_mib > self._size.memory_growth_mib:
            report.wrong.append(f"memory grew by {report.growth_mib:.1f} MiB")


async def soak(folder: Path, size: Size, seed: int) -> Report:
    """Run one soak in `folder`, where the bot's log and database stay."""
    async with WireDiscord(answer_deadline_s=3.0) as discord, Sandbox(speed=SPEED, small=True, seed=seed) as sandbox:
        return await Soak(Town(discord, sandbox, folder), size, seed).run()


def main() -> int:
    """Run the soak of `make soak`, or its storms, and print the report; return the exit status."""
    parser = argparse.ArgumentParser(description="Run the real bot for long, among faults or without.")
    parser.add_argument("--short", action="store_true", help="a fifth of it")
    parser.add_argument("--storm", action="store_true", help="kill it a thousand times")
    arguments = parser.parse_args()
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    size = SHORT if arguments.short else FULL
    folder = Path(tempfile.mkdtemp(prefix="cannon-bot-soak-"))
    _say(f"SEED={seed}; log and database: {folder}")
    if arguments.storm:
        lines, wrong = asyncio.run(storms(folder, seed, SHORT_KILLS if size is SHORT else FULL_KILLS))
    else:
        report = asyncio.run(soak(folder, size, seed))
        lines, wrong = report.lines(), report.wrong
    _say("\n".join(lines))
    if wrong:
        return 1
    shutil.rmtree(folder)
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
