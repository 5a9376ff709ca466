"""A key that answers 429 is asked less by everything in the process, and all its jobs end."""

from __future__ import annotations

import pytest

from bot.cannon.budgets import MINUTE_S, Call
from tests.support.following import DAY_S, another_server, ask, change_rules, pass_time
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import Call as Made
from tests.support.surface import of, watch

WATCHED = {"get", "submit", "status"}


def most_in_a_minute(calls: list[Made], since: float) -> int:
    at = [call.at for call in calls if call.where in WATCHED and call.key == HOST_KEY and call.at >= since]
    return max((sum(start <= each < start + MINUTE_S for each in at) for start in at), default=0)


@pytest.mark.long
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


@pytest.mark.long
@pytest.mark.parametrize("before", [0, 7])
async def test_one_429_to_a_poll_makes_results_no_more_than_some_seconds_late(rig: Rig, before: int):
    await change_rules(rig, running_per_member=30, running_per_server=30)
    took: list[float] = []
    for is_refused in (False, True):
        await rig.restart(after_s=DAY_S)
        for _ in range(before):
            await ask(rig)
            await pass_time(rig, MINUTE_S / before, 0.5, even=True)
        for _ in range(24):
            await ask(rig)
        since = rig.clock.elapsed
        if is_refused:
            rig.sandbox.fault("get", "status", times=1, status=429)
        await rig.work()
        took.append(rig.clock.elapsed - since)
    assert took[1] < took[0] + 10
