"""How a result is posted when Discord, the file's host or the disk does not want it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import discord
import pytest
import structlog

from bot.delivery.files.downloads import posting_guild
from bot.domain.models import JobState
from tests.support.discord_trouble import DiscordCall, refusal, trouble_with
from tests.support.following import (
    DAY_S,
    HOUR_S,
    MINUTE_S,
    PICTURE,
    ask,
    card_text,
    charged,
    pass_time,
    set_aside,
    the_job,
)
from tests.support.reacting import newest
from tests.support.rig import Rig
from tests.support.settings_pages import set_review
from tests.support.surface import links_on, settled_exactly, state_text, until, watch

INVALID_FORM = 50035
TOKEN_DIED = 50027


# ---------------------------------------------------------------------- what Discord refuses for its content


def refuses(which: Any) -> Any:
    """Let Discord refuse the messages for which `which` is true, for what they hold."""

    async def meet(call: DiscordCall) -> None:
        if call.is_message and which(call):
            raise refusal(400, INVALID_FORM)

    return trouble_with(meet)


async def test_a_result_whose_file_discord_refuses_is_posted_as_a_link(rig: Rig):
    job = await ask(rig, "a heron #fast")
    with refuses(lambda call: call.files):
        await pass_time(rig, 10 * MINUTE_S, 5)
    assert the_job(rig, job.id).state == "delivered"
    [message] = rig.messages()
    assert not message.attachments
    assert len(links_on(message)) == 1
    await settled_exactly(rig)


async def test_a_result_that_discord_refuses_in_every_form_is_held_and_its_card_says_so(rig: Rig):
    job = await ask(rig, "a heron #fast")
    await until(rig, JobState.READY)
    with refuses(lambda call: call.files or "attachments" in call.body) as calls:
        await pass_time(rig, HOUR_S)
        assert the_job(rig, job.id).state == "held"
        before = len(calls)
        await pass_time(rig, DAY_S, 600)
        assert len(calls) == before, "a held result is not tried again by itself"
    assert (charged(rig), set_aside(rig)) == (PICTURE, 0)
    assert "Discord rejected this result." in card_text(rig, job.id)


# ---------------------------------------------------------------------- what the card says meanwhile


async def test_a_card_says_that_discord_does_not_take_the_result(rig: Rig):
    job = await ask(rig, "a heron #fast")

    async def meet(call: DiscordCall) -> None:
        if call.is_message and call.files:
            raise refusal(503)

    with trouble_with(meet):
        await pass_time(rig, MINUTE_S, 5)
        assert the_job(rig, job.id).state == "ready"
        assert "Made, but Discord is not accepting it right now. I'll try again at <t:" in card_text(rig, job.id)


@pytest.mark.parametrize("status", [500, None])
async def test_the_trouble_of_discord_leaves_no_traceback(rig: Rig, status: int | None):
    job = await ask(rig, "a heron #fast")

    async def meet(call: DiscordCall) -> None:
        if call.is_message:
            if status is None:
                raise discord.InvalidData("a cut answer")
            raise refusal(status)

    with structlog.testing.capture_logs() as lines:
        with trouble_with(meet):
            await pass_time(rig, 30 * MINUTE_S)
        await pass_time(rig, 10 * MINUTE_S)
    assert [line for line in lines if "exc_info" in line] == []
    assert the_job(rig, job.id).state == "delivered"


async def test_the_calls_that_post_a_result_are_marked_as_such_and_its_download_is_not(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    """The mark is what makes the gate give an upload its slot, and Discord's trouble surface at once."""
    desk = rig.guild.create_text_channel("review")
    await set_review(rig, channel=desk)
    marks: dict[str, set[int | None]] = {"download": set(), "upload": set(), "card": set()}
    original = type(rig.bot.parts.media).download

    async def download(*arguments: Any, **options: Any) -> Any:
        marks["download"].add(posting_guild())
        return await original(*arguments, **options)

    async def meet(call: DiscordCall) -> None:
        if call.is_message:
            marks["upload" if call.files else "card"].add(posting_guild())

    monkeypatch.setattr(type(rig.bot.parts.media), "download", download)
    with trouble_with(meet):
        await ask(rig, "a heron #fast")
        await pass_time(rig, MINUTE_S, 5)
        assert marks == {"download": {None}, "upload": {rig.guild.id}, "card": {None}}
        [question] = [m for m in desk.history() if m.author.id == rig.bot.user.id]
        await rig.moderator.click(question, label="Publish")
        marks["upload"].clear()
        await rig.step()
    assert marks == {"download": {None}, "upload": {rig.guild.id}, "card": {None}}


# ---------------------------------------------------------------------- files


async def test_a_dead_link_is_asked_for_again_when_a_moderator_publishes(rig: Rig):
    desk = rig.guild.create_text_channel("review")
    await set_review(rig, channel=desk)
    job = await ask(rig, "a heron #fast")
    await pass_time(rig, MINUTE_S, 5)
    [question] = [m for m in desk.history() if m.author.id == rig.bot.user.id]
    rig.sandbox.move_files(the_job(rig, job.id).remote_id)
    calls = watch(rig)
    await rig.moderator.click(question, label="Publish")
    await rig.step()
    assert the_job(rig, job.id).state == "delivered"
    assert [call.where for call in calls] == ["media", "get", "media"]
    assert len(newest(rig).attachments) == 1


async def test_a_result_that_the_api_forgot_is_published_from_the_message_of_the_reviewers(rig: Rig):
    desk = rig.guild.create_text_channel("review")
    await set_review(rig, channel=desk)
    job = await ask(rig, "a heron #fast")
    await pass_time(rig, MINUTE_S, 5)
    [question] = [m for m in desk.history() if m.author.id == rig.bot.user.id]
    assert len(question.attachments) == 1
    rig.sandbox.fault("media", "gone", times=None)
    rig.sandbox.fault("get", "status", status=404, times=None)
    await rig.moderator.click(question, label="Publish")
    await pass_time(rig, HOUR_S)
    assert the_job(rig, job.id).state == "delivered"
    [file] = newest(rig).attachments
    assert rig.file(file) == rig.file(question.attachments[0])


def scratch(rig: Rig) -> Path:
    return rig.bot.setup.folder


async def test_a_scratch_folder_that_was_cleaned_away_is_made_again(rig: Rig):
    job = await ask(rig, "a heron #fast")
    shutil.rmtree(scratch(rig))
    await pass_time(rig, MINUTE_S, 5)
    assert the_job(rig, job.id).state == "delivered"
    assert len(newest(rig).attachments) == 1


# ---------------------------------------------------------------------- one message for one job


async def test_a_token_that_dies_during_the_upload_leaves_one_message(rig: Rig):
    await ask(rig, "a heron #fast")
    await until(rig, JobState.READY)
    rig.env.inject_error("PATCH", "/webhooks/*/messages/*", status=401, code=TOKEN_DIED, times=1)
    await rig.work()
    [message] = rig.messages()
    assert len(message.attachments) == 1
    assert "took" in state_text(message)


def each_alone(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each result of a card come in an edit of its own, as if they were ready one after the other."""

    async def never(*_: object) -> bool:
        return False

    others = type(rig.bot.parts.delivery.poster.others)
    monkeypatch.setattr(others, "_may_come", never)
    monkeypatch.setattr(others, "wait_s", lambda *_: 0.0)


async def test_what_was_delivered_on_a_card_stays_there_when_it_moves(rig: Rig, monkeypatch):
    each_alone(rig, monkeypatch)
    await ask(rig, "a heron #fast", count=3)
    seen = []

    async def in_turn(call: DiscordCall) -> None:
        if call.method == "PATCH" and call.files:
            seen.append(call)
            if len(seen) in {2, 3}:  # the second is a link, the third finds the card closed
                raise refusal(413, 40005) if len(seen) == 2 else refusal(403, 50001)

    with trouble_with(in_turn):
        await rig.work()
    old, new = sorted(rig.messages(), key=lambda message: message.id)
    assert len(old.attachments) == len(links_on(old)) == len(new.attachments) == 1
    assert {job.message_id for job in await rig.jobs()} == {old.id, new.id}


async def test_what_was_posted_stays_where_it_is_and_is_not_uploaded_again_when_no_turn_could_say_so(rig: Rig):
    await ask(rig, "a heron #fast", count=3)
    seen = []

    async def in_turn(call: DiscordCall) -> None:
        if call.method == "PATCH" and call.files:
            seen.append(call.files)
            await rig.bot.parts.store._database.write(lambda db: db.execute("UPDATE jobs SET lease = NULL"))

    with trouble_with(in_turn):
        await rig.work()
    [card] = rig.messages()
    assert seen == [3]
    assert len(card.attachments) == 3
    jobs = await rig.jobs()
    assert [job.state for job in jobs] == [JobState.DELIVERED] * 3
    assert {job.message_id for job in jobs} == {card.id}
