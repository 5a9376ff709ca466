"""Linked, retried and queued jobs pass the gate of new ones when they start."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.following import (
    ask,
    change_rules,
    charged,
    kept,
    pass_time,
    set_aside,
    the_job,
)
from tests.support.rig import Rig
from tests.support.settings_pages import block_member, set_review, switch_operation

ACTIVE = frozenset({"submitting", "queued", "processing"})


def running(rig: Rig) -> int:
    return sum(row.state in ACTIVE for row in kept(rig))


async def linked(rig: Rig, prompt: str = "a heron", cards: int = 3) -> None:
    """Ask for cards of four pictures that wait for a rewritten prompt."""
    for number in range(cards):
        await rig.member.slash(rig.channel, "image generate", prompt=f"{prompt} {number}", count=4, enhance=True)


async def most_running(rig: Rig, seconds: int) -> int:
    """Let time pass; return how many jobs ran at once at most."""
    most = 0
    for _ in range(seconds):
        await pass_time(rig, 1, 1)
        most = max(most, running(rig))
    return most


async def block(rig: Rig) -> None:
    done = await block_member(rig, rig.member)
    assert done.response.ephemeral


@pytest.mark.long
async def test_linked_jobs_keep_to_what_may_run_of_a_member(rig: Rig):
    await linked(rig)
    assert await most_running(rig, 240) == 3
    assert {row.state for row in kept(rig)} == {"delivered"}, "they all run in the end"
    assert set_aside(rig) == 0


@pytest.mark.long
async def test_linked_jobs_keep_to_what_may_run_on_a_server(rig: Rig):
    await change_rules(rig, running_per_member=20, running_per_server=5)
    await linked(rig)
    assert await most_running(rig, 240) == 5
    assert {row.state for row in kept(rig)} == {"delivered"}


@pytest.mark.long
async def test_a_pause_holds_linked_jobs_back_until_it_is_over(rig: Rig):
    await linked(rig, "a heron #fast", cards=1)
    await change_rules(rig, paused=True)
    await pass_time(rig, 120, 5)
    pictures = kept(rig)[1:]
    assert {row.state for row in pictures} == {"waiting"}
    assert rig.sandbox.posts == 1
    await change_rules(rig, paused=False)
    await pass_time(rig, 120, 5)
    assert {row.state for row in kept(rig)} == {"delivered"}


@pytest.mark.long
async def test_the_queued_and_linked_jobs_of_a_blocked_member_are_not_sent(rig: Rig):
    for number in range(3):
        await ask(rig, f"a heron {number} #forever")
    for number in range(3):
        queued = await ask(rig, f"a fox {number} #fast")
        assert queued.state == "waiting"
    await pass_time(rig, 10, 1)
    sent = rig.sandbox.posts
    await block(rig)
    waiting = [row for row in kept(rig) if row.prompt.startswith("a fox")]
    for row in kept(rig):
        if row.remote_id is not None:
            rig.sandbox.finish(row.remote_id)
    await pass_time(rig, 120, 5)
    assert rig.sandbox.posts == sent
    ended = [the_job(rig, row.id) for row in waiting]
    assert {row.state for row in ended} == {"cancelled"}
    assert all("blocked" in row.error for row in ended)
    assert set_aside(rig) == 0
    assert {row.state for row in kept(rig) if row.prompt.startswith("a heron")} == {"delivered"}, (
        "what was sent is paid"
    )


async def test_a_member_who_is_blocked_before_anything_was_sent_starts_no_linked_job(rig: Rig):
    await linked(rig, "a heron #fast", cards=1)
    await block(rig)
    await pass_time(rig, 120, 5)
    assert rig.sandbox.posts <= 1, "the one that was running already"
    assert {row.state for row in kept(rig)[1:]} == {"cancelled"}
    assert set_aside(rig) == 0


@pytest.mark.long
async def test_a_block_of_another_member_touches_nobody_else(rig: Rig):
    other = rig.guild.add_member(rig.env.create_user("bob"))
    await block_member(rig, other)
    await linked(rig, "a heron #fast", cards=1)
    await pass_time(rig, 120, 5)
    assert {row.state for row in kept(rig)} == {"delivered"}


@pytest.mark.parametrize("how", ["queued", "linked"])
async def test_an_operation_that_was_switched_off_since_is_not_started(rig: Rig, how: str):
    if how == "queued":
        running_ones = [await ask(rig, f"a heron {number} #forever") for number in range(3)]
        waiting = [await ask(rig, "a fox #fast")]
        await pass_time(rig, 10, 1)
    else:
        running_ones = []
        await linked(rig, "a heron #fast", cards=1)
        waiting = kept(rig)[1:]
    await switch_off(rig, "image.generate")
    sent = rig.sandbox.posts
    for job in running_ones:
        rig.sandbox.finish(the_job(rig, job.id).remote_id)
    await pass_time(rig, 120, 5)
    assert rig.sandbox.posts <= sent + (how == "linked"), "only the rewriting of the prompt is sent"
    ended = [the_job(rig, row.id) for row in waiting]
    assert {row.state for row in ended} == {"cancelled"}
    assert all("turned off" in row.error for row in ended)
    assert set_aside(rig) == 0


@pytest.mark.long
async def test_a_result_that_waits_for_review_still_takes_no_place(rig: Rig):
    desk = rig.guild.create_text_channel("review")
    await set_review(rig, channel=desk)
    for number in range(3):
        await ask(rig, f"a heron {number} #fast")
    await pass_time(rig, 60, 5)
    later = await ask(rig, "a fox #forever")
    await pass_time(rig, 30, 5)
    assert the_job(rig, later.id).state == "processing"
    assert charged(rig) == 0


async def switch_off(rig: Rig, operation: str) -> Any:
    return await switch_operation(rig, operation, "off")
