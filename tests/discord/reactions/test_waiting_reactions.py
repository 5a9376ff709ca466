"""A reaction is a wish: it waits for its card, is done once, and is forgotten if it is taken back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.models import Job, JobState
from bot.domain.server.reaction_rules import ReactionKey
from bot.generation.again.reactions import Reactions
from bot.runtime import failpoints
from cogs.reactions.actions import MEMBER_A_MINUTE
from tests.support import following
from tests.support.reacting import direct_texts, event, made, newest
from tests.support.rig import Rig
from tests.support.surface import settled_exactly


async def all_ended(rig: Rig) -> None:
    """Let time pass, with the upkeep's rounds, until every job and every wish is done."""
    for _ in range(400):
        await tick(rig)
        if not await rig.bot.parts.store.job_lists.open_total():
            await tick(rig)
            if not await rig.bot.parts.store.job_lists.open_total():
                return
        rig.advance(0.5)
    raise AssertionError(await rig.jobs())


async def tick(rig: Rig) -> None:
    """Do all that is due, also what the upkeep has begun."""
    await following.tick(rig)
    with rig.env.time_context():
        await rig.bot.surface.wishes.finished()


async def reruns(rig: Rig) -> list[Job]:
    return [job for job in await rig.jobs() if job.parent_id is not None]


async def until(rig: Rig, state: JobState) -> None:
    for _ in range(400):
        if any(job.state is state for job in await rig.jobs()):
            return
        await rig.step()
        rig.advance(0.5)
    raise AssertionError(await rig.jobs())


@pytest.mark.parametrize("restarted", [True])
async def test_one_that_comes_before_its_result_waits_for_it_in_silence(rig: Rig, restarted: bool):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    card = newest(rig)
    await rig.moderator.react(card, "🔁")
    await event(rig, card, "🔁", rig.moderator.id)
    assert await reruns(rig) == []
    if restarted:
        await rig.restart()
    await all_ended(rig)
    [job] = await reruns(rig)
    assert (job.author_id, job.state) == (rig.moderator.id, JobState.DELIVERED)
    assert direct_texts(rig, rig.moderator) == []
    await settled_exactly(rig)


async def fulfilled_at_once(rig: Rig) -> None:
    """Require that the wish is done with no round of the upkeep, and no second after the result."""
    await rig.bot.surface.wishes._soon_after.finished()
    first, *_ = sorted(await rig.jobs(), key=lambda job: job.created_at)
    [again] = await reruns(rig)
    assert again.created_at - first.delivered_at < 1
    await rig.work()
    assert len(await reruns(rig)) == 1


async def test_it_is_fulfilled_once_its_card_has_ended_without_waiting_for_the_upkeep(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    await rig.member.react(newest(rig), "🔁")
    await rig.work()
    await fulfilled_at_once(rig)


@pytest.mark.parametrize("is_noted_first", [True, False])
async def test_one_in_the_moment_of_the_result_acts_within_a_second(rig: Rig, monkeypatch, is_noted_first: bool):
    """The event comes after the edit that brings the result, and before it is stored that it is delivered.

    What it finds is the card as it was. Its own row comes before or after that of the result.
    """
    delivery, counting = type(rig.bot.parts.delivery), type(rig.bot.get(Reactions))
    deliver, count = delivery.deliver, counting.count
    is_posted, is_stored, handled = asyncio.Event(), asyncio.Event(), []

    async def posted(self: Any, job: Job) -> int:
        message_id = await deliver(self, job)
        monkeypatch.setattr(delivery, "deliver", deliver)
        handled.append(asyncio.create_task(rig.member.react(newest(rig), "🔁")))
        await is_posted.wait()
        return message_id

    async def counted(self: Any, key: ReactionKey, reacted: Any) -> bool:
        assert [job.state for job in reacted.jobs] == [JobState.READY]
        if not is_noted_first:
            is_posted.set()
            await is_stored.wait()
        fires = await count(self, key, reacted)
        is_posted.set()
        return fires

    monkeypatch.setattr(delivery, "deliver", posted)
    monkeypatch.setattr(counting, "count", counted)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    await until(rig, JobState.DELIVERED)
    is_stored.set()
    await handled[0]
    await fulfilled_at_once(rig)


async def test_taken_back_before_the_result_it_does_nothing(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    await rig.member.react(newest(rig), "🔁")
    await rig.member.unreact(newest(rig), "🔁")
    await all_ended(rig)
    assert await reruns(rig) == []


async def test_what_is_shown_of_several_is_made_again_at_once(rig: Rig):
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, running_per_member=1))
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast", count=3)
    await until(rig, JobState.DELIVERED)
    assert len([job for job in await rig.jobs() if not job.state.ended]) == 2
    await rig.moderator.react(newest(rig), "🔁")
    assert len(await reruns(rig)) == 1
    await all_ended(rig)
    assert len(await reruns(rig)) == 1
    await settled_exactly(rig)


async def test_one_that_fails_acts_the_next_time(rig: Rig):
    message = await made(rig)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, paused=True))
    await rig.member.react(message, "🔁")
    assert await reruns(rig) == []
    assert len(direct_texts(rig, rig.member)) == 1
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, paused=False))
    await event(rig, message, "🔁", rig.member.id)
    await rig.work()
    assert len(await reruns(rig)) == 1


@pytest.mark.long
async def test_one_whose_removal_was_missed_acts_again_but_no_faster_than_others(rig: Rig):
    message = await made(rig)
    for _ in range(MEMBER_A_MINUTE + 3):
        await event(rig, message, "🔁", rig.member.id)
    assert len(await reruns(rig)) == MEMBER_A_MINUTE
    await rig.work()
    await settled_exactly(rig)


async def test_a_crash_before_its_job_is_stored_costs_no_wish(rig: Rig):
    message = await made(rig)
    failpoints.arm(["accept.before"])
    await rig.member.react(message, "🔁")
    assert failpoints.disarm() == []
    await rig.restart()
    assert await reruns(rig) == []
    await all_ended(rig)
    [job] = await reruns(rig)
    assert job.state is JobState.DELIVERED
    await settled_exactly(rig)


async def test_a_refusal_when_its_time_has_come_is_told_once_and_ends_the_wish(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    card = newest(rig)
    await rig.moderator.react(card, "🔁")
    await rig.bot.parts.store.blocks.add(rig.guild.id, rig.moderator.id, until=None, reason="spam", by_id=1)
    await all_ended(rig)
    await all_ended(rig)
    assert await reruns(rig) == []
    [sentence] = direct_texts(rig, rig.moderator)
    assert "spam" in sentence
    acts = rig.bot.parts.store.reaction_acts
    key = ReactionKey(guild_id=rig.guild.id, message_id=card.id, emoji="🔁", member_id=rig.moderator.id)
    assert await acts.take_back(key) is None
