"""Another copy of the bot, with the same token and another database, answers first.

In tests/wire/test_two_databases.py both are processes.
"""

from __future__ import annotations

from typing import Any

import discord
import pytest
from structlog.testing import capture_logs

from bot.domain.models import JobState, new_id
from cogs.ui.controls import Control, view_of
from cogs.ui.texts import GONE
from tests.support.rig import Rig
from tests.support.surface import settled_exactly


def view_of_theirs() -> discord.ui.View:
    return view_of([Control.button("details", new_id(), label="Details")])


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


@pytest.mark.parametrize("answers", ["with its card", "with a sentence"])
async def test_a_command_that_another_copy_has_answered_is_refunded(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, answers: str
):
    rig.forgiven = (discord.HTTPException,)
    card = {"view": view_of_theirs()} if "card" in answers else {}
    with monkeypatch.context() as patch, capture_logs() as logs:
        answer_first(patch, content="theirs", **card)
        await ask(rig)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.CANCELLED
    assert rig.sandbox.posts == 0
    assert [each["log_level"] for each in logs if each["event"] == "answer.dropped"] == ["warning"]
    await ask(rig)
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.DELIVERED, JobState.CANCELLED]
    await settled_exactly(rig)


async def test_a_press_on_a_message_of_a_lost_database_is_answered(rig: Rig):
    old = await rig.bot.get_channel(rig.channel.id).send("old", view=view_of_theirs())
    pressed = await rig.member.click(old, custom_id=old.components[0].children[0].custom_id)
    assert str(GONE) in pressed.response.content


def return_theirs(patch: pytest.MonkeyPatch) -> None:
    """Have Discord return the message that another copy has posted under the nonce."""
    send = discord.abc.Messageable.send

    async def returned(self: Any, *args: Any, nonce: str | None = None, **options: Any) -> Any:
        theirs = {"content": "theirs", "view": view_of_theirs()}
        return await send(self, **theirs) if nonce else await send(self, *args, **options)

    patch.setattr(discord.abc.Messageable, "send", returned)


async def test_a_reaction_that_another_copy_has_acted_on_is_refunded(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    await ask(rig)
    await rig.work()
    [card] = rig.messages()
    return_theirs(monkeypatch)
    await rig.member.react(card, "🔁")
    await rig.work()
    assert [job.state for job in await rig.jobs()] == [JobState.CANCELLED, JobState.DELIVERED]
    assert rig.sandbox.posts == 1
    await settled_exactly(rig)


async def test_the_answer_to_words_that_another_copy_has_posted_is_neither_pressed_nor_deleted_as_ours(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    return_theirs(monkeypatch)
    await rig.member.send(rig.channel, f"<@{rig.bot.user.id}> draw a fox")
    assert [each.content for each in rig.messages()] == ["theirs"]
