"""What large videos cost the bot in memory, one and ten at once: streamed to disk and streamed up, whatever their size.

An earlier life of the bot has left the jobs behind. The videos are downloaded, checked, and uploaded to servers whose
limit is 100 MiB. What counts is the peak of the resident set from when the videos are ready until Discord has them,
less the resident set just before, in a bot that has posted a picture already.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import bench_bot
import left_behind
from bench_report import Row

MB = 1_000_000
CLIP_BYTES, QUICK_BYTES = 100 * MB, 2 * MB
ONE_BAR_MB, TEN_BAR_MB = 16, 64
TEN, QUICK_TEN = 10, 2
SPEED = 10.0
BOOST_TIER = 3
"""A server of this tier takes files of 100 MiB."""
AGE_S = 60.0
"""Old enough that the bot polls a video every eight seconds (bot/domain/jobs/poll_schedule.py)."""
DUE_S = 4.0
"""The first poll waits until the bot is up and warm."""
PATIENCE_S = 120.0
OPERATION, VALUES = "video.generate", {"prompt": "#big #forever", "model": "seedance-2.0"}


@dataclass(frozen=True, slots=True)
class Delivery:
    size_bytes: int
    """Of each video."""
    seconds: float
    before_bytes: int
    peak_bytes: int

    @property
    def growth_mb(self) -> float:
        return max(0, self.peak_bytes - self.before_bytes) / MB


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Return the figures of one video and of several at once."""
    size, several = (QUICK_BYTES, QUICK_TEN) if quick else (CLIP_BYTES, TEN)
    for count, bar in ((1, ONE_BAR_MB), (several, TEN_BAR_MB)):
        async with bench_bot.sandbox(speed=SPEED, big_bytes=size) as api_url:
            delivery = await videos(folder / f"videos-{count}", api_url, servers=count)
        what = "a video of" if count == 1 else f"{count} videos at once of"
        yield Row(
            number=9,
            figure=f"more memory for {what} {size / MB:.0f} MB",
            ours=delivery.growth_mb,
            unit="MB",
            bar=bar,
            note=f"peak {delivery.peak_bytes / MB:.0f} MB, posted after {delivery.seconds:.1f} s",
        )


async def videos(folder: Path, api_url: str, *, servers: int) -> Delivery:
    """Let a bot that has posted a picture post one large video in each of so many servers; watch its memory."""
    async with bench_bot.stage(folder, api_url) as place:
        member = place.wire.add_member(place.guild, "ada")
        channels = []
        for number in range(servers):
            guild = place.wire.create_guild(f"Cinema {number}")
            place.wire.set_boost_tier(guild, BOOST_TIER)
            channels.append(place.wire.create_text_channel(guild, "premieres"))
        remote_ids = await left_behind.requests(api_url, OPERATION, VALUES, len(channels))
        cards = await left_behind.leave(
            place, channels, remote_ids, operation=OPERATION, values=VALUES, age_s=AGE_S, due_s=DUE_S
        )
        async with place.bot() as bot:
            await bot.online(bench_bot.PATIENCE_S)
            reply = await place.wire.slash(member, place.channel, "image generate", prompt="warm up")
            await place.wire.until(lambda: reply.message.attachments, PATIENCE_S)
            before, began = bench_bot.memory(place.process_id, "VmRSS"), time.perf_counter()
            bench_bot.forget_peak(place.process_id)
            await left_behind.finish(api_url, remote_ids)
            await place.wire.until(lambda: all(card.attachments for card in cards), PATIENCE_S)
            seconds, peak = time.perf_counter() - began, bench_bot.memory(place.process_id, "VmHWM")
            return Delivery(cards[0].attachments[0]["size"], seconds, before, peak)
