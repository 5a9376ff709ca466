"""Another copy of the bot, with the same token and another database, answers first.

In tests/wire/test_two_databases.py both are processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
import pytest
from structlog.testing import capture_logs

from bot.domain.custom_ids import Installation, custom_id, marks_of, unsigned
from bot.domain.models import JobState, new_id
from bot.store.engine.repository import PROOF_HOLDS_S, SECOND_COPY_META
from cogs.ui.controls import Control, view_of
from tests.support.rig import Rig
from tests.support.surface import settled_exactly

OURS, THEIRS = "0UR51G", "7HE1R5"


@pytest.fixture
def signed(rig: Rig) -> Iterator[Rig]:
    rig.bot.parts.store.signature = Installation.signature = OURS
    rig.forgiven = (discord.HTTPException,)
    yield rig
    Installation.signature = ""


def view_of_theirs(job_id: str, signature: str = THEIRS) -> discord.ui.View:
    Installation.signature, own = signature, Installation.signature
    view = view_of([Control.button("details", job_id, label="Details")])
    Installation.signature = own
    return view


def answer_first(patch: pytest.MonkeyPatch, **theirs: Any) -> None:
    """Have another copy answer each interaction a moment before this one does."""
    send = discord.InteractionResponse.send_message

    async def beaten(self: Any, *args: Any, **options: Any) -> Any:
        await send(self, **theirs)
        self._response_type = None
        return await send(self, *args, **options)

    patch.setattr(discord.InteractionResponse, "send_message", beaten)


async def ask(rig: Rig) -> Any:
    return await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")


@pytest.mark.parametrize("theirs", ["signed", "of the same signature"])
async def test_a_command_that_another_copy_has_answered_is_refunded_and_nothing_is_taken_any_more(
    signed: Rig, monkeypatch: pytest.MonkeyPatch, theirs: str
):
    rig, copies = signed, signed.bot.parts.second_copy
    card = {"view": view_of_theirs(new_id(), OURS if "same" in theirs else THEIRS)}
    with monkeypatch.context() as patch, capture_logs() as logs:
        answer_first(patch, content="their card", **card)
        await ask(rig)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.CANCELLED
    assert rig.sandbox.posts == 0
    assert [each["log_level"] for each in logs if each["event"] == "second_copy.found"] == ["error"]
    assert copies.is_there
    assert "running twice" in (await ask(rig)).response.content
    assert len(await rig.jobs()) == 1
    assert float(await rig.bot.parts.store.meta.get(SECOND_COPY_META) or 0) == rig.clock.wall()
    assert "cannon_bot_second_copy 1.0" in rig.bot.metrics.render().decode()
    rig.advance(PROOF_HOLDS_S + 1)
    await ask(rig)
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED, JobState.CANCELLED]
    await settled_exactly(rig)


async def test_an_answer_that_names_nobody_is_refunded_and_stops_no_other_work(
    signed: Rig, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        answer_first(patch, content="a sentence")
        await ask(signed)
    assert not signed.bot.parts.second_copy.is_there
    await ask(signed)
    await signed.work()
    assert [job.state for job in await signed.jobs()] == [JobState.DELIVERED, JobState.CANCELLED]
    await settled_exactly(signed)


async def test_a_new_message_of_another_copy_is_a_proof_and_an_old_one_never(signed: Rig):
    await ask(signed)
    [job] = await signed.jobs()
    copies = signed.bot.parts.second_copy
    theirs, gone = [[custom_id("details", each)] for each in (new_id(), new_id())]
    theirs = [theirs[0].replace(OURS, THEIRS)]
    born = copies._born
    assert born is not None
    assert job.id in marks_of([custom_id("details", job.id)]).job_ids
    for name in (*theirs, *gone):
        assert not await copies.look(born - 1, [name]), "it was made before this process was"
    assert not await copies.look(born + 1, [custom_id("details", job.id)]), "our own"
    assert not await copies.look(born + 1, [f"c1:details:{job.id}"]), "our own, of an earlier version"
    assert not await copies.look(born + 1, [custom_id("words", f"{new_id()}.1")]), "a draft that is gone is no job"
    assert not copies.is_there
    for name in (*theirs, *gone, unsigned(gone[0])):
        assert await copies.look(born + 1, [name])


async def test_a_press_on_a_message_of_another_copy_is_left_to_it_and_on_an_old_one_answered(signed: Rig):
    copies = signed.bot.parts.second_copy
    copies._born = 1 << 62  # Discord's ids of now are lower: what they name was there before
    old = await signed.bot.get_channel(signed.channel.id).send("old", view=view_of_theirs(new_id()))
    pressed = await signed.member.click(old, custom_id=old.components[0].children[0].custom_id)
    assert "running twice" not in pressed.response.content
    assert not copies.is_there
    copies._born = old.id
    new = await signed.bot.get_channel(signed.channel.id).send("new", view=view_of_theirs(new_id()))
    pressed = await signed.member.click(new, custom_id=new.components[0].children[0].custom_id)
    assert pressed.response is None
    assert copies.is_there


def return_theirs(patch: pytest.MonkeyPatch, job_id: str, signature: str) -> None:
    """Have Discord return the message that another copy has posted under the nonce."""
    send = discord.abc.Messageable.send

    async def returned(self: Any, *args: Any, nonce: str | None = None, **options: Any) -> Any:
        theirs = {"content": "theirs", "view": view_of_theirs(job_id, signature)}
        return await send(self, **theirs) if nonce else await send(self, *args, **options)

    patch.setattr(discord.abc.Messageable, "send", returned)


async def test_a_reaction_that_another_copy_has_acted_on_is_refunded(signed: Rig, monkeypatch: pytest.MonkeyPatch):
    rig = signed
    await ask(rig)
    await rig.work()
    [card] = rig.messages()
    return_theirs(monkeypatch, new_id(), OURS)
    await rig.member.react(card, "🔁")
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.CANCELLED, JobState.DELIVERED]
    assert rig.sandbox.posts == 1
    assert rig.bot.parts.second_copy.is_there
    await settled_exactly(rig)


async def test_the_answer_to_words_that_another_copy_has_posted_is_neither_pressed_nor_deleted_as_ours(
    signed: Rig, monkeypatch: pytest.MonkeyPatch
):
    rig = signed
    return_theirs(monkeypatch, new_id(), THEIRS)
    await rig.member.send(rig.channel, f"<@{rig.bot.user.id}> draw a fox")
    assert [each.content for each in rig.messages()] == ["theirs"]
    assert rig.bot.parts.second_copy.is_there


@pytest.mark.usefixtures("signed")
def test_a_custom_id_fits_whatever_its_action_and_subject_are():
    assert custom_id("again", "0123456789") == f"c1.{OURS}:again:0123456789"
    assert len(custom_id("a" * 32, "x" * 60)) <= 100
    assert unsigned(custom_id("again", "x")) == unsigned("c1:again:x") == "c1:again:x"
