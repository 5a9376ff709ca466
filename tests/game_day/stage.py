"""A game day's stage: a town, the bot's processes on SQLite or PostgreSQL, what members do, and what was noted.

The town, its verdict and the wire are those of the soak and of the fleet's chaos.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from discord import PermissionOverwrite
from simcord.backend.models import Overwrite
from simcord.builders import ChannelHandle
from simcord.enums import OverwriteType

from sandbox.server import Sandbox
from tests.fleet.chaos import OPEN, SHARDS, FleetTown
from tests.game_day.watching import Watch, lines_of
from tests.soak import verdict
from tests.soak.soaked_bot import CLOCK
from tests.soak.town import AGAIN, Town
from tests.support.postgres import DURABLE, OwnServer, running
from tests.support.wire.bot import BotProcess
from tests.support.wire.fleet import environment
from tests.support.wire.front import Authority, Front
from tests.support.wire.server import WireDiscord
from tests.support.wire.world import Posted, Reply

SPEED = 12.0
"""A picture takes 0.7 s."""
SIZE = {"servers": 6, "members": 2}
START_S = 120.0
OVER_S = 25.0
"""How long health and reports to the host may take after that."""
BEGAN = "🔴"
CALM_S = 240.0
"""For a hang: how long jobs may take after a trouble."""
RESTART_S = 5.0
"""How long a supervisor waits before it starts a process again, as deploy/cannon-bot.service says."""
PROCESSES = 3
"""Of a fleet."""
ANSWER_S = 3.0
"""Discord waits so long for the first answer."""


@dataclass
class GameClock:
    """The time of the servers round the bot, which hurries with its own. A Clock."""

    lead: Callable[[], float] = lambda: 0.0

    def wall(self) -> float:
        return time.time() + self.lead()

    def monotonic(self) -> float:
        return time.monotonic() + self.lead()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        until = None if seconds is None else self.monotonic() + seconds
        while not event.is_set() and (until is None or self.monotonic() < until):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await event.wait()


class Process(BotProcess):
    """A process of the bot, with a folder, a log and a port for health of its own; several lives after each other."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.name = name
        self.port = _free_port()
        self.statuses: list[int] = []
        self.folder = stage.town.folder / self.name
        self.folder.mkdir(exist_ok=True)
        self.log = self.folder / "bot.log"
        self.log.touch()
        self.env = stage.environment | {"HEALTH_PORT": str(self.port), CLOCK: str(stage.town.folder / "clock")}
        super().__init__(stage.discord, ["run"], self.log, env=self.env, module="tests.game_day.hurried_bot")

    @property
    def is_up(self) -> bool:
        return self.running

    @property
    def is_leader(self) -> bool:
        """Whether it does what one process does for all, by its log."""
        return self.output().count('"leader.begins"') > self.output().count('"leader.ends"')

    def set(self, **more: str | None) -> None:
        """Change the environment of its next life; None removes a variable."""
        for name, value in more.items():
            if value is None:
                self._env.pop(name, None)
            else:
                self._env[name] = value

    def run_as(self, user: int) -> None:
        """Let its next life belong to another user; needs root."""
        self._command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *self._command]


@dataclass
class Row:
    """One row of the table."""

    scenario: str
    database: str
    trouble: str = ""
    health: str = ""
    report: str = ""
    member: list[str] = field(default_factory=list)
    log: str = ""
    end: list[str] = field(default_factory=list)
    books: str = ""
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def hide(self, path: str, name: str) -> None:
        """Put a name in the place of a path of this machine."""
        self.end = [each.replace(path, name) for each in self.end]
        self.member = [each.replace(path, name) for each in self.member]
        self.report = self.report.replace(path, name)
        self.log = re.sub(r" at 0x[0-9a-f]+", "", self.log)


class Stage:
    """See the module. Made by `staged`."""

    def __init__(
        self, discord: WireDiscord, sandbox: Sandbox, town: Town, row: Row, fronts: dict[str, Front],
        authority: Authority, postgres: OwnServer | None,
    ) -> None:  # fmt: skip
        self.discord, self.sandbox, self.town, self.row = discord, sandbox, town, row
        self.fronts, self.authority, self.postgres = fronts, authority, postgres
        self.clock = town.clock
        (town.folder / "clock").chmod(0o666)  # a process may have another user
        database = town.url if isinstance(town, FleetTown) else str(town.database)
        self.environment = environment(discord, sandbox, database) | {
            "WIRE_DISCORD_URL": fronts["discord"].url,
            "CANNON_API_URL": fronts["studio"].url,
            "SSL_CERT_FILE": str(authority.file),
            "PRIVACY_URL": "https://example.org/privacy",
        }
        self.host_channel = _private_channel(discord, town)
        self.environment["HOST_REPORTS"] = str(self.host_channel.id)
        if postgres is None:
            del self.environment["SECRET_KEYS"]  # a key file next to the database, as by default
        else:
            self.environment["SHARD_COUNT"] = str(SHARDS)
        names = ["bot"] if postgres is None else [f"bot{number}" for number in range(1, PROCESSES + 1)]
        self.processes = [Process(self, name) for name in names]
        self.watch = Watch(self.processes, self.clock, self._reported)
        self.begins = self.ends = self.watch.now()
        self._log_starts: dict[str, int] = {}
        self._stack = contextlib.AsyncExitStack()
        self._supervised: list[asyncio.Task[None]] = []
        self._watching: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------ life

    @contextlib.asynccontextmanager
    async def life(self) -> AsyncIterator[None]:
        """Settle the town, start all processes and wait until each is ready; watch them."""
        await self.town.settle_in()
        async with self._stack:
            for process in self.processes:
                await self._stack.enter_async_context(process)
            for process in self.processes:
                await self.ready(process)
            self.look()
            try:
                yield
                await self._stop()
            finally:
                for each in [*self._supervised, *([self._watching] if self._watching else [])]:
                    each.cancel()
                await asyncio.gather(*self._supervised, return_exceptions=True)

    def look(self) -> None:
        """Begin to watch the processes."""
        self._watching = asyncio.create_task(self.watch.run())

    async def ready(self, process: Process, seconds: float = START_S) -> None:
        """Wait until the process of this life is ready; RuntimeError if it ends before."""
        before = process.output().count('"ready"')
        await self.discord.until(
            lambda: process.output().count('"ready"') > max(0, before - 1) or not process.running, seconds
        )
        if not process.running:
            raise RuntimeError(f"{process.name} ended with {await process.ended()}: {process.output()[-2000:]}")

    def supervise(self) -> None:
        """Start each process again that ends with 1, and note what it ended with."""
        self._supervised = [asyncio.create_task(self._supervise(each)) for each in self.processes]

    async def _supervise(self, process: Process) -> None:
        while True:
            status = await process.ended()
            process.statuses.append(status)
            self.end(f"{process.name} ended with {status} at {self.watch.now() - self.begins:.0f} s")
            if status != 1:
                return
            await asyncio.sleep(RESTART_S)
            await process.__aenter__()

    async def _stop(self) -> None:
        for each in self._supervised:
            each.cancel()
        for process in self.processes:
            if process.running and (status := await process.terminate()) != 0:
                self.row.wrong.append(f"{process.name} stopped with exit status {status}")

    def _reported(self) -> list[str]:
        """Return what the bot has told its host, oldest first."""
        return [" / ".join(_parts(each)) for each in self.discord.messages(self.host_channel)]

    async def connected(self) -> None:
        """Wait until the bot is connected to Discord for those who try it."""
        guild_id = self.town.servers[0].guild.id
        await self.until(lambda: any(each.owns("", {"guild_id": guild_id}) for each in self.discord.gateway.live))

    # ------------------------------------------------------------------ what members do

    async def calm_picture(self) -> Posted:
        """Have a picture made, for which all has to work; return it."""
        server = self.town.servers[0]
        reply = await self.discord.slash(server.members[0], server.channel, "image generate", prompt="fox before #fast")
        return await self.discord.until(
            lambda: reply.response if reply.response is not None and reply.response.attachments else None, START_S
        )

    async def ask(self, count: int = 1, word: str = "") -> list[Reply]:
        """Let members of several servers ask for pictures, without waiting for answers."""
        asked = []
        for number in range(count):
            server = self.town.servers[(0, 2, 4)[number % 3]]
            self._asked = getattr(self, "_asked", 0) + 1
            prompt = f"fox {self._asked} {word}".strip()
            member = server.members[number % 2]
            asked.append(await self.discord.slash(member, server.channel, "image generate", prompt=prompt, wait_s=0))
        return asked

    async def try_all(self, card: Posted | None, when: str) -> None:
        """Let a member send a command and press a button; note what they read, and how soon."""
        server = self.town.servers[0]
        member = server.members[0]
        started = time.monotonic()
        replies: list[tuple[str, Reply]] = [("/image generate", (await self.ask())[0])]
        if card is not None:
            name = next(str(each["custom_id"]) for each in card.buttons if str(each.get("label", "")).startswith(AGAIN))
            replies.append(("Re-run", await self.discord.click(member, card, name, wait_s=0)))
        for what, reply in replies:
            said = await self._answer(reply, started)
            self.row.member.append(f"{when}, {what}: {said}")

    async def _answer(self, reply: Reply, started: float) -> str:
        """Return what the member reads: the first answer, and what a deferral became."""
        if not self.discord.gateway.live and not reply.acknowledged:
            return "nothing: Discord says that the app did not respond (the bot is not connected)"
        with contextlib.suppress(TimeoutError):
            await self.discord.until(lambda: reply.acknowledged, 15.0)
        if not reply.acknowledged:
            return "nothing: Discord says that the app did not respond"
        first = time.monotonic() - started
        with contextlib.suppress(TimeoutError):
            await self.discord.until(lambda: not reply.loading, 15.0)
        if reply.loading:
            return f"“thinking…” after {first:.1f} s, nothing more for 15 s"
        return f"“{said_by(reply)}” after {time.monotonic() - started:.1f} s"

    # ------------------------------------------------------------------ trouble

    @contextlib.contextmanager
    def trouble(self, what: str) -> Iterator[None]:
        """What is watched, by its seconds: the trouble is what goes wrong within this block."""
        self.row.trouble = what
        self._log_starts = {each.name: len(each.output()) for each in self.processes}
        self.begins = self.watch.now()
        try:
            yield
        finally:
            self.ends = self.watch.now()

    def since(self) -> float:
        """Seconds since the trouble began, by the game's clock."""
        return self.watch.now() - self.begins

    async def pass_until(self, seconds: float) -> None:
        """Let time pass until so many seconds since the trouble began."""
        await asyncio.sleep(max(0.0, seconds - self.since()))

    def end(self, what: str) -> None:
        """Note how it ended."""
        self.row.end.append(what)

    async def until(self, predicate: Callable[[], Any], seconds: float = CALM_S) -> Any:
        return await self.discord.until(predicate, seconds)

    def logs(self) -> list[str]:
        """Return what each process has logged since the trouble began."""
        return [each.output()[self._log_starts.get(each.name, 0) :] for each in self.processes]

    # ------------------------------------------------------------------ the end

    async def judge(self) -> None:
        """Wait until all jobs have ended, and compare the books; fill the row."""
        since = time.monotonic()
        wrong = ["nothing was compared"]
        while wrong and time.monotonic() - since < CALM_S:
            try:
                wrong = await self._wrong()
            except Exception as error:  # noqa: BLE001 - the database may not be back yet
                wrong = [f"the books cannot be read: {error!r}"]
            if wrong:
                await asyncio.sleep(1.0)
        lasted = self.watch.now() - self.ends
        with contextlib.suppress(TimeoutError):  # then the row shows what is not over
            await self.until(self._is_over, OVER_S)
        self.row.wrong += wrong
        self.row.health = self.watch.health(self.begins, self.ends)
        self.row.report = self.watch.reports(self.begins, self.ends)
        self.row.log = lines_of(self.logs()).words()
        states = ", ".join(f"{count} {state}" for state, count in sorted(self._states.items()))
        self.end(f"all jobs ended {lasted:.0f} s after the end of the trouble")
        self.row.books = f"{states}; books equal" if not wrong else f"{states}; WRONG"

    def _is_over(self) -> bool:
        """Whether health and the reports to the host say so, too."""
        last = {each.process: each.said for each in self.watch.looks}
        is_alarmed = any(BEGAN in each for each in self._reported()[-1:])
        return not is_alarmed and all(each == "200" for each in last.values())

    async def _wrong(self) -> list[str]:
        town = self.town
        if (open_jobs := town.ask_database(f"SELECT id, state, waits_for FROM jobs WHERE {OPEN}")) or (
            open_jobs := self.discord.in_hand()
        ):
            return [f"open: {each}" for each in open_jobs]
        async with town.store() as store:
            wrong = await store.check()
            wrong += [f"unanswered card {card.id}" for card in await store.cards.unanswered()]
            books = await verdict.books_of(town, store)
        self._states = Counter(str(job.state) for job in books.jobs)
        wrong += verdict.wrong_money(town, books)
        wrong += verdict.wrong_deliveries(town, books)
        return wrong


def said_by(reply: Reply) -> str:
    """Return the words of an answer, the first of its parts that has any."""
    message = reply.response
    if message is None:
        return "a form" if reply.modal else ""
    return " / ".join(_parts(message))[:160]


def _parts(message: Posted) -> list[str]:
    embeds = [": ".join(filter(None, (each.title, each.description))) for each in message.embeds]
    return [plain(each) for each in (message.content, *embeds) if each.strip()]


def plain(text: str) -> str:
    """Return a text without Discord's marks, which would be something else in a document."""
    for mark, instead in (
        (r"<t:\d+:\w>", "(time)"),
        (r"\[([^\]]*)\]\([^)]*\)?", r"\1"),
        (r"-# |\\|\*\*", ""),
        (r"\|", "/"),
    ):
        text = re.sub(mark, instead, text)
    return " ".join(text.split())


def _private_channel(discord: WireDiscord, town: Town) -> ChannelHandle:
    """Return a channel that the bot alone sees."""
    guild, backend = town.servers[0].guild, discord.backend
    hidden = {guild.default_role: PermissionOverwrite(view_channel=False)}
    channel = discord.create_text_channel(guild, "host", overwrites=hidden)
    allow, deny = PermissionOverwrite(view_channel=True, send_messages=True, embed_links=True).pair()
    own = Overwrite(backend.bot_user.id, OverwriteType.MEMBER, allow.value, deny.value)
    backend.set_overwrite(channel.id, own)
    return channel


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def staged(
    scenario: str, database: str, folder: Path, *, tls: bool = False, within: Path | None = None
) -> AsyncIterator[Stage]:
    """Give a stage in `folder` whose processes are not started. `within`: where the database's files are."""
    row = Row(scenario, database)
    authority = Authority(folder)
    valid = authority.certificate(valid_for=timedelta(days=30)) if tls else None
    began = time.monotonic()
    clock = GameClock()
    async with contextlib.AsyncExitStack() as stack:
        postgres = stack.enter_context(running(DURABLE, within=within)) if database == "PostgreSQL" else None
        discord = await stack.enter_async_context(WireDiscord(answer_deadline_s=15.0))
        sandbox = Sandbox(speed=SPEED, small=True, clock=clock)
        await stack.enter_async_context(sandbox)
        fronts = {
            "discord": await stack.enter_async_context(Front(discord.url, valid)),
            "studio": await stack.enter_async_context(Front(sandbox.url, valid)),
        }
        discord.gateway.url = discord.rest.gateway_url = f"{fronts['discord'].url.replace('http', 'ws', 1)}/gateway"
        sandbox.studio.url = fronts["studio"].url
        if postgres is None:
            town = Town(discord, sandbox, folder, **SIZE)
            town.database = (within or folder) / town.database.name
        else:
            town = FleetTown(discord, sandbox, folder, postgres, **SIZE)
        clock.lead = lambda: town.clock.lead_s
        stage = Stage(discord, sandbox, town, row, fronts, authority, postgres)
        try:
            yield stage
        finally:
            row.seconds = time.monotonic() - began
            row.hide(str(folder), "/data")
