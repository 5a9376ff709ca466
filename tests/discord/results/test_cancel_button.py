"""The button of an open card does what it says: refunded while that can be, then posted or not; and who may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.delivery import Delivery
from bot.domain.models import Job, JobState
from bot.domain.texts import OWNER_ONLY
from cogs.results import texts
from tests.support.channels import press
from tests.support.jobs import on_job
from tests.support.results import RESULT
from tests.support.rig import Rig
from tests.support.surface import (
    DETAILS,
    labels,
    newest,
    private_sentence,
    settled_exactly,
    state_text,
    until,
)


async def made(rig: Rig, prompt: str = "a fox", **options: Any) -> Any:
    await rig.member.slash(rig.channel, "image generate", prompt=prompt, **options)
    return rig.messages(viewer=rig.member)[-1]


async def refunded(rig: Rig) -> None:
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert (balance.held, balance.spent) == (0, 0)
    assert rig.sandbox.posts == 0


async def change(rig: Rig, **changes: Any) -> None:
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, **changes))


# ---------------------------------------------------------------------- before it was sent


@pytest.mark.parametrize(("why", "label"), [("about to be sent", "Don't post"), ("approval", "Cancel")])
async def test_what_was_not_sent_is_cancelled_from_its_card_and_refunded(rig: Rig, why: str, label: str):
    if why == "approval":
        await change(rig, approve_above=5, approval_channel=rig.guild.create_text_channel("desk").id)
    card = await made(rig)
    assert labels(card) == [label, DETAILS]
    done = await rig.member.click(card, label=label)
    assert done.ephemeral
    assert done.response.content == "Canceled and refunded: nothing was charged for **this one**."
    assert labels(done.response) == []
    [card] = rig.messages()
    assert state_text(card).startswith("🚫 Canceled")
    assert "no charge" in state_text(card)
    assert "Cancel" not in labels(card)
    await rig.work()
    await refunded(rig)


async def test_a_card_that_is_drawn_between_its_posted_result_and_the_row_keeps_the_results_buttons(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    deliver = Delivery.deliver

    async def deliver_and_draw(self: Delivery, job: Job) -> int:
        message_id = await deliver(self, job)
        await self.show_now(job.guild_id, job.card_id)
        return message_id

    monkeypatch.setattr(Delivery, "deliver", deliver_and_draw)
    await made(rig)
    await rig.work()
    [card] = rig.messages()
    assert len(card.attachments) == 1
    assert labels(card) == RESULT
    await settled_exactly(rig)


# ---------------------------------------------------------------------- once Cannon Studio has it


@pytest.mark.parametrize("restarted", [True])
async def test_a_dropped_result_shows_on_the_card_and_is_not_posted_until_it_is_wanted_again(
    rig: Rig, *, restarted: bool
):
    await made(rig)
    await until(rig, JobState.PROCESSING)
    if restarted:
        await rig.restart()
    [card] = rig.messages()
    assert labels(card) == ["Don't post", DETAILS]
    done = await rig.member.click(card, label="Don't post")
    assert done.ephemeral
    assert done.response.content == str(texts.NOT_POSTED)
    [card] = rig.messages()
    assert "🔕 I won't post the result. Changed your mind? Press **Post it after all**." in state_text(card)
    assert labels(card) == ["Post it after all", DETAILS]
    await rig.work()
    [card] = rig.messages()
    assert (card.attachments, (await newest(rig)).state) == ([], JobState.HELD)
    await settled_exactly(rig)
    await on_job(rig, rig.member, "recover")
    [card] = rig.messages()
    assert len(card.attachments) == 1
    assert "🔕" not in state_text(card)


@pytest.mark.parametrize("restarted", [True])
async def test_what_is_wanted_after_all_is_posted_when_it_is_done(rig: Rig, *, restarted: bool):
    card = await made(rig, count=2)
    await until(rig, JobState.PROCESSING)
    await rig.member.click(card, label="Don't post")
    if restarted:
        await rig.restart()
    wanted = await rig.member.click(rig.messages()[0], label="Post it after all")
    assert wanted.ephemeral
    assert wanted.response.content == str(texts.POSTED_AFTER_ALL)
    assert "🔕" not in state_text(rig.messages()[0])
    assert labels(rig.messages()[0]) == ["Don't post", DETAILS]
    await rig.work()
    [card] = rig.messages()
    assert len(card.attachments) == 2
    await settled_exactly(rig)


async def test_a_moderators_choice_about_another_members_result_is_recorded(rig: Rig):
    card = await made(rig)
    job = await until(rig, JobState.PROCESSING)
    await rig.moderator.click(card, label="Don't post")
    await rig.moderator.click(rig.messages()[0], label="Post it after all")
    found = [each.text for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "cancel"]
    assert len(found) == 2
    assert any("posted after all" in text and job.id in text for text in found)


async def test_what_ended_meanwhile_says_where_it_is(rig: Rig):
    card = await made(rig, "a fox #fast")
    await rig.work()
    [job] = await rig.jobs()
    assert private_sentence(await press(rig, rig.member, "keep_run", job.id)) == str(texts.ENDED_MEANWHILE)
    assert private_sentence(await press(rig, rig.member, "drop_run", job.id)) == str(texts.ENDED_MEANWHILE)
    assert card.id == job.message_id


async def test_one_of_several_is_dropped_and_wanted_again_from_its_panel(rig: Rig):
    await made(rig, count=3)
    await until(rig, JobState.PROCESSING)
    job = (await rig.jobs())[0]
    opened = await on_job(rig, rig.member, "show", job.id)
    done = await rig.member.click(opened.response, label="Don't post this one")
    assert "It will be charged" in done.response.content
    assert f"🔕 I won't post result {job.position + 1}." in state_text(rig.messages()[0])
    assert labels(rig.messages()[0])[0] == "Don't post", "the others' results are still to be posted"
    opened = await on_job(rig, rig.member, "show", job.id)
    await rig.member.click(opened.response, label="Post this one after all")
    assert "🔕" not in state_text(rig.messages()[0])
    await rig.work()
    assert {each.state for each in await rig.jobs()} == {JobState.DELIVERED}


# ---------------------------------------------------------------------- who


async def test_only_the_author_and_moderators_cancel(rig: Rig):
    card = await made(rig)
    other = rig.guild.add_member(rig.env.create_user("otto"))
    for action in ("cancel_run", "drop_run", "cancel_drop", "keep_run"):
        refused = await press(rig, other, action, (await newest(rig)).id)
        assert private_sentence(refused) == str(OWNER_ONLY)
    assert (await newest(rig)).state is not JobState.CANCELLED
    await rig.moderator.click(card, label="Don't post")
    assert (await newest(rig)).state is JobState.CANCELLED
    await refunded(rig)
