"""Where a reaction spends its author's credits, a member spends them once for each message."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.reacting import made, newest, other
from tests.support.rig import Rig
from tests.support.settings_pages import add_emoji


@pytest.fixture
async def paid_by_author(rig: Rig) -> None:
    await add_emoji(rig, "🔁", "rerun", Who_pays="author")


async def again_and_again(rig: Rig, member: Any, message: Any, times: int) -> None:
    for _ in range(times):
        await member.react(message, "🔁")
        await rig.work()
        await member.unreact(message, "🔁")
        rig.advance(61)


async def test_taking_a_reaction_back_does_not_let_it_spend_once_more(rig: Rig, paid_by_author: None):
    message, eve = await made(rig), other(rig, "eve")
    await again_and_again(rig, eve, message, 4)
    assert len(await rig.jobs()) == 2
    assert {job.author_id for job in await rig.jobs()} == {rig.member.id}


async def test_not_after_a_restart_or_a_moderators_clearing_either(rig: Rig, paid_by_author: None):
    message, eve = await made(rig), other(rig, "eve")
    await again_and_again(rig, eve, message, 1)
    await rig.restart()
    await again_and_again(rig, eve, message, 2)
    assert len(await rig.jobs()) == 2


@pytest.mark.long
async def test_each_member_and_each_message_has_its_own(rig: Rig, paid_by_author: None):
    message, eve, bob = await made(rig), other(rig, "eve"), other(rig, "bob")
    await again_and_again(rig, eve, message, 2)
    await again_and_again(rig, bob, message, 2)
    assert len(await rig.jobs()) == 3
    await again_and_again(rig, eve, newest(rig), 2)
    assert len(await rig.jobs()) == 4


async def test_who_pays_themselves_may_do_so_again(rig: Rig):
    message, eve = await made(rig), other(rig, "eve")
    await again_and_again(rig, eve, message, 3)
    assert len(await rig.jobs()) == 4
    assert [job.author_id for job in await rig.jobs()].count(eve.id) == 3


@pytest.mark.long
async def test_authors_spend_their_own_credits_as_often_as_they_like(rig: Rig, paid_by_author: None):
    await again_and_again(rig, rig.member, await made(rig), 3)
    assert len(await rig.jobs()) == 4
