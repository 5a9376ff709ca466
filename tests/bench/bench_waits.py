"""Polls and lag over sockets: our worker and a sandbox in another process, 200 pictures, with and without webhooks.

The sandbox works as fast as in life: the schedule's seconds are those of the clock. What the API tells of times may be
the truth, missing, or the moment of the answer.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import mean

import aiohttp

sys.path.insert(1, str(Path(__file__).resolve().parents[2]))

import bench_bot
from bench_report import Row, percentile

from bot.app.client import CannonBot
from bot.app.parts import open_parts
from bot.domain.models import AccountStatus, Card, Job, JobState, new_id
from bot.runtime.clock import SystemClock
from bot.settings import Settings

KEY = "cs_test_bench_0000000000"
OPERATION = "image.generate"
SERVERS = 20
GAP_S = 0.1
SEED = 20_260_101
TRUE, MISSING, NOW = "", "missing", "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    taught: int = 100
    jobs: int = 200
    speed: float = 1.0


QUICK = Sizes(taught=4, jobs=8, speed=4.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """One job, as the sandbox saw it: seconds."""

    took_s: float
    polls: int
    lag_s: float


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Let the same pictures be made with each kind of times, and once with webhooks."""
    sizes = QUICK if quick else Sizes()
    names = {TRUE: "true times", MISSING: "times missing", NOW: "created = completed = now"}
    # At once: what is measured are seconds, and nearly all of them are waited for.
    seen = await asyncio.gather(*(measured(sizes, folder / f"times-{times}", times=times) for times in names))
    found = [row for name, each in zip(names.values(), seen, strict=True) for row in _rows(name, each)]
    hooked = await measured(sizes, folder / "webhooks", times=MISSING, webhooks=True)
    for row in found:
        yield row
    yield Row(number=14, figure="polls a job with webhooks", ours=mean(each.polls for each in hooked), unit="", bar=1)
    yield Row(
        number=14,
        figure="lag with webhooks, p99",
        ours=1000 * percentile([each.lag_s for each in hooked], 99),
        unit="ms",
        bar=250,
        note="times missing; drawing included",
    )


def _rows(name: str, seen: list[Seen]) -> list[Row]:
    polls, lag_s = mean(each.polls for each in seen), mean(each.lag_s for each in seen)
    latest = max(each.lag_s / (0.25 * each.took_s + 2) for each in seen)
    return [
        Row(number=5, figure=f"polls a picture, {name}", ours=polls, unit="", bar=4),
        Row(number=5, figure=f"mean lag, {name}", ours=lag_s, unit="s", bar=1.1),
        Row(number=5, figure=f"latest, of 25 % of its duration + 2 s, {name}", ours=latest, unit="", bar=1),
    ]  # fmt: skip


async def measured(sizes: Sizes, folder: Path, *, times: str, webhooks: bool = False) -> list[Seen]:
    """Let the worker follow jobs that come one after the other; return those that came after the first."""
    folder.mkdir()  # noqa: ASYNC240 - nothing runs yet that could wait for it
    noted = folder / "seen"
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(bench_bot.sandbox(speed=sizes.speed, seen=noted))
        await _vary(url, times=times)
        side = await Side.opened(stack, url, folder, sizes.taught + sizes.jobs, webhooks=webhooks)
        for number in range(sizes.taught + sizes.jobs):
            await side.accept(number)
            await asyncio.sleep(GAP_S / sizes.speed)
        await side.surface.delivered.wait()
        await side.close()
    lines = [json.loads(line) for line in noted.read_text().splitlines()]
    counted = [line for line in lines if int(line["prompt"]) >= sizes.taught]
    assert len(counted) == sizes.jobs
    return [
        Seen(
            took_s=line["succeeded_at"] - side.accepted_at[line["prompt"]], polls=line["polls"],
            lag_s=line["seen_at"] - line["succeeded_at"],
        )
        for line in counted
    ]  # fmt: skip


async def _vary(url: str, **options: str) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{url}/_sandbox/api", json=options) as answer:
        assert answer.status == 200, await answer.text()


class Posted:
    """A surface that posts nothing, and knows when so many results were to be."""

    def __init__(self, jobs: int) -> None:
        self._left = jobs
        self.delivered = asyncio.Event()

    async def deliver(self, job: Job) -> int:
        self._left -= 1
        if not self._left:
            self.delivered.set()
        return int(job.id, 36)

    async def delivered(self, job: Job) -> None: ...

    async def show(self, guild_id: int, card_id: str) -> None: ...

    async def alert(self, guild_id: int, sentence: str) -> None: ...

    async def post_late(self, job: Job) -> None: ...


class Side:
    """The bot's own parts as it puts them together, but for Discord."""

    def __init__(self, bot: CannonBot, surface: Posted, key_ids: list[int]) -> None:
        self._bot = bot
        self._key_ids = key_ids
        self._running = asyncio.create_task(bot.parts.worker.run())
        self.surface = surface
        self.accepted_at: dict[str, float] = {}

    @classmethod
    async def opened(cls, stack: AsyncExitStack, url: str, folder: Path, jobs: int, *, webhooks: bool) -> Side:
        public = {"public_url": "https://bench.invalid", "http_port": 0} if webhooks else {}
        settings = Settings(cannon_api_url=url, database=folder / "bench.db", health_port=0, **public)
        bot = await stack.enter_async_context(CannonBot(settings, clock=SystemClock(), run_worker=False))
        bot.parts = await open_parts(bot.setup)
        worker, surface = bot.parts.worker, Posted(jobs)
        worker.polling.rng = random.Random(SEED)
        worker.polling.transitions.surface = surface
        if webhooks:  # the sandbox calls the address without TLS, which a setting may not name
            await bot.parts.http.start()
            address, tokens = bot.parts.http.webhook_address, bot.parts.webhook_tokens
            worker.submitting.webhook_url = lambda job: f"{address}/webhooks/{tokens.token(job.id)}"
        status = AccountStatus(credits=Decimal(10**6), plan=None, scopes=())
        store = bot.parts.store
        keys = [await store.keys.set(guild_id, KEY, set_by=1, status=status) for guild_id in range(1, SERVERS + 1)]
        return cls(bot, surface, [changed.key.id for changed in keys])

    async def accept(self, number: int) -> None:
        """Store a job as a command does, and wake the worker."""
        store, now = self._bot.parts.store, self._bot.clock.wall()
        guild_id = 1 + number % SERVERS
        card = Card(id=new_id(), guild_id=guild_id, channel_id=1, author_id=1, interaction_id=number, created_at=now)
        job = Job(
            id=new_id(), card_id=card.id, guild_id=guild_id, position=0, author_id=1, operation=OPERATION,
            input={"prompt": f"{number}"}, state=JobState.SUBMITTING, idempotency_key=f"bench-{number}",
            key_id=self._key_ids[guild_id - 1], held=Decimal(20), basis="unknown", created_at=now,
        )  # fmt: skip
        await store.cards.accept(card, [job], lambda _spending: None)
        await store.cards.mark_answered(guild_id, card.id, 1, 1)
        self.accepted_at[f"{number}"] = now
        self._bot.parts.worker.wake()

    async def close(self) -> None:
        await self._bot.parts.worker.stop()
        await self._running
