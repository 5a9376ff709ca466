"""The buttons on the host's reports: for the host alone, after any restart, and with no word of a member."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.domain.custom_ids import unsigned
from bot.errors import Refused
from cogs.ui.controls import Control, view_of
from cogs.ui.texts import HOST_ONLY
from tests.discord.host.conftest import Reported
from tests.support.surface import labels, nothing_happened, private_sentence, whole

PAUSED = "⚠️ The host of this bot has paused new jobs, so nothing was charged. Running jobs still finish."
CRANE = "a paper crane over the harbor"


async def alert(reported: Reported) -> discord.Message:
    await reported.round(disk_free=1)
    return reported.messages()[0]


def said(answer: Any) -> str:
    assert answer.ephemeral
    return str(answer.response.embeds[0].description)


async def test_doctor_answers_privately_and_fits(reported: Reported):
    message = await alert(reported)
    await reported.restart()
    page = said(await reported.host.click(message, label="Doctor"))
    assert page.startswith("```\nversions\n  cannon-bot")
    assert "HOST_REPORTS" in page
    assert len(page) <= 4096
    assert "cs_test_host" not in page


async def test_jobs_that_wait_are_listed_without_a_members_words(reported: Reported):
    message = await alert(reported)
    assert said(await reported.host.click(message, label="Jobs that wait")) == "No job waits: all have ended."
    await reported.rig.member.slash(reported.rig.channel, "image generate", prompt=CRANE)
    [job] = await reported.rig.jobs()
    reported.rig.advance(300)
    await reported.restart()
    listed = said(await reported.host.click(message, label="Jobs that wait"))
    assert listed == f"1 of 1 open jobs, the oldest first:\n`{job.id}` submitting, 5 min old: is sent"
    assert CRANE not in listed


async def test_paused_jobs_stay_paused_after_a_restart_until_they_are_resumed(reported: Reported):
    rig, message = reported.rig, await alert(reported)
    await rig.member.slash(rig.channel, "image generate", prompt=f"{CRANE} #fast")
    answer = await reported.host.click(message, label="Pause new jobs")
    assert answer.followups[-1].embeds[0].description.startswith("New paid jobs are paused on every server")
    assert labels(reported.messages()[0])[-1] == "Resume new jobs"
    await reported.restart()
    refused = await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    assert f"⚠️ {private_sentence(refused)}" == PAUSED
    await rig.work()
    [job] = await rig.jobs()
    assert job.state == "delivered", "what runs still finishes"
    again = await reported.host.click(reported.messages()[0], label="Resume new jobs")
    assert again.followups[-1].embeds[0].description == "New paid jobs can start again."
    assert labels(reported.messages()[0])[-1] == "Pause new jobs"
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    assert len(await rig.jobs()) == 2


async def test_a_rerun_is_paused_too(reported: Reported):
    rig, message = reported.rig, await alert(reported)
    await rig.member.slash(rig.channel, "image generate", prompt=f"{CRANE} #fast")
    await rig.work()
    await reported.host.click(message, label="Pause new jobs")
    [result] = rig.messages()
    pressed = await rig.member.click(result, label=whole(result, "Re-run"))
    assert f"⚠️ {private_sentence(pressed)}" == PAUSED
    assert len(await rig.jobs()) == 1


async def test_without_reports_nothing_is_paused_since_no_button_could_end_it(reported: Reported):
    await reported.host.click(await alert(reported), label="Pause new jobs")
    await reported.restart(host_reports=None)
    await reported.rig.member.slash(reported.rig.channel, "image generate", prompt="a fox")
    assert len(await reported.rig.jobs()) == 1


async def test_a_silenced_rule_reports_nothing_for_an_hour(reported: Reported):
    message = await alert(reported)
    assert said(await reported.host.click(message, label="Silence 1 h")).startswith(
        "This rule reports nothing until <t:"
    )
    await reported.round()
    [embed] = reported.messages()[0].embeds
    assert [each.name for each in embed.fields] == ["What to do", "Since", "Silenced until"]
    await reported.restart()
    await reported.round(disk_free=10**12)
    await reported.round(after_s=60.0)
    await reported.round(after_s=1000.0, disk_free=1, has_second_copy=True)
    assert [each.embeds[0].title for each in reported.messages()] == [
        "🔴 Another copy runs with the same token", "✅ Over: The disk is nearly full",
    ]  # fmt: skip
    await reported.round(after_s=3600.0)
    assert reported.messages()[0].embeds[0].title == "🟠 The disk is nearly full"


ACTIONS = ("host_doctor", "host_jobs", "host_pause", "host_resume", "host_silence")


@pytest.mark.parametrize("action", ACTIONS)
async def test_only_the_host_may_press(reported: Reported, action: str):
    rig = reported.rig
    with rig.env.time_context():
        channel = rig.bot.get_channel(rig.channel.id)
        forged = await channel.send("Press it", view=view_of([Control.button(action, "disk", label="It")]))
    assert private_sentence(await rig.member.click(forged, label="It")) == str(HOST_ONLY)
    assert (rig.bot.parts.pause.since, await rig.bot.parts.store.host_alerts.all()) == (None, {})
    await nothing_happened(rig)


async def test_custom_ids_are_those_of_the_first_version(reported: Reported):
    message = await alert(reported)
    ids = [unsigned(each.custom_id) for row in message.components for each in row.children]
    assert ids == ["c1:host_silence:disk", "c1:host_doctor:all", "c1:host_jobs:all", "c1:host_pause:all"]


async def test_an_unknown_rule_cannot_be_silenced(reported: Reported):
    with pytest.raises(Exception, match="no such rule") as raised:
        await reported.rig.bot.parts.host_desk.silence("moon")
    assert not isinstance(raised.value, Refused)
