"""Operations that Cannon Studio no longer names are marked wherever they are offered, and come last there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.models import Job
from bot.generation.again.next_steps import NextSteps
from cogs.results.buttons import of_result
from tests.discord.workflows.test_cautions import withdraw
from tests.support.rig import Rig
from tests.support.settings_pages import opened, page_text

MARK = "no longer offered by Cannon Studio"


def texts_of(result: Any) -> list[str]:
    messages = [message for message in (result.response, *result.followups) if message is not None]
    return [line for message in messages for embed in message.embeds for line in embed.description.splitlines()]


async def test_help_marks_them_and_nothing_else(rig: Rig):
    withdraw(rig, "video.upscale")
    marked = [line for line in texts_of(await rig.member.slash(rig.channel, "help", topic="finish")) if MARK in line]
    assert len(marked) == 1
    assert "/finish upscale:" in marked[0]


async def test_the_list_of_operations_marks_them(rig: Rig):
    withdraw(rig, "video.upscale", "lipsync.generate")
    lines = page_text(await opened(rig, "operations")).splitlines()
    marked = [line for line in lines if "no longer offered by Cannon Studio" in line]
    assert len(marked) == 2
    assert all("Upscale Video" in line or "Generate Lip Sync" in line for line in marked)


@pytest.mark.parametrize("command", ["batch"])
async def test_choices_have_them_last_with_a_mark(rig: Rig, command: str):
    withdraw(rig, "image.generate")
    mod, found = rig.moderator, "image.generate"
    offered = await mod.autocomplete(rig.channel, command, "operation", "image")
    assert offered[-1]["value"] == found
    assert offered[-1]["name"] == "No longer offered: Generate Image (image.generate)"
    assert all("No longer" not in each["name"] for each in offered[:-1])


async def test_next_steps_have_them_last_and_leave_out_what_another_replaces(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await rig.work()
    [job] = await rig.jobs()
    steps = rig.bot.get(NextSteps)
    medium = await steps.medium_of(job)
    assert medium is not None
    first, *others = steps.fitting(rig.guild.id, medium)
    withdraw(rig, first.id)
    assert [each.id for each in steps.fitting(rig.guild.id, medium)] == [*(each.id for each in others), first.id]
    [message] = rig.messages()
    asked = await rig.member.click(message, label="Next step…")
    options = asked.response.components[0]["components"][0]["options"]
    assert options[-1]["value"] == first.id
    assert "No longer offered" in options[-1]["description"]
    assert [each.get("description") for each in options[:-1]] == [None] * len(others)
    catalogue = rig.bot.catalogue
    renamed = replace(first, id="image.other", offered=True)
    rig.bot.live_catalogue._current = catalogue.replaced([*catalogue.operations.values(), renamed], {})
    left = [each.id for each in steps.fitting(rig.guild.id, medium)]
    assert "image.other" in left
    assert first.id not in left


async def test_a_result_of_such_an_operation_leads_onward_first(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await rig.work()
    [job] = await rig.jobs()
    assert buttons(rig, job)[-1] == "Next step…"
    withdraw(rig, "image.generate")
    first, *again = buttons(rig, job)
    assert first == "Next step…"
    assert again[1].startswith("Re-run")


def buttons(rig: Rig, job: Job) -> list[str]:
    return [str(item.item.label) for item in of_result(rig.bot, job)]  # type: ignore[attr-defined]
