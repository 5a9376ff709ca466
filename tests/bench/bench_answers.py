"""How soon a command is answered at 20 a second, through both bots in turn; and ours while 1,000 jobs are open.

The naive bot has no such thousand: stock httpx looks through all waiting requests of its pool whenever one ends, so
that it answers after 10 to 31 seconds (measured at commit f1ca1791, each job polled every second).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import aiohttp
import bench_bot
from bench_beside import NAIVE, NAIVE_EACH_SECOND, OURS, OURS_BUSY, POLITE_S, Kind, Side, side
from bench_report import Row, percentile
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle

from bot.cannon.client import CannonClient
from bot.domain.models import Card, Job, JobState, new_id
from bot.runtime.clock import SystemClock
from bot.store import Store

AT_ONCE = 32
"""How many waiting jobs are stored at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    commands: int = 300
    per_s: float = 20.0
    waiting: int = 1000
    """Jobs that never end, each polled as often as the API allows."""
    settled_s: float = 5.0


QUICK = Sizes(commands=10, per_s=50.0, waiting=20, settled_s=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Seconds until each command was answered, and how many polls a second there were meanwhile."""

    seconds: list[float]
    polls_per_s: float


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Measure the bots one after the other, so that none takes another's core."""
    sizes = QUICK if quick else Sizes()
    alone = replace(sizes, waiting=0)
    ours, naive, eager = [await _measured(kind, folder / kind.name, alone) for kind in (OURS, NAIVE, NAIVE_EACH_SECOND)]
    what = f"answer at {sizes.per_s:.0f} commands/s"
    for name, percent, before in (("median", 50, 3.9), ("p99", 99, 3.5)):
        yield Row(
            number=1,
            figure=f"{what}, {name}",
            ours=percentile(ours.seconds, percent) * 1000,
            naive=percentile(naive.seconds, percent) * 1000,
            unit="ms",
            bar=2.5,
            before=before,
            times_naive=True,
            note=f"naive that polls each second {percentile(eager.seconds, percent) * 1000:.3g} ms",
        )
    busy = await _measured(OURS_BUSY, folder / "busy", sizes)
    middle = percentile(busy.seconds, 50) * 1000
    yield Row(
        number=1,
        figure=f"the same while {sizes.waiting:,} jobs are polled every {POLITE_S:.0f} s, p99",
        ours=percentile(busy.seconds, 99) * 1000,
        unit="ms",
        bar=50,
        before=139,
        note=f"{len(busy.seconds)} commands, median {middle:.3g} ms; polls {busy.polls_per_s:,.0f}/s",
    )


async def _measured(kind: Kind, folder: Path, sizes: Sizes) -> Answers:
    """Ours follows what an earlier life of it has left; the limits of members would take long to fill."""
    prepare = _leave_waiting if sizes.waiting else None
    async with side(kind, folder, commands=sizes.commands, others=sizes.waiting, prepare=prepare) as bot:
        await bot.warm_up(sizes.per_s)
        return await _answers(bot, sizes)


async def _answers(bot: Side, sizes: Sizes) -> Answers:
    await SystemClock().wait(asyncio.Event(), sizes.settled_s)
    began, polls = time.monotonic(), await _polls(bot)
    asked = await bot.ask([f"heron {number}" for number in range(sizes.commands)], sizes.per_s)
    polls_per_s = (await _polls(bot) - polls) / (time.monotonic() - began)
    return Answers(seconds=bot.acknowledgements(asked), polls_per_s=polls_per_s)


async def _polls(bot: Side) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"{bot.place.api_url}/_sandbox/state") as answer:
        return int(json.loads(await answer.read())["polls"])


async def _leave_waiting(bot: Side) -> None:
    """Leave a card with a job that never ends for each of the others."""
    store = await Store.open(bot.place.database, clock=SystemClock())
    try:
        async with CannonClient(bot.place.api_url, clock=SystemClock()) as client:
            for begin in range(0, len(bot.others), AT_ONCE):
                chunk = bot.others[begin : begin + AT_ONCE]
                await asyncio.gather(*(_leave(bot, store, client, *other) for other in chunk))
    finally:
        await store.close()


async def _leave(bot: Side, store: Store, client: CannonClient, member: MemberActor, channel: ChannelHandle) -> None:
    job_id, values, now = new_id(), {"prompt": "#forever"}, SystemClock().wall()
    key = f"cannon-bot-{job_id}"
    made = await client.submit(bench_bot.KEY, "image.generate", values, idempotency_key=key)
    message = bot.wire.backend.create_message(channel.id, bot.wire.backend.bot_user.id, "waiting")
    card = Card(
        id=new_id(), guild_id=member.guild.id, channel_id=channel.id, author_id=member.id,
        interaction_id=None, created_at=now,
    )  # fmt: skip
    job = Job(
        id=job_id, card_id=card.id, guild_id=card.guild_id, position=0, author_id=card.author_id,
        operation="image.generate", input=values, state=JobState.PROCESSING, idempotency_key=key, key_id=None,
        held=Decimal(1000), basis="learned", remote_id=made.remote_id, created_at=now, submitted_at=now, next_at=now,
    )  # fmt: skip
    await store.cards.accept(card, [job], lambda _spending: None)
    await store.cards.mark_answered(card.guild_id, card.id, message.id, channel.id)
