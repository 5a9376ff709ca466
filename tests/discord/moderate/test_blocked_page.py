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


@pytest.mark.parametrize(
    ("chosen", "days"), [("1d", 1), pytest.param("1w", 7, marks=pytest.mark.long), ("4w", 28), ("-", None)]
)
async def test_a_duration_is_chosen(rig: Rig, eve: Any, chosen: str, days: int | None):
    await block_member(rig, eve, For_how_long=chosen)
    assert await until(rig, eve) == (None if days is None else pytest.approx(rig.clock.wall() + days * DAY_S))


async def test_another_duration_replaces_the_choice(rig: Rig, eve: Any):
    await block_member(rig, eve, For_how_long="1d", Another_duration="12h")
    assert await until(rig, eve) == pytest.approx(rig.clock.wall() + DAY_S / 2)


async def test_the_form_names_whom_it_blocks_and_for_good_unless_another_is_chosen(rig: Rig, eve: Any):
    shown = await choose(rig, await opened(rig, "blocked"), "block_member", eve)
    assert f"<@{eve.id}>" in str(shown.modal)
    assert [each["value"] for each in inputs(shown)["For how long?"]["options"] if each.get("default")] == ["-"]


async def test_a_bot_is_not_blocked(rig: Rig):
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


async def test_who_is_no_moderator_any_more_blocks_and_unblocks_nobody(rig: Rig, eve: Any):
    bob = rig.guild.add_member(rig.env.create_user("bob"))
    await block_member(rig, bob)
    page = await opened(rig, "blocked")
    shown = await choose(rig, page, "block_member", eve)
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    assert "Only moderators" in private_sentence(await send(rig, shown))
    assert "Only moderators" in private_sentence(await choose(rig, page, "block_member", eve))
    assert "Only moderators" in private_sentence(await choose(rig, page, "unblock_member", str(bob.id)))
    assert [each.member_id for each in await rig.bot.parts.store.blocks.all(rig.guild.id)] == [bob.id]


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
