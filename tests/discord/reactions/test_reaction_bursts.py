"""A reaction acts once until it is removed, and bursts start no more than a server and a member may."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.store.texts import REACTION_WITHDRAWN
from cogs.reactions.actions import SERVER_A_MINUTE
from cogs.reactions.listener import QUIET_S
from tests.support.reacting import direct_texts, made, newest, other
from tests.support.rig import Rig
from tests.support.surface import close_private, settled_exactly, state_text

# ---------------------------------------------------------------------- once, until removed


async def test_a_reaction_acts_once_until_it_is_removed(rig: Rig):
    message = await made(rig)
    await rig.moderator.react(message, "🔁")
    assert len(await rig.jobs()) == 2
    await rig.work()
    await rig.moderator.unreact(message, "🔁")
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    await rig.moderator.react(message, "🔁")
    await rig.work()
    assert len(await rig.jobs()) == 3
    await settled_exactly(rig)


@pytest.mark.parametrize("restarted", [True])
async def test_removing_it_before_the_job_is_sent_cancels_it(rig: Rig, restarted: bool):
    message = await made(rig)
    await rig.moderator.react(message, "🔁")
    if restarted:
        await rig.restart()
    await rig.moderator.unreact(message, "🔁")
    job = (await rig.jobs())[0]
    assert (job.state, job.error) == (JobState.CANCELLED, str(REACTION_WITHDRAWN))
    assert str(REACTION_WITHDRAWN) in state_text(newest(rig))
    await rig.work()
    assert rig.sandbox.posts == 1
    await settled_exactly(rig)


async def test_removing_it_after_the_job_was_sent_changes_nothing(rig: Rig):
    message = await made(rig)
    await rig.moderator.react(message, "🔁")
    await rig.step()
    await rig.step()
    await rig.moderator.unreact(message, "🔁")
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED
    await settled_exactly(rig)


async def test_removing_the_reaction_for_a_variant_cancels_both_its_steps(rig: Rig):
    message = await made(rig, "video generate")
    await rig.moderator.react(message, "🎲")
    await rig.moderator.unreact(message, "🎲")
    assert [job.state for job in (await rig.jobs())[:2]] == [JobState.CANCELLED] * 2
    await rig.work()
    await settled_exactly(rig)


async def test_a_reaction_that_waits_for_approval_is_no_longer_pending_once_removed(rig: Rig):
    message = await made(rig)
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda rules: dataclasses.replace(rules, approve_above=Decimal(1))
    )
    await rig.member.react(message, "🔁")
    job = (await rig.jobs())[0]
    assert job.state is JobState.AWAITING_APPROVAL
    await rig.member.unreact(message, "🔁")
    assert await rig.bot.parts.store.questions.get(rig.guild.id, "approval", job.card_id) is None
    assert (await rig.jobs())[0].state is JobState.CANCELLED


@pytest.mark.parametrize("one", [True, False])
async def test_what_a_moderator_clears_may_act_again(rig: Rig, one: bool):
    message = await made(rig)
    await rig.member.react(message, "🔁")
    if one:
        rig.env.backend.clear_reaction(rig.channel.id, message.id, "🔁")
    else:
        rig.env.backend.clear_reactions(rig.channel.id, message.id)
    await rig.env._settle_internal(dispatch="cleared")
    await rig.member.react(message, "🔁")
    assert len(await rig.jobs()) == 3


async def test_what_came_while_the_bot_was_away_is_not_made_up_for(rig: Rig):
    message = await made(rig)
    rig.env.backend.emit, emit = (lambda *args, **kwargs: None), rig.env.backend.emit
    rig.env.backend.set_reaction(rig.channel.id, message.id, "🔁", rig.member.id, True)
    rig.env.backend.emit = emit
    await rig.restart()
    await rig.work()
    assert len(await rig.jobs()) == 1


# ---------------------------------------------------------------------- bursts


@pytest.mark.long
async def test_a_burst_on_one_message_starts_what_a_server_may_and_is_refused_once(rig: Rig):
    message = await made(rig)
    crowd = [other(rig, f"fan{number}") for number in range(100)]
    backend = rig.env.backend
    for fan in crowd:
        backend.set_reaction(rig.channel.id, message.id, "🔁", fan.id, True)
    await rig.env._settle_internal(dispatch="burst")
    assert len(await rig.jobs()) == 1 + SERVER_A_MINUTE
    assert len([fan for fan in crowd if direct_texts(rig, fan)]) == 1
    assert len(rig.messages()) == 1 + SERVER_A_MINUTE
    await rig.work()
    await settled_exactly(rig)


@pytest.mark.long
async def test_a_burst_spends_no_more_than_the_limit(rig: Rig):
    message = await made(rig)
    limit = Limit(scope=Scope.SERVER, period=Period.MONTH, credits=Decimal(100))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=1)
    crowd = [other(rig, f"fan{number}") for number in range(30)]
    for fan in crowd:
        rig.env.backend.set_reaction(rig.channel.id, message.id, "🔁", fan.id, True)
    await rig.env._settle_internal(dispatch="burst")
    held = sum(job.held for job in await rig.jobs() if not job.state.ended)
    assert 0 < held <= 100
    assert len([fan for fan in crowd if direct_texts(rig, fan)]) <= 10


async def test_two_members_within_a_second_each_start_their_own(rig: Rig):
    message = await made(rig)
    for member in (rig.member, rig.moderator):
        rig.env.backend.set_reaction(rig.channel.id, message.id, "🔁", member.id, True)
    await rig.env._settle_internal(dispatch="both")
    assert {job.author_id for job in (await rig.jobs())[:2]} == {rig.member.id, rig.moderator.id}


async def test_a_refusal_is_repeated_only_after_a_while_and_never_in_the_channel(rig: Rig):
    messages = [await made(rig) for _ in range(3)]
    member = other(rig)
    await member.react(messages[0], "❌")
    await member.react(messages[1], "❌")
    assert len(direct_texts(rig, member)) == 1
    rig.advance(QUIET_S + 1)
    await member.react(messages[2], "❌")
    assert len(direct_texts(rig, member)) == 2
    assert len(rig.messages()) == 3


async def test_a_member_without_direct_messages_is_not_notified_and_nothing_breaks(rig: Rig):
    message = await made(rig)
    member = other(rig)
    close_private(rig, member)
    await member.react(message, "❌")
    assert len(rig.messages()) == 1
    await member.react(message, "🔁")
    assert len(await rig.jobs()) == 2
