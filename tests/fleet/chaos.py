"""Two gateways and three workers as real processes, their troubles, and the verdict: see test_chaos.py.

The servers, their members and the verdict about money and messages are the soak's. Each process has a cable of its own
to PostgreSQL (tests/support/cable.py), so that one can be cut off alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg

from bot.runtime.clock import SystemClock
from bot.sandbox.server import Sandbox
from bot.settings import PostgresUrl
from bot.store import Store
from tests.soak import verdict
from tests.soak.plan import MEMBERS_EACH, SERVERS
from tests.soak.town import Town
from tests.support.cable import Cable, Loss, Lost, cable_to
from tests.support.postgres import OwnServer
from tests.support.wire.bot import BotProcess
from tests.support.wire.fleet import SECRET, environment
from tests.support.wire.server import WireDiscord
from tests.support.wire.world import Reply

SHARDS = 2
GATEWAYS, WORKERS = 2, 3
START_S = 240.0
SETTLES_S = 4.0
"""What is requested in the last seconds of a trouble may meet the next one."""
GOES_ON_S = 10.0
"""By how much longer than usual a job of a server may take that has nothing to do with what goes wrong."""
USUAL_MAX_S = 10.0
"""Where a job takes longer with nothing going wrong, times tell of the machine, and are noted only."""
DATABASE = "fleet"
OPEN = "state NOT IN ('delivered', 'failed', 'expired', 'cancelled', 'refused')"
HONEST = ("nothing was saved", "I don't know yet if this was saved")
"""What a member may be answered for whom there is no job."""
WORDS = ("#fast", "#fast", "", "#twice", "#fail", "#drop", "#crash")


@dataclass
class Asked:
    """A command of a member: when it was requested and when its result was there, by the event loop's clock."""

    server: int
    at: float
    reply: Reply
    prompt: str
    seen: float | None = None

    @property
    def is_done(self) -> bool:
        return self.seen is not None

    def look(self, now: float) -> None:
        """Note whether its files are there."""
        posted = self.reply.response
        if self.seen is None and posted is not None and posted.attachments:
            self.seen = now


@dataclass(frozen=True)
class Trouble:
    """A time in which something went wrong; `spared` are the servers whose jobs had to go on."""

    name: str
    since: float
    until: float
    spared: frozenset[int]


class FleetTown(Town):
    """The soak's town whose bot is a fleet on PostgreSQL."""

    def __init__(self, discord: WireDiscord, sandbox: Sandbox, folder: Path, postgres: OwnServer, **size: int) -> None:
        super().__init__(discord, sandbox, folder, **size)
        self.postgres = postgres
        self.url = postgres.new_database(DATABASE, "template0")
        discord.rest.shards = SHARDS

    def shard_of(self, server: int) -> int:
        return (self.servers[server].guild.id >> 22) % SHARDS

    @contextlib.asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        store = await Store.open(PostgresUrl(self.url), clock=SystemClock(), secret_keys=[SECRET])
        try:
            yield store
        finally:
            await store.close()

    def ask_database(self, query: str, *values: Any) -> list[Any]:
        with self.postgres.connect(DATABASE) as db:
            return db.execute(query, values).fetchall()


class Member(BotProcess):
    """A process of the fleet, with its own folder, log and cable."""

    def __init__(self, town: FleetTown, role: str, number: int, cable: Cable) -> None:
        self.name = f"{role}{number}"
        self.role = role
        self.cable = cable
        folder = town.folder / self.name
        folder.mkdir()
        (folder / "bot.log").touch()
        env = environment(town.discord, town.sandbox, cable.url(DATABASE)) | {
            "SHARD_COUNT": str(SHARDS),
            "PYTHONWARNINGS": "default::ResourceWarning,default::RuntimeWarning",
        }
        super().__init__(town.discord, ["run", "--role", role], folder / "bot.log", env=env)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def send(self, sign: signal.Signals) -> None:
        os.kill(self.pid, sign)

    def said(self, event: str) -> bool:
        return f'"{event}"' in self.output()


class Chaos:
    """The fleet in its town: members who ask without end, and what can go wrong."""

    def __init__(self, town: FleetTown, seed: int) -> None:
        self.town = town
        self.members: list[Member] = []
        self.asked: list[Asked] = []
        self.troubles: list[Trouble] = []
        self.losses: list[Loss] = []
        self.victims: set[Member] = set()
        """The processes that were killed."""
        self.noted: list[str] = []
        """What happened, for whoever reads a failure."""
        self._dice = random.Random(f"chaos {seed}")
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._numbers = itertools.count(1)
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self.town.settle_in()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    def note(self, what: str) -> None:
        self.noted.append(f"{self._loop.time() - self._began:6.1f} s: {what}")

    # ------------------------------------------------------------------ processes

    async def start(self, *roles: str) -> list[Member]:
        """Start processes at the same time; return them once each is ready."""
        started = []
        for role in roles:
            cable = self._stack.enter_context(cable_to(self.town.postgres))
            member = Member(self.town, role, 1 + sum(each.role == role for each in self.members), cable)
            self.members.append(member)
            started.append(await self._stack.enter_async_context(member))
        await asyncio.gather(*map(self._ready, started))
        return started

    async def _ready(self, member: Member) -> None:
        await self.town.discord.until(lambda: member.said("ready") or not member.running, START_S)
        if not member.running:
            raise RuntimeError(f"{member.name} ended with {await member.ended()}: {member.output()[-3000:]}")
        self.note(f"{member.name} is ready")

    def shards_of(self, member: Member) -> set[int]:
        """Return the shards that the process has at Discord."""
        live = self.town.discord.gateway.live
        return {session.shard_id for session in live if session.client == str(member.pid)}

    # ------------------------------------------------------------------ what members do

    async def ask(self) -> None:
        """Let the next member of the next server ask for a picture."""
        number = next(self._numbers)
        server = self.town.servers[number % SERVERS]
        member = server.members[number // SERVERS % MEMBERS_EACH]
        prompt = f"fox {number} {self._dice.choice(WORDS)}".strip()
        at = self._loop.time()
        reply = await self.town.discord.slash(member, server.channel, "image generate", prompt=prompt, wait_s=0)
        self.asked.append(Asked(server.number, at, reply, prompt))

    async def burst(self, count: int) -> None:
        """Let members ask at once, and return when each worker that lives follows some job, if it comes to that."""
        for _ in range(count):
            await self.ask()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(6.0):
                while len(await asyncio.to_thread(self.leases)) < WORKERS:  # noqa: ASYNC110 - the database tells nothing
                    await asyncio.sleep(0.05)

    def leases(self) -> dict[str, int]:
        """Return how many open jobs each worker follows."""
        rows = self.town.ask_database(f"SELECT lease, count(*) FROM jobs WHERE lease IS NOT NULL AND {OPEN} GROUP BY 1")
        return {str(lease): count for lease, count in rows}

    def lose_commits(self, what: Lost, *members: Member) -> None:
        """Lose that of the next commit of each."""
        self.losses += [each.cable.lose(what) for each in members]

    async def ask_for(self, seconds: float, *, every_s: float = 0.6) -> None:
        """Let members ask, one after the other, for so long; look at what is there meanwhile."""
        until = self._loop.time() + seconds
        while (now := self._loop.time()) < until:
            await self.ask()
            due = min(until, now + every_s)
            while self._loop.time() < due:
                self.look()
                with contextlib.suppress(TimeoutError):
                    await self.town.discord.world.until(self._news(), max(0.01, due - self._loop.time()))
        self.look()

    def _news(self) -> Any:
        """Return a predicate that holds once anything has changed from now on."""
        change = self.town.discord.world._change
        return lambda: change is not self.town.discord.world._change

    def look(self) -> None:
        now = self._loop.time()
        for each in self.asked:
            each.look(now)

    # ------------------------------------------------------------------ what goes wrong

    async def kill(self, victim: Member) -> None:
        """SIGKILL."""
        self.victims.add(victim)
        await victim.kill()

    @contextlib.contextmanager
    def trouble(self, name: str, *, spared: frozenset[int] = frozenset(range(SERVERS))) -> Iterator[None]:
        """What goes wrong in this block must not keep the jobs of the servers that are spared from going on."""
        since = self._loop.time()
        self.note(f"{name} begins, jobs of each worker: {sorted(self.leases().values())}")
        yield
        self.note(f"{name} ends")
        self.troubles.append(Trouble(name, since, self._loop.time(), spared))

    def terminate_some(self) -> int:
        """End a few of the sessions that the bot has, whatever they are doing; return how many."""
        with self.town.postgres.connect(DATABASE) as db:
            rows = db.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'cannon-bot' AND datname = %s", [DATABASE]
            ).fetchall()
            chosen = self._dice.sample(rows, min(3, len(rows)))
            for (process,) in chosen:
                with contextlib.suppress(psycopg.Error):
                    db.execute("SELECT pg_terminate_backend(%s)", [process])
        self.note(f"{len(chosen)} of {len(rows)} sessions are ended")
        return len(chosen)

    async def restart_postgres(self) -> None:
        """Restart the server, as an administrator does."""
        self.note("PostgreSQL is restarted")
        await asyncio.to_thread(self.town.postgres.stop)
        await asyncio.to_thread(self.town.postgres.start)
        self.note("PostgreSQL is there again")

    # ------------------------------------------------------------------ the end

    async def calm(self, seconds: float) -> None:
        """Wait until every command is answered and every job has ended; note what has not within that time."""
        until = self._loop.time() + seconds
        while left := await self._unfinished():
            if self._loop.time() >= until:
                self.note(f"not finished: {left}")
                break
            self.look()
            with contextlib.suppress(TimeoutError):
                await self.town.discord.world.until(self._news(), 0.5)
        self.look()

    async def _unfinished(self) -> list[Any]:
        """Return the commands without an answer; once there are none, what is open: a command may make a job."""
        return list(self.town.discord.in_hand()) or await asyncio.to_thread(self._open)

    def _open(self) -> list[Any]:
        jobs = self.town.ask_database(f"SELECT id, state, waits_for, lease, next_at, input FROM jobs WHERE {OPEN}")
        return jobs + self.town.ask_database("SELECT id FROM cards WHERE answered = 0 AND dropped_at IS NULL")


@dataclass
class Outcome:
    """What the whole came to; `wrong` is empty if all is well."""

    states: Counter[str] = field(default_factory=Counter)
    usual_s: float = 0.0
    slowest: Mapping[str, float] = field(default_factory=dict)
    asked: int = 0
    unanswered: int = 0
    put_off: int = 0
    """Answered with the sentence that the database is busy: nothing was saved, and the member may try again."""
    commits_lost: int = 0
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        return [
            (
                f"{self.asked} commands, {self.unanswered} of them unanswered, {self.put_off} told to try again; "
                f"jobs: {dict(self.states)}"
            ),
            f"{self.commits_lost} commits or their answers were lost",
            f"usual time of a job at most {self.usual_s:.1f} s; while something went wrong at most "
            + ", ".join(f"{seconds:.1f} s ({name})" for name, seconds in self.slowest.items()),
            *(f"WRONG: {each}" for each in self.wrong),
        ]


async def judge(chaos: Chaos, *, usual: Trouble) -> Outcome:
    """Compare the books, what is on Discord, and how long the jobs took; `usual` is the time without any trouble."""
    outcome = Outcome(asked=len(chaos.asked))
    town = chaos.town
    async with town.store() as store:
        outcome.wrong += await store.check()
        outcome.wrong += [str(each) for each in await store.cards.unanswered()]
        books = await verdict.books_of(town, store)
    outcome.states = Counter(str(job.state) for job in books.jobs)
    outcome.wrong += [f"{job.id} is {job.state}: {job.prompt!r}" for job in books.jobs if not job.state.ended]
    outcome.wrong += verdict.wrong_money(town, books)
    outcome.wrong += verdict.wrong_deliveries(town, books)
    outcome.wrong += [f"{each.name} has ended" for each in chaos.members if not each.running ^ (each in chaos.victims)]
    outcome.commits_lost = sum(each.happened.is_set() for each in chaos.losses)
    outcome.wrong += [] if outcome.commits_lost else ["no commit was lost"]
    outcome.wrong += [f"{each!r} has no answer" for each in town.discord.in_hand()]
    outcome.unanswered = sum(each.reply.response is None for each in chaos.asked)
    failing = {job.prompt for job in books.jobs if str(job.state) != "delivered"}
    kept = {job.prompt for job in books.jobs}
    put_off = [each for each in chaos.asked if each.reply.response is not None and each.prompt not in kept]
    outcome.put_off = len(put_off)
    outcome.wrong += [
        f"{each.prompt!r} has no job: {each.reply.response.content!r}"
        for each in put_off
        if each.reply.response is not None and not any(said in each.reply.response.content for said in HONEST)
    ]
    failing |= {each.prompt for each in put_off}

    def times(trouble: Trouble) -> list[tuple[float, Asked]]:
        meant = [each for each in chaos.asked if trouble.since <= each.at < trouble.until - SETTLES_S]
        found = [each for each in meant if each.server in trouble.spared and each.prompt not in failing]
        return [((each.seen or float("inf")) - each.at, each) for each in found]

    outcome.usual_s = max(took_s for took_s, _ in times(usual))
    late = [] if len(put_off) <= len(chaos.asked) / 8 else [f"{len(put_off)} were told to try again"]
    slowest = {}
    for trouble in chaos.troubles:
        took = times(trouble)
        slowest[trouble.name] = max((took_s for took_s, _ in took), default=0.0)
        late += [
            f"{trouble.name}: {each.prompt!r} of server {each.server} took {took_s:.1f} s"
            for took_s, each in took
            if took_s > outcome.usual_s + GOES_ON_S
        ]
        if not took:
            late.append(f"{trouble.name}: nobody requested anything")
    outcome.slowest = slowest
    if outcome.usual_s <= USUAL_MAX_S:
        outcome.wrong += late
    return outcome
