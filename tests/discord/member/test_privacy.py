"""A member's own data: all of it for themselves, blanked when they want it, and the books still right."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any

from bot.domain.models import JobState
from cogs.member.privacy import confirmation_for
from cogs.ui.texts import GONE
from tests.support.rig import Rig
from tests.support.surface import settled_exactly

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
    mine = exported(rig, await rig.member.slash(rig.channel, "privacy export"))
    jobs = {job.id: job for job in await rig.jobs() if job.author_id == rig.member.id}
    assert [line["input"]["prompt"] for line in mine] == ["my fox", "my secret"]
    for line in mine:
        job = jobs[line["id"]]
        assert line["media"] == [{"url": medium.url, "kind": medium.kind, "key": medium.key} for medium in job.media]
        assert (line["state"], line["cost"], line["asked"][:4]) == ("delivered", str(job.cost), "2026")
        assert line["channel_id"] == str(rig.channel.id)


async def test_the_export_of_one_who_never_asked_for_anything_is_empty(rig: Rig):
    await some_jobs(rig)
    eve = rig.guild.add_member(rig.env.create_user("eve"))
    assert exported(rig, await eve.slash(rig.channel, "privacy export")) == []


async def test_an_export_larger_than_discord_takes_comes_packed(rig: Rig, monkeypatch):
    await some_jobs(rig)
    monkeypatch.setattr(sys.modules["cogs.member.export"], "FILES_LIMIT_BYTES", 1000)
    for _ in range(3):
        await rig.member.slash(rig.channel, GENERATE, prompt="again and " * 200)
    await rig.work()
    answer = await rig.member.slash(rig.channel, "privacy export")
    [attachment] = answer.response.attachments
    assert attachment.filename == "my-jobs.zip"
    with zipfile.ZipFile(io.BytesIO(rig.file(attachment))) as archive:
        assert len(json.loads(archive.read("my-jobs.json"))) == 5


async def test_delete_asks_first_and_keeps_everything_after_a_no(rig: Rig):
    await some_jobs(rig)
    before = await rig.jobs()
    asked = await rig.member.slash(rig.channel, "privacy delete")
    assert asked.ephemeral
    assert "cannot be undone" in asked.response.content
    assert await rig.jobs() == before
    await rig.member.click(asked.response, label="Keep")
    assert await rig.jobs() == before


async def test_delete_blanks_ones_own_ended_jobs_and_drafts_and_leaves_the_books(rig: Rig):
    await some_jobs(rig)
    store = rig.bot.parts.store
    draft = await store.drafts.keep(rig.guild.id, rig.member.id, {"prompt": "a draft"}, expires_at=9e9)
    theirs = await store.drafts.keep(rig.guild.id, rig.moderator.id, {"prompt": "a draft"}, expires_at=9e9)
    books, jobs = await store.ledger.rows(rig.guild.id), {job.id: job for job in await rig.jobs()}
    asked = await rig.member.slash(rig.channel, "privacy delete")
    await rig.member.click(asked.response, label="Delete")
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
    lines = exported(rig, await rig.member.slash(rig.channel, "privacy export"))
    assert [line["input"] for line in lines] == [{}, {}]


async def test_what_a_member_asked_for_on_another_server_stays(rig: Rig):
    await some_jobs(rig)
    store = rig.bot.parts.store
    erased = await store.privacy.erase(rig.guild.id + 1, rig.member.id)
    assert (erased.jobs, erased.drafts, erased.left) == (0, 0, 0)
    assert all(job.input for job in await rig.jobs())


async def test_open_jobs_are_left_until_they_end_and_the_answer_says_so(rig: Rig):
    await rig.member.slash(rig.channel, GENERATE, prompt="in the making")
    await rig.step()
    asked = await rig.member.slash(rig.channel, "privacy delete")
    said = await rig.member.click(asked.response, label="Delete")
    assert "1 job is still open and was left alone: ask again when it has ended." in said.response.content
    await rig.work()
    [job] = await rig.jobs()
    assert (job.state, job.prompt) == (JobState.DELIVERED, "in the making")
    again = await rig.member.slash(rig.channel, "privacy delete")
    said = await rig.member.click(again.response, label="Delete")
    assert said.response.content == "Deleted: what 1 ended job said, and 0 drafts."
    assert (await rig.jobs())[0].prompt == ""


async def test_the_answer_works_after_a_restart(rig: Rig):
    await some_jobs(rig)
    asked = await rig.member.slash(rig.channel, "privacy delete")
    await rig.restart()
    await rig.member.click(asked.response, label="Delete")
    assert {job.prompt for job in await rig.jobs() if job.author_id == rig.member.id} == {""}


async def test_nobody_deletes_for_another_with_their_control(rig: Rig):
    await some_jobs(rig)
    channel = rig.bot.get_partial_messageable(rig.channel.id, guild_id=rig.guild.id)
    await channel.send("?", view=confirmation_for(rig.member.id))
    pressed = await rig.moderator.click(rig.messages()[-1], label="Delete")
    assert str(GONE) in pressed.response.content
    assert all(job.prompt for job in await rig.jobs())
