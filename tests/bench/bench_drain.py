"""A thousand results that are ready at one moment, in fifty servers: how fast they are posted, and who waits for them.

An earlier life of the bot has left the jobs behind, each on a card of its own that only the bot's token reaches, so
that each post counts for Discord's limit of 50 calls a second. That limit and the one of each channel (5 edits in 5
seconds) are enforced with 429. Meanwhile members of another server ask for one picture after the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import bench_bot
import left_behind
from bench_neighbours import picture
from bench_report import Row
from simcord.backend.models import Message

RATE_BAR, LIMITED_BAR, QUIET_BAR_S = 45, 0, 2.0
DISCORDS_LIMIT = "50/s: Discord's for all calls of a bot"
SPEED = 1.0
"""As in life, a picture takes eight seconds."""
AGE_S = 4.0
DUE_S = 10.0
"""The first poll waits until the bot is up and warm."""
QUIET_MEMBERS = 6
"""Of the other server: each asks for one picture after another."""
EDITS, EDITS_S = 5, 5.0
"""Discord's limit for edits, and for messages, in each channel."""
PATIENCE_S = 120.0
OPERATION, VALUES = "soundfx.generate", {"prompt": "#forever"}
"""Of another kind than the other server's pictures: how long these take says nothing of those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    servers: int = 50
    channels: int = 4
    """Of each server."""
    cards: int = 5
    """Of each channel."""

    @property
    def jobs(self) -> int:
        return self.servers * self.channels * self.cards


QUICK = Size(servers=4, channels=2, cards=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    jobs: int
    seconds: float
    """From the first post to the last."""
    after_s: float
    """How long after all were ready the first was posted."""
    busy_s: float
    """The bot's processor time from when all were ready to the last post."""
    limited: int
    """How many calls Discord answered 429."""
    most: int
    """The most calls within one second that count for Discord's limit."""
    quiet: list[float]
    """Of the pictures in the other server: seconds from success until posted."""


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Return the rate, the calls that were limited, and what another server waited."""
    size = QUICK if quick else Size()
    async with bench_bot.sandbox(speed=SPEED) as api_url:
        drain = await drained(folder / "drain", api_url, size)
    what = f"{drain.jobs:,} results at once in {size.servers} servers"
    share = drain.busy_s / (drain.after_s + drain.seconds)
    yield Row(
        number=13,
        figure=f"{what}: posted",
        ours=(drain.jobs - 1) / drain.seconds,
        unit="/s",
        bar=RATE_BAR,
        at_least=True,
        limit=DISCORDS_LIMIT,
        note=f"the first after {drain.after_s:.2f} s; {drain.busy_s / drain.jobs * 1000:.1f} ms of processor "
        f"time each, core {share:.0%} busy",
    )
    yield Row(
        number=13,
        figure=f"{what}: calls answered 429",
        ours=drain.limited,
        unit="",
        bar=LIMITED_BAR,
        note=f"at most {drain.most} counted calls in a second",
    )
    yield Row(
        number=13,
        figure=f"{what}: another server's picture, success to posted",
        ours=max(drain.quiet),
        unit="s",
        bar=QUIET_BAR_S,
        note=f"slowest of {len(drain.quiet)}",
    )


async def drained(folder: Path, api_url: str, size: Size) -> Drain:
    """Let a bot that has posted a picture post all results; return how that went."""
    async with bench_bot.stage(folder, api_url) as place:
        wire = place.wire
        member = wire.add_member(place.guild, "ada")
        guilds = [wire.create_guild(f"Crowd {number}") for number in range(size.servers)]
        channels = [wire.create_text_channel(guild, f"art-{n}") for n in range(size.channels) for guild in guilds]
        places = channels * size.cards
        remote_ids = await left_behind.requests(api_url, OPERATION, VALUES, len(places))
        cards = await left_behind.leave(
            place, places, remote_ids, operation=OPERATION, values=VALUES, age_s=AGE_S, due_s=DUE_S
        )
        everything = wire.pace_all(now=time.monotonic)
        wire.pace("PATCH", "/channels/*/messages/*", limit=EDITS, per_s=EDITS_S)
        wire.pace("POST", "/channels/*/messages", limit=EDITS, per_s=EDITS_S)
        async with place.bot() as bot:
            await bot.online(bench_bot.PATIENCE_S)
            await picture(place, member, "#fast warm up")
            async with _undisturbed(), _pictures(place) as quiet:
                await left_behind.finish(api_url, remote_ids)
                ready, busy = time.monotonic(), _busy_s(place.process_id)
                posted = await _posts(place, cards)
            return Drain(
                jobs=size.jobs,
                seconds=posted[-1] - posted[0],
                after_s=posted[0] - ready,
                busy_s=_busy_s(place.process_id) - busy,
                limited=sum(call.status == HTTPStatus.TOO_MANY_REQUESTS for call in wire.calls()),
                most=everything.most,
                quiet=quiet,
            )


async def _posts(place: bench_bot.Stage, cards: list[Message]) -> list[float]:
    """Wait until all cards have their result; return when each was posted, monotonic seconds."""

    def are_posted() -> bool:
        while cards and cards[-1].attachments:
            cards.pop()  # so that no card is looked at again
        return not cards

    await place.wire.until(are_posted, PATIENCE_S)
    calls = place.wire.calls("PATCH", "/channels/*/messages/*")
    return sorted(call.at for call in calls if call.files and call.status == HTTPStatus.OK)


@contextlib.asynccontextmanager
async def _pictures(place: bench_bot.Stage) -> AsyncIterator[list[float]]:
    """Ask for one picture after another while the block runs; gives what each waited."""
    found: list[float] = []
    ended = asyncio.Event()

    async def ask(number: int) -> None:
        member = place.wire.add_member(place.guild, f"grace{number}")
        while not ended.is_set():
            found.append(await picture(place, member, f"a quiet heron {len(found)}"))

    requests = asyncio.gather(*map(ask, range(QUIET_MEMBERS)))
    try:
        yield found
    finally:
        ended.set()
        await requests


@contextlib.asynccontextmanager
async def _undisturbed() -> AsyncIterator[None]:
    """Collect no garbage of this process, which is Discord: a pause of it would look like a burst of the bot's."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _busy_s(process_id: int) -> float:
    """Return the processor time that a process has taken, in seconds (man 5 proc: utime and stime)."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
