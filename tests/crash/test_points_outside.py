"""A crash at every point of a job that was requested outside servers: delivered once, or refunded."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest

from bot.domain.models import JobState
from bot.runtime import failpoints
from bot.runtime.failpoints import JOB_NAMES, Crash
from tests.support.elsewhere import elsewhere
from tests.support.rig import Rig

UNDONE = {"accept.before": [], "accept.stored": [JobState.CANCELLED]}
"""Where a crash leaves no job, or one of which Discord has heard nothing."""


@pytest.mark.parametrize("where", ["install", pytest.param("dm", marks=pytest.mark.long)])
@pytest.mark.parametrize("point", [each for each in JOB_NAMES if each != "recover.start"])
async def test_after_a_crash_outside_servers_a_job_is_delivered_once_or_refunded(rig: Rig, point: str, where: str):
    with elsewhere(rig) as outside:
        secret = await outside.link(rig.member)
        failpoints.arm([point])
        with contextlib.suppress(Crash):
            await outside.slash(where, "image generate", prompt="a heron #fast")
            if point in failpoints._armed:  # else the process has died before it answered
                await rig.work()
        assert failpoints.disarm() == []
        await rig.restart()
        await rig.work()
        store = rig.bot.parts.store
        jobs = await store.job_lists.recent(rig.member.id)
        assert [job.state for job in jobs] == UNDONE.get(point, [JobState.DELIVERED])
        messages = {m.id: m for m in (*outside.channel(where).history(), *rig.member.user.dm_channel.history())}
        posted = sum(len(m.attachments) for m in messages.values())
        assert posted == len(rig.sandbox.requests) == sum(job.state is JobState.DELIVERED for job in jobs)
        assert rig.sandbox.spent(secret) == sum((job.cost or Decimal(0) for job in jobs), Decimal(0))
        assert await store.check() == []
        assert (await store.own_accounts.sums(rig.member.id, 0.0)).held == 0
