"""Where webhooks arrive, jobs are polled once they have come; where one does not, it is missed, and polls are back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.jobs.follow.webhook_hints import TRUSTED_AFTER
from tests.support.following import Row, ask, the_job
from tests.support.rig import Rig, running
from tests.support.surface import of, watch

TICK_S = 0.25
LONG_S = 120.0


@pytest.fixture
async def hooked(tmp_path: Path) -> AsyncIterator[Rig]:
    """A bot with a public address. The webhooks of the sandbox are lost: those that arrive are the test's."""
    async with running(tmp_path, public_url="https://bot.example.org", http_port=0) as rig:
        rig.sandbox.fault("webhook", "lost", times=None)
        yield rig


def is_done(rig: Rig, job: Row) -> bool:
    remote_id = the_job(rig, job.id).remote_id
    return remote_id is not None and rig.sandbox.request(remote_id).has_ended(rig.clock.wall())


async def followed(rig: Rig, job: Row, *, hinted: bool) -> tuple[int, float]:
    """Let a job be delivered, its webhook coming when it is done; return how many polls it took and how late it was."""
    calls, done_at = watch(rig), None
    until = rig.clock.elapsed + LONG_S
    while the_job(rig, job.id).state != "delivered":
        assert rig.clock.elapsed < until
        if done_at is None and is_done(rig, job):
            done_at = rig.clock.elapsed
            if hinted:
                assert rig.bot.parts.webhooks.receive(rig.bot.parts.webhook_tokens.token(job.id))
        await rig.step()
        rig.advance(TICK_S)
    assert done_at is not None
    return len(of(calls, "get")), rig.clock.elapsed - done_at


@pytest.mark.long
async def test_once_webhooks_have_come_a_job_is_polled_once_and_at_once(hooked: Rig):
    for _ in range(TRUSTED_AFTER):
        await followed(hooked, await ask(hooked, "a heron"), hinted=True)
    for _ in range(3):
        polls, lag_s = await followed(hooked, await ask(hooked, "a heron"), hinted=True)
        assert polls == 1
        assert lag_s <= 2 * TICK_S


@pytest.mark.long
async def test_a_webhook_that_is_lost_is_missed_and_polls_are_back(hooked: Rig):
    for _ in range(TRUSTED_AFTER):
        await followed(hooked, await ask(hooked, "a heron"), hinted=True)
    lost_polls, _ = await followed(hooked, await ask(hooked, "a heron"), hinted=False)
    assert lost_polls == 1
    polls, lag_s = await followed(hooked, await ask(hooked, "a heron"), hinted=False)
    assert polls > 1
    assert lag_s < 5
