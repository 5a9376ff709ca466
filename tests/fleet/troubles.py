"""What a fleet lives through, while members ask without end: one function for each kind of trouble.

Each begins with a whole fleet and a while in which nothing goes wrong, and ends with everything mended. Then all
commands are answered and all jobs ended, and what came of it is judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

from sandbox.server import Sandbox
from tests.fleet import chaos as names
from tests.fleet.chaos import ANSWER_S, CALM_S, Chaos, FleetTown, Member, Outcome, Trouble, judge
from tests.soak.plan import SERVERS
from tests.support.cable import Lost
from tests.support.postgres import DURABLE, running
from tests.support.wire.server import WireDiscord

SPEED = 12.0
"""A picture takes 0.7 s."""
USUAL_S = 8.0
BURST = 12
"""So many commands at once give each process something to do when one of them is lost."""
CUT_OFF_S, LONG_CUT_OFF_S = 12.0, 75.0
"""Longer than calls are waited for; and longer than discord.py waits for an answer of the gateway (60 s)."""
LATE_S = 8.0
"""Long enough for a job of the usual kind, and for the next trouble to be another one."""
HOUR_S = 3600.0
DEAD_S, SHORTLY_DEAD_S = 130.0, 35.0
"""How long there is no database: longer than all leases and most patience; and longer than all leases."""
NONE: frozenset[int] = frozenset()


async def usually(chaos: Chaos) -> Trouble:
    """Let a while pass in which nothing goes wrong, and its jobs end."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await chaos.ask_for(USUAL_S)
    ended = loop.time()
    await chaos.calm(CALM_S)
    return Trouble("nothing", began, ended, frozenset(range(SERVERS)))


async def deaths(chaos: Chaos, _is_quiet: bool) -> Trouble:
    """Kill the process that leads, pause another past its leases, and lose sessions and commits."""
    members = await chaos.whole()
    usual = await usually(chaos)

    first = chaos.leader() or members[0]
    second, third = (each for each in members if each is not first)
    await chaos.burst(BURST)
    with chaos.trouble("kill -9 of the process that leads", spared=_other_servers(chaos, first)):
        await chaos.measure_all(names.GONE, first)
        chaos.measure_leader(names.LEADER_GONE, first)
        await chaos.kill(first)
        await chaos.ask_for(12.0)
    await chaos.measured()
    [fourth] = await chaos.start(0.0)
    await chaos.shared_out(second, third, fourth)

    await chaos.burst(BURST)
    with chaos.trouble("a process is paused", spared=_other_servers(chaos, third)):
        await chaos.measure_all(names.PAUSED, third)
        third.send(signal.SIGSTOP)
        await chaos.ask_for(12.0)
    await chaos.measured()
    chaos.finish()

    with chaos.trouble("sessions are ended and commits lost", spared=NONE):
        for number in range(3):
            chaos.lose_commits(Lost.ITS_ANSWER if number % 2 else Lost.THE_COMMIT, second, fourth)
            chaos.terminate_some()
            await chaos.ask_for(4.0)
    third.send(signal.SIGCONT)
    chaos.note("the paused process wakes")
    await chaos.shared_out(second, third, fourth)
    await _afterwards(chaos)
    return usual


async def partitions(chaos: Chaos, is_quiet: bool) -> Trouble:
    """Cut one process off from the database, from Discord and from Cannon Studio, each alone."""
    first, second, third = await chaos.whole()
    usual = await usually(chaos)

    await chaos.burst(BURST)
    with chaos.trouble("a process is cut off from the database", spared=_other_servers(chaos, first)):
        await chaos.measure_all(names.CUT_OFF, first)
        first.cable.partition()
        await chaos.ask_for(CUT_OFF_S)
    await chaos.measured()
    first.cable.mend()
    chaos.finish()
    await chaos.shared_out(first, second, third)

    with chaos.trouble("a process is cut off from Cannon Studio", spared=NONE):
        third.studio_front.cut()
        await chaos.ask_for(CUT_OFF_S)
    third.studio_front.mend()
    with chaos.trouble("a process is cut off from Discord", spared=NONE):
        second.discord_front.cut()
        await chaos.ask_for(LONG_CUT_OFF_S if is_quiet else CUT_OFF_S)
    second.discord_front.mend()
    await _afterwards(chaos)
    return usual


async def database(chaos: Chaos, is_quiet: bool) -> Trouble:
    """Kill the database for longer than any lease lasts; then lose it, and promote the standby that has each commit."""
    standby = chaos.with_standby()
    await chaos.whole()
    usual = await usually(chaos)
    await chaos.burst(BURST)
    with chaos.trouble("there is no database", spared=NONE):
        async with chaos.without_database(chaos.town.postgres.kill):
            await chaos.ask_for(DEAD_S if is_quiet else SHORTLY_DEAD_S, every_s=2.0)
        chaos.measure(names.BACK, _is_done(chaos))
        await chaos.ask_for(LATE_S)
    await chaos.measured()

    with chaos.trouble("a standby is promoted", spared=NONE):
        async with chaos.promoting(standby):
            await chaos.ask_for(LATE_S)
        chaos.measure(names.PROMOTED, _is_done(chaos))
        await chaos.ask_for(LATE_S)
    await chaos.measured()
    chaos.finish()
    await _afterwards(chaos)
    return usual


async def clocks_and_changes(chaos: Chaos, _is_quiet: bool) -> Trouble:
    """Let clocks be wrong by an hour and stepped, while a process joins and another leaves in order."""
    members = await chaos.whole(HOUR_S, -HOUR_S, 0.0)
    usual = await usually(chaos)

    await chaos.burst(2 * BURST)
    with chaos.trouble("a process joins", spared=NONE):
        members += await chaos.start(HOUR_S)
        await chaos.ask_for(12.0)
    await chaos.shared_out(*members)

    with chaos.trouble("clocks are stepped"):
        members[0].clock.seconds, members[1].clock.seconds = -HOUR_S, HOUR_S
        members[3].clock.seconds = 0.0
        await chaos.ask_for(LATE_S)

    await chaos.burst(BURST)
    with chaos.trouble("a process leaves", spared=_other_servers(chaos, members[0])):
        await chaos.measure_all(names.STOPS, members[0])
        await chaos.stop(members[0])
        await chaos.ask_for(LATE_S)
    chaos.finish()
    await chaos.measured()
    await _afterwards(chaos)
    return usual


async def _afterwards(chaos: Chaos) -> None:
    await chaos.calm(CALM_S)
    with chaos.trouble("afterwards"):
        await chaos.ask_for(LATE_S)


def _other_servers(chaos: Chaos, member: Member) -> frozenset[int]:
    """Return the servers of which the process does not have the shards."""
    shards = chaos.shards_of(member)
    return frozenset(each for each in range(SERVERS) if chaos.town.shard_of(each) not in shards)


def _is_done(chaos: Chaos) -> Callable[[], bool]:
    """Return whether a job that is requested from now on has been posted."""
    before = len(chaos.asked)
    return lambda: any(each.is_done for each in chaos.asked[before:])


PLAYS: Mapping[str, Callable[[Chaos, bool], Awaitable[Trouble]]] = {
    "deaths": deaths,
    "partitions": partitions,
    "database": database,
    "clocks and changes": clocks_and_changes,
}
"""What is lived through."""


@contextlib.asynccontextmanager
async def chaos_in(folder: Path, seed: int) -> AsyncIterator[Chaos]:
    """Give a Discord, a Cannon Studio, a PostgreSQL, and servers that have no bot yet."""
    with running(DURABLE) as postgres:
        async with (
            WireDiscord(answer_deadline_s=ANSWER_S) as discord,
            Sandbox(speed=SPEED, small=True) as sandbox,
            Chaos(FleetTown(discord, sandbox, folder, postgres), seed=seed) as chaos,
        ):
            yield chaos


async def play(name: str, folder: Path, *, seed: int = 1, is_quiet: bool = False) -> tuple[Outcome, list[str]]:
    """Live through that; return what came of it, and what happened."""
    async with chaos_in(folder, seed) as chaos:
        await chaos.town.settle_in()
        usual = await PLAYS[name](chaos, is_quiet)
        await chaos.calm(CALM_S)
        return await judge(chaos, usual, is_quiet=is_quiet), chaos.noted
