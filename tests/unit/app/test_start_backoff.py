"""No storm of restarts uses up the thousand identifies that Discord allows in a day."""

from __future__ import annotations

import asyncio
import json
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace

import discord
import pytest
import yarl
from discord.shard import Shard
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.connection.start import UNCOUNTED_PAUSE_S, GatewayClient, StartBackoff
from bot.domain.shards import DAY_S, FREE, LONGEST_PAUSE_S, TOTAL, WINDOW_S, StartLimitReport, identify_at, usable
from tests.support.examples import examples
from tests.support.rig import ManualClock

ALLOWED_PER_DAY = 1000
"""Discord's session start limit."""
PER_DAY = usable(TOTAL)


class PassingClock(ManualClock):
    """Waits pass at once, and are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        assert seconds is not None
        self.waits.append(seconds)
        self.advance(seconds)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "bot.db"


async def starts(database: Path, clock: PassingClock, count: int) -> list[float]:
    """Start the bot so often, each time in a new process that crashes at once; return what each has waited."""
    waited = []
    for _ in range(count):
        before = clock.monotonic()
        await StartBackoff(database, clock).take()
        waited.append(clock.monotonic() - before)
    return waited


def most_in_a_day(times: list[float]) -> int:
    most, first = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - DAY_S:
            first += 1
        most = max(most, last - first + 1)
    return most


async def test_a_few_restarts_wait_for_nothing_and_a_storm_waits_longer_each_time(database: Path):
    waited = await starts(database, PassingClock(), 13)
    assert waited == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 120, 120]


def told(remaining: int, *, reset_after_s: float = 3600.0) -> StartLimitReport:
    return StartLimitReport(total=1000, remaining=remaining, reset_after_s=reset_after_s, max_concurrency=1, age_s=0.0)


@pytest.mark.parametrize("remaining", [0, 100])
async def test_where_discord_has_no_sessions_left_the_first_waits_for_its_reset(database: Path, remaining: int):
    clock = PassingClock()
    backoff = StartBackoff(database, clock)
    backoff.note_limit(told(remaining))
    assert backoff.left == remaining
    await backoff.take()
    assert clock.waits == [3600]
    await backoff.take()
    assert (clock.waits, backoff.left) == ([3600], 998), "Discord counts from zero again"


async def test_the_sessions_of_a_running_bot_are_taken_off_what_discord_said(database: Path):
    clock = PassingClock()
    backoff = StartBackoff(database, clock)
    backoff.note_limit(told(103))
    for _ in range(3):
        await backoff.take()
    assert (clock.waits, backoff.left) == ([], 100)
    await backoff.take()
    assert clock.waits == [3600]


async def test_after_a_calm_half_hour_restarts_are_free_again(database: Path):
    clock = PassingClock()
    await starts(database, clock, 8)
    clock.advance(WINDOW_S)
    assert await starts(database, clock, 5) == [0] * 5


async def test_a_process_counts_the_sessions_that_it_has_to_begin_anew(database: Path):
    clock = PassingClock()
    backoff = StartBackoff(database, clock)
    for _ in range(6):
        await backoff.take()
    assert clock.waits == [2]
    assert await starts(database, clock, 1) == [4], "the next process knows of them"


@settings(max_examples=examples(quick=5, long=20))
@given(lives=st.lists(st.floats(0, 4000) | st.sampled_from([0.0, 1.0, 90.0, 119.0]), min_size=1, max_size=12))
def test_no_pattern_of_restarts_gets_near_what_discord_allows(lives: list[float]):
    now, end, times = 0.0, 2.2 * DAY_S, []
    for life_s in cycle(lives):
        now = identify_at(times, now)
        times.append(now)
        now += life_s
        if now > end or len(times) > 3 * ALLOWED_PER_DAY:
            break
    assert most_in_a_day(times) <= PER_DAY < ALLOWED_PER_DAY


@pytest.mark.long
async def test_a_storm_of_a_whole_day_stays_below_it_with_its_file(database: Path):
    clock, count = PassingClock(), 0
    while clock.monotonic() < DAY_S:
        await StartBackoff(database, clock).take()
        count += 1
    assert count < PER_DAY
    assert max(clock.waits) == LONGEST_PAUSE_S


def test_a_full_day_waits_until_its_oldest_is_a_day_old():
    times = [number * 90.0 for number in range(PER_DAY)]
    now = times[-1] + 1000.0
    assert identify_at(times, now) == DAY_S
    assert identify_at(times[1:], now) == now


def test_a_clock_that_was_set_back_makes_nobody_wait_for_it():
    assert identify_at([5e9], 1e9) == 1e9
    assert identify_at([5e9] * 6, 1e9) == 1e9 + 4


@pytest.mark.parametrize("content", ["", "{", "7", '["x"]', "[null]"])
async def test_a_damaged_file_costs_one_pause_and_is_written_anew(database: Path, content: str):
    file = database.with_name("bot.db.starts")
    file.write_text(content)
    clock = PassingClock()
    assert await starts(database, clock, 2) == [UNCOUNTED_PAUSE_S, 0]
    assert len(json.loads(file.read_text())) == 2


async def test_starts_that_cannot_be_noted_are_slow_enough_for_a_day(tmp_path: Path):
    nowhere = tmp_path / "away" / "bot.db"
    waited = await starts(nowhere, PassingClock(), 3)
    assert waited == [UNCOUNTED_PAUSE_S] * 3
    assert DAY_S / UNCOUNTED_PAUSE_S < ALLOWED_PER_DAY


async def test_only_the_last_day_is_kept(database: Path):
    clock = PassingClock()
    await starts(database, clock, 3)
    clock.advance(DAY_S)
    await starts(database, clock, 1)
    assert json.loads(database.with_name("bot.db.starts").read_text()) == [clock.wall()]


def test_each_shard_has_its_own_free_starts() -> None:
    times = [100.0 + number for number in range(FREE)]
    assert identify_at(times, 105.0) > 105.0
    assert identify_at(times, 105.0, shards=2) == 105.0
    assert identify_at(times * 2, 105.0, shards=2) > 105.0


async def test_a_lost_shard_is_connected_again_within_about_a_minute(monkeypatch: pytest.MonkeyPatch):
    """discord.py alone waits for up to 17 minutes, also once a long outage of Discord is over."""

    async def launched(self: GatewayClient, _gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        self._AutoShardedClient__shards[shard_id] = Shard(SimpleNamespace(shard_id=shard_id), self, print)  # type: ignore[attr-defined, arg-type]

    monkeypatch.setattr(discord.AutoShardedClient, "launch_shard", launched)
    client = GatewayClient("!", intents=discord.Intents(guilds=True))
    client._reconnect = True  # type: ignore[attr-defined]  # as `connect` sets it
    await client.launch_shard(yarl.URL("ws://127.0.0.1"), 0)
    backoff = client.shards[0]._parent._backoff
    assert 32 < max(backoff.delay() for _ in range(200)) <= 64
