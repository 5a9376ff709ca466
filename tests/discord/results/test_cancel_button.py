"""Cancel on a card: refunded while that can be, the honest sentence and a choice afterwards, and who may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.card.ticker import SELDOM_S
from bot.domain.models import JobState
from cogs.results import texts
from tests.support.channels import press
from tests.support.jobs import on_job
from tests.support.results import RESULT
from tests.support.rig import Rig
from tests.support.surface import labels, newest, private_sentence, settled_exactly, state_text, unlinked, until


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


@pytest.mark.parametrize("why", ["not sent yet", "approval"])
async def test_what_was_not_sent_is_cancelled_from_its_card_and_refunded(rig: Rig, why: str):
    if why == "approval":
        await change(rig, approve_above=5, approval_channel=rig.guild.create_text_channel("desk").id)
    card = await made(rig)
    assert labels(card) == ["Cancel", "Details"]
    done = await rig.member.click(card, label="Cancel")
    assert done.ephemeral
    assert done.response.content == "Canceled and refunded: nothing was charged."
    assert labels(done.response) == []
    [card] = rig.messages()
    assert state_text(card).startswith("🚫 Canceled")
    assert "no charge" in state_text(card)
    assert "Cancel" not in labels(card)
    await rig.work()
    await refunded(rig)


async def test_what_waits_in_the_queue_is_cancelled_and_the_others_move_up(rig: Rig):
    await change(rig, running_per_member=1)
    await made(rig, "first #forever")
    await until(rig, JobState.PROCESSING)
    second, third = await made(rig, "second"), await made(rig, "third")
    assert "place 2" in state_text(third)
    await rig.member.click(second, label="Cancel")
    rig.advance(SELDOM_S + 1)
    await rig.tick()
    assert "you are next" in state_text(rig.messages()[-1])


# ---------------------------------------------------------------------- once Cannon Studio has it


async def test_once_it_was_sent_the_press_says_so_and_changes_nothing_until_the_choice(rig: Rig):
    card = await made(rig)
    await until(rig, JobState.PROCESSING)
    asked = await rig.member.click(card, label="Cancel")
    assert asked.response.content.startswith(
        "Too late to stop: Cannon Studio has already started it, so it will be charged."
    )
    assert labels(asked.response) == [str(texts.DO_NOT_POST)]
    assert "🔕" not in state_text(rig.messages()[0])
    await rig.work()
    [card] = rig.messages()
    assert len(card.attachments) == 1
    assert labels(card) == RESULT
    await settled_exactly(rig)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_dropped_result_shows_on_the_card_and_is_not_posted_until_it_is_wanted_again(
    rig: Rig, *, restarted: bool
):
    card = await made(rig)
    await until(rig, JobState.PROCESSING)
    asked = await rig.member.click(card, label="Cancel")
    if restarted:
        await rig.restart()
    done = await rig.member.click(asked.response, label=str(texts.DO_NOT_POST))
    assert done.acknowledged
    [card] = rig.messages()
    assert "🔕 I won't post the result. Changed your mind? Press **Post it** in `/jobs`." in unlinked(state_text(card))
    again = await rig.member.click(card, label="Cancel")
    assert unlinked(again.response.content) == str(texts.NOT_POSTED)
    await rig.work()
    [card] = rig.messages()
    assert (card.attachments, (await newest(rig)).state) == ([], JobState.HELD)
    await settled_exactly(rig)
    await on_job(rig, rig.member, "recover")
    [card] = rig.messages()
    assert len(card.attachments) == 1
    assert "🔕" not in state_text(card)


async def test_the_command_shows_its_drop_on_the_card_too(rig: Rig):
    await made(rig)
    job = await until(rig, JobState.PROCESSING)
    await on_job(rig, rig.member, "cancel", job.id, drop=True)
    assert "🔕 I won't post the result." in state_text(rig.messages()[0])


# ---------------------------------------------------------------------- who


async def test_only_the_author_and_moderators_cancel(rig: Rig):
    card = await made(rig)
    other = rig.guild.add_member(rig.env.create_user("otto"))
    assert private_sentence(await other.click(card, label="Cancel")) == str(texts.NOT_YOURS_TO_CANCEL)
    assert (await newest(rig)).state is not JobState.CANCELLED
    await rig.moderator.click(card, label="Cancel")
    assert (await newest(rig)).state is JobState.CANCELLED
    await refunded(rig)


async def test_an_old_button_on_what_has_ended_says_so(rig: Rig):
    await made(rig, "a fox #fast")
    await rig.work()
    result = await press(rig, rig.member, "cancel_run", (await newest(rig)).id)
    assert private_sentence(result) == str(texts.NOTHING_TO_CANCEL)
