from __future__ import annotations

import discord
import pytest
from structlog.testing import capture_logs

from bot.delivery.answers.recovery import ANSWERED_BY_S, Recovery
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


@pytest.mark.parametrize("wrong_s", [-3600.0, 3600.0])
async def test_an_answer_is_overdue_by_how_long_it_was_seen_whatever_clock_its_card_has(rig: Rig, wrong_s: float):
    """Of a fleet's processes another has made the card; its clock is wrong."""
    await unanswered(rig)
    clock, parts = SteppedClock(), rig.bot.parts
    [card] = await parts.store.cards.unanswered()
    clock.step(card.created_at + wrong_s - clock.wall())
    recovery = parts.new(Recovery, clock=clock)
    for seen_s in (0.0, ANSWERED_BY_S - 1.0):
        clock.advance(seen_s)
        await recovery.settle_overdue()
        assert await parts.store.cards.unanswered() == [card]
    clock.advance(1.0)
    await recovery.settle_overdue()
    assert await parts.store.cards.unanswered() == []
    [job] = await rig.jobs()
    assert job.state is JobState.CANCELLED


async def test_a_card_of_which_discord_does_not_tell_is_looked_up_again_until_it_does(rig: Rig):
    await unanswered(rig)
    clock, parts = SteppedClock(), rig.bot.parts
    recovery = parts.new(Recovery, clock=clock)
    rig.env.inject_error("GET", ORIGINAL, status=503, times=2)
    with capture_logs() as lines, rig.env.time_context():
        await recovery.recover()
        await recovery.settle_overdue()
        clock.advance(ANSWERED_BY_S)
        for left in (1, 0):
            await recovery.settle_overdue()
            assert len(await parts.store.cards.unanswered()) == left
    assert await parts.store.cards.unanswered() == []
    assert [line["event"] for line in lines].count("recover.later") == 1
    [job] = await rig.jobs()
    assert job.state is JobState.CANCELLED
    assert rig.sandbox.posts == 0
    assert 'cannon_bot_discord_errors_total{code="503"} 3.0' in rig.bot.metrics.render().decode()
