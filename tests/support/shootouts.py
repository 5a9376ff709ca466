"""Shoot-outs as the tests hold them."""

from __future__ import annotations

from typing import Any

import discord

from bot.domain.models import Job
from bot.domain.server.shootouts import Shootout, letter
from tests.support.rig import Rig

MODELS = "seedream5, gptimage2"
MINUTE_S = 60.0


async def held(rig: Rig, *, models: str = MODELS, prompt: str = "a fox #fast", **options: Any) -> discord.Message:
    """Start a shoot-out and wait until members vote; return its card."""
    await rig.member.slash(rig.channel, "shootout", prompt=prompt, models=models, **options)
    await rig.work()
    await turn(rig)
    return await card_of(rig)


async def card_of(rig: Rig) -> discord.Message:
    """Return the card as it is now."""
    shootout = await stored(rig)
    card = await rig.bot.parts.store.cards.get(rig.guild.id, shootout.card_id)
    assert card is not None
    return next(each for each in rig.messages() if each.id == card.message_id)


async def turn(rig: Rig) -> None:
    """Let its round take place."""
    with rig.env.time_context():
        await rig.bot.parts.shootouts.run_once()


async def jobs_by_letter(rig: Rig) -> dict[str, Job]:
    return {letter(job): job for job in await rig.jobs() if job.shootout}


async def vote(rig: Rig, member: Any, choice: str) -> Any:
    """Press a letter on the card."""
    return await member.click(await card_of(rig), label=choice)


async def stored(rig: Rig) -> Shootout:
    [card_id] = {job.card_id for job in await rig.jobs() if job.shootout}
    found = await rig.bot.parts.store.shootouts.get(rig.guild.id, card_id)
    assert found is not None
    return found


async def over(rig: Rig, minutes: float = 10) -> discord.Message:
    """Let its time pass; return its card."""
    rig.advance(minutes * MINUTE_S + 1)
    await turn(rig)
    return await card_of(rig)
