"""*Share in channel*: a private result becomes public once, where its author is, if it may be posted there at all."""

from __future__ import annotations

from typing import Any

import pytest

from bot.delivery.texts import NOT_SHARED_UNREVIEWED
from bot.domain.models import Job, JobState
from bot.domain.texts import NOT_NOW, PAUSED
from bot.store import ReviewRule
from cogs.jobs import texts
from cogs.results.texts import SHARE
from cogs.ui.texts import GONE
from tests.support.channels import age_restricted, hidden_channel, press, rule
from tests.support.jobs import ask, on_job, said
from tests.support.results import block
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import REMOVE, deny, icon, labels, newest, private_sentence, settled_exactly


async def secret(rig: Rig, **options: Any) -> Job:
    await ask(rig, prompt="a quiet fox #fast", private=True, **options)
    await rig.work()
    return await newest(rig)


async def share(rig: Rig, job: Job, channel: Any = None, member: Any = None) -> Any:
    opened = await on_job(rig, member or rig.member, "show", job.id, channel=channel)
    return await (member or rig.member).click(opened.response, label=str(SHARE))


def public(rig: Rig, channel: Any = None) -> list[Any]:
    """Return what the bot has posted for all to see."""
    return [
        each
        for each in (channel or rig.channel).history(viewer=rig.moderator)
        if each.author.id == rig.bot.user.id and not each.flags.ephemeral and each.content != "there"
    ]


@pytest.mark.parametrize("restarted", [True])
@pytest.mark.parametrize("elsewhere", [True])
async def test_a_private_result_is_posted_where_its_author_is_and_is_public_then(
    rig: Rig, restarted: bool, elsewhere: bool
):
    job = await secret(rig)
    channel = rig.guild.create_text_channel("elsewhere") if elsewhere else rig.channel
    spent = rig.sandbox.spent(HOST_KEY)
    if restarted:
        await rig.restart(after_s=3600)
    result = await share(rig, job, channel)
    [card] = public(rig, channel)
    assert card.jump_url in said(result)
    assert len(card.attachments) == 1
    assert "Re-run" in labels(card)
    assert str(SHARE) not in labels(card)
    now = await newest(rig)
    assert (now.state, now.message_id) == (JobState.DELIVERED, card.id)
    found = await rig.bot.parts.store.cards.get(rig.guild.id, job.card_id)
    assert found is not None
    assert (found.private, found.message_id, found.place_id) == (False, card.id, channel.id)
    assert job.id in str((await on_job(rig, rig.moderator, "show", job.id)).response.components)
    assert rig.sandbox.spent(HOST_KEY) == spent
    await settled_exactly(rig)


async def test_the_button_is_on_the_private_card_itself_and_on_no_public_one(rig: Rig):
    await ask(rig, prompt="a fox #fast")
    await rig.work()
    await secret(rig)
    cards = {str(SHARE) in labels(each): each for each in rig.messages(viewer=rig.member)}
    result = await rig.member.click(cards[True], label=str(SHARE))
    assert "Shared" in said(result)
    assert str(SHARE) not in labels(cards[False])


async def test_all_results_of_a_card_are_shared_in_one_message(rig: Rig):
    job = await secret(rig, count=3)
    await share(rig, job)
    [card] = public(rig)
    assert len(card.attachments) >= 3
    await settled_exactly(rig)


async def test_it_is_shared_once_whoever_presses_however_often(rig: Rig):
    job = await secret(rig)
    opened = await on_job(rig, rig.member, "show", job.id)
    await rig.member.click(opened.response, label=str(SHARE))
    again = await rig.member.click(opened.response, label=str(SHARE))
    assert private_sentence(again) == str(texts.POSTED_MEANWHILE)
    assert private_sentence(await press(rig, rig.moderator, "share", job.id)) == str(GONE)
    assert len(public(rig)) == 1


async def test_nobody_else_shares_it(rig: Rig):
    job = await secret(rig)
    assert private_sentence(await press(rig, rig.moderator, "share", job.id)) == str(GONE)
    assert public(rig) == []


async def assert_stays_private(rig: Rig, job: Job) -> None:
    card = await rig.bot.parts.store.cards.get(rig.guild.id, job.card_id)
    assert card is not None
    assert card.private
    assert (await newest(rig)).state is JobState.DELIVERED


@pytest.mark.parametrize("of", ["the channel", "the server"])
@pytest.mark.parametrize("elsewhere", [False])
async def test_where_results_are_reviewed_no_private_one_is_shared(rig: Rig, of: str, elsewhere: bool):
    job = await secret(rig)
    desk = hidden_channel(rig, rig.moderator, name="desk")
    applies = 0 if of == "the server" else rig.channel.id
    await rig.bot.parts.store.reviews.set_rule(rig.guild.id, ReviewRule(channel_id=applies, review_channel=desk.id))
    channel = rig.guild.create_text_channel("elsewhere") if elsewhere else rig.channel
    assert private_sentence(await share(rig, job, channel)) == str(NOT_SHARED_UNREVIEWED)
    await assert_stays_private(rig, job)
    assert public(rig, channel) == []


async def test_a_blocked_member_shares_nothing_nor_anybody_while_jobs_are_paused(rig: Rig):
    job = await secret(rig)
    opened = await on_job(rig, rig.member, "show", job.id)
    await rule(rig, paused=True)
    assert private_sentence(await rig.member.click(opened.response, label=str(SHARE))) == str(PAUSED)
    await rule(rig, paused=False)
    await block(rig, rig.member)
    private_sentence(await rig.member.click(opened.response, label=str(SHARE)))
    await assert_stays_private(rig, job)
    assert public(rig) == []


async def test_it_is_not_shared_where_the_bot_may_not_be_used_or_may_not_post(rig: Rig):
    job = await secret(rig)
    elsewhere = rig.guild.create_text_channel("elsewhere")
    opened = await on_job(rig, rig.member, "show", job.id, channel=elsewhere)
    await rule(rig, forbidden_channels=frozenset({elsewhere.id}))
    private_sentence(await rig.member.click(opened.response, label=str(SHARE)))
    await rule(rig, forbidden_channels=frozenset())
    here = await on_job(rig, rig.member, "show", job.id)
    deny(rig, send_messages=False)
    private_sentence(await rig.member.click(here.response, label=str(SHARE)))
    await assert_stays_private(rig, job)
    assert public(rig, elsewhere) == []


async def test_what_was_made_where_adults_are_is_shared_there_alone(rig: Rig):
    room = age_restricted(rig)
    await rig.member.slash(room, "image generate", prompt="grown up #fast", private=True)
    await rig.work()
    job = await newest(rig)
    private_sentence(await share(rig, job))
    await assert_stays_private(rig, job)


async def test_what_discord_does_not_take_now_is_posted_later_by_its_author_and_once(rig: Rig):
    job = await secret(rig)
    opened = await on_job(rig, rig.member, "show", job.id)
    rig.env.inject_error("POST", f"/channels/{rig.channel.id}/messages", status=500, code=0, message="no", times=None)
    result = await rig.member.click(opened.response, label=str(SHARE))
    assert private_sentence(result) == str(NOT_NOW)
    assert (await newest(rig)).state is JobState.HELD
    rig.env.backend.faults.clear()
    await rig.restart()
    assert "Posted" in said(await on_job(rig, rig.member, "recover", job.id))
    [card] = public(rig)
    assert len(card.attachments) == 1
    await settled_exactly(rig)


async def test_a_shared_result_is_removed_as_any_other(rig: Rig):
    job = await secret(rig)
    await share(rig, job)
    [card] = public(rig)
    asked = await rig.member.click(card, custom_id=icon(card, REMOVE))
    await rig.member.click(asked.response, label="Remove the record too")
    assert public(rig) == []
    assert (await newest(rig)).erased_at is not None
