"""What people type who come from other bots: ratios with an x, flags in a prompt; and two videos by one command."""

from __future__ import annotations

import pytest

from tests.support.menus import sent
from tests.support.prices import all_priced
from tests.support.rig import Rig
from tests.support.surface import agreed, nothing_happened


async def make(rig: Rig, command: str, **options: object):
    await all_priced(rig, rig.guild.id)
    result = await rig.member.slash(rig.channel, command, **options)
    await rig.work()
    return result


@pytest.mark.parametrize("typed", ["16x9", "16/9", "16×9", "16 X 9"])
async def test_a_ratio_is_sent_with_a_colon_however_it_was_typed(rig: Rig, typed: str):
    await make(rig, "image generate", prompt="a fox", aspect_ratio=typed)
    assert sent(rig)[1]["aspect_ratio"] == "16:9"


async def test_what_a_prompt_is_made_without_is_said_before_it_is_paid(rig: Rig):
    asked = await make(rig, "image generate", prompt="--ar 16:9 a fox --v 7 in the snow")
    assert asked.response.ephemeral
    assert asked.response.content.startswith(
        "⚠️ I'll leave out \\--v 7: there are no such options here.\nThis will cost"
    )
    await nothing_happened(rig)
    await agreed(rig.member, asked)
    await rig.work()
    assert (sent(rig)[1]["prompt"], sent(rig)[1]["aspect_ratio"]) == ("a fox in the snow", "16:9")


async def test_one_command_makes_two_videos(rig: Rig):
    await make(rig, "video generate", prompt="waves", count=2)
    jobs = await rig.jobs()
    assert [job.operation for job in jobs] == ["video.generate"] * 2
    assert len({job.card_id for job in jobs}) == 1
