"""The watchdog ends a process that hangs, and leaves alone one that is idle, busy, slow or was stopped for a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import texts
from bot.app.health import CHECK_EVERY_S, STILL_S, Watchdog
from bot.errors import RESTART_MAY_HELP
from tests.support.rig import ManualClock
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord

IDLE_S = 15.0


class Worker:
    """What the watchdog sees of a worker."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.beat()

    def beat(self) -> None:
        self.next_beat = self._clock.monotonic() + IDLE_S


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def worker(clock: ManualClock) -> Worker:
    return Worker(clock)


@pytest.fixture
def dog(clock: ManualClock, worker: Worker) -> Watchdog:
    return Watchdog(lambda: worker.next_beat, clock, end=lambda: None)


def over_after(dog: Watchdog, clock: ManualClock, limit_s: float, *, worker: Worker | None = None) -> float | None:
    """Return after how many seconds the watchdog has seen enough, None if not within the limit."""
    began = clock.elapsed
    while clock.elapsed - began < limit_s:
        clock.advance(CHECK_EVERY_S)
        if worker is not None:
            worker.beat()
        if dog.is_over():
            return clock.elapsed - began
    return None


def test_a_loop_that_does_not_come_back_is_over(dog: Watchdog, clock: ManualClock):
    seconds = over_after(dog, clock, 2 * STILL_S)
    assert seconds is not None
    assert STILL_S <= seconds <= STILL_S + IDLE_S + 2 * CHECK_EVERY_S


def test_an_idle_worker_goes_on(dog: Watchdog, clock: ManualClock, worker: Worker):
    assert over_after(dog, clock, 10 * STILL_S, worker=worker) is None


def test_a_process_that_was_stopped_for_an_hour_goes_on(dog: Watchdog, clock: ManualClock, worker: Worker):
    clock.advance(3600)
    assert not dog.is_over()
    worker.beat()
    assert over_after(dog, clock, 10 * STILL_S, worker=worker) is None


# ---------------------------------------------------------------------- the real process


@pytest.mark.long
async def test_a_real_process_that_hangs_ends_and_says_where(tmp_path: Path):
    async with WireDiscord() as discord:
        discord.create_guild()
        env = {
            "DISCORD_TOKEN": discord.token,
            "CANNON_API_URL": "http://127.0.0.1:9",
            "CANNON_API_KEY": "cs_test_host_000000000000",
            "CANNON_API_KEY_GUILDS": "*",
            "DATABASE": str(tmp_path / "bot.db"),
            "HEALTH_PORT": "0",
        }
        module = "tests.support.wire.hanging_child"
        async with BotProcess(discord, ["run"], tmp_path / "bot.log", env=env, module=module) as bot:
            assert await bot.ended() == RESTART_MAY_HELP
            said = bot.output()
    assert texts.NOTHING_MOVES in said
    assert "in hang" in said, "it says where the loop hangs"
