"""The best of the week: once a week in one message, whatever happens in between, and only what may be shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.channels.messages import NOT_CONNECTED_S
from bot.domain.server.weeks import posted_next
from bot.runtime import failpoints
from bot.runtime.failpoints import GALLERY_NAMES, Crash
from tests.support.channels import press as forged
from tests.support.reacting import in_channel, made, other
from tests.support.rig import Rig
from tests.support.settings_pages import choose, opened, page_facts
from tests.support.surface import delete, private_sentence


@pytest.fixture
async def week(rig: Rig) -> Any:
    """A channel for the best of the week, as a moderator sets it."""
    channel = rig.guild.create_text_channel("week")
    page = await opened(rig, "gallery")
    await choose(rig, page, "week_channel", channel)
    return channel


async def monday(rig: Rig) -> None:
    """Let time pass until the best of this week are due, and post them."""
    rules = await rig.bot.parts.store.settings.get(rig.guild.id)
    now = rig.clock.wall()
    rig.advance(posted_next(now, rules.zone) - now + 1)
    await round_of(rig)


async def round_of(rig: Rig) -> None:
    with rig.env.time_context():
        await rig.bot.parts.weekly.run_once()


async def starred(rig: Rig, prompt: str, *fans: Any, member: Any = None, **options: Any) -> Any:
    message = await made(rig, member=member, prompt=f"{prompt} #fast", **options)
    for fan in fans:
        await fan.react(message, "⭐")
    return message


async def test_the_most_starred_results_are_posted_once_in_order(rig: Rig, week: Any):
    eve = other(rig, "eve")
    second = await starred(rig, "a heron", eve)
    first = await starred(rig, "a fox", eve, rig.moderator)
    await starred(rig, "a crab", rig.member)  # the author's own star doesn't count
    await monday(rig)
    [post] = in_channel(rig, week)
    [embed] = post.embeds
    lines = embed.description.split("\n")
    assert [line for line in lines if "https" in line] == [
        f"🥇 <@{rig.member.id}> · ⭐ 2 · [View the original]({first.jump_url})",
        f"🥈 <@{rig.member.id}> · ⭐ 1 · [View the original]({second.jump_url})",
    ]
    assert [rig.file(file) for file in post.attachments] == [rig.file(each.attachments[0]) for each in (first, second)]
    await round_of(rig)
    await rig.restart()
    await round_of(rig)
    assert len(in_channel(rig, week)) == 1
    await monday(rig)  # a week without stars
    assert len(in_channel(rig, week)) == 1


@pytest.mark.parametrize("point", GALLERY_NAMES)
async def test_after_a_crash_it_is_still_posted_once_and_removed_with_a_result(rig: Rig, week: Any, point: str):
    message = await starred(rig, "a fox", rig.moderator)
    failpoints.arm([point])
    with pytest.raises(Crash):
        await monday(rig)
    await rig.restart(after_s=3600)
    await round_of(rig)
    [post] = in_channel(rig, week)
    [job] = await rig.jobs()
    copies = await rig.bot.parts.store.copies.of_card(rig.guild.id, job.card_id)
    assert [copy.message_id for copy in copies if copy.kind == "week"] == [post.id]
    assert message.id == job.message_id
    delete(rig, message)
    await rig.env.settle()
    assert in_channel(rig, week) == []


async def test_it_is_posted_soon_after_a_start_whose_first_round_knows_no_server(
    rig: Rig, week: Any, monkeypatch: pytest.MonkeyPatch
):
    await starred(rig, "a heron", other(rig, "eve"))
    with monkeypatch.context() as starting:
        starting.setattr(rig.bot, "get_guild", lambda _: None)
        await monday(rig)
    assert in_channel(rig, week) == []
    rig.advance(NOT_CONNECTED_S)
    await round_of(rig)
    assert len(in_channel(rig, week)) == 1


async def test_what_may_not_be_shown_is_left_out(rig: Rig, week: Any):
    eve, ida = other(rig, "eve"), other(rig, "ida")
    gone = await starred(rig, "a heron", rig.moderator)
    await starred(rig, "a secret", member=eve, private=True)
    await starred(rig, "a crab", rig.moderator, member=ida)
    await rig.bot.parts.own_settings.change(rig.guild.id, ida.id, lambda own: replace(own, is_unshown=True))
    delete(rig, gone)
    await monday(rig)
    assert in_channel(rig, week) == []


async def test_a_spoiler_stays_one(rig: Rig, week: Any):
    await starred(rig, "a fox", rig.moderator, spoiler=True)
    await monday(rig)
    [post] = in_channel(rig, week)
    assert [file.is_spoiler() for file in post.attachments] == [True]


async def test_it_is_not_posted_for_the_week_before_it_was_turned_on(rig: Rig):
    await starred(rig, "a fox", rig.moderator)
    rig.advance(7 * 86_400)
    channel = rig.guild.create_text_channel("week")
    await choose(rig, await opened(rig, "gallery"), "week_channel", channel)
    await round_of(rig)
    await monday(rig)
    assert in_channel(rig, channel) == []


async def test_a_deleted_channel_is_reported_once_a_week_and_holds_up_no_other_server(rig: Rig, week: Any):
    log = rig.guild.create_text_channel("log")
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, log_channel=log.id))
    await starred(rig, "a fox", rig.moderator)
    await rig.bot.parts.store.weekly.set_channel(rig.guild.id, 123)
    await monday(rig)
    await round_of(rig)
    [line] = [each for each in in_channel(rig, log) if "best of the week in" in each.content]
    assert "<#123>" in line.content


async def test_a_moderator_turns_it_on_and_off(rig: Rig):
    channel = rig.guild.create_text_channel("week")
    page = await opened(rig, "gallery")
    assert page_facts(page)["Best of the week"]
    page = (await choose(rig, page, "week_channel", channel)).response
    await rig.moderator.select(page, [], custom_id="c1:week_channel:panel")
    assert await rig.bot.parts.store.weekly.channel_of(rig.guild.id) is None
    said = [line.text for line in await rig.bot.parts.store.decisions.all(rig.guild.id)]
    assert any("set the best of the week to" in each for each in said)
    assert any("turned off the best of the week" in each for each in said)


async def test_a_member_cannot_set_it(rig: Rig, week: Any):
    assert "moderator" in private_sentence(await forged(rig, rig.member, "week_channel", "panel")).lower()
    assert await rig.bot.parts.store.weekly.channel_of(rig.guild.id) == week.id
