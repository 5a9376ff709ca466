"""A member's own data: all of it for themselves, blanked when they want it, and the books still right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.member_settings import MemberSettings
from cogs.member.panel import texts
from cogs.ui.controls import Control, view_of
from cogs.ui.texts import GONE
from tests.support.me import ask_to_delete, confirm, delete_own, export_own
from tests.support.rig import Rig
from tests.support.surface import settled_exactly, without_page

GENERATE = "image generate"


async def some_jobs(rig: Rig) -> None:
    await rig.member.slash(rig.channel, GENERATE, prompt="my fox")
    await rig.member.slash(rig.channel, GENERATE, prompt="my secret", private=True)
    await rig.moderator.slash(rig.channel, GENERATE, prompt="not theirs")
    await rig.work()


def exported(rig: Rig, answer: Any) -> list[dict[str, Any]]:
    assert answer.ephemeral
    [attachment] = answer.response.attachments
    assert attachment.filename == "my-jobs.json"
    return json.loads(rig.file(attachment))


async def test_the_export_has_all_of_ones_own_jobs_and_nobody_elses(rig: Rig):
    await some_jobs(rig)
    mine = exported(rig, await export_own(rig, rig.member))
    jobs = {job.id: job for job in await rig.jobs() if job.author_id == rig.member.id}
    assert [line["input"]["prompt"] for line in mine] == ["my fox", "my secret"]
    for line in mine:
        job = jobs[line["id"]]
        assert line["media"] == [{"url": medium.url, "kind": medium.kind, "key": medium.key} for medium in job.media]
        assert (line["state"], line["cost"], line["asked"][:4]) == ("delivered", str(job.cost), "2026")
        assert line["channel_id"] == str(rig.channel.id)


async def test_delete_asks_first_and_keeps_everything_after_a_no(rig: Rig):
    await some_jobs(rig)
    before = await rig.jobs()
    asked = await ask_to_delete(rig, rig.member)
    assert "can't undo" in str(asked.modal)
    assert await rig.jobs() == before
    said = await confirm(rig.member, asked, "no")
    assert without_page(said.response.content) == f"⚠️ {texts.NOT_DELETED(word=str(texts.DELETE_WORD))}"
    assert await rig.jobs() == before


async def test_delete_blanks_ones_own_ended_jobs_and_drafts_and_leaves_the_books(rig: Rig):
    await some_jobs(rig)
    store = rig.bot.parts.store
    draft = await store.drafts.keep(rig.guild.id, rig.member.id, {"prompt": "a draft"}, expires_at=9e9)
    theirs = await store.drafts.keep(rig.guild.id, rig.moderator.id, {"prompt": "a draft"}, expires_at=9e9)
    books, jobs = await store.ledger.rows(rig.guild.id), {job.id: job for job in await rig.jobs()}
    await delete_own(rig, rig.member)
    for job in await rig.jobs():
        if job.author_id == rig.member.id:
            assert (dict(job.input), dict(job.output), job.media, job.error) == ({}, {}, (), None)
            assert (job.state, job.cost, job.held) == (JobState.DELIVERED, jobs[job.id].cost, jobs[job.id].held)
        else:
            assert job == jobs[job.id]
    assert await store.ledger.rows(rig.guild.id) == books
    assert await store.drafts.get(rig.guild.id, rig.member.id, draft) is None
    assert await store.drafts.get(rig.guild.id, rig.moderator.id, theirs) is not None
    assert await store.check() == []
    await settled_exactly(rig)
    lines = exported(rig, await export_own(rig, rig.member))
    assert [line["input"] for line in lines] == [{}, {}]


async def test_what_a_member_asked_for_on_another_server_stays(rig: Rig):
    await some_jobs(rig)
    store = rig.bot.parts.store
    erased = await store.privacy.erase(rig.guild.id + 1, rig.member.id)
    assert (erased.jobs, erased.drafts, erased.left) == (0, 0, 0)
    assert all(job.input for job in await rig.jobs())


@pytest.mark.long
async def test_open_jobs_are_left_until_they_end_and_the_answer_says_so(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="in the making")
    await rig.step()
    said = await delete_own(rig, rig.member)
    assert texts.STILL_OPEN(count=1) in said.response.content
    await rig.work()
    [job] = await rig.jobs()
    assert (job.state, job.prompt) == (JobState.DELIVERED, "in the making")
    said = await delete_own(rig, rig.member)
    assert said.response.content == texts.DELETED(count=1)
    assert (await rig.jobs())[0].prompt == ""


async def test_nobody_deletes_for_another_with_their_control(rig: Rig):
    await some_jobs(rig)
    channel = rig.bot.get_partial_messageable(rig.channel.id, guild_id=rig.guild.id)
    button = Control.button("privacy_delete", str(rig.member.id), label="Delete")
    await channel.send("?", view=view_of([button]))
    pressed = await rig.moderator.click(rig.messages()[-1], label="Delete")
    assert str(GONE) in pressed.response.content
    assert all(job.prompt for job in await rig.jobs())


async def test_settings_and_presets_are_exported_and_deleted(rig: Rig):
    own, member = rig.bot.parts.own_settings, (rig.guild.id, rig.member.id)
    await own.set_style(*member, "noir")
    await own.keep_preset(*member, "wide", operation="image.generate", values={"aspect_ratio": "16:9"})
    answer = await export_own(rig, rig.member)
    [file] = [each for each in answer.response.attachments if each.filename == "my-settings.json"]
    rows = json.loads(rig.file(file))
    assert rows[0]["settings"]["style"] == "noir"
    assert rows[1] == {"preset": "wide", "operation": "image.generate", "values": {"aspect_ratio": "16:9"}}
    await delete_own(rig, rig.member)
    assert await own.of(*member) == MemberSettings()
    assert await own.presets(*member) == []
