from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.delivery.channels.facts import THREAD_ARCHIVED
from bot.delivery.files import downloads
from bot.domain.models import JobState
from bot.media import fetcher
from bot.media.fetcher import FLOOR_WINDOW_S, DownloadPace
from bot.media.scratch import PartFile
from tests.support.discord_trouble import DiscordCall, refusal, trouble_with
from tests.support.rig import Rig
from tests.support.surface import (
    close_private,
    delete,
    deny,
    links_on,
    of,
    private_messages,
    settled_exactly,
    state_text,
    until,
    watch,
)

GENERATE = "image generate"
TOKEN_GONE_S = 16 * 60.0


async def ask(rig: Rig, prompt: str = "a heron", **options: object) -> None:
    await rig.member.slash(rig.channel, GENERATE, prompt=prompt, **options)
    await rig.step()


async def test_a_deleted_card_is_replaced_by_exactly_one_new_message(rig: Rig):
    await ask(rig)
    [card] = rig.messages()
    delete(rig, card)
    await rig.work()
    [message] = rig.messages()
    assert message.id != card.id
    assert len(message.attachments) == 1
    assert "took" in state_text(message)
    [job] = await rig.jobs()
    assert job.message_id == message.id
    await settled_exactly(rig)


async def test_a_new_message_is_not_sent_twice_when_its_reply_was_lost(rig: Rig, monkeypatch):
    await ask(rig)
    delete(rig, rig.messages()[0])
    await until(rig, JobState.READY)
    real, lost = discord.abc.Messageable.send, []

    async def send(self, *args, **kwargs):
        message = await real(self, *args, **kwargs)
        if not lost:
            lost.append(message.id)
            raise TimeoutError
        return message

    monkeypatch.setattr(discord.abc.Messageable, "send", send)
    await rig.work()
    [message] = rig.messages()
    assert lost == [message.id]
    [job] = await rig.jobs()
    assert job.message_id == message.id
    await settled_exactly(rig)


async def test_a_result_is_not_on_its_card_too_once_it_may_be_in_a_new_message(rig: Rig, monkeypatch):
    await ask(rig)
    refused, real, lost = [], discord.abc.Messageable.send, []

    async def once(call: DiscordCall) -> None:
        if call.method == "PATCH" and call.files and not refused:
            refused.append(call)
            raise refusal(403, 50001)

    async def send(self, *args, **kwargs):
        message = await real(self, *args, **kwargs)
        if not lost:
            lost.append(message.id)
            raise TimeoutError
        return message

    monkeypatch.setattr(discord.abc.Messageable, "send", send)
    with trouble_with(once):
        await rig.work()
    assert [message.id for message in rig.messages() if message.attachments] == lost
    [job] = await rig.jobs()
    assert (job.state, job.message_id) == (JobState.DELIVERED, lost[0])
    await settled_exactly(rig)


async def test_a_new_message_carries_a_nonce_that_discord_can_know_it_by(rig: Rig):
    await ask(rig)
    delete(rig, rig.messages()[0])
    await rig.work()
    [body] = [
        r.json for r in rig.env.http_requests if r.method == "POST" and r.path == f"/channels/{rig.channel.id}/messages"
    ]
    [job] = await rig.jobs()
    assert body["nonce"] == f"result-{job.id}"
    assert len(body["nonce"]) <= 25
    assert body["enforce_nonce"] is True


async def test_the_result_of_an_archived_thread_is_held(rig: Rig):
    await ask(rig)
    rig.advance(TOKEN_GONE_S)
    there = f"/channels/{rig.channel.id}/messages"
    rig.env.inject_error("PATCH", f"{there}/*", status=400, code=THREAD_ARCHIVED, message="archived", times=None)
    rig.env.inject_error("POST", there, status=400, code=THREAD_ARCHIVED, message="archived", times=None)
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.HELD
    # It says nothing of the content: no lesser form is tried in the thread.
    assert len([call for call in rig.env.http_requests if call.method == "POST" and call.path.endswith(there)]) == 1
    await settled_exactly(rig)


async def test_where_the_bot_has_lost_the_channel_the_result_is_held_and_its_author_is_told_once(rig: Rig):
    await ask(rig)
    rig.advance(TOKEN_GONE_S)
    deny(rig, view_channel=False, send_messages=False)
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.HELD
    [told] = private_messages(rig, rig.member)
    assert told.content.startswith("**Studio**: Your result is made and paid, but I can't post it")
    assert "press **Post it** within seven days" in told.content
    await settled_exactly(rig)


async def test_the_result_of_a_deleted_channel_is_held_and_paid_once(rig: Rig):
    await ask(rig)
    rig.env.backend.delete_channel(rig.channel.id)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.HELD
    assert "press **Post it**" in job.error
    assert job.media
    assert len(private_messages(rig, rig.member)) == 1
    await settled_exactly(rig)


async def test_a_late_private_result_with_direct_messages_closed_is_held(rig: Rig):
    await ask(rig, private=True)
    close_private(rig, rig.member)
    rig.advance(TOKEN_GONE_S)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.HELD
    assert private_messages(rig, rig.member) == []
    await settled_exactly(rig)


@pytest.mark.long
async def test_a_file_over_the_servers_limit_becomes_a_link_button(rig: Rig):
    await ask(rig, "a #big heron")
    await rig.work()
    [message] = rig.messages()
    assert message.attachments == []
    [job] = await rig.jobs()
    assert links_on(message) == [job.media[0].url]
    assert "took" in state_text(message)
    await settled_exactly(rig)


async def test_a_small_file_that_comes_too_slowly_becomes_a_link_button(rig: Rig, monkeypatch):
    def slowly(pace: Any, count: int) -> None:
        rig.advance(FLOOR_WINDOW_S + 1)
        add(pace, count)

    add = DownloadPace.add
    monkeypatch.setattr(DownloadPace, "add", slowly)
    calls = watch(rig)
    await ask(rig, "a heron #fast #many")
    await rig.work()
    [message] = rig.messages()
    [job] = await rig.jobs()
    assert (message.attachments, links_on(message)) == ([], [medium.url for medium in job.media])
    assert len(of(calls, "media")) == len(job.media)
    await settled_exactly(rig)


@pytest.mark.parametrize(("status", "code"), [(400, 40005), (413, 0)])
async def test_a_file_that_discord_finds_too_large_becomes_a_link_after_one_try(rig: Rig, status: int, code: int):
    await ask(rig)
    await until(rig, JobState.READY)
    rig.env.inject_error("PATCH", "/webhooks/*/messages/*", status=status, code=code)
    before = len(rig.env.http_requests)
    await rig.step()
    [message] = rig.messages()
    assert message.attachments == []
    [job] = await rig.jobs()
    assert links_on(message) == [job.media[0].url]
    assert job.state is JobState.DELIVERED
    edits = [r for r in rig.env.http_requests[before:] if r.method == "PATCH" and r.path.startswith("/webhooks/")]
    assert len(edits) <= 3
    counted = rig.bot.metrics.render().decode()
    assert f'cannon_bot_discord_errors_total{{code="{code or status}"}} 1.0' in counted
    await settled_exactly(rig)


@pytest.mark.parametrize("status", [503])
async def test_while_discord_has_trouble_the_result_waits_and_is_posted_once(rig: Rig, status: int):
    await ask(rig)
    await until(rig, JobState.READY)
    rig.env.inject_error("PATCH", "/webhooks/*/messages/*", status=status, times=3)
    await rig.step()
    assert (await rig.jobs())[0].state is JobState.READY
    await rig.work()
    [message] = rig.messages()
    assert len(message.attachments) == 1
    await settled_exactly(rig)


@pytest.mark.parametrize(("word", "reason"), [("#gone", "no longer there"), ("#wrongtype", "The file is not")])
async def test_a_file_that_cannot_be_used_leaves_the_job_held_after_bounded_tries(rig: Rig, word: str, reason: str):
    calls = watch(rig)
    await ask(rig, f"a heron {word}")
    await rig.work(limit_s=1200)
    [job] = await rig.jobs()
    assert job.state is JobState.HELD
    assert reason in job.error
    [message] = rig.messages()
    assert message.attachments == []
    assert reason in state_text(message)
    tries = [call for call in calls if call.where == "media"]
    assert 2 <= len(tries) <= 12
    await settled_exactly(rig)


@pytest.mark.parametrize("fault", ["drop", "garbage"])
async def test_a_file_host_in_trouble_is_asked_again(rig: Rig, fault: str):
    rig.sandbox.fault("media", fault, times=2)
    await ask(rig)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    await settled_exactly(rig)


async def test_several_results_of_one_job_are_all_attached_and_a_repeated_link_once(rig: Rig):
    await ask(rig, "herons #many #twice")
    await rig.work()
    [message] = rig.messages()
    assert len(message.attachments) == 4
    assert len({attachment.filename for attachment in message.attachments}) == 4


async def test_files_that_fit_one_by_one_but_not_together_are_links_from_where_they_no_longer_fit(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    await ask(rig, "herons #many")
    await rig.work()
    [first] = rig.messages()
    sizes = [attachment.size for attachment in first.attachments]
    assert len(sizes) == 4
    monkeypatch.setattr(discord.Guild, "filesize_limit", max(sizes))
    monkeypatch.setattr(downloads, "REQUEST_LIMIT_BYTES", 2 * max(sizes))
    await ask(rig, "herons #many")
    await rig.work()
    [second] = [message for message in rig.messages() if message.id != first.id]
    assert sum(attachment.size for attachment in second.attachments) <= 2 * max(sizes)
    attached = len(second.attachments)
    assert 0 < attached < 4
    job = (await rig.jobs())[0]
    assert links_on(second) == [medium.url for medium in job.media[attached:]]


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
async def test_a_disk_that_fails_in_any_way_makes_a_link_of_the_result(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, code: int
):
    class Failing(PartFile):
        def write(self, chunk: bytes) -> None:
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fetcher, "PartFile", Failing)
    await ask(rig)
    await rig.work()
    [message] = rig.messages()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    assert message.attachments == []
    assert links_on(message) == [job.media[0].url]
    assert files_in(Path(rig.bot._folder.name)) == []
    await settled_exactly(rig)


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())
