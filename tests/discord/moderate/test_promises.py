"""What members are told that the moderators have: a row until they do have it, or the member knows that they don't."""

from __future__ import annotations

import asyncio
import contextlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from cogs.moderate.decisions.approvals import NO_CHANNEL_AGAIN_S
from cogs.ui.controls import Control, view_of
from tests.support import promises
from tests.support.channels import rule, shown
from tests.support.discord_trouble import DiscordCall, trouble_with
from tests.support.reacting import other
from tests.support.results import picture
from tests.support.rig import Rig
from tests.support.surface import agreed, close_private, labels, post_log, private_messages, private_sentence

ASK = "Request refund"
DAY_S = 24 * 3600.0


@pytest.fixture
async def log(rig: Rig) -> Any:
    channel = rig.guild.create_text_channel("log")
    await rule(rig, log_channel=channel.id)
    return channel


@pytest.fixture
async def card(rig: Rig, log: Any) -> Any:
    """The card of a job that was charged for nothing."""
    await rig.member.slash(rig.channel, "image generate", prompt="gold #gone")
    await rig.work()
    [message] = rig.messages()
    return message


def own(rig: Rig, channel: Any) -> list[discord.Message]:
    return [each for each in channel.history() if each.author.id == rig.bot.user.id]


async def ask(rig: Rig, card: Any) -> str:
    return shown(await rig.member.click(card, label=ASK))


def broken(rig: Rig) -> list[str]:
    return promises.broken(Path(rig.folder) / "bot.db", rig.clock.wall())


async def job_id(rig: Rig) -> str:
    return (await rig.jobs())[0].id


def closed(rig: Rig, channel: Any, status: int = 403) -> None:
    rig.env.inject_error(
        "POST", f"/channels/{channel.id}/messages", status=status, code=50013, message="no", times=None
    )


# ---------------------------------------------------------------------- the answer, and the question


async def test_the_answer_waits_for_no_post_and_says_what_is_true_of_a_slow_discord(rig: Rig, card: Any, log: Any):
    async def hang(call: DiscordCall) -> None:
        if call.is_message and f"/channels/{log.id}/" in call.path:
            await asyncio.Event().wait()

    with trouble_with(hang):
        assert "with the moderators" in await ask(rig, card)
        assert "refunded or requested already" in await ask(rig, card)
        assert own(rig, log) == []
    rig.advance(promises.GRACE_S)
    assert [each.partition(":")[0] for each in broken(rig)] == ["a line that moderators were to read was not posted"]
    await post_log(rig)
    [question] = own(rig, log)
    assert labels(question) == ["Refund"]
    assert broken(rig) == []


@pytest.mark.parametrize("point", ["decision.before", "decision.changed", "decision.stored"])
async def test_a_crash_in_a_request_leaves_it_asked_once_or_free_to_be_asked(rig: Rig, card: Any, log: Any, point: str):
    failpoints.arm([point])
    with contextlib.suppress(Crash):
        await ask(rig, card)
    assert failpoints.disarm() == []
    await rig.restart()
    is_stored = point == "decision.stored"
    assert ("refunded or requested already" if is_stored else "is with the moderators") in await ask(rig, card)
    await post_log(rig)
    await post_log(rig)
    assert len(own(rig, log)) == 1
    assert broken(rig) == []


async def test_it_is_put_where_approvals_are_and_else_into_the_log_channel(rig: Rig, card: Any, log: Any):
    desk = rig.guild.create_text_channel("desk")
    await rule(rig, log_channel=log.id, approval_channel=desk.id)
    await ask(rig, card)
    closed(rig, desk)
    await post_log(rig)
    assert (len(own(rig, desk)), len(own(rig, log))) == (0, 1)
    assert broken(rig) == []


# ---------------------------------------------------------------------- nobody can be reached


@pytest.mark.parametrize("takes_messages", [True, False])
async def test_a_channel_that_closes_before_the_post_is_said_once_and_the_member_may_ask_again(
    rig: Rig, card: Any, log: Any, takes_messages: bool
):
    await ask(rig, card)
    rig.env.backend.delete_channel(log.id)
    if not takes_messages:
        close_private(rig, rig.member)
    for _ in range(2):
        await post_log(rig)
    told = [each.content for each in private_messages(rig, rig.member)]
    assert len(told) == takes_messages
    named = f"`{await job_id(rig)}` in any of the moderators' channels, so they don't have it"
    assert all(named in each for each in told)
    assert "no log channel that I can post in" in await ask(rig, card)
    again = rig.guild.create_text_channel("another log")
    await rule(rig, log_channel=again.id)
    assert "is with the moderators" in await ask(rig, card)
    await post_log(rig)
    assert len(own(rig, again)) == 1
    assert broken(rig) == []


async def test_a_channel_that_the_bot_may_not_post_in_is_known_at_the_press(rig: Rig, card: Any):
    hidden = rig.guild.create_text_channel(
        "hidden", overwrites={rig.guild.default_role: discord.PermissionOverwrite(send_messages=False)}
    )
    await rule(rig, log_channel=hidden.id)
    with trouble_with(_never) as calls:
        assert "no log channel that I can post in" in await ask(rig, card)
    assert [call.path for call in calls if "/channels/" in call.path] == []


async def _never(_call: DiscordCall) -> None:
    return


async def test_a_discord_that_takes_nothing_for_a_day_is_said_to_the_member(rig: Rig, card: Any, log: Any):
    await ask(rig, card)
    closed(rig, log, status=503)
    await post_log(rig)
    assert private_messages(rig, rig.member) == []
    rig.advance(DAY_S + 60)
    await post_log(rig)
    [told] = private_messages(rig, rig.member)
    assert "don't have it" in told.content
    assert broken(rig) == []


async def test_a_report_is_kept_or_its_loss_is_said_as_of_a_refund(rig: Rig, log: Any):
    eve = other(rig, "eve")
    _, job = await picture(rig)
    await report(rig, eve, job.id)
    rig.env.backend.delete_channel(log.id)
    await post_log(rig)
    [told] = private_messages(rig, eve)
    assert "don't have it" in told.content
    assert "no log channel" in private_sentence(await press(rig, eve, job.id))
    again = rig.guild.create_text_channel("another log")
    await rule(rig, log_channel=again.id)
    await report(rig, eve, job.id)
    await post_log(rig)
    assert len(own(rig, again)) == 1
    assert broken(rig) == []


async def press(rig: Rig, who: Any, reported: str) -> Any:
    channel = rig.bot.get_channel(rig.channel.id)
    with rig.env.time_context():
        message = await channel.send("x", view=view_of([Control.button("report", reported, label="Report")]))  # type: ignore[union-attr]
    return await who.click(message, label="Report")


async def report(rig: Rig, who: Any, reported: str) -> None:
    form = await press(rig, who, reported)
    [field] = rig.form_fields(form)
    await who.submit_modal(form, {field: "a real person"})


# ---------------------------------------------------------------------- approvals


async def test_a_question_that_no_channel_takes_is_asked_once_one_does(rig: Rig, log: Any):
    await rule(rig, approve_above=Decimal(1), confirm_above=None, log_channel=None)
    await agreed(rig.member, await rig.member.slash(rig.channel, "image generate", prompt="dear"))
    await rig.step()
    desk = rig.guild.create_text_channel("desk")
    closed(rig, desk)
    await rule(rig, approve_above=Decimal(1), approval_channel=desk.id, log_channel=log.id)
    await rig.step()
    assert own(rig, desk) == []
    another = rig.guild.create_text_channel("another desk")
    await rule(rig, approve_above=Decimal(1), approval_channel=another.id)
    await rig.step()
    await rig.step()
    assert len(own(rig, another)) == 1
    rig.advance(promises.GRACE_S)
    assert broken(rig) == []


async def test_a_channel_that_opens_again_gets_its_questions_and_one_alert_a_day_said_so(rig: Rig, log: Any):
    desk = rig.guild.create_text_channel("desk")
    path = f"/channels/{desk.id}/messages"
    rig.env.inject_error("POST", path, status=403, code=50013, message="no", times=1)
    await rule(rig, approve_above=Decimal(1), approval_channel=desk.id, log_channel=log.id)
    for member in (rig.member, other(rig, "eve")):
        await agreed(member, await member.slash(rig.channel, "image generate", prompt="dear"))
        await rig.step()
    assert own(rig, desk) == []
    assert len([each for each in own(rig, log) if "waiting for approval" in each.content]) == 1
    rig.advance(NO_CHANNEL_AGAIN_S)
    await rig.step()
    assert len(own(rig, desk)) == 2
