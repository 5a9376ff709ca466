"""The page Blocked members of the settings: its form, its list, who may, and after a restart."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rig import Rig
from tests.support.settings_pages import block_member, choose, opened, page_text, send, unblock_member
from tests.support.surface import inputs, parts, private_sentence

DAY_S = 86_400


@pytest.fixture
def eve(rig: Rig) -> Any:
    return rig.guild.add_member(rig.env.create_user("eve"))


async def until(rig: Rig, member: Any) -> float | None:
    block = await rig.bot.parts.store.blocks.active(rig.guild.id, member.id)
    assert block is not None
    return block.until


async def test_a_duration_is_chosen_or_typed_for_a_member_that_the_form_names(rig: Rig, eve: Any):
    shown = await choose(rig, await opened(rig, "blocked"), "block_member", eve)
    assert f"<@{eve.id}>" in str(shown.modal)
    assert [each["value"] for each in inputs(shown)["For how long?"]["options"] if each.get("default")] == ["-"]
    for days, given in (
        (1, {"For_how_long": "1d"}),
        (28, {"For_how_long": "4w"}),
        (None, {"For_how_long": "-"}),
        (0.5, {"For_how_long": "1d", "Another_duration": "12h"}),
    ):
        await block_member(rig, eve, **given)
        assert await until(rig, eve) == (None if days is None else pytest.approx(rig.clock.wall() + days * DAY_S))
        await unblock_member(rig, eve)
    helper = rig.guild.add_member(rig.env.create_user("helper", bot=True))
    refused = await choose(rig, await opened(rig, "blocked"), "block_member", helper)
    assert "not a bot" in private_sentence(refused)


async def test_the_page_works_on_after_a_restart(rig: Rig, eve: Any):
    page = await opened(rig, "blocked")
    await rig.restart()
    await send(rig, await choose(rig, page, "block_member", eve), Reason="*spam*")
    text = page_text(await opened(rig, "blocked"))
    assert f"• <@{eve.id}> · until unblocked · \\*spam\\* · blocked by <@{rig.moderator.id}>" in text
    await unblock_member(rig, eve)
    assert await rig.bot.parts.store.blocks.active(rig.guild.id, eve.id) is None


async def test_a_long_list_is_shown_in_parts_and_each_can_be_unblocked(rig: Rig):
    for number in range(23):
        await rig.bot.parts.store.blocks.add(rig.guild.id, 10**17 + number, until=None, reason="x" * 300, by_id=1)
    page = await opened(rig, "blocked")
    seen = page_text(page)
    for part in (1, 2):
        assert len(page_text(page)) <= 4096
        page = (await rig.moderator.click(page, custom_id=f"c1:set_page:blocked.{part}")).response
        seen += page_text(page)
    assert all(f"<@{10**17 + number}>" in seen for number in range(23))
    assert "Next ▶" not in [each.get("label") for each in parts(page)]
    [last, *_] = [each["options"][0]["value"] for each in parts(page) if each["custom_id"].startswith("c1:unblock")]
    await choose(rig, page, "unblock_member", last)
    assert len(await rig.bot.parts.store.blocks.all(rig.guild.id)) == 22
