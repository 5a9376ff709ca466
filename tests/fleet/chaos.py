"""A fleet of real processes, what can go wrong with it, and the verdict: troubles.py has what is lived through.

The servers, their members and the verdict about money and messages are the soak's. Each process has a cable of its own
to PostgreSQL (tests/support/cable.py), a front of its own to Discord and to Cannon Studio, and a clock of its own, so
that one can be cut off alone from each, or be wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg

from bot.fleet.postgresql.shard_locks import SILENCE_S
from bot.jobs.follow.claims import CLAIM_EVERY_S
from bot.jobs.turns.transitions import FAULT_S
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store
from sandbox.server import Sandbox
from tests.soak import verdict
from tests.soak.plan import MEMBERS_EACH, SERVERS
from tests.soak.soaked_bot import CLOCK, MEDIA_FROM, ClockError
from tests.soak.town import Town
from tests.support.cable import Cable, Loss, Lost, cable_to
from tests.support.postgres import OwnServer, standby_of
from tests.support.wire.bot import BotProcess
from tests.support.wire.fleet import SECRET, environment
from tests.support.wire.front import Front
from tests.support.wire.server import WireDiscord
from tests.support.wire.world import Reply

ANSWER_S = 15.0
"""How long Discord waits for the first answer to a command."""
CALM_S = ANSWER_S + 3 * SILENCE_S + CLAIM_EVERY_S + FAULT_S
"""The last command is answered, its job taken over from a lost process, and tried again after an error of the bot."""
SHARDS, PROCESSES = 4, 3
ENDLESS = "#forever"
"""A picture that is made once it is finished from outside: so a process follows it when something goes wrong."""
START_S = 240.0
SETTLES_S = 4.0
"""What is requested in the last seconds of a trouble may meet the next one."""
GOES_ON_S = 10.0
"""By how much longer than usual a job of a server may take that has nothing to do with what goes wrong."""
USUAL_MAX_S = 10.0
"""Where a job takes longer with nothing going wrong, times tell of the machine, and are noted only."""
BETWEEN_S = 0.25
"""Between commands of a burst: more at once than a busy machine can answer in Discord's time are put off."""
TOO_LONG_S = 90.0
"""What takes longer than this is not waited for any more."""
DATABASE = "fleet"
OPEN = "state NOT IN ('delivered', 'failed', 'expired', 'cancelled', 'refused')"
FOLLOWED = f"""
SELECT id FROM jobs WHERE lease IS NOT NULL AND {OPEN}
    AND claimed_by = %s
"""
"""The open jobs that the process of this name follows."""
GONE, PAUSED, CUT_OFF, STOPS = (
    "after kill -9",
    "of a paused process",
    "of one that is cut off",
    "of one that is stopped",
)
LEADER_GONE = "a leader after kill -9"
PROMOTED, BACK = "a job after a standby was promoted", "a job after the database is back"
BARS: Mapping[str, float] = {
    **{f"{what} {how}": 10.0 for what in ("jobs", "shards") for how in (GONE, PAUSED, CUT_OFF)},
    f"jobs {STOPS}": 1.0, f"shards {STOPS}": 1.0, LEADER_GONE: 10.0, PROMOTED: 15.0, BACK: 30.0,
}  # fmt: skip
"""Seconds until others have it, on a machine that has nothing else to do."""
BUSY = 3.0
"""By how much longer it may take, besides, on one that has."""
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
    """A time in which something went wrong; `spared` are the servers whose jobs had to go on, none: times are noted."""

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
        discord.rest.shards = discord.rest.session_starts["max_concurrency"] = SHARDS

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
    """A process of the fleet, with its own folder, log, clock and ways to all others."""

    def __init__(self, town: FleetTown, number: int, ways: Ways) -> None:
        self.name = f"process{number}"
        self.cable, self.discord_front, self.studio_front = ways.cable, ways.discord, ways.studio
        folder = town.folder / self.name
        folder.mkdir()
        (folder / "bot.log").touch()
        self.clock = ClockError(folder / "clock")
        env = environment(town.discord, town.sandbox, ways.cable.url(DATABASE)) | {
            "SHARD_COUNT": str(SHARDS),
            "PYTHONWARNINGS": "default::ResourceWarning,default::RuntimeWarning",
            CLOCK: str(folder / "clock"),
            "WIRE_DISCORD_URL": ways.discord.url,
            "CANNON_API_URL": ways.studio.url,
            MEDIA_FROM: town.sandbox.url,
        }
        super().__init__(town.discord, ["run"], folder / "bot.log", env=env, module="tests.soak.soaked_bot")

    def said(self, event: str) -> bool:
        return f'"{event}"' in self.output()

    @property
    def process(self) -> str:
        """Its name among its fleet, by its log."""
        started = [line for line in self.output().splitlines() if '"process.started"' in line]
        return str(json.loads(started[-1])["name"]) if started else ""

    @property
    def leads(self) -> bool:
        """Whether it does what one process does for all, by its log."""
        return self.running and self.output().count('"leader.begins"') > self.output().count('"leader.ends"')


@dataclass(frozen=True)
class Ways:
    """A process's ways to the others."""

    cable: Cable
    discord: Front
    studio: Front


class Chaos:
    """The fleet in its town: members who ask without end, and what can go wrong."""

    def __init__(self, town: FleetTown, seed: int) -> None:
        self.town = town
        self.members: list[Member] = []
        self.asked: list[Asked] = []
        self.troubles: list[Trouble] = []
        self.losses: list[Loss] = []
        self.victims: set[Member] = set()
        """The processes that were killed or stopped."""
        self.took: dict[str, float] = {}
        """How many seconds each take-over took, by its name: see BARS."""
        self.outages: list[tuple[float, float]] = []
        """When there was no database for anyone: what is requested then may be put off."""
        self.wrong: list[str] = []
        self.noted: list[str] = []
        """What happened, for whoever reads a failure."""
        self._measuring: list[asyncio.Task[None]] = []
        self._dice = random.Random(f"chaos {seed}")
        self._loop = asyncio.get_running_loop()
        self.began = self._loop.time()
        self._numbers = itertools.count(1)
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        for each in self._measuring:
            each.cancel()
        await asyncio.gather(*self._measuring, return_exceptions=True)
        await self._stack.aclose()

    def note(self, what: str) -> None:
        self.noted.append(f"{self._loop.time() - self.began:6.1f} s: {what}")

    # ------------------------------------------------------------------ processes

    async def start(self, *clock_s: float) -> list[Member]:
        """Start processes at the same time, whose clocks are so far off; return them once each is ready."""
        started = []
        town = self.town
        for wrong_s in clock_s:
            cable = self._stack.enter_context(cable_to(town.postgres))
            fronts = [await self._stack.enter_async_context(Front(url)) for url in (town.discord.url, town.sandbox.url)]
            member = Member(town, 1 + len(self.members), Ways(cable, *fronts))
            member.clock.seconds = wrong_s
            self.members.append(member)
            started.append(await self._stack.enter_async_context(member))
        await asyncio.gather(*map(self._ready, started))
        return started

    async def whole(self, *clock_s: float) -> list[Member]:
        """Start all processes; return them once each has shards."""
        members = await self.start(*(clock_s or [0.0] * PROCESSES))
        await self.shared_out(*members)
        return members

    async def shared_out(self, *members: Member) -> None:
        """Wait until all shards are connected, and each of these has some."""

        def is_so() -> bool:
            shards = [*map(self.shards_of, members)]
            return all(shards) and sum(map(len, shards)) == SHARDS

        await self.town.discord.until(is_so, START_S)

    async def _ready(self, member: Member) -> None:
        await self.town.discord.until(lambda: member.said("ready") or not member.running, START_S)
        if not member.running:
            raise RuntimeError(f"{member.name} ended with {await member.ended()}: {member.output()[-3000:]}")
        self.note(f"{member.name} is ready")

    def shards_of(self, member: Member) -> set[int]:
        """Return the shards that the process has at Discord."""
        live = self.town.discord.gateway.live
        return {session.shard_id for session in live if session.client == str(member.process_id)}

    def leader(self) -> Member | None:
        """Return the process that does what one process does for all."""
        return next((each for each in self.members if each.leads), None)

    # ------------------------------------------------------------------ what members do

    async def ask(self, word: str | None = None) -> None:
        """Let the next member of the next server ask for a picture, with this word of the sandbox's or any."""
        number = next(self._numbers)
        server = self.town.servers[number % SERVERS]
        member = server.members[number // SERVERS % MEMBERS_EACH]
        prompt = f"fox {number} {self._dice.choice(WORDS) if word is None else word}".strip()
        at = self._loop.time()
        reply = await self.town.discord.slash(member, server.channel, "image generate", prompt=prompt, wait_s=0)
        self.asked.append(Asked(server.number, at, reply, prompt))

    async def burst(self, count: int) -> None:
        """Let members ask at once for what stays open, and return when each process that lives follows some of it."""
        for _ in range(count):
            await self.ask(ENDLESS)
            await asyncio.sleep(BETWEEN_S)
        living = [each for each in self.members if each.running]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20.0):
                while not all([await self.followed_by(each) for each in living]):  # noqa: ASYNC110 - the database tells nothing
                    await asyncio.sleep(0.1)

    async def followed_by(self, member: Member) -> list[str]:
        """Return the open jobs that the process follows."""
        return [str(job_id) for (job_id,) in await self._ask_database(FOLLOWED, member.process)]

    async def _ask_database(self, query: str, *values: Any) -> list[Any]:
        return await asyncio.to_thread(self.town.ask_database, query, *values)

    def finish(self) -> None:
        """Let everything be made that stays open."""
        now = self.town.sandbox.clock.wall()
        for request in self.town.sandbox.requests:
            if ENDLESS in request.words and not request.has_ended(now):
                self.town.sandbox.finish(request.id)

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

    async def stop(self, victim: Member) -> None:
        """SIGTERM; it has to end in order."""
        self.victims.add(victim)
        if (status := await victim.terminate()) != 0:
            self.wrong.append(f"{victim.name} stopped with exit status {status}: {victim.output()[-2000:]}")

    # ------------------------------------------------------------------ how soon others have it

    def measure(self, name: str, is_over: Callable[[], Any]) -> None:
        """Note after how many seconds from now `is_over` holds, which is called in a thread."""
        since = self._loop.time()

        async def watch() -> None:
            while self._loop.time() < since + TOO_LONG_S:
                if await asyncio.to_thread(is_over):
                    self.took[name] = max(self.took.get(name, 0.0), self._loop.time() - since)
                    self.note(f"{name}: {self._loop.time() - since:.1f} s")
                    return
                await asyncio.sleep(0.05)
            self.took[name] = float("inf")
            self.note(f"{name}: not within {TOO_LONG_S:.0f} s")

        self._measuring.append(asyncio.create_task(watch()))

    async def measured(self) -> None:
        """Return once what is measured is over."""
        await asyncio.gather(*self._measuring)
        self._measuring.clear()

    async def measure_all(self, how: str, victim: Member) -> None:
        """Measure how soon others follow its jobs and have its shards."""
        name, mine = f"jobs {how}", await self.followed_by(victim)
        self.note(f"{victim.name} follows {len(mine)} jobs")
        if not mine:
            self.wrong.append(f"{name}: it followed no job")
        process = victim.process
        self.measure(name, lambda: not {job_id for (job_id,) in self.town.ask_database(FOLLOWED, process)} & {*mine})
        others, shards = [each for each in self.members if each is not victim], self.shards_of(victim)
        self.note(f"{victim.name} has the shards {sorted(shards)}")
        self.measure(f"shards {how}", lambda: shards <= set[int]().union(*map(self.shards_of, others)))

    def measure_leader(self, name: str, former: Member) -> None:
        """Measure how soon another leads."""
        self.measure(name, lambda: any(each.leads for each in self.members if each is not former))

    @contextlib.contextmanager
    def trouble(self, name: str, *, spared: frozenset[int] = frozenset(range(SERVERS))) -> Iterator[None]:
        """What goes wrong in this block must not keep the jobs of the servers that are spared from going on."""
        since = self._loop.time()
        self.note(f"{name} begins")
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

    @contextlib.asynccontextmanager
    async def without_database(self, end: Callable[[], object]) -> AsyncIterator[None]:
        """End PostgreSQL by `end`, and start it again after this block."""
        since = self._loop.time()
        await asyncio.to_thread(end)
        self.note("PostgreSQL is gone")
        yield
        await asyncio.to_thread(self.town.postgres.start)
        self.note("PostgreSQL is there again")
        self.outages.append((since, self._loop.time()))

    def with_standby(self) -> OwnServer:
        """Start a standby that has each commit before its answer."""
        standby = self._stack.enter_context(standby_of(self.town.postgres))
        self.town.postgres.commit_on_standby()
        return standby

    @contextlib.asynccontextmanager
    async def promoting(self, standby: OwnServer) -> AsyncIterator[None]:
        """Lose the primary; after this block the standby takes its place, and all addresses lead to it."""
        since = self._loop.time()
        await asyncio.to_thread(self.town.postgres.crash)
        self.note("the primary is gone")
        yield
        await asyncio.to_thread(standby.promote)
        self.town.postgres, self.town.url = standby, standby.dsn(DATABASE)
        for each in self.members:
            each.cable.lead_to(standby)
        self.note("the standby is promoted")
        self.outages.append((since, self._loop.time()))

    # ------------------------------------------------------------------ the end

    async def calm(self, seconds: float) -> None:
        """Wait until every command is answered and every job has ended; note what has not within that time."""
        until = self._loop.time() + seconds
        await self.measured()
        while left := await self._unfinished():
            self.finish()
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
    took: Mapping[str, float] = field(default_factory=dict)
    asked: int = 0
    unanswered: int = 0
    put_off: int = 0
    """Answered with the sentence that the database is busy: nothing was saved, and the member may try again."""
    sentences: Counter[str] = field(default_factory=Counter)
    """What these were answered."""
    commits_lost: int = 0
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        return [
            (
                f"{self.asked} commands, {self.unanswered} of them unanswered, {self.put_off} told to try again; "
                f"jobs: {dict(self.states)}"
            ),
            *(f"told {count} times: {sentence}" for sentence, count in self.sentences.items()),
            f"{self.commits_lost} commits or their answers were lost",
            f"usual time of a job at most {self.usual_s:.1f} s; while something went wrong at most "
            + ", ".join(f"{seconds:.1f} s ({name})" for name, seconds in self.slowest.items()),
            *(f"{name}: {seconds:.1f} s, the bar is {BARS[name]:.0f} s" for name, seconds in self.took.items()),
            *(f"WRONG: {each}" for each in self.wrong),
        ]


async def judge(chaos: Chaos, usual: Trouble, *, is_quiet: bool = False) -> Outcome:
    """Compare the books, what is on Discord, and how long all took; `usual` is the time without any trouble.

    `is_quiet`: the machine has nothing else to do, so that the bars are what they say.
    """
    outcome = Outcome(asked=len(chaos.asked), took=chaos.took, wrong=list(chaos.wrong))
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
    outcome.wrong += ["no commit was lost"] if chaos.losses and not outcome.commits_lost else []
    outcome.wrong += [f"{each!r} has no answer" for each in town.discord.in_hand()]
    outcome.unanswered = sum(each.reply.response is None for each in chaos.asked)
    kept = {job.prompt for job in books.jobs}
    put_off = [each for each in chaos.asked if each.reply.response is not None and each.prompt not in kept]
    outcome.put_off = len(put_off)
    outcome.sentences.update(each.reply.response.content for each in put_off if each.reply.response is not None)
    chaos.noted += [f"{each.at - chaos.began:6.1f} s: told to try again: {each.prompt!r}" for each in put_off]
    outcome.wrong += [
        f"{each.prompt!r} has no job: {each.reply.response.content!r}"
        for each in put_off
        if each.reply.response is not None and not any(said in each.reply.response.content for said in HONEST)
    ]
    failing = {job.prompt for job in books.jobs if str(job.state) != "delivered"} | {each.prompt for each in put_off}
    late = _late(chaos, outcome, usual, failing)
    no_outage = [each for each in put_off if not any(since <= each.at <= until for since, until in chaos.outages)]
    few = len(chaos.asked) / (8 if is_quiet else 2)
    late += [f"{len(no_outage)} were told to try again"] if len(no_outage) > few else []
    late += [
        f"{name} took {took_s:.1f} s, the bar is {BARS[name]:.0f} s"
        for name, took_s in chaos.took.items()
        if took_s > (BARS[name] if is_quiet else BARS[name] * BUSY + GOES_ON_S)
    ]
    if outcome.usual_s <= USUAL_MAX_S:
        outcome.wrong += late
    return outcome


def _late(chaos: Chaos, outcome: Outcome, usual: Trouble, failing: set[str]) -> list[str]:
    """Return the jobs that took too long with regard to the usual time; note these times."""

    def times(trouble: Trouble) -> list[tuple[float, Asked]]:
        settled = trouble.until - (SETTLES_S if trouble is not usual else 0.0)
        meant = [each for each in chaos.asked if trouble.since <= each.at < settled]
        among = trouble.spared or range(SERVERS)
        found = [each for each in meant if each.server in among and each.prompt not in failing]
        return [((each.seen or float("inf")) - each.at, each) for each in found]

    outcome.usual_s = max((took_s for took_s, _ in times(usual)), default=float("inf"))
    late = []
    slowest = {}
    for trouble in chaos.troubles:
        took = times(trouble)
        slowest[trouble.name] = max((took_s for took_s, _ in took), default=0.0)
        if not trouble.spared:
            continue
        late += [
            f"{trouble.name}: {each.prompt!r} of server {each.server} took {took_s:.1f} s"
            for took_s, each in took
            if took_s > outcome.usual_s + GOES_ON_S
        ]
        if not took:
            late.append(f"{trouble.name}: nobody requested anything")
    outcome.slowest = slowest
    return late
