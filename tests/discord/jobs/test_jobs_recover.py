"""Post it, Try again and Fresh link: results that were not posted, jobs that failed, links that expired."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Job, JobState, LedgerKind
from bot.domain.texts import OWNER_ONLY
from bot.generation.texts import NOTHING_FAILED
from cogs.jobs.texts import POSTED_MEANWHILE
from tests.support.jobs import ask, on_job, said, tried_again
from tests.support.rig import Rig
from tests.support.surface import (
    DETAILS,
    REMOVE,
    delete,
    deny,
    labels,
    links_on,
    newest,
    private_messages,
    private_sentence,
    settled_exactly,
)
from tests.support.workflows import IMAGE, earlier

# ---------------------------------------------------------------------- recover


async def held(rig: Rig, **options: Any) -> Job:
    """Have a result made that can be posted nowhere."""
    from tests.support.surface import close_private

    await ask(rig, prompt="a fox #fast", **options)
    delete(rig, rig.messages()[0])
    deny(rig, send_messages=False)
    close_private(rig, rig.member)
    await rig.work()
    job = await newest(rig)
    assert job.state is JobState.HELD
    deny(rig)
    return job


@pytest.mark.parametrize("restarted", [True])
async def test_a_result_that_had_no_place_is_posted_here(rig: Rig, restarted: bool):
    job = await held(rig)
    assert rig.messages() == []
    if restarted:
        await rig.restart(after_s=2 * 86400)
    result = await on_job(rig, rig.member, "recover", job.id)
    assert result.ephemeral
    [message] = rig.messages()
    assert len(message.attachments) == 1
    assert message.jump_url.rpartition("/")[2] in said(result)
    done = await newest(rig)
    assert (done.state, done.message_id, done.error) == (JobState.DELIVERED, message.id, None)
    assert "Re-run" in labels(message)
    await settled_exactly(rig)
    kinds = [row.kind for row in await rig.bot.parts.store.ledger.rows(rig.guild.id)]
    assert kinds.count(LedgerKind.SETTLE) == 1


async def test_it_is_not_posted_twice(rig: Rig):
    job = await held(rig)
    await on_job(rig, rig.member, "recover")
    assert private_sentence(await on_job(rig, rig.member, "recover", job.id)) == str(POSTED_MEANWHILE)
    assert len(rig.messages()) == 1


async def test_only_its_author_or_a_moderator_recovers(rig: Rig):
    job = await held(rig)
    other = rig.guild.add_member(rig.env.create_user("otto"))
    assert private_sentence(await on_job(rig, other, "recover", job.id)) == str(OWNER_ONLY)
    await on_job(rig, rig.moderator, "recover", job.id)
    assert (await newest(rig)).state is JobState.DELIVERED


async def recoveries(rig: Rig) -> list[tuple[int, str]]:
    lines = await rig.bot.parts.store.decisions.all(rig.guild.id)
    return [(line.by_id, line.text) for line in lines if line.kind == "recovery"]


async def test_the_record_says_which_moderator_had_anothers_result_posted(rig: Rig):
    job = await held(rig)
    deny(rig, send_messages=False)
    await on_job(rig, rig.moderator, "recover", job.id)
    assert await recoveries(rig) == [], "there was no place for it"
    deny(rig)
    await on_job(rig, rig.moderator, "recover", job.id)
    await on_job(rig, rig.moderator, "recover", job.id)
    [(by_id, text)] = await recoveries(rig)
    assert by_id == rig.moderator.id
    assert job.id in text
    assert str(job.author_id) in text


async def test_where_there_is_still_no_place_it_says_so_and_the_result_stays(rig: Rig):
    await held(rig)
    deny(rig, send_messages=False)
    result = await on_job(rig, rig.member, "recover")
    assert "Open `/jobs` in another channel and press **Post it**" in said(result)
    assert (await newest(rig)).state is JobState.HELD


async def test_a_private_result_that_had_no_place_is_shown_in_the_private_answer(rig: Rig):
    from tests.support.surface import close_private

    await ask(rig, prompt="a fox #fast", private=True)
    close_private(rig, rig.member)
    rig.advance(16 * 60)
    await rig.work()
    assert (await newest(rig)).state is JobState.HELD
    result = await on_job(rig, rig.member, "recover")
    assert result.ephemeral
    job = await newest(rig)
    assert job.state is JobState.DELIVERED
    assert rig.messages(viewer=rig.moderator) == []
    [message] = [m for m in rig.messages(viewer=rig.member) if m.id == job.message_id]
    assert len(message.attachments) == 1
    assert private_messages(rig, rig.member) == []


async def dead_link(rig: Rig) -> Job:
    """Have a result made whose file could not be had when it was to be posted."""
    rig.sandbox.faults.add("media", "gone", times=None)
    await ask(rig, prompt="a fox #fast")
    await rig.work()
    job = await newest(rig)
    assert job.state is JobState.HELD
    return job


async def test_a_result_whose_link_expired_is_fetched_again_and_posted_on_its_card(rig: Rig):
    job = await dead_link(rig)
    [card] = rig.messages()
    assert labels(card) == ["Request refund", "Edit and run", DETAILS, REMOVE]
    rig.sandbox.faults._queues["media"].clear()
    text = json.dumps([{"url": f"{rig.sandbox.url}/media/dead.png", "kind": "image", "key": "image_url"}])
    await rig.bot.parts.store._database.write(
        lambda db: db.execute("UPDATE jobs SET media = ? WHERE id = ?", (text, job.id))
    )
    result = await on_job(rig, rig.member, "recover", job.id)
    assert "Posted" in said(result)
    [card] = rig.messages()
    assert len(card.attachments) == 1
    done = await newest(rig)
    assert (done.state, done.unusable) == (JobState.DELIVERED, False)
    assert done.media[0].url == job.media[0].url
    assert "Post it" not in labels(card)


async def test_a_result_that_nobody_keeps_any_more_says_so(rig: Rig):
    await dead_link(rig)
    rig.advance(8 * 86400)
    result = await on_job(rig, rig.member, "recover")
    assert "expired for good" in said(result)
    assert (await newest(rig)).state is JobState.HELD


# ---------------------------------------------------------------------- retry


@pytest.mark.parametrize("who", ["other", "blocked"])
async def test_a_failed_job_is_tried_again_from_its_panel(rig: Rig, who: str):
    job = await ask(rig, prompt="a fox #fail")
    await rig.work()
    other = rig.guild.add_member(rig.env.create_user("otto"))
    if who == "blocked":
        await rig.bot.parts.store.blocks.add(rig.guild.id, other.id, until=None, reason="", by_id=rig.moderator.id)
    member = rig.member if who == "author" else other
    result = await tried_again(rig, member, job.id)
    if who == "blocked":
        assert "blocked you from using the bot" in private_sentence(result)
        assert len(await rig.jobs()) == 1
        return
    again = await newest(rig)
    assert (again.parent_id, again.author_id, dict(again.input)) == (job.id, member.id, dict(job.input))


async def test_a_job_that_did_not_fail_is_not_retried(rig: Rig):
    job = await ask(rig)
    assert private_sentence(await on_job(rig, rig.member, "retry", job.id)) == str(NOTHING_FAILED)
    await rig.work()
    assert private_sentence(await on_job(rig, rig.member, "retry", job.id)) == str(NOTHING_FAILED)


async def test_a_job_that_a_moderator_refused_is_not_retried(rig: Rig):
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, approve_above=Decimal(1)))
    job = await ask(rig)
    await rig.bot.parts.moderation.questions.turn_down(rig.guild.id, job.card_id, "no", by_id=rig.moderator.id)
    assert private_sentence(await on_job(rig, rig.member, "retry", job.id)) == str(NOTHING_FAILED)


# ---------------------------------------------------------------------- links


async def test_a_fresh_link_by_command_is_private(rig: Rig):
    job = await earlier(rig, IMAGE)
    result = await on_job(rig, rig.moderator, "link", job.id)
    assert result.ephemeral
    rows = result.response.components
    assert [item["url"] for row in rows for item in row["components"]] == [job.media[0].url]
    [card] = rig.messages()
    assert links_on(card) == []
