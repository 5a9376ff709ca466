"""A process that dies at any point of a shoot-out's end: it ends once, with every vote, and its card says so."""

from __future__ import annotations

import contextlib

import pytest

from bot.domain.models import JobState, ShootoutPhase
from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from tests.support.rig import Rig
from tests.support.shootouts import MODELS, card_of, held, jobs_by_letter, over, stored, turn, vote
from tests.support.surface import settled_exactly


async def ended_once(rig: Rig, letter: str, votes: list[int]) -> None:
    found = await stored(rig)
    assert found.ended_at is not None
    assert [each.votes for each in found.entries] == votes
    phases = {each: job.shootout for each, job in (await jobs_by_letter(rig)).items()}
    assert [each for each, phase in phases.items() if phase is ShootoutPhase.WON] == [letter]
    assert f"**{letter} wins" in str((await card_of(rig)).embeds[0].description)
    await settled_exactly(rig)


@pytest.mark.parametrize("point", failpoints.SHOOTOUT_NAMES)
async def test_a_crash_in_the_end_leaves_one_end_with_every_vote(rig: Rig, point: str):
    await held(rig)
    await vote(rig, rig.member, "B")
    await vote(rig, rig.moderator, "B")
    failpoints.arm([point])
    with contextlib.suppress(Crash):
        await over(rig)
    assert failpoints.disarm() == []
    await rig.restart()
    await turn(rig)
    with rig.env.time_context():
        await rig.bot.parts.delivery.watch_free()
    for _ in range(20):  # the ticker spreads what it finds
        rig.advance(1)
        await rig.tick()
    await ended_once(rig, "B", [0, 2])


@pytest.mark.parametrize("point", failpoints.SHOOTOUT_NAMES)
async def test_a_crash_in_the_begin_leaves_one_vote_that_begins(rig: Rig, point: str):
    await rig.member.slash(rig.channel, "shootout", prompt="a fox #fast", models=MODELS)
    await rig.work()
    failpoints.arm([point])
    with contextlib.suppress(Crash):
        await turn(rig)
    assert failpoints.disarm() == []
    await rig.restart()
    await turn(rig)
    await vote(rig, rig.member, "A")
    await over(rig)
    await ended_once(rig, "A", [1, 0])


@pytest.mark.parametrize("point", failpoints.JOB_NAMES)
async def test_a_crash_in_the_life_of_its_jobs_delivers_each_once_or_refunds_it(rig: Rig, point: str):
    failpoints.arm([point])
    with contextlib.suppress(Crash):
        await rig.member.slash(rig.channel, "shootout", prompt="a fox #fast", models=MODELS)
        if point in failpoints._armed:
            await rig.work()
    failpoints.disarm()
    await rig.restart()
    await rig.work()
    assert len(rig.sandbox.requests) <= 2
    assert {job.state for job in await rig.jobs()} <= {JobState.DELIVERED, JobState.CANCELLED}
    await settled_exactly(rig)
    if any(job.state is JobState.DELIVERED for job in await rig.jobs()):
        await turn(rig)
        assert (await stored(rig)).ends_at is not None


async def test_end_now_and_the_round_at_once_end_it_once(rig: Rig):
    await held(rig)
    await vote(rig, rig.member, "A")
    jobs = await jobs_by_letter(rig)
    ends = [await rig.bot.parts.store.shootouts.advance(rig.guild.id, jobs["A"].card_id, end=True) for _ in range(3)]
    assert [each is not None for each in ends] == [True, False, False]
    await over(rig)
    assert [each.votes for each in (await stored(rig)).entries] == [1, 0]
