"""A storm: the bot is killed again and again while members use all of it. `make soak ARGS=--storm`, SEED=7 before it.

Each life of the bot is a process that ends by SIGKILL: while it starts, at any moment, while a call of its own is
under way at Discord (before or after it has taken effect), or just as it has reached Cannon Studio. Between two lives
the months pass that a late result needs. Then the world calms down, the bot has its time, and what is wrong is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.domain.server.member_settings import Notify
from bot.generation.recipes.recipes import Parameter, Recipe, parse_steps
from bot.store import ReviewRule
from sandbox.server import Sandbox
from sandbox.studio.accounts import StudioRequest
from tests.soak import verdict
from tests.soak.crowd import ENDLESS, RECIPE, REKEYED, REVIEWED, SERVERS, STARRED, STEPS, Crowd
from tests.soak.plan import drawn
from tests.soak.town import PLENTY, Town
from tests.support.promises import broken
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord

FULL_KILLS, SHORT_KILLS = 1000, 200
KILLS_EACH = 25
"""Of one storm: then the world calms down and is judged."""
SPEED = 30.0
"""A picture takes 0.3 s, a video 2 s."""
MEMBERS_EACH = 2
START_S = 60.0
PATIENCE_S = 3.0
"""How long a life waits for the call that it is to die in."""
CALM_S, STILL_S = 120.0, 40.0
"""How long a calm life lasts at most, and for how long what is wrong may stay the same: Discord rests for a minute."""
CHECK_EVERY_S = 0.5
PAUSE_S = (0.03, 0.25)
"""How long the crowd rests between two acts."""
BURST = 3
"""How many acts are begun at once as soon as the bot is there."""
OWN_404 = {"status": 404, "body": '{"error": {"message": "There is no such request."}}'}
DENIED_S = 3600.0
_ENDS = {"start": 12, "any": 28, "discord": 38, "studio": 22}
_CALLS = {
    ("PATCH", "/webhooks/*/messages/@original"): 5,
    ("PATCH", "/channels/*/messages/*"): 4,
    ("POST", "/channels/*/messages"): 9,
    ("POST", "/interactions/*/callback"): 2,
    ("POST", "/webhooks/*"): 1,
    ("PUT", "/channels/*/reactions/*"): 1,
}
"""The calls to Discord that a life may die in: results, questions, lines of the record, pings, the gallery."""
_AT_STUDIO = {"submit": 3, "get": 4, "media": 4}


@dataclass(frozen=True, kw_only=True)
class Death:
    """How one life ends."""

    where: str
    """`start`, `any`, `discord` or `studio`."""
    after_s: float
    """After that moment, or after the start of the process or of the session."""
    call: tuple[str, str] = ("", "")
    place: str = ""
    skip: int = 0
    """How many such calls it survives."""
    commit: bool = False
    """Whether the call takes effect."""
    patience_s: float = PATIENCE_S


def deaths(seed: int, kills: int) -> Iterator[Death]:
    """Give how the lives of a storm end."""
    dice = random.Random(f"deaths {seed}")
    for _ in range(kills):
        where = drawn(dice, _ENDS)
        after_s = {"start": dice.uniform(0, 1.2), "any": dice.choice([0.5, 1, 1, 2, 4]) * dice.random()}
        yield Death(
            where=where,
            after_s=after_s.get(where, dice.choice([0.0, 0.02, 0.1]) * dice.random()),
            call=drawn(dice, _CALLS),
            place=drawn(dice, _AT_STUDIO),
            skip=dice.choice([0, 0, 1, 2, 4]),
            commit=dice.random() < 0.6,
            patience_s=PATIENCE_S * dice.uniform(0.4, 1),
        )


@dataclass
class StormReport:
    """What a storm came to; `wrong` is empty if all is well."""

    seed: int
    deaths: Counter[str] = field(default_factory=Counter)
    """The lives that were ended, by where; `missed` are those whose call never came."""
    sessions: int = 0
    """The lives that got as far as a session."""
    states: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return self.deaths.total()

    def lines(self) -> list[str]:
        """Return the report in lines."""
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        lives = f"{self.kills} kills ({dict(self.deaths)}), {self.sessions} sessions"
        return [
            f"seed {self.seed}: {lives}, {self.seconds:.0f} s",
            f"  {sum(self.states.values())} jobs: {dict(self.states)}",
            f"  {counts}",
            *(f"  WRONG: {each}" for each in self.wrong),
        ]


class Storm:
    """One storm over a town."""

    def __init__(self, town: Town, seed: int, kills: int) -> None:
        self._town = town
        self._kills = kills
        self._dice = random.Random(f"between {seed}")
        self._crowd = Crowd(town, seed)
        self._denied: set[str] = set()
        """The requests that Cannon Studio denies, by id."""
        self._late = 0
        self._at_studio: Counter[str] = Counter()
        """The calls that have reached it in this life, by place."""
        self.report = StormReport(seed)

    async def run(self) -> StormReport:
        """Let it rage, calm down, and judge what came of it."""
        begun = time.monotonic()
        await self._settle_in()
        async with self._life() as bot:  # Discord gets to know the commands
            await bot.online(START_S)
            await self._town.discord.until(lambda: "image" in self._town.discord.commands(), START_S)
            with contextlib.suppress(TimeoutError):  # of the answer: the sandbox of practice may be slow to start
                await self._crowd.switch_practice("on")
            await self._town.discord.until(lambda: self._town.ask_database(_PRACTISES), START_S)
            await bot.terminate()
        for death in deaths(self.report.seed, self._kills):
            await self._live_until(death)
            if self._dice.random() < 0.35:
                self._let_months_pass(spares=self._dice.random() < 0.5)
        for _ in range(2):  # what is given up in the first is found in the second
            await self._calm_life()
            self._let_months_pass(spares=True)
        self.report.wrong += await self._wrong()
        self.report.wrong += self._left_behind()
        await self._count()
        self.report.seconds = time.monotonic() - begun
        return self.report

    async def _settle_in(self) -> None:
        town = self._town
        await town.settle_in()
        for key in town.servers[REKEYED].keys:
            town.sandbox.add_key(key, credits=PLENTY)
        recipe = Recipe(name=RECIPE, about="", parameters=(Parameter(name="prompt"),), steps=parse_steps(STEPS))
        async with town.store() as store:
            for server in town.servers:
                log = town.discord.create_text_channel(server.guild, "log")
                places = {"log_channel": log.id, "approval_channel": server.questions.id}
                await store.settings.change(server.guild.id, lambda rules, places=places: replace(rules, **places))
                for each in server.members:
                    await store.member_settings.change(
                        server.guild.id, each.id, lambda own: replace(own, notify=Notify.PING)
                    )
                await store.recipes.save(server.guild.id, RECIPE, recipe.to_json(), by_id=server.moderator.id)
            shown = town.discord.create_text_channel(town.servers[STARRED].guild, "gallery")
            await store.settings.change(
                town.servers[STARRED].guild.id, lambda now: replace(now, gallery_channel=shown.id, gallery_stars=1)
            )
            reviewed = town.servers[REVIEWED]
            await store.reviews.set_rule(
                reviewed.guild.id, ReviewRule(channel_id=0, review_channel=reviewed.questions.id)
            )
        take = town.sandbox.faults.take

        def noted(where: str, **more: Any) -> Any:
            self._at_studio[where] += 1
            town.discord.world.ring()
            return take(where, **more)

        town.sandbox.faults.take = noted  # type: ignore[method-assign]  # it sees every call

    # ------------------------------------------------------------------ lives

    @contextlib.asynccontextmanager
    async def _life(self) -> AsyncIterator[BotProcess]:
        """One life of the bot; Discord forgets the session before it, and the host's supervisor is in no hurry."""
        self._town.discord.gateway.sessions.clear()
        self._town.database.with_name("bot.db.starts").unlink(missing_ok=True)
        self._at_studio.clear()
        async with self._town.life() as bot:
            yield bot

    async def _live_until(self, death: Death) -> None:
        async with self._life() as bot:
            crowd = asyncio.create_task(self._busy(bot))
            try:
                came = await self._moment(death, bot)
                self.report.deaths[death.where if came else "missed"] += 1
                if not bot.running:
                    self.report.wrong.append(f"the bot ended by itself, with exit status {await bot.ended()}")
                elif crowd.done():
                    crowd.result()
                await bot.kill()
            finally:
                crowd.cancel()
                await asyncio.gather(crowd, return_exceptions=True)
                self._end_faults()

    async def _moment(self, death: Death, bot: BotProcess) -> bool:
        """Wait for the moment of a life's end; return whether what it waited for has come."""
        if death.where == "start":
            await asyncio.sleep(death.after_s)
            return True
        loop = asyncio.get_running_loop()
        if death.where == "discord":
            waited = asyncio.create_task(self._call_held(death))
        elif death.where == "studio":
            waited = asyncio.create_task(self._call_at_studio(death))
        else:
            waited = asyncio.create_task(asyncio.Event().wait())
        try:
            await self._town.discord.until(lambda: waited.done() or bot._connected or not bot.running, START_S)
            until = loop.time() + (death.after_s if death.where == "any" else death.patience_s)
            await asyncio.wait([waited], timeout=until - loop.time())
            if waited.done():
                await asyncio.sleep(death.after_s)
            return waited.done() or death.where == "any"
        finally:
            waited.cancel()

    async def _call_held(self, death: Death) -> None:
        """Return as a call to Discord waits for its answer, which never comes; it has taken effect or never will."""
        method, pattern = death.call
        discord, before = self._town.discord, len(self._town.discord.rest.calls)

        def survived() -> bool:
            calls = itertools.islice(discord.rest.calls, before, None)
            return sum(call.matches(method, pattern) for call in calls) >= death.skip

        await discord.until(survived, START_S)
        fault = discord.fault(method, pattern, status=None, commit=death.commit, hold=True)
        await fault.reached.wait()

    async def _call_at_studio(self, death: Death) -> None:
        await self._town.discord.until(lambda: self._at_studio[death.place] > death.skip, START_S)

    def _end_faults(self) -> None:
        """Cut the calls that are held: who made them is dead."""
        discord = self._town.discord
        for fault in discord._held:
            fault.release()
        discord._held.clear()
        discord.rest.faults.clear()

    async def _busy(self, bot: BotProcess) -> None:
        """Let the crowd act from when the bot is there until it dies."""
        with contextlib.suppress(RuntimeError):
            await bot.online(START_S)
            self.report.sessions += 1
            async with asyncio.TaskGroup() as acts:
                for _ in range(BURST):
                    acts.create_task(self._crowd.act())
                while bot.running:
                    await asyncio.sleep(self._dice.uniform(*PAUSE_S))
                    acts.create_task(self._crowd.act())

    # ------------------------------------------------------------------ between lives

    def _let_months_pass(self, *, spares: bool) -> None:
        """Let that be over which takes long: the hour of denial, the wait for a late result, the life of a token.

        `spares`: no token has expired.
        """
        sandbox = self._town.sandbox
        with contextlib.closing(sqlite3.connect(self._town.database)) as db, db:
            rows = db.execute("SELECT remote_id, state, recheck_at FROM jobs WHERE remote_id IS NOT NULL").fetchall()
            jobs = {remote_id: (state, recheck_at) for remote_id, state, recheck_at in rows}
            for request in _endless(sandbox):
                state, recheck_at = jobs.get(request.id, ("", None))
                if state in {"queued", "processing"}:
                    if request.id not in self._denied:
                        self._denied.add(request.id)
                        sandbox.fault("get", "status", times=None, target=request.id, **OWN_404)
                    db.execute("UPDATE jobs SET denied_s = ?, next_at = 0 WHERE remote_id = ?", (DENIED_S, request.id))
                elif request.id in self._denied and state == "failed" and recheck_at is not None:
                    self._admit(request)
            db.execute("UPDATE jobs SET recheck_at = 0 WHERE recheck_at IS NOT NULL")
            if not spares:
                db.execute(
                    "UPDATE cards SET token_expires_at = 0 WHERE id IN"
                    " (SELECT id FROM cards ORDER BY created_at DESC LIMIT 4)"
                )

    def _admit(self, request: StudioRequest) -> None:
        """Let Cannon Studio know a request again that it has denied, and have made it."""
        queue = self._town.sandbox.faults._queues["get"]
        queue[:] = [each for each in queue if each.target != request.id]
        self._denied.discard(request.id)
        self._late += 1
        self._town.sandbox.finish(request.id)

    # ------------------------------------------------------------------ rest and judgement

    async def _calm_life(self) -> None:
        """One life without trouble, in which moderators answer everything; it ends once nothing is wrong."""
        async with self._life() as bot:
            await bot.online(START_S)
            loop = asyncio.get_running_loop()
            until, since, before = loop.time() + CALM_S, loop.time(), [""]
            with contextlib.suppress(TimeoutError):
                await self._crowd.switch_practice("off")
            while loop.time() < min(until, since + STILL_S):
                await self._crowd.decide_all()
                for request in _endless(self._town.sandbox):
                    if request.id not in self._denied:
                        self._town.sandbox.finish(request.id)
                wrong = await self._wrong()
                if not wrong:
                    break
                since, before = (since, before) if wrong == before else (loop.time(), wrong)
                await asyncio.sleep(CHECK_EVERY_S)
            if status := await bot.terminate():
                self.report.wrong.append(f"the bot ended with exit status {status}")

    async def _wrong(self) -> list[str]:
        town = self._town
        async with town.store() as store:
            wrong = await store.check()
            wrong += [f"unanswered card {card.id}" for card in await store.cards.unanswered()]
            books = await verdict.books_of(town, store)
        wrong += [f"{job.id} is {job.state}: {job.prompt!r}" for job in books.jobs if not job.state.ended]
        wrong += verdict.wrong_money(town, books)
        wrong += verdict.wrong_deliveries(town, books)
        wrong += verdict.wrong_messages(town, books)
        wrong += verdict.left_undone(town)
        wrong += broken(town.database, time.time(), grace_s=0)
        log = town.log.read_text(errors="replace")
        lines = [*verdict.complaints(log), *verdict.errors(log)]
        return wrong + [f"{count} x {line}" for line, count in verdict.counted(lines).items()]

    def _left_behind(self) -> list[str]:
        folder = self._town.folder
        files = [f"left behind: {path.name}" for path in folder.glob(".cannon-bot-*")]
        return files + [f"left behind: process {pid}" for pid in _processes_in(folder)]

    async def _count(self) -> None:
        town, counts = self._town, self.report.counts
        async with town.store() as store:
            books = await verdict.books_of(town, store)
        self.report.states.update(str(job.state) for job in books.jobs)
        counts["practice jobs"] = sum(job.practice for job in books.jobs)
        counts["erased jobs"] = sum(job.erased_at is not None for job in books.jobs)
        counts["requests at Cannon Studio"] = len(town.sandbox.requests)
        counts["replays of a request"] = town.sandbox.posts - len(town.sandbox.requests)
        counts["late results"] = self._late
        counts["commands and presses"] = self._crowd.asked
        counts["of them answered"] = self._crowd.answered
        for name, query in _COUNTED.items():
            counts[name] = town.ask_database(query)[0][0]


_PRACTISES = "SELECT 1 FROM guild_keys WHERE practice = 1"
_COUNTED = {
    "refunds requested": "SELECT count(*) FROM questions WHERE kind = 'refund_request'",
    "refunds granted": "SELECT count(*) FROM questions WHERE verdict = 'granted'",
    "results reviewed": "SELECT count(*) FROM questions WHERE kind = 'review'",
    "gallery posts": "SELECT count(DISTINCT message_id) FROM copies WHERE kind = 'gallery'",
    "keys": "SELECT count(*) FROM guild_keys",
    "presets left": "SELECT count(*) FROM presets",
}


def _endless(sandbox: Sandbox) -> list[StudioRequest]:
    now = sandbox.clock.wall()
    return [each for each in sandbox.requests if ENDLESS in each.words and not each.has_ended(now)]


def _processes_in(folder: Path) -> list[str]:
    """Return the ids of the processes that work in the folder: the bot's, its sandbox's for practice."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == folder.resolve():
                found.append(process.name)
    return [each for each in found if each != str(os.getpid())]


async def storm(folder: Path, seed: int, kills: int) -> StormReport:
    """Run one storm in `folder`, where the bot's log and database stay."""
    async with WireDiscord(answer_deadline_s=3.0) as discord, Sandbox(speed=SPEED, small=True, seed=seed) as sandbox:
        town = Town(discord, sandbox, folder, servers=SERVERS, members=MEMBERS_EACH)
        return await Storm(town, seed, kills).run()


async def storms(folder: Path, seed: int, kills: int) -> tuple[list[str], list[str]]:
    """Run storms with that many kills in all, two for each core at a time; return the report's lines, and the wrong.

    Their seeds follow each other, so that one that goes wrong can be repeated by its own: `tests/soak/test_soak.py`.
    """
    free = asyncio.Semaphore(2 * (os.cpu_count() or 1))
    begun = time.monotonic()

    async def one(number: int) -> StormReport:
        async with free:
            own = folder / f"storm-{seed + number}"
            own.mkdir()
            report = await storm(own, seed + number, KILLS_EACH)
            sys.stdout.writelines(f"{line}\n" for line in report.lines())
            sys.stdout.flush()
            return report

    reports = await asyncio.gather(*(one(number) for number in range(kills // KILLS_EACH)))
    whole = StormReport(seed, seconds=time.monotonic() - begun)
    for report in reports:
        whole.deaths += report.deaths
        whole.states += report.states
        whole.counts += report.counts
        whole.sessions += report.sessions
        whole.wrong += report.wrong
    return [f"all {len(reports)} storms on {os.cpu_count()} cores:", *whole.lines()], whole.wrong
