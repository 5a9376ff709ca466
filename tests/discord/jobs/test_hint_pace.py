"""Webhooks bring a job's polls forward, at most once in two seconds, and none is lost."""

from __future__ import annotations

import aiohttp
import pytest

from bot.jobs.follow.agenda import HINT_PACE_S
from bot.jobs.worker import Worker
from tests.support.following import Row, ask, kept, until_running
from tests.support.rig import Rig, running
from tests.support.surface import of, watch

TICK_S = 0.25


async def job_that_never_ends(rig: Rig) -> Row:
    """Return a job whose own polls are far apart."""
    job = await ask(rig, "waves #forever")
    await until_running(rig, job.id)
    worker: Worker = rig.bot.parts.worker
    while worker.agenda.jobs[job.id].due - rig.clock.monotonic() < 10 * HINT_PACE_S:
        await rig.step()
        rig.advance(5.0)
    return job


def hint(rig: Rig, job: Row) -> None:
    assert rig.bot.parts.webhooks.receive(rig.bot.parts.webhook_tokens.token(job.id))


async def polls_in(rig: Rig, seconds: float, *, flood: Row | None = None) -> list[float]:
    """Let time pass, with a webhook at each tick; return when, from now on, polls were made."""
    calls = watch(rig)
    found = []
    for tick in range(int(seconds / TICK_S)):
        if flood is not None:
            for _ in range(5):
                hint(rig, flood)
        before = len(of(calls, "get"))
        await rig.step()
        found += [tick * TICK_S] * (len(of(calls, "get")) - before)
        rig.advance(TICK_S)
    return found


@pytest.mark.long
async def test_what_comes_between_makes_one_poll_at_the_end_of_the_pace(rig: Rig):
    job = await job_that_never_ends(rig)
    hint(rig, job)
    assert await polls_in(rig, 1) == [0.0]
    for _ in range(50):
        hint(rig, job)
    assert await polls_in(rig, 5) == [1.0]
    hint(rig, job)
    assert await polls_in(rig, 1) == [0.0]  # the pace is over: at once again


@pytest.mark.long
async def test_a_hint_between_two_polls_of_the_schedule_is_seen_by_the_next_one(rig: Rig):
    job = await job_that_never_ends(rig)
    hint(rig, job)
    await polls_in(rig, 0.5)
    rig.sandbox.finish(next(row for row in kept(rig) if row.id == job.id).remote_id or "")
    hint(rig, job)
    passed = 0.0
    while next(row for row in kept(rig) if row.id == job.id).state != "delivered":
        assert passed <= HINT_PACE_S
        await rig.step()
        rig.advance(TICK_S)
        passed += TICK_S


async def test_the_flood_comes_over_the_port_and_is_answered(tmp_path):
    async with running(tmp_path, public_url="https://bot.example.org", http_port=0) as rig:
        await rig.bot.parts.http.start()
        job = await job_that_never_ends(rig)
        calls = watch(rig)
        path = f"/webhooks/{rig.bot.parts.webhook_tokens.token(job.id)}"
        async with aiohttp.ClientSession(rig.bot.parts.http.webhook_address) as session:
            for _ in range(50):
                async with session.post(path, json={"status": "succeeded"}) as answer:
                    assert answer.status == 202
                await rig.step()
        assert len(of(calls, "get")) == 1
