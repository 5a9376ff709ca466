"""A key that answers 429 is asked less by everything in the process, and all its jobs end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.cannon.budgets import MINUTE_S, Call
from tests.support.following import another_server, ask, kept, pass_time, until_ended
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import Call as Made
from tests.support.surface import of, watch

WATCHED = {"get", "submit", "status"}


def most_in_a_minute(calls: list[Made], since: float) -> int:
    at = [call.at for call in calls if call.where in WATCHED and call.key == HOST_KEY and call.at >= since]
    return max((sum(start <= each < start + MINUTE_S for each in at) for start in at), default=0)


@pytest.mark.parametrize("limit", ["retry_after"])
async def test_jobs_of_a_key_with_a_limit_all_end_and_none_is_polled_too_soon(rig: Rig, limit: str):
    servers = [another_server(rig, f"Server {number}") for number in range(4)]
    rig.sandbox.vary(poll_limit=limit)
    calls = watch(rig)
    jobs = [await ask(rig, f"fox {number} #slow", server=server) for server in servers for number in range(3)]
    for job in jobs:
        assert (await until_ended(rig, job.id, 30 * MINUTE_S, 1)).state == "delivered"
    assert {job.state for job in kept(rig)} == {"delivered"}
    by_request: dict[str | None, list[float]] = {}
    for call in of(calls, "get"):
        by_request.setdefault(call.target, []).append(call.at)
    assert min(later - earlier for at in by_request.values() for earlier, later in pairwise(at)) >= 2.0


async def test_after_a_429_the_key_is_asked_no_more_than_its_budget(rig: Rig):
    servers = [another_server(rig, f"Server {number}") for number in range(4)]
    for server in servers:
        for number in range(3):
            await ask(rig, f"fox {number} #forever", server=server)
    await pass_time(rig, MINUTE_S / 2, 1)
    rig.sandbox.fault("get", "flood")
    calls = watch(rig)
    while not of(calls, "get"):
        await pass_time(rig, 0.5, 0.5)
    since = rig.clock.elapsed
    budget = rig.bot.parts.worker.key_waits.budgets.of(HOST_KEY, Call.POLL)
    before = budget.a_minute(rig.clock.monotonic())
    assert before < 200  # half of the pace: each of the twelve is polled about every 2 s
    await pass_time(rig, 3 * MINUTE_S, 0.5)
    after = budget.a_minute(rig.clock.monotonic())
    assert before < after
    assert before / 3 < most_in_a_minute(calls, since) <= after + 1
