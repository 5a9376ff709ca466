"""Waiting, cold and warm, as a member sees it, with timestamps that cannot be."""

from __future__ import annotations

import re

import pytest

from tests.support.following import Row, ask, card_text, kept, tick, until_ended, until_running
from tests.support.rig import Rig


async def seen_after(rig: Rig, job: Row, took_s: float) -> float:
    """End the job's request `took_s` after now, and return how much later its result was posted, in seconds."""
    passed = 0.0
    while passed < took_s:
        await tick(rig)
        rig.advance(0.25)
        passed += 0.25
    rig.sandbox.finish(next(row for row in kept(rig) if row.id == job.id).remote_id or "")
    before = rig.clock.elapsed
    assert (await until_ended(rig, job.id, 300, 0.25)).state == "delivered"
    return rig.clock.elapsed - before


@pytest.mark.parametrize("took_s", [5])
async def test_the_first_job_of_its_kind_is_seen_soon_however_fast_it_is(rig: Rig, took_s: float):
    await rig.member.slash(rig.channel, "video generate", prompt="waves #forever")
    lag_s = await seen_after(rig, kept(rig)[-1], took_s)
    assert lag_s <= max(2.5, took_s * 1.2)


def promised_in_s(rig: Rig, job: Row) -> float:
    """Return in how many seconds the card says that the job is done."""
    [expected_at] = re.findall(r"expected <t:(\d+):R>", card_text(rig, job.id))
    return float(expected_at) - rig.clock.wall()


@pytest.mark.long
async def test_times_of_the_api_that_our_own_watch_contradicts_are_not_learned(rig: Rig):
    for number in range(8):
        job = await ask(rig, f"heron {number} #skewed")
        assert (await until_ended(rig, job.id, 300, 0.5)).state == "delivered"
    job = await ask(rig, "a fox #forever")
    await until_running(rig, job.id)
    assert 0 < promised_in_s(rig, job) < 60


async def test_a_job_with_times_that_cannot_be_is_delivered_with_the_time_that_it_took_here(rig: Rig):
    job = await ask(rig, "a heron #skewed")
    assert (await until_ended(rig, job.id, 300, 0.5)).state == "delivered"
    [seconds] = re.findall(r"took (\d+) s", card_text(rig, job.id))
    assert int(seconds) < 60
