"""A reaction is a wish: it is done when its job is there, and not before."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.models import JobState
from cogs.reactions.actions import MEMBER_A_MINUTE
from tests.support.following import ask, ask_database, change_rules, kept, tick
from tests.support.reacting import direct_texts, event, made, newest
from tests.support.rig import Rig
from tests.support.surface import settled_exactly, until

AGAIN = "🔁"


async def let_time_pass(rig: Rig, rounds: int = 60) -> None:
    """Work until all is done, with everything that runs beside the worker."""
    for _ in range(rounds):
        await tick(rig)
        await rig.env.settle()
        rig.advance(1.0)


def acts(rig: Rig) -> list[tuple[Any, ...]]:
    """Return what is noted of reactions: whether each is done, and whether it has made a card."""
    return ask_database(rig, "SELECT fired, made_card IS NOT NULL FROM reaction_acts ORDER BY at")


@pytest.mark.long
async def test_a_reaction_that_comes_before_delivered_is_done_after_it(rig: Rig):
    await ask(rig, "a fox #fast")
    await until(rig, JobState.READY)
    await rig.moderator.react(newest(rig), AGAIN)
    assert len(kept(rig)) == 1
    await let_time_pass(rig)
    assert [row.state for row in kept(rig)] == ["delivered", "delivered"]
    assert acts(rig) == [(1, 1)]
    assert direct_texts(rig, rig.moderator) == []
    await settled_exactly(rig)


@pytest.mark.long
async def test_a_reaction_in_the_moment_of_the_delivery_is_done(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    delivery = type(rig.bot.parts.delivery)
    real = delivery.deliver

    async def deliver(self: Any, job: Any) -> int:
        message_id = await real(self, job)
        monkeypatch.setattr(delivery, "deliver", real)
        await rig.moderator.react(newest(rig), AGAIN)
        return int(message_id)

    monkeypatch.setattr(delivery, "deliver", deliver)
    await ask(rig, "a fox #fast")
    await let_time_pass(rig)
    assert [row.state for row in kept(rig)] == ["delivered", "delivered"]


@pytest.mark.long
async def test_a_wish_that_waits_survives_a_restart(rig: Rig):
    await ask(rig, "a fox #fast")
    await until(rig, JobState.READY)
    await rig.moderator.react(newest(rig), AGAIN)
    await rig.restart()
    await let_time_pass(rig)
    assert [row.state for row in kept(rig)] == ["delivered", "delivered"]


@pytest.mark.long
async def test_taking_it_back_before_that_cancels_the_wish(rig: Rig):
    await ask(rig, "a fox #fast")
    await until(rig, JobState.READY)
    await rig.moderator.react(newest(rig), AGAIN)
    await event(rig, newest(rig), AGAIN, rig.moderator.id, removed=True)
    await let_time_pass(rig)
    assert len(kept(rig)) == 1
    assert acts(rig) == []


@pytest.mark.long
async def test_a_wish_on_a_card_without_a_result_is_told_why_it_did_nothing(rig: Rig):
    await ask(rig, "a fox #fail")
    await tick(rig)
    await rig.moderator.react(newest(rig), AGAIN)
    await let_time_pass(rig)
    assert kept(rig)[0].state == "failed"
    assert len(kept(rig)) <= 2, "it acts at most once"
    assert acts(rig) != [(1, 0)], "nothing is noted as done that made nothing"


@pytest.mark.long
async def test_on_a_card_of_several_what_is_shown_is_made_again_at_once(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #forever", count=2)
    await let_time_pass(rig, 10)
    first, second = kept(rig)
    assert (first.remote_id, second.remote_id) != (None, None)
    rig.sandbox.finish(str(first.remote_id))
    await let_time_pass(rig, 60)
    assert sorted(row.state for row in kept(rig)) == ["delivered", "processing"]
    await rig.moderator.react(newest(rig), AGAIN)
    await let_time_pass(rig, 10)
    assert len(kept(rig)) == 3, "one picture is shown, so one is made again"
    assert acts(rig) == [(1, 1)]


@pytest.mark.long
async def test_a_refused_reaction_can_be_made_again(rig: Rig):
    message = await made(rig)
    await change_rules(rig, paused=True)
    await rig.moderator.react(message, AGAIN)
    assert len(kept(rig)) == 1
    assert acts(rig) == []
    await change_rules(rig, paused=False)
    await event(rig, message, AGAIN, rig.moderator.id)
    await let_time_pass(rig)
    assert [row.state for row in kept(rig)] == ["delivered", "delivered"]


@pytest.mark.long
async def test_a_reaction_that_comes_again_proves_a_removal_that_was_missed(rig: Rig):
    message = await made(rig)
    await rig.moderator.react(message, AGAIN)
    await event(rig, message, AGAIN, rig.moderator.id)
    await let_time_pass(rig)
    assert len(kept(rig)) == 3
    assert acts(rig) == [(1, 1)]


@pytest.mark.long
async def test_reactions_that_come_again_and_again_keep_to_the_rate(rig: Rig):
    message = await made(rig)
    for _ in range(MEMBER_A_MINUTE + 5):
        await event(rig, message, AGAIN, rig.moderator.id)
    assert len(kept(rig)) - 1 <= MEMBER_A_MINUTE


async def test_a_wish_that_waits_is_one_wish_however_often_it_comes(rig: Rig):
    await ask(rig, "a fox #fast")
    await until(rig, JobState.READY)
    for _ in range(3):
        await event(rig, newest(rig), AGAIN, rig.moderator.id)
    await let_time_pass(rig)
    assert len(kept(rig)) == 2
