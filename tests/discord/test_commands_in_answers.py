"""Commands that a private answer names are ones that members can click, and read in their own language."""

from __future__ import annotations

import pytest

from tests.support.rig import Rig


@pytest.mark.parametrize("named", ["jobs", "studio key", "image generate", "help", "me"])
async def test_a_command_in_an_answer_can_be_clicked(rig: Rig, named: str):
    sync = rig.bot.parts.command_sync
    clickable = sync.mention(named)
    assert clickable.startswith(f"</{named}:")
    assert sync.linked(f"Use `/{named}`, then `/{named}`.") == f"Use {clickable}, then {clickable}."


@pytest.mark.parametrize(
    "text",
    ["`/audio`", "`/audio gone`", "`/gone`", "`/help all`", "`private`", "/jobs", "`jobs list`",
     "```/jobs```", "`/help me`", "</jobs:1>", ""],
)  # fmt: skip
async def test_what_is_no_command_stays_as_it_is(rig: Rig, text: str):
    assert rig.bot.parts.command_sync.linked(text) == text


async def test_before_discord_has_given_ids_commands_stay_as_they_are_written(rig: Rig):
    rig.bot.parts.command_sync._ids = {}
    assert rig.bot.parts.command_sync.linked("Use `/jobs`.") == "Use `/jobs`."


async def test_a_refusal_names_a_command_that_can_be_clicked(rig: Rig):
    result = await rig.member.slash(rig.channel, "image generate", prompt="x", preset="nope")
    assert result.response.content.endswith(f"Open {rig.bot.parts.command_sync.mention('me')} to see your presets.")
