"""A fleet of real processes among everything that can go wrong between them: exact books, and the others go on."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from bot.jobs.follow.claims import CLAIM_EVERY_S
from bot.jobs.turns.transitions import FAULT_S
from bot.sandbox.server import Sandbox
from bot.store.processes import SHARED_LEASE_S
from tests.fleet.chaos import GATEWAYS, SHARDS, START_S, WORKERS, Chaos, FleetTown, Outcome, Trouble, judge
from tests.soak.plan import SERVERS
from tests.support.cable import Lost
from tests.support.postgres import DURABLE, running
from tests.support.wire.server import WireDiscord

pytestmark = pytest.mark.long

SPEED = 12.0
"""A picture takes 0.7 s."""
ANSWER_S = 15.0
USUAL_S = 15.0
BURST = 12
"""So many commands at once give each worker something to do when one of them is lost."""
PARTITION_S = 30.0
RESTARTED_S = 15.0
"""After this time a restart of PostgreSQL is over for every process."""
TAKEN_OVER_S = 45.0
"""A dead gateway's shards: its lease of 20 s, and the turn to identify."""
CALM_S = ANSWER_S + 3 * SHARED_LEASE_S + CLAIM_EVERY_S + FAULT_S
"""The last command is answered, its job taken over from a lost process, and tried again after an error of the bot."""


async def test_nothing_is_lost_paid_or_posted_twice_and_the_others_go_on(tmp_path: Path):
    with running(DURABLE) as postgres:
        async with (
            WireDiscord(answer_deadline_s=ANSWER_S) as discord,
            Sandbox(speed=SPEED, small=True) as sandbox,
            Chaos(FleetTown(discord, sandbox, tmp_path, postgres), seed=1) as chaos,
        ):
            outcome = await live_through(chaos)
            told = "\n".join([*chaos.noted, *outcome.lines()])
            print(told)  # noqa: T201 - the figures, for -s
            assert not outcome.wrong, told


async def live_through(chaos: Chaos) -> Outcome:
    town, loop = chaos.town, asyncio.get_running_loop()
    members = await chaos.start(*["gateway"] * GATEWAYS, *["worker"] * WORKERS)
    gateways, (first, second, third) = members[:GATEWAYS], members[GATEWAYS:]
    await town.discord.until(
        lambda: all(len(chaos.shards_of(each)) == SHARDS // GATEWAYS for each in gateways), START_S
    )

    began = loop.time()
    await chaos.ask_for(USUAL_S)
    usual = Trouble("nothing", began, loop.time(), frozenset(range(SERVERS)))

    await chaos.burst(BURST)
    with chaos.trouble("kill -9 of a worker"):
        await chaos.kill(first)
        await chaos.ask_for(12.0)
    replacing = asyncio.create_task(chaos.start("worker"))

    await chaos.burst(BURST)
    with chaos.trouble("a worker is cut off"):
        second.cable.partition()
        await chaos.ask_for(PARTITION_S)
    second.cable.mend()
    [fourth] = await replacing

    await chaos.burst(BURST)
    with chaos.trouble("a worker is paused"):
        third.send(signal.SIGSTOP)
        stopped_at = loop.time()
        await chaos.ask_for(12.0)

    with chaos.trouble("sessions are ended and commits lost"):
        for number in range(4):
            chaos.lose_commits(Lost.ITS_ANSWER if number % 2 else Lost.THE_COMMIT, *gateways, second, fourth)
            chaos.terminate_some()
            await chaos.ask_for(4.0)

    dead = chaos.shards_of(gateways[0])
    spared = frozenset(each for each in range(SERVERS) if town.shard_of(each) not in dead)
    with chaos.trouble("kill -9 of a gateway", spared=spared):
        await chaos.kill(gateways[0])
        await chaos.ask_for(10.0)
    restarting = asyncio.create_task(chaos.restart_postgres())
    await chaos.ask_for(RESTARTED_S)
    await restarting
    await chaos.ask_for(max(1.0, stopped_at + SHARED_LEASE_S + 20.0 - loop.time()))
    third.send(signal.SIGCONT)
    chaos.note("the paused worker wakes")
    await town.discord.until(lambda: len(chaos.shards_of(gateways[1])) == SHARDS, TAKEN_OVER_S)
    chaos.note("the shards are taken over")

    with chaos.trouble("afterwards"):
        await chaos.ask_for(8.0)
    await chaos.calm(CALM_S)
    return await judge(chaos, usual=usual)
