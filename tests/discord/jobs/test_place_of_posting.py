"""A result is posted only where it could have been asked for, whichever way it comes there."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.models import Job, JobState
from tests.support.channels import age_restricted, rule, shown
from tests.support.jobs import on_job
from tests.support.reacting import in_channel, other
from tests.support.rig import Rig
from tests.support.settings_pages import set_review
from tests.support.surface import REMOVE, icon, newest, until

GENERATE = "image generate"


@pytest.fixture
def eve(rig: Rig) -> Any:
    return other(rig, "eve")


async def dropped(rig: Rig, member: Any, channel: Any, command: str = GENERATE, **options: Any) -> Job:
    """Have a result made whose author gave it up and removed its card: it waits to be recovered."""
    await member.slash(channel, command, **({"prompt": "a fox"} | options))
    await until(rig, JobState.QUEUED, JobState.PROCESSING)
    job = await newest(rig)
    await on_job(rig, member, "cancel", channel=channel, job_id=job.id, drop=True)
    await rig.work()
    [card] = in_channel(rig, channel)
    asked = await member.click(card, custom_id=icon(card, REMOVE))
    await member.click(asked.response, label="Remove the result")
    job = await newest(rig)
    assert job.state is JobState.HELD
    assert in_channel(rig, channel) == []
    return job


async def recover(rig: Rig, job: Job, channel: Any, member: Any) -> str:
    """Recover the job's result in a channel, and return what was said."""
    result = await on_job(rig, member, "recover", channel=channel, job_id=job.id)
    await rig.env.settle()
    return shown(result)


async def nothing_posted(rig: Rig, job: Job, *channels: Any) -> None:
    for channel in channels:
        assert not [message for message in in_channel(rig, channel) if message.attachments or message.embeds]
    assert (await newest(rig)).state is JobState.HELD
    assert (await newest(rig)).id == job.id


async def test_a_result_is_recovered_where_it_could_have_been_asked_for(rig: Rig, eve: Any):
    spam, talk = rig.guild.create_text_channel("spam"), rig.guild.create_text_channel("talk")
    job = await dropped(rig, eve, spam)
    await recover(rig, job, talk, eve)
    [message] = in_channel(rig, talk)
    assert len(message.attachments) == 1
    assert (await newest(rig)).state is JobState.DELIVERED


@pytest.mark.parametrize("rules", ["forbidden"])
async def test_no_result_comes_into_a_channel_where_the_bot_may_not_be_used(rig: Rig, eve: Any, rules: str):
    spam = rig.guild.create_text_channel("spam")
    job = await dropped(rig, eve, spam)
    if rules == "forbidden":
        await rule(rig, forbidden_channels=frozenset({rig.channel.id}))
    else:
        await rule(rig, allowed_channels=frozenset({spam.id}))
    said = await recover(rig, job, rig.channel, eve)
    assert "⚠️" in said
    await nothing_posted(rig, job, rig.channel, spam)


async def test_what_may_not_be_posted_here_is_not_sent_by_direct_message_instead(rig: Rig, eve: Any):
    """Its card is gone, and the channel in which it is recovered is forbidden: it is kept, and its author is told."""
    spam = rig.guild.create_text_channel("spam")
    await eve.slash(spam, GENERATE, prompt="a fox")
    await until(rig, JobState.QUEUED, JobState.PROCESSING)
    job = await newest(rig)
    await on_job(rig, eve, "cancel", channel=spam, job_id=job.id, drop=True)
    rig.advance(16 * 60)
    await rig.work()
    [card] = in_channel(rig, spam)
    rig.env.backend.delete_message(spam.id, card.id)
    await rule(rig, forbidden_channels=frozenset({rig.channel.id}))
    assert "I can't post here" in await recover(rig, job, rig.channel, eve)
    assert eve.user.dm_channel is None or eve.user.dm_channel.history() == []
    await nothing_posted(rig, job, rig.channel, spam)


async def test_a_forbidden_category_and_the_channel_of_a_thread_count_too(rig: Rig, eve: Any):
    spam = rig.guild.create_text_channel("spam")
    job = await dropped(rig, eve, spam)
    category = rig.guild.create_category("quiet")
    room = rig.guild.create_text_channel("room", category=category)
    made = rig.env.backend.create_thread(room.id, "talk", eve.id, broadcast=True)
    thread = next(each for each in room.threads if each.id == made.id)
    await rule(rig, forbidden_channels=frozenset({category.id}))
    for place in (room, thread):
        assert "⚠️" in await recover(rig, job, place, eve)
    await nothing_posted(rig, job, room, thread)


async def test_what_was_made_without_the_safety_check_stays_in_age_restricted_channels(rig: Rig, eve: Any):
    nsfw = age_restricted(rig)
    job = await dropped(rig, eve, nsfw, "video generate", nsfw_checker=False)
    assert "⚠️" in await recover(rig, job, rig.channel, eve)
    await nothing_posted(rig, job, rig.channel)
    again = age_restricted(rig, "late")
    await recover(rig, job, again, eve)
    assert len(in_channel(rig, again)) == 1


async def test_a_moderator_does_not_put_it_elsewhere_either(rig: Rig):
    nsfw = age_restricted(rig)
    job = await dropped(rig, rig.moderator, nsfw, "video generate", nsfw_checker=False)
    assert "⚠️" in await recover(rig, job, rig.channel, rig.moderator)
    await nothing_posted(rig, job, rig.channel)


async def test_a_channel_that_is_no_longer_age_restricted_gets_no_such_result(rig: Rig, eve: Any):
    nsfw = age_restricted(rig)
    await eve.slash(nsfw, "video generate", prompt="a fox", nsfw_checker=False)
    await until(rig, JobState.QUEUED, JobState.PROCESSING)
    cached: Any = rig.bot.get_channel(nsfw.id)
    cached.nsfw = False
    await rig.work()
    assert not [each for message in in_channel(rig, nsfw) for each in message.attachments]
    assert (await newest(rig)).state is JobState.HELD


@pytest.mark.parametrize("reviewed", ["here", "there"])
async def test_a_review_of_either_channel_stands(rig: Rig, eve: Any, reviewed: str):
    spam, desk = rig.guild.create_text_channel("spam"), rig.guild.create_text_channel("desk")
    if reviewed in {"there", "both"}:
        await set_review(rig, channel=desk, only_in=rig.channel)
    job = await dropped(rig, eve, spam)
    if reviewed in {"here", "both"}:
        await set_review(rig, channel=desk, only_in=spam)
    assert "⚠️" in await recover(rig, job, rig.channel, eve)
    await nothing_posted(rig, job, rig.channel, spam)


async def test_a_moderator_recovers_past_a_review(rig: Rig, eve: Any):
    spam, desk = rig.guild.create_text_channel("spam"), rig.guild.create_text_channel("desk")
    await set_review(rig, channel=desk, only_in=rig.channel)
    job = await dropped(rig, eve, spam)
    await recover(rig, job, rig.channel, rig.moderator)
    assert len(in_channel(rig, rig.channel)) == 1


async def test_what_comes_later_on_a_card_that_was_moved_is_reviewed_for_its_new_channel(rig: Rig, eve: Any):
    """One of two results was recovered elsewhere, and the card with it; a review there holds for the other too."""
    spam, talk, desk = (rig.guild.create_text_channel(name) for name in ("spam", "talk", "desk"))
    await eve.slash(spam, "batch", operation="image.generate", prompts="a fox #fast\na hare #slow")
    for _ in range(10):
        await rig.step()
        rig.advance(1)
    fast, slow = sorted(await rig.jobs(), key=lambda job: job.position)
    assert (fast.state, slow.state.ended) == (JobState.DELIVERED, False)
    [card] = in_channel(rig, spam)
    store = rig.bot.parts.store
    await store.cards.move(rig.guild.id, fast.card_id, message_id=card.id, channel_id=talk.id)
    await set_review(rig, channel=desk, only_in=talk)
    for _ in range(120):
        rig.advance(10)
        await rig.step()
    assert (await _current(rig, slow)).state is JobState.READY
    assert len(in_channel(rig, desk)) == 1


async def test_a_late_result_passes_the_same_gate(rig: Rig, eve: Any):
    """A request that was given up, and succeeds later, comes back to its own channel: if it still may."""
    await eve.slash(rig.channel, GENERATE, prompt="a fox #late")
    await until(rig, JobState.QUEUED, JobState.PROCESSING)
    job = await newest(rig)
    store = rig.bot.parts.store
    await store.jobs.change(await _current(rig, job), JobState.FAILED, release=True, recheck=True, error="given up")
    await rule(rig, forbidden_channels=frozenset({rig.channel.id}))
    for _ in range(80):
        rig.advance(3600)
        with rig.env.time_context():
            await rig.bot.parts.rounds.run_once()
        await rig.step()
        if (await newest(rig)).state in {JobState.HELD, JobState.DELIVERED}:
            break
    assert (await newest(rig)).state is JobState.HELD
    assert not [each for message in rig.messages() for each in message.attachments]


async def _current(rig: Rig, job: Job) -> Job:
    found = await rig.bot.parts.store.jobs.get(rig.guild.id, job.id)
    assert found is not None
    return found
