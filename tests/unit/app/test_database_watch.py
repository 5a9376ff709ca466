"""A process whose database takes nothing for five minutes ends, unless another process would meet the same."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any, cast

import pytest
import structlog

from bot.app import texts
from bot.app.health import EVERY_S, ROUNDS, DatabaseWatch
from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, DatabaseFailing, StoreError
from bot.store import Store
from bot.store.engine.pulse import WELL_S, Pulse
from bot.store.texts import WHAT_HOSTS_DO
from tests.support.clocks import SteppedClock
from tests.support.wire.server import WireDiscord
from tests.unit.test_exit_codes import life


class Probed:
    """A store whose probe fails as a test wants, hangs, or succeeds."""

    def __init__(self, clock: SteppedClock) -> None:
        self.pulse = Pulse(clock)
        self.failure: DatabaseFailing | None = None
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.probes = 0

    async def probe(self) -> None:
        self.probes += 1
        await self.hangs.wait()
        if self.failure is not None:
            self.pulse.note_failure(self.failure)
            raise self.failure
        self.pulse.note_commit()


class Watched:
    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.store = Probed(self.clock)
        self.ends: list[StoreError] = []
        self.watch = DatabaseWatch(cast("Store", self.store), self.clock, end=self.ends.append)
        self.task = asyncio.create_task(self.watch.run())

    async def rounds(self, count: int) -> None:
        for _ in range(count):
            assert await self.clock.wanted.get() == EVERY_S
            self.clock.advance(EVERY_S)
            self.clock.over.set()
        await self.clock.wanted.get()  # what follows the last one was done
        self.clock.wanted.put_nowait(EVERY_S)

    @property
    def ended(self) -> tuple[str, int] | None:
        return (self.ends[0].sentence, self.ends[0].exit_code) if self.ends else None


@pytest.fixture
async def watched() -> Any:
    made = Watched()
    yield made
    made.task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await made.task


def failing(kind: str, exit_code: int = RESTART_MAY_HELP) -> DatabaseFailing:
    return DatabaseFailing("For members.", exit_code=exit_code, kind=kind, for_host="For the host.")


async def test_a_database_that_works_is_written_each_quarter_of_a_minute(watched: Watched):
    await watched.rounds(2 * ROUNDS)
    assert (watched.ends, watched.store.probes) == ([], 2 * ROUNDS + 1)
    assert watched.store.pulse.is_well


@pytest.mark.parametrize(
    ("kind", "code"), [("unreachable", RESTART_MAY_HELP), ("disk", RESTART_MAY_HELP), ("damaged", RESTART_CANNOT_HELP)]
)
async def test_after_five_minutes_of_failures_the_process_ends_for_the_reason(watched: Watched, kind: str, code: int):
    watched.store.failure = failing(kind, code)
    await watched.rounds(ROUNDS)  # the first probe was kept
    assert watched.ended is None
    assert not watched.store.pulse.is_well
    await watched.rounds(1)
    assert watched.ended == ("For the host.", code)


@pytest.mark.parametrize("kind", ["busy", "full"])
async def test_what_the_next_start_would_meet_too_ends_nothing(watched: Watched, kind: str):
    watched.store.failure = failing(kind)
    await watched.rounds(3 * ROUNDS)
    assert watched.ended is None
    assert not watched.store.pulse.is_well
    watched.store.failure = None
    await watched.rounds(2)
    assert watched.store.pulse.is_well


async def test_a_database_that_does_not_answer_is_asked_once_and_ends_the_process(watched: Watched):
    watched.store.hangs.clear()
    await watched.rounds(ROUNDS + 1)
    assert watched.ended == (texts.DATABASE_LOST(hint=WHAT_HOSTS_DO["silent"]), RESTART_MAY_HELP)
    assert watched.store.probes <= 2


async def test_a_write_that_nobody_answers_ends_the_process_though_others_are_kept(watched: Watched):
    with watched.store.pulse.waiting(), structlog.testing.capture_logs() as lines:
        await watched.rounds(ROUNDS + 4)
    assert watched.ended == (texts.DATABASE_LOST(hint=WHAT_HOSTS_DO["silent"]), RESTART_MAY_HELP)
    assert [each["event"] for each in lines] == ["database.failing"]


async def test_an_error_of_the_bot_in_a_probe_is_a_failed_probe(watched: Watched):
    watched.store.failure = cast("DatabaseFailing", ValueError("a bug"))
    await watched.rounds(2)
    watched.store.failure = None
    await watched.rounds(2)
    assert watched.store.pulse.is_well


async def test_what_members_gave_up_hides_no_database_that_hangs(watched: Watched):
    watched.store.hangs.clear()
    for _ in range(ROUNDS + 1):
        watched.store.pulse.note_failure(failing("slow"))
        await watched.rounds(1)
    assert watched.ended == (texts.DATABASE_LOST(hint=WHAT_HOSTS_DO["silent"]), RESTART_MAY_HELP)


async def test_an_outage_is_one_warning_and_one_line_when_it_is_over(watched: Watched):
    with structlog.testing.capture_logs() as lines:
        for kind in ("unreachable", "full", "slow", "unreachable"):
            watched.store.failure = failing(kind)
            await watched.rounds(2)
        watched.store.failure = None
        await watched.rounds(2)
    [began, ended] = lines
    assert (began["log_level"], began["event"], began["kind"]) == ("warning", "database.failing", "unreachable")
    assert (began["problem"], began["hint"]) == ("For the host.", WHAT_HOSTS_DO["unreachable"])
    assert began["last_commit"] == "2026-01-01T00:00:00+00:00"
    assert (ended["log_level"], ended["event"], ended["seconds"]) == ("info", "database.works", 8 * EVERY_S)


async def test_a_database_that_hangs_is_an_outage_after_half_a_minute(watched: Watched):
    watched.store.hangs.clear()
    with structlog.testing.capture_logs() as lines:
        await watched.rounds(5)
    assert [(line["event"], line["kind"]) for line in lines] == [("database.failing", "silent")]
    watched.store.hangs.set()
    with structlog.testing.capture_logs() as lines:
        await watched.rounds(2)
    assert [line["event"] for line in lines] == ["database.works"]


async def test_a_lost_file_ends_the_process_at_once(watched: Watched):
    watched.store.failure = failing("gone", RESTART_CANNOT_HELP)
    await watched.rounds(2)
    assert watched.ended == ("For the host.", RESTART_CANNOT_HELP)


async def test_some_failures_with_a_success_between_them_end_nothing(watched: Watched):
    for _ in range(3):
        watched.store.failure = failing("unreachable")
        await watched.rounds(ROUNDS - 2)
        watched.store.failure = None
        await watched.rounds(2)
    assert watched.ended is None


async def test_a_process_that_was_paused_for_an_hour_goes_on(watched: Watched):
    watched.clock.advance(3600)
    assert watched.store.pulse.silent_s > WELL_S
    await watched.rounds(2)
    assert watched.ended is None
    assert watched.store.pulse.is_well


# ---------------------------------------------------------------------- the real process


@pytest.mark.long
@pytest.mark.parametrize(("lost", "code"), [("bot.db", RESTART_CANNOT_HELP), ("bot.db-wal", RESTART_MAY_HELP)])
async def test_a_real_process_whose_file_is_removed_ends_with_one_sentence(tmp_path: Path, lost: str, code: int):
    async with WireDiscord() as discord:
        discord.create_guild()
        async with life(discord, tmp_path, module="tests.support.wire.watchful_child") as bot:
            await bot.online()
            (tmp_path / lost).unlink()
            assert await bot.ended() == code
            said = bot.output()
    assert f"{lost} was removed or" in said
    assert "Traceback" not in said
