"""What a job costs: processor time and calls to Discord; of a picture, a batch and a recipe.

The same pictures go through our bot and through naive ones at the same time.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean

import bench_bot
from bench_beside import (
    LIFE,
    NAIVE,
    NAIVE_EACH_SECOND,
    OURS,
    PER_SERVER,
    SETTLED_S,
    Kind,
    Side,
    side,
)
from bench_report import Row

from bot.app.connection.gate import NOT_COUNTED
from bot.generation.recipes.recipes import Recipe, parse_parameters, parse_steps
from bot.runtime.clock import SystemClock
from bot.store import Store
from tests.support.surface import fill

RECIPE = "four pictures"
PARAMETER = "what"
STEPS = parse_steps("""\
image.generate
prompt: {what}

image.edit
prompt: darker
image_url: {1.image_url}

image.edit
prompt: softer
image_url: {2.image_url}

image.edit
prompt: wider
image_url: {3.image_url}""")
PATIENCE_S = 300.0
CHECK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    jobs: int = 200
    per_s: float = 6.0
    """Slow enough for three bots at the same time on two cores."""
    prompts: int = 20
    speed: float = LIFE


QUICK = Sizes(jobs=40, per_s=20.0, prompts=4, speed=50.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one job, on average; times in seconds."""

    cpu_s: float
    calls: float
    token_calls: float
    """Of the calls, those with the bot's own token, which Discord's 50 a second limit."""
    polls: float
    lag_s: float


async def rows(*, quick: bool, folder: Path) -> AsyncIterator[Row]:
    """Measure a job from its command until its picture is posted, reactions included; then count what cards take."""
    sizes = QUICK if quick else Sizes()
    kinds = (OURS, NAIVE, NAIVE_EACH_SECOND)
    ours, naive, eager = await asyncio.gather(*(_cost(kind, folder / kind.name, sizes) for kind in kinds))
    for row in _picture_rows(sizes, ours, naive, eager):
        yield row
    async for row in _card_rows(sizes, folder / "cards"):
        yield row


def _picture_rows(sizes: Sizes, ours: Cost, naive: Cost, eager: Cost) -> list[Row]:
    polls = f"polls {ours.polls:.1f} and {naive.polls:.1f}, lag {ours.lag_s:.2f} and {naive.lag_s:.2f} s"
    other = f"polls {ours.polls:.1f} and {eager.polls:.1f}, lag {ours.lag_s:.2f} and {eager.lag_s:.2f} s"
    what = "processor time of a picture"
    return [
        Row(
            number=2, figure=what, ours=ours.cpu_s * 1000, naive=naive.cpu_s * 1000, unit="ms", bar=1.15,
            before=1.54, times_naive=True, note=f"{sizes.jobs} jobs; {polls}",
        ),
        Row(
            number=2, figure=f"{what}, naive polls each second", ours=ours.cpu_s * 1000, naive=eager.cpu_s * 1000,
            unit="ms", bar=1.15, before=1.54, times_naive=True, note=other,
        ),
        Row(
            number=3, figure="Discord calls of a picture", ours=ours.calls, naive=naive.calls, unit="", bar=2.2,
            before=3.46, limit="2: an answer and its picture",
            note=f"first results of {sizes.jobs // PER_SERVER} channels included; {1 + PER_SERVER} pictures a channel",
        ),
        Row(
            number=3, figure="of them with the bot's token, which Discord limits to 50 a second",
            ours=ours.token_calls, naive=naive.token_calls, unit="", bar=0.4, before=0.39,
            note=f"{1 + PER_SERVER} pictures a channel",
        ),
    ]  # fmt: skip


async def _cost(kind: Kind, folder: Path, sizes: Sizes) -> Cost:
    async with side(kind, folder, commands=sizes.jobs, speed=sizes.speed) as bot:
        calls = len(bot.wire.calls())  # those for the first result of each channel count as well
        await bot.warm_up(sizes.per_s)
        cpu_s = bench_bot.cpu_s(bot.place.process_id)
        requests = await bot.ask([f"heron {number}" for number in range(sizes.jobs)], sizes.per_s)
        await bot.until_posted(requests)
        waits, made, pictures = bot.waits(requests), bot.wire.calls()[calls:], sizes.jobs + bot.servers
        counted = Counter(not call.path.startswith(NOT_COUNTED) for call in made)
        return Cost(
            cpu_s=(bench_bot.cpu_s(bot.place.process_id) - cpu_s) / sizes.jobs,
            calls=len(made) / pictures,
            token_calls=counted[True] / pictures,
            polls=mean(wait.polls for wait in waits),
            lag_s=mean(wait.lag_s for wait in waits),
        )


# ---------------------------------------------------------------------- calls of other cards


async def _card_rows(sizes: Sizes, folder: Path) -> AsyncIterator[Row]:
    """Count the calls of a batch, then of a recipe, each in a server of its own."""
    async with side(OURS, folder, commands=2 * PER_SERVER, speed=sizes.speed, prepare=_keep_recipe) as bot:
        await bot.warm_up(per_s=2)
        batch, recipe = partial(_batch, bot, sizes.prompts), partial(_recipe, bot)
        yield await _counted(bot, f"a batch of {sizes.prompts}", (7, 9), batch, sizes.prompts)
        yield await _counted(bot, f"a recipe of {len(STEPS)} steps", (5, 6), recipe, len(STEPS))


async def _batch(bot: Side, prompts: int) -> int:
    """Start it; return how many calls there were before."""
    member, channel = bot.crowd[-1]
    before = len(bot.wire.calls())
    given = "|".join(f"a heron, number {number}" for number in range(prompts))
    await bot.wire.slash(member, channel, "batch", operation="image.generate", prompts=given)
    return before


async def _recipe(bot: Side) -> int:
    """Fill its form and start it; return how many calls there were before the form was sent."""
    member, channel = bot.crowd[-2]
    form = await bot.wire.slash(member, channel, "recipe", recipe=RECIPE)
    before = len(bot.wire.calls())
    await bot.wire.submit_modal(member, form, fill(form, {PARAMETER.capitalize(): "a heron"}))
    return before


async def _counted(
    bot: Side, what: str, bars: tuple[float, float], start: Callable[[], Awaitable[int]], jobs: int
) -> Row:
    """Start so many jobs, wait until they are delivered, and count the calls."""
    expected, began_s, clock, never = bot.place.delivered() + jobs, time.monotonic(), SystemClock(), asyncio.Event()
    before = await start()
    async with asyncio.timeout(PATIENCE_S):
        while bot.place.delivered() < expected:
            await clock.wait(never, CHECK_EVERY_S)
    took = f"done after {time.monotonic() - began_s:.0f} s"
    await clock.wait(never, SETTLED_S)
    calls = len(bot.wire.calls()) - before
    bar, before = bars
    return Row(number=3, figure=f"Discord calls of {what}", ours=calls, unit="", bar=bar, before=before, note=took)


async def _keep_recipe(bot: Side) -> None:
    """Leave the recipe in the server of the member who runs it."""
    member, _ = bot.crowd[-2]
    recipe = Recipe(name=RECIPE, about="", parameters=parse_parameters(f"{PARAMETER}: a picture"), steps=STEPS)
    store = await Store.open(bot.place.database, clock=SystemClock())
    try:
        await store.recipes.save(member.guild.id, RECIPE, recipe.to_json(), by_id=member.id)
    finally:
        await store.close()
