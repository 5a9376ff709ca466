"""Results that members report: to the log channel, once each, and what moderators do about it by buttons."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Job
from bot.domain.server.guild_rules import Limit, Period, Scope
from cogs.ui.controls import Control, view_of
from tests.support.channels import rule
from tests.support.reacting import in_channel, other
from tests.support.results import block, picture
from tests.support.rig import Rig
from tests.support.surface import labels, post_log, private_sentence

BUTTONS = ["Remove result", "Refund", "Block author", "Dismiss"]


@pytest.fixture
async def log(rig: Rig) -> Any:
    channel = rig.guild.create_text_channel("log")
    await rule(rig, log_channel=channel.id)
    return channel


@pytest.fixture
def eve(rig: Rig) -> Any:
    return other(rig, "eve")


async def press(rig: Rig, who: Any, job: Job) -> Any:
    """Press Report, as the menus of a result have it."""
    channel = rig.bot.get_channel(rig.channel.id)
    with rig.env.time_context():
        message = await channel.send("x", view=view_of([Control.button("report", job.id, label="Report")]))  # type: ignore[union-attr]
    return await who.click(message, label="Report")


async def report(rig: Rig, who: Any, job: Job, reason: str = "a real *person*") -> Any:
    form = await press(rig, who, job)
    [field] = rig.form_fields(form)
    return await who.submit_modal(form, {field: reason})


async def reported(rig: Rig, log: Any, who: Any) -> tuple[Job, Any]:
    """Return a result of the member that was reported, and its line in the log channel."""
    _, job = await picture(rig)
    answer = await report(rig, who, job)
    assert answer.ephemeral
    await post_log(rig)
    return job, in_channel(rig, log)[-1]


async def kinds(rig: Rig) -> list[str]:
    return [line.kind for line in await rig.bot.parts.store.decisions.all(rig.guild.id)]


async def test_each_member_reports_a_result_once_and_nobody_their_own(rig: Rig, log: Any, eve: Any):
    job, line = await reported(rig, log, eve)
    assert f"<@{eve.id}>" in line.content
    assert f"<@{rig.member.id}>" in line.content
    assert "a real \\*person\\*" in line.content
    assert f"/{rig.channel.id}/{job.message_id}" in line.content
    assert labels(line) == BUTTONS
    assert "can't report this" in private_sentence(await press(rig, eve, job))
    assert "it is your own" in private_sentence(await press(rig, rig.member, job))
    sue = other(rig, "sue")
    for form in [await press(rig, sue, job), await press(rig, sue, job)]:
        [field] = rig.form_fields(form)
        await sue.submit_modal(form, {field: "no"})
    assert await kinds(rig) == ["report", "report"]


async def test_blocked_members_report_nothing_and_nothing_is_reported_where_nobody_reads(rig: Rig, log: Any, eve: Any):
    _, job = await picture(rig)
    await rule(rig, log_channel=None)
    assert "no log channel" in private_sentence(await press(rig, eve, job))
    await rule(rig, log_channel=log.id)
    await block(rig, eve)
    assert private_sentence(await press(rig, eve, job))
    assert await kinds(rig) == []


async def test_moderators_act_on_a_report_each_way_once(rig: Rig, log: Any, eve: Any):
    job, line = await reported(rig, log, eve)
    for label in BUTTONS:
        assert private_sentence(await eve.click(line, label=label))
    everyone = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(1))
    await rig.bot.parts.store.limits.set(rig.guild.id, everyone, by_id=1)
    await rig.moderator.click(line, label="Refund")
    assert private_sentence(await rig.moderator.click(line, label="Refund"))
    [grant] = await rig.bot.parts.store.grants.of_member(rig.guild.id, rig.member.id)
    assert grant.credits == job.cost
    asked = await rig.moderator.click(line, label="Block author")
    assert asked.ephemeral
    assert await kinds(rig) == ["grant", "report"]
    await rig.moderator.click(asked.response, label="Block for 7 days")
    found = await rig.bot.parts.store.blocks.active(rig.guild.id, rig.member.id)
    assert found is not None
    assert found.until == pytest.approx(rig.clock.wall() + 7 * 24 * 3600)
    asked = await rig.moderator.click(line, label="Remove result")
    await rig.moderator.click(asked.response, label="Remove the result")
    assert job.message_id not in [message.id for message in rig.messages()]
    assert await kinds(rig) == ["removal", "block", "grant", "report"]


async def test_a_moderator_dismisses_a_report_after_a_restart_too(rig: Rig, log: Any, eve: Any):
    _, line = await reported(rig, log, eve)
    await rig.restart()
    await rig.moderator.click(line, label="Dismiss")
    [shown] = [message for message in in_channel(rig, log) if message.id == line.id]
    assert shown.content.startswith(line.content)
    assert f"Dismissed by <@{rig.moderator.id}>" in shown.content
    assert labels(shown) == []
    assert await kinds(rig) == ["dismissal", "report"]


async def test_who_was_refused_can_be_blocked_from_the_line_and_no_moderator_blocks_themselves(rig: Rig, log: Any):
    await rule(rig, paused=True)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.moderator.slash(rig.channel, "image generate", prompt="a fox")
    await post_log(rig)
    lines = in_channel(rig, log)
    assert [labels(line) for line in lines] == [["Block member"]] * 2
    asked = await rig.moderator.click(lines[0], label="Block member")
    await rig.moderator.click(asked.response, label="Block permanently")
    found = await rig.bot.parts.store.blocks.active(rig.guild.id, rig.member.id)
    assert found is not None
    assert found.until is None
    own = await rig.moderator.click(lines[1], label="Block member")
    refused = await rig.moderator.click(own.response, label="Block permanently")
    assert "not yourself" in private_sentence(refused)
