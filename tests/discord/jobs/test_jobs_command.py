from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.delivery.texts import CANCELLED_LATE
from bot.domain.models import Job, JobState, LedgerKind
from bot.generation.retry import NOTHING_FAILED
from cogs.jobs.pages import PAGE_JOBS, family_text, total_words
from cogs.jobs.texts import NOT_YOURS, NOTHING_HELD, POSTED_MEANWHILE
from cogs.ui.texts import GONE, MODERATORS_ONLY
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import (
    delete,
    deny,
    links_on,
    private_messages,
    private_sentence,
    settled_exactly,
    state_text,
    until,
)
from tests.support.workflows import IMAGE, earlier


async def newest(rig: Rig) -> Job:
    return (await rig.jobs())[0]


async def ask(rig: Rig, member: Any = None, prompt: str = "a heron", **options: Any) -> Job:
    await (member or rig.member).slash(rig.channel, "image generate", prompt=prompt, **options)
    return await newest(rig)


def labels(message: Any) -> list[str]:
    rows = [row if isinstance(row, dict) else row.to_dict() for row in message.components]
    return [item.get("label") or item.get("placeholder") for row in rows for item in row["components"]]


def said(result: Any) -> str:
    return "".join(message.content for message in (result.response, *result.followups) if message is not None)


async def jobs_command(rig: Rig, member: Any, command: str, **options: Any) -> Any:
    return await member.slash(rig.channel, f"jobs {command}", **options)


# ---------------------------------------------------------------------- list


async def test_a_list_shows_ones_own_jobs_and_nobody_elses(rig: Rig):
    mine = await ask(rig)
    theirs = await ask(rig, rig.moderator)
    result = await jobs_command(rig, rig.member, "list")
    assert result.ephemeral
    text = result.response.embeds[0].description
    assert mine.id in text
    assert theirs.id not in text


async def test_only_moderators_list_all_and_no_prompt_stands_there(rig: Rig):
    secret = await ask(rig, prompt="canary words", private=True)
    assert private_sentence(await jobs_command(rig, rig.member, "list", whose="all")) == MODERATORS_ONLY
    text = (await jobs_command(rig, rig.moderator, "list", whose="all")).response.embeds[0].description
    assert secret.id in text
    assert f"<@{rig.member.id}>" in text
    assert "canary" not in text


async def test_a_list_is_narrowed_to_a_state(rig: Rig):
    done = await ask(rig, prompt="a fox #fast")
    await rig.work()
    failed = await ask(rig, prompt="a fox #fail")
    await rig.work()
    for state, there, not_there in (("delivered", done, failed), ("failed", failed, done)):
        text = (await jobs_command(rig, rig.member, "list", state=state)).response.embeds[0].description
        assert there.id in text
        assert not_there.id not in text
    empty = await jobs_command(rig, rig.member, "list", state="held")
    assert empty.response.embeds[0].description == "None."


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_long_list_has_pages_that_survive_a_restart(rig: Rig, restarted: bool):
    for _ in range(PAGE_JOBS + 3):
        await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, queued_per_member=100))
        await ask(rig)
    shown = await jobs_command(rig, rig.member, "list")
    assert labels(shown.response) == ["Older"]
    first = ids_in(shown.response)
    if restarted:
        await rig.restart()
    turned = await rig.member.click(shown.response, label="Older")
    second = ids_in(turned.response)
    assert labels(turned.response) == ["Newer"]
    assert (len(first), len(second)) == (PAGE_JOBS, 3)
    assert len(first | second) == PAGE_JOBS + 3


def ids_in(message: Any) -> set[str]:
    return set(re.findall(r"• `([0-9A-Z]{10})`", message.embeds[0].description))


async def test_a_page_of_all_is_refused_to_who_is_no_moderator_any_more(rig: Rig):
    from cogs.ui.controls import Control, view_of

    channel: Any = rig.bot.get_channel(rig.channel.id)
    for subject, sentence in (
        ("all.any.0", MODERATORS_ONLY),
        ("ours.any.0", GONE),
        ("mine.odd.0", GONE),
        ("mine.any.-1", GONE),
        ("mine.any.9999999", GONE),
        ("mine", GONE),
    ):
        with rig.env.time_context():
            forged = await channel.send("x", view=view_of([Control.button("jobs_page", subject, label="Press")]))
        assert private_sentence(await rig.member.click(forged, label="Press")) == sentence, subject


# ---------------------------------------------------------------------- show


async def test_a_family_is_drawn_with_what_each_cost_and_the_total(rig: Rig):
    root = await ask(rig, prompt="a fox #fast")
    await rig.work()
    [card] = rig.messages()
    await rig.moderator.click(card, label="Re-run")
    child = await newest(rig)
    await rig.work()
    how = await rig.member.click(card, label="Vary")
    await rig.member.click(how.response, label="Subtle")
    words, variant = sorted((await rig.jobs())[:2], key=lambda job: job.position)
    await rig.work()
    result = await jobs_command(rig, rig.member, "show", id=child.id.lower())
    assert result.ephemeral
    [embed] = result.response.embeds
    tree = embed.description.partition("**Family**\n")[2].splitlines()
    jobs = {job.id: job for job in await rig.jobs()}
    assert [re.search(r"[0-9A-Z]{10}", line)[0] for line in tree] == [root.id, child.id, words.id, variant.id]
    assert [line.count("\u2003") + line.count("└") for line in tree] == [0, 1, 1, 2]
    assert "**" in tree[1]
    assert "**" not in tree[0]
    for line in tree:
        job = jobs[re.search(r"[0-9A-Z]{10}", line)[0]]
        assert f"{job.cost.normalize():f} credit" in line
    total = sum((job.cost for job in jobs.values()), Decimal(0))
    [field] = [f for f in embed.fields if f.name == "Family in all"]
    assert field.value == f"{total.normalize():f} credits"
    assert total == rig.sandbox.spent(HOST_KEY)


async def test_a_job_is_shown_with_what_can_be_done_about_it(rig: Rig):
    await ask(rig, prompt="a fox #fast")
    await rig.work()
    result = await jobs_command(rig, rig.moderator, "show", id=(await newest(rig)).id)
    assert labels(result.response)[:2] == ["Re-run", "Vary"]
    await rig.moderator.click(result.response, label="Re-run")
    assert (await newest(rig)).author_id == rig.moderator.id


async def test_a_job_of_another_server_and_anothers_private_one_do_not_exist(rig: Rig):
    secret = await ask(rig, private=True)
    other = rig.env.create_guild("Elsewhere")
    place = other.create_text_channel("general")
    stranger = other.add_member(rig.env.create_user("eve"))
    public = await ask(rig)
    for command in ("show", "cancel", "recover", "retry", "link"):
        assert private_sentence(await stranger.slash(place, f"jobs {command}", id=public.id)) == GONE, command
        assert private_sentence(await jobs_command(rig, rig.member, command, id="nothing")) == GONE, command
        if command != "cancel":
            assert private_sentence(await jobs_command(rig, rig.moderator, command, id=secret.id)) == GONE, command
    assert len(await rig.jobs()) == 2


async def test_a_private_relative_is_neither_drawn_nor_counted_for_others(rig: Rig):
    root = await ask(rig, prompt="a fox #fast")
    await rig.work()
    secret = await ask(rig, private=True)
    await rig.bot.parts.store._database.write(
        lambda db: db.execute("UPDATE jobs SET parent_id = ? WHERE id = ?", (root.id, secret.id))
    )
    mine = await jobs_command(rig, rig.member, "show", id=root.id)
    assert secret.id in mine.response.embeds[0].description
    theirs = await jobs_command(rig, rig.moderator, "show", id=root.id)
    assert "Family" not in str(theirs.response.embeds[0].to_dict())
    assert secret.id not in str(theirs.response.embeds[0].to_dict())


async def test_an_erased_job_says_so(rig: Rig):
    await ask(rig, prompt="canary words #fast")
    await rig.work()
    job = await newest(rig)
    await rig.bot.parts.store.cards.erase(rig.guild.id, job.card_id)
    result = await jobs_command(rig, rig.member, "show", id=job.id)
    assert result.response.embeds[0].description == "Its record was erased."
    assert "canary" not in str(result.response.embeds[0].to_dict())


async def test_a_large_family_fits_a_message(rig: Rig):
    job = await ask(rig)
    family = [replace(job, id=f"{n:010}", parent_id=f"{n - 1:010}") for n in range(100)]
    text = family_text(family, "0000000050")
    assert len(text) <= 3000
    assert "more" in text
    assert total_words(family) == "0 credits, and 2,000 credits held"


# ---------------------------------------------------------------------- cancel


async def test_what_was_not_sent_is_cancelled_for_nothing(rig: Rig):
    job = await ask(rig)
    result = await jobs_command(rig, rig.member, "cancel", id=job.id)
    assert result.ephemeral
    assert "nothing was charged" in said(result)
    assert (await newest(rig)).state is JobState.CANCELLED
    assert "Cancelled by who asked for it" in state_text(rig.messages()[0])
    await rig.work()
    assert rig.sandbox.posts == 0
    await settled_exactly(rig)


@pytest.mark.parametrize("who", ["author", "other", "moderator", "blocked"])
@pytest.mark.parametrize("private", [False, True])
async def test_who_may_cancel(rig: Rig, who: str, private: bool):
    other = rig.guild.add_member(rig.env.create_user("otto"))
    member = {"author": rig.member, "moderator": rig.moderator}.get(who, other)
    if who == "blocked":
        await rig.bot.parts.store.blocks.add(rig.guild.id, other.id, until=None, reason="", by_id=rig.moderator.id)
    job = await ask(rig, private=private)
    result = await jobs_command(rig, member, "cancel", id=job.id)
    if who in {"author", "moderator"}:
        assert (await newest(rig)).state is JobState.CANCELLED
        assert "a heron" not in said(result)
    else:
        assert private_sentence(result) == (GONE if private else NOT_YOURS)
        assert (await newest(rig)).state is JobState.SUBMITTING


async def test_what_cannot_be_stopped_goes_on_and_its_result_is_still_posted(rig: Rig):
    await ask(rig)
    job = await until(rig, JobState.QUEUED, JobState.PROCESSING)
    result = await jobs_command(rig, rig.member, "cancel", id=job.id)
    assert "cannot stop it" in said(result)
    assert "still be posted" in said(result)
    await rig.work()
    assert (await newest(rig)).state is JobState.DELIVERED
    await settled_exactly(rig)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_result_that_was_dropped_is_paid_kept_and_can_still_be_had(rig: Rig, restarted: bool):
    await ask(rig)
    job = await until(rig, JobState.QUEUED, JobState.PROCESSING)
    result = await jobs_command(rig, rig.member, "cancel", id=job.id, drop=True)
    assert "not be posted" in said(result)
    if restarted:
        await rig.restart()
    await rig.work()
    dropped = await newest(rig)
    assert (dropped.state, dropped.error) == (JobState.HELD, CANCELLED_LATE)
    assert rig.messages()[0].attachments == []
    await settled_exactly(rig)
    spent = rig.sandbox.spent(HOST_KEY)
    result = await jobs_command(rig, rig.member, "recover")
    assert "Posted" in said(result)
    [message] = rig.messages()
    assert len(message.attachments) == 1
    assert (await newest(rig)).state is JobState.DELIVERED
    assert rig.sandbox.spent(HOST_KEY) == spent
    await settled_exactly(rig)


async def test_what_has_ended_cannot_be_cancelled(rig: Rig):
    await ask(rig, prompt="a fox #fast")
    await rig.work()
    result = await jobs_command(rig, rig.member, "cancel", id=(await newest(rig)).id)
    assert "has ended already" in private_sentence(result)
    await settled_exactly(rig)


async def test_steps_that_wait_for_a_cancelled_one_are_given_back_too(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", enhance=True, count=2)
    first = min(await rig.jobs(), key=lambda job: job.position)
    result = await jobs_command(rig, rig.member, "cancel", id=first.id)
    assert "2 that waited" in said(result)
    assert {job.state for job in await rig.jobs()} == {JobState.CANCELLED}
    await settled_exactly(rig)


async def test_a_cancelled_place_is_given_to_who_waits(rig: Rig):
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, running_per_member=1))
    first = await ask(rig)
    second = await ask(rig)
    assert second.state is JobState.WAITING
    await jobs_command(rig, rig.member, "cancel", id=first.id)
    assert (await newest(rig)).state is JobState.SUBMITTING


async def test_a_job_that_waits_for_approval_can_be_cancelled(rig: Rig):
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda rules: replace(rules, approve_above=Decimal(1), approval_channel=rig.channel.id)
    )
    job = await ask(rig)
    assert job.state is JobState.AWAITING_APPROVAL
    await jobs_command(rig, rig.member, "cancel", id=job.id)
    assert (await newest(rig)).state is JobState.CANCELLED
    assert await rig.bot.parts.store.approvals.get(rig.guild.id, job.card_id) is None


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


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("named", [False, True])
async def test_a_result_that_had_no_place_is_posted_here(rig: Rig, restarted: bool, named: bool):
    job = await held(rig)
    assert rig.messages() == []
    if restarted:
        await rig.restart(after_s=2 * 86400)
    result = await jobs_command(rig, rig.member, "recover", **({"id": job.id} if named else {}))
    assert result.ephemeral
    [message] = rig.messages()
    assert len(message.attachments) == 1
    assert message.jump_url.rpartition("/")[2] in said(result)
    done = await newest(rig)
    assert (done.state, done.message_id, done.error) == (JobState.DELIVERED, message.id, None)
    assert labels(message)[0] == "Re-run"
    await settled_exactly(rig)
    kinds = [row.kind for row in await rig.bot.parts.store.ledger.rows(rig.guild.id)]
    assert kinds.count(LedgerKind.SETTLE) == 1


async def test_it_is_posted_in_the_channel_where_it_is_asked_for(rig: Rig):
    await held(rig)
    elsewhere = rig.guild.create_text_channel("elsewhere")
    await rig.member.slash(elsewhere, "jobs recover")
    assert rig.messages() == []
    [message] = elsewhere.history()
    assert len(message.attachments) == 1


async def test_it_is_not_posted_twice(rig: Rig):
    job = await held(rig)
    await jobs_command(rig, rig.member, "recover")
    assert private_sentence(await jobs_command(rig, rig.member, "recover")) == NOTHING_HELD
    assert private_sentence(await jobs_command(rig, rig.member, "recover", id=job.id)) == POSTED_MEANWHILE
    assert len(rig.messages()) == 1


async def test_a_job_that_is_being_made_is_not_recovered(rig: Rig):
    job = await ask(rig)
    assert "still being made" in private_sentence(await jobs_command(rig, rig.member, "recover", id=job.id))


async def test_only_its_author_or_a_moderator_recovers(rig: Rig):
    job = await held(rig)
    other = rig.guild.add_member(rig.env.create_user("otto"))
    assert private_sentence(await jobs_command(rig, other, "recover", id=job.id)) == NOT_YOURS
    await jobs_command(rig, rig.moderator, "recover", id=job.id)
    assert (await newest(rig)).state is JobState.DELIVERED


async def test_where_there_is_still_no_place_it_says_so_and_the_result_stays(rig: Rig):
    await held(rig)
    deny(rig, send_messages=False)
    result = await jobs_command(rig, rig.member, "recover")
    assert "The result is kept" in said(result)
    assert (await newest(rig)).state is JobState.HELD


async def test_a_private_result_that_had_no_place_is_shown_in_the_private_answer(rig: Rig):
    from tests.support.surface import close_private

    await ask(rig, prompt="a fox #fast", private=True)
    close_private(rig, rig.member)
    rig.advance(16 * 60)
    await rig.work()
    assert (await newest(rig)).state is JobState.HELD
    result = await jobs_command(rig, rig.member, "recover")
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


async def test_a_result_whose_link_died_is_fetched_anew_and_posted_on_its_card(rig: Rig):
    job = await dead_link(rig)
    [card] = rig.messages()
    assert labels(card) == ["Post it", "Remove"]
    rig.sandbox.faults._queues["media"].clear()
    text = json.dumps([{"url": f"{rig.sandbox.url}/media/dead.png", "kind": "image", "key": "image_url"}])
    await rig.bot.parts.store._database.write(
        lambda db: db.execute("UPDATE jobs SET media = ? WHERE id = ?", (text, job.id))
    )
    result = await rig.member.click(card, label="Post it")
    assert "Posted" in said(result)
    [card] = rig.messages()
    assert len(card.attachments) == 1
    done = await newest(rig)
    assert done.state is JobState.DELIVERED
    assert done.media[0].url == job.media[0].url
    assert "Post it" not in labels(card)


async def test_a_result_that_nobody_keeps_any_more_says_so(rig: Rig):
    await dead_link(rig)
    rig.advance(8 * 86400)
    result = await jobs_command(rig, rig.member, "recover")
    assert "gone for good" in said(result)
    assert (await newest(rig)).state is JobState.HELD


# ---------------------------------------------------------------------- retry


@pytest.mark.parametrize("who", ["author", "other", "blocked"])
async def test_a_failed_job_is_tried_again_by_command(rig: Rig, who: str):
    job = await ask(rig, prompt="a fox #fail")
    await rig.work()
    other = rig.guild.add_member(rig.env.create_user("otto"))
    if who == "blocked":
        await rig.bot.parts.store.blocks.add(rig.guild.id, other.id, until=None, reason="", by_id=rig.moderator.id)
    member = rig.member if who == "author" else other
    result = await jobs_command(rig, member, "retry", id=job.id)
    if who == "blocked":
        assert "You may not use" in private_sentence(result)
        assert len(await rig.jobs()) == 1
        return
    again = await newest(rig)
    assert (again.parent_id, again.author_id, dict(again.input)) == (job.id, member.id, dict(job.input))


async def test_what_did_not_fail_is_not_tried_again(rig: Rig):
    job = await ask(rig)
    assert private_sentence(await jobs_command(rig, rig.member, "retry", id=job.id)) == NOTHING_FAILED
    await rig.work()
    assert private_sentence(await jobs_command(rig, rig.member, "retry", id=job.id)) == NOTHING_FAILED


async def test_what_was_cancelled_can_be_tried_again(rig: Rig):
    job = await ask(rig)
    await jobs_command(rig, rig.member, "cancel", id=job.id)
    await jobs_command(rig, rig.member, "retry", id=job.id)
    await rig.work()
    assert (await newest(rig)).state is JobState.DELIVERED
    await settled_exactly(rig)


async def test_what_a_moderator_refused_is_not_tried_again(rig: Rig):
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, approve_above=Decimal(1)))
    job = await ask(rig)
    await rig.bot.parts.moderation.approvals.turn_down(rig.guild.id, job.card_id, "no", by_id=rig.moderator.id)
    assert private_sentence(await jobs_command(rig, rig.member, "retry", id=job.id)) == NOTHING_FAILED


# ---------------------------------------------------------------------- link and completion


async def test_a_fresh_link_by_command_is_private(rig: Rig):
    job = await earlier(rig, IMAGE)
    result = await jobs_command(rig, rig.moderator, "link", id=job.id)
    assert result.ephemeral
    rows = result.response.components
    assert [item["url"] for row in rows for item in row["components"]] == [job.media[0].url]
    [card] = rig.messages()
    assert links_on(card) == []


@pytest.mark.parametrize(("command", "state"), [("cancel", "open"), ("retry", "failed"), ("link", "delivered")])
async def test_ids_are_completed_with_ones_own_jobs_in_a_fitting_state(rig: Rig, command: str, state: str):
    failed = await ask(rig, prompt="a fox #fail")
    done = await ask(rig, prompt="a fox #fast")
    await rig.work()
    running = await ask(rig)
    await ask(rig, rig.moderator)
    expected = {"open": running, "failed": failed, "delivered": done}[state]
    offered = await rig.member.autocomplete(rig.channel, f"jobs {command}", "id", "")
    assert [each["value"] for each in offered] == [expected.id]
