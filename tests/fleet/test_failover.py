"""A fleet of real processes whose primary dies among running jobs, and whose standby takes its place."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from bot.domain.models import JobState
from sandbox.server import Sandbox
from tests.fleet.test_parts_of_a_fleet import exact, is_done
from tests.support.cable import cable_to
from tests.support.machine import slowness
from tests.support.postgres import DURABLE, running, standby_of
from tests.support.rig import HOST_KEY
from tests.support.wire.fleet import Fleet
from tests.support.wire.server import WireDiscord

pytestmark = pytest.mark.long

DATABASE = "fleet"
SPEED = 50.0
JOBS = 3
GOES_ON_S = 15.0
"""After the promotion every running job has ended, and new ones start."""


@pytest.mark.parametrize("trouble", ["it crashes", "it is cut off and lives on"])
async def test_jobs_go_on_on_the_promoted_standby_with_exact_books(tmp_path: Path, trouble: str):
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(running(DURABLE))
        standby = stack.enter_context(standby_of(primary))
        to_primary, to_standby = (stack.enter_context(cable_to(each)) for each in (primary, standby))
        primary.commit_on_standby()
        primary.new_database(DATABASE, "template0")
        url = f"postgresql://postgres@127.0.0.1:{to_primary.port},127.0.0.1:{to_standby.port}/{DATABASE}"
        async with WireDiscord() as discord, Sandbox(speed=SPEED, small=True) as sandbox:
            sandbox.add_key(HOST_KEY, credits=10_000)
            fleet = Fleet(discord, sandbox, tmp_path, url)
            async with fleet.running(2):
                replies = [await fleet.ask(f"fox {number} #forever") for number in range(JOBS)]
                await fleet.until(lambda: len(sandbox.requests) == JOBS)
                await asyncio.to_thread(primary.crash if trouble == "it crashes" else to_primary.partition)
                for request in sandbox.requests:
                    sandbox.finish(request.id)
                await asyncio.to_thread(standby.promote)
                promoted_at = asyncio.get_running_loop().time()
                await fleet.until(lambda: all(reply.message.attachments for reply in replies), 120)
                took_s = asyncio.get_running_loop().time() - promoted_at
                await fresh_job(fleet)
                await fleet.until(lambda: is_done(fleet), 120)
            fleet.database = standby.dsn(DATABASE)
            assert exact(fleet) == [JobState.DELIVERED] * (JOBS + 1)
            async with fleet.store() as store:
                assert await store.check() == []
        print(f"{trouble}: jobs went on {took_s:.1f} s after the promotion")  # noqa: T201 - the figure, for -s
        assert took_s < GOES_ON_S * slowness()


async def fresh_job(fleet: Fleet) -> None:
    """Let a member ask until the process with its shard has the new primary, too; return once the result is there."""
    while True:
        reply = await fleet.ask("a wolf #fast")
        if "nothing was saved" not in reply.message.content:
            break
    await fleet.until(lambda: reply.message.attachments, 120)
