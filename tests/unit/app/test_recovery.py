from __future__ import annotations

import asyncio

import discord
from structlog.testing import capture_logs

from bot.delivery.answers.recovery import RECOVER_AGAIN_S, Recovery
from bot.domain.models import JobState
from tests.support.clocks import SteppedClock
from tests.support.rig import Rig

ORIGINAL = "/webhooks/*/*/messages/@original"


async def unanswered(rig: Rig) -> None:
    """Leave a job whose answer Discord did not take, and of which it does not tell now."""
    rig.forgiven = (discord.HTTPException,)
    rig.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062)
    rig.env.inject_error("GET", ORIGINAL, status=503, times=1)
    await rig.member.slash(rig.channel, "image generate", prompt="x")
    assert len(await rig.bot.parts.store.cards.unanswered()) == 1


async def test_a_card_of_which_discord_does_not_tell_is_looked_up_again_until_it_does(rig: Rig):
    await unanswered(rig)
    clock, parts = SteppedClock(), rig.bot.parts
    begun: list[asyncio.Task[None]] = []
    recovery = Recovery(
        store=parts.store,
        jobs=parts.jobs,
        delivery=parts.delivery,
        second_copy=parts.second_copy,
        clock=clock,
        metrics=rig.bot.metrics,
        spawn=lambda work, name: begun.append(asyncio.create_task(work, name=name)),
    )
    rig.env.inject_error("GET", ORIGINAL, status=503, times=2)
    with capture_logs() as lines, rig.env.time_context():
        await recovery.recover()
        for _ in range(2):
            assert await clock.wanted.get() == RECOVER_AGAIN_S
            assert len(await parts.store.cards.unanswered()) == 1
            clock.over.set()
        await begun[0]
    assert await parts.store.cards.unanswered() == []
    assert [line["event"] for line in lines].count("recover.later") == 1
    [job] = await rig.jobs()
    assert job.state is JobState.CANCELLED
    assert rig.sandbox.posts == 0
    assert 'cannon_bot_discord_errors_total{code="503"} 3.0' in rig.bot.metrics.render().decode()
