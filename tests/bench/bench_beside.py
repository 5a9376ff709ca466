"""Our bot and the naive one, each beside a Discord and a sandbox of its own, and members who send them commands.

What takes time to prepare is prepared first: a command is timed from when it is put on the socket, and its answer and
its picture when they have arrived at Discord. Both bots are processes of their own, and so is each sandbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias

import bench_bot
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle

from bot.runtime.clock import SystemClock
from tests.support.wire.server import WireDiscord
from tests.support.wire.world import Reply

PER_SERVER = 10
"""How many members of a server send commands, one each: no server meets a limit."""
LIFE = 1.0
"""The sandbox's speed where durations matter: a picture takes eight seconds."""
PATIENCE_S = 120.0
SETTLED_S = 2.0
"""How long a bot may still have to do after its last picture: reactions, cards, records."""
MONOTONIC_BEGAN = time.time() - time.monotonic()
"""In Unix seconds: the sandbox tells those."""


Member: TypeAlias = tuple[MemberActor, ChannelHandle]
"""And where they send their command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the bots, as tests/support/wire/bot.py starts it."""

    name: str
    module: str
    arguments: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)


POLITE_S = 2.0
"""How soon the API lets a request be polled again at the earliest: its sample's `poll_after_ms`."""
OURS = Kind(name="ours", module="tests.bench.benched_bot", arguments=("run",))
OURS_BUSY = replace(OURS, env={"BENCH_POLL_S": f"{POLITE_S}"})
"""It polls each job as often as the API lets it."""
NAIVE = Kind(name="naive", module="tests.bench.naive", env={"NAIVE_POLL_S": f"{POLITE_S}"})
NAIVE_EACH_SECOND = replace(NAIVE, name="eager", env={"NAIVE_POLL_S": "1"})
"""An afternoon's bot that does not read what the API says of polls."""


@dataclass(slots=True)
class Asked:
    """A command that was sent, at a monotonic time."""

    prompt: str
    reply: Reply
    frame: str
    sent_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Waits:
    """What passed between a success at Cannon Studio and its picture at Discord."""

    lag_s: float
    """Until a poll saw it."""
    posting_s: float
    """From that poll on."""
    polls: int


class Side:
    """A bot that is online, with members who have not sent a command yet."""

    def __init__(self, place: bench_bot.Stage, commands: int, others: int, seen: Path) -> None:
        self.place = place
        self.wire = place.wire
        self.others = _crowd(place.wire, math.ceil(others / PER_SERVER))[:others]
        """Members of other servers, with the channels of these."""
        self._seen = seen
        self.servers = math.ceil(commands / PER_SERVER)
        self.crowd = _crowd(place.wire, self.servers)
        self._newcomers = iter(self.crowd)

    async def warm_up(self, per_s: float) -> None:
        """Have a picture made in every server: the first in a channel says more than the others."""
        await self.until_posted(await self.ask([f"warm up {number}" for number in range(self.servers)], per_s))

    async def ask(self, prompts: Sequence[str], per_s: float) -> list[Asked]:
        """Let so many members send a prompt each, so many of them in a second; return when all were answered."""
        asked = await self.send(prompts, per_s, self._newcomers)
        await self.wire.until(lambda: all(each.reply.acknowledged for each in asked), PATIENCE_S)
        refused = [each.reply.message.content for each in asked if each.reply.message.ephemeral]
        assert not refused, refused[0]
        return asked

    async def send(self, prompts: Sequence[str], per_s: float, members: Iterable[Member]) -> list[Asked]:
        """The same of these members, but return when all were sent."""
        asked = [await self._prepared(prompt, *member) for prompt, member in zip(prompts, members, strict=False)]
        (session,) = self.wire.gateway.live
        assert session.outbox is not None
        began, never, clock = time.monotonic(), asyncio.Event(), SystemClock()
        for number, each in enumerate(asked):
            await clock.wait(never, max(0.0, began + number / per_s - time.monotonic()))
            each.sent_at = time.monotonic()
            session.outbox.put_nowait(each.frame)
        return asked

    async def until_posted(self, asked: Sequence[Asked]) -> None:
        """Wait until each has its picture, and a moment longer."""
        await self.wire.until(lambda: len(self._posted(asked)) == len(asked), PATIENCE_S)
        await SystemClock().wait(asyncio.Event(), SETTLED_S)

    def acknowledgements(self, asked: Sequence[Asked]) -> list[float]:
        """Return, for each command, the seconds until its first answer had arrived."""
        arrived = {call.path.split("/")[2]: call.at for call in self.wire.calls("POST", "/interactions/*/callback")}
        return [arrived[str(each.reply.id)] - each.sent_at for each in asked]

    def waits(self, asked: Sequence[Asked]) -> list[Waits]:
        """Return what passed between success and picture, for each command; all have one."""
        told = {line["prompt"]: line for line in map(json.loads, self._seen.read_text().splitlines())}
        posted = self._posted(asked)
        return [
            Waits(
                lag_s=told[each.prompt]["seen_at"] - told[each.prompt]["succeeded_at"],
                posting_s=posted[each.reply.token] + MONOTONIC_BEGAN - told[each.prompt]["seen_at"],
                polls=told[each.prompt]["polls"],
            )
            for each in asked
        ]

    def _posted(self, asked: Sequence[Asked]) -> dict[str, float]:
        """Return when Discord had the file of each command, by the command's token."""
        owners = {each.reply.token: each.reply.token for each in asked}
        owners |= {str(each.reply.message.id): each.reply.token for each in asked}
        uploads = (call for call in self.wire.rest.calls if call.files and call.status == HTTPStatus.OK)
        return {owners[part]: call.at for call in uploads for part in call.path.split("/") if part in owners}

    async def _prepared(self, prompt: str, member: MemberActor, channel: ChannelHandle) -> Asked:
        """Make an interaction, but keep it from the bot."""
        (session,) = self.wire.gateway.live
        outbox, session.outbox = session.outbox, asyncio.Queue()
        reply = await self.wire.slash(member, channel, "image generate", wait_s=0, prompt=prompt)
        made, session.outbox = session.outbox, outbox
        return Asked(prompt, reply, made.get_nowait())


def _crowd(wire: WireDiscord, servers: int) -> list[Member]:
    """Return new members, those of different servers in turn: ten of each, after one to warm up."""
    guilds = [wire.create_guild(f"Server {number}") for number in range(servers)]
    for guild in guilds:  # the bot has long been there, or it would greet them
        wire.backend.get_guild(guild.id).members[wire.backend.bot_user.id].joined_at = "2026-01-01T00:00:00+00:00"
    channels = [wire.create_text_channel(guild, "art") for guild in guilds]
    return [
        (wire.add_member(guild, f"member{number}"), channel)
        for number in range(1 + PER_SERVER)
        for guild, channel in zip(guilds, channels, strict=True)
    ]


@contextlib.asynccontextmanager
async def side(
    kind: Kind,
    folder: Path,
    *,
    commands: int,
    others: int = 0,
    speed: float = LIFE,
    big_bytes: int = 0,
    prepare: Callable[[Side], Awaitable[None]] | None = None,
) -> AsyncIterator[Side]:
    """Start a bot beside a Discord and a sandbox of its own; `prepare` comes there before the bot does.

    `commands` is how many will be sent once it is warm, `others` how many other members there are.
    """
    folder.mkdir()  # noqa: ASYNC240 - nothing runs yet that could wait for it
    seen = folder / "seen.jsonl"
    async with (
        bench_bot.sandbox(speed=speed, big_bytes=big_bytes, seen=seen) as api_url,
        bench_bot.stage(folder / kind.name, api_url, answer_deadline_s=PATIENCE_S) as place,
    ):
        found = Side(place, commands, others, seen)
        if prepare is not None:
            await prepare(found)
        async with place.bot(kind.module, kind.arguments, kind.env) as bot:
            await bot.online(PATIENCE_S)
            await place.wire.until(lambda: "image" in place.wire.commands(), PATIENCE_S)
            yield found
