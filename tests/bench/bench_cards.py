"""How many calls Discord gets for a batch and for a recipe, from the command until the last result is settled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench_beside import LIFE, OURS, PER_SERVER, SETTLED_S, Side, side
from bench_report import Row

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
    prompts: int = 20
    speed: float = LIFE


QUICK = Sizes(prompts=4, speed=50.0)


async def rows(*, quick: bool, folder: Path) -> list[Row]:
    """Count a batch, then a recipe, each in a server of its own."""
    sizes = QUICK if quick else Sizes()
    async with side(OURS, folder / "ours", commands=2 * PER_SERVER, speed=sizes.speed, prepare=_keep_recipe) as bot:
        await bot.warm_up(per_s=2)
        return [
            await _counted(bot, f"a batch of {sizes.prompts}", 16, partial(_batch, bot, sizes.prompts), sizes.prompts),
            await _counted(bot, f"a recipe of {len(STEPS)} steps", 10, partial(_recipe, bot), len(STEPS)),
        ]


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


async def _counted(bot: Side, what: str, bar: int, start: Callable[[], Awaitable[int]], jobs: int) -> Row:
    """Start so many jobs, wait until they are delivered, and count the calls."""
    expected, began_s, clock, never = bot.place.delivered() + jobs, time.monotonic(), SystemClock(), asyncio.Event()
    before = await start()
    async with asyncio.timeout(PATIENCE_S):
        while bot.place.delivered() < expected:
            await clock.wait(never, CHECK_EVERY_S)
    took = f"done after {time.monotonic() - began_s:.0f} s"
    await clock.wait(never, SETTLED_S)
    calls = len(bot.wire.calls()) - before
    return Row(number=3, figure=f"Discord calls of {what}", ours=calls, unit="", bar=bar, note=took)


async def _keep_recipe(bot: Side) -> None:
    """Leave the recipe in the server of the member who runs it."""
    member, _ = bot.crowd[-2]
    recipe = Recipe(name=RECIPE, about="", parameters=parse_parameters(f"{PARAMETER}: a picture"), steps=STEPS)
    store = await Store.open(bot.place.database, clock=SystemClock())
    try:
        await store.recipes.save(member.guild.id, RECIPE, recipe.to_json(), by_id=member.id)
    finally:
        await store.close()
