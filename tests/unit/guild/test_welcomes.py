"""The loop that greets servers: it sleeps until one joins, and tries again what failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.server.first_contact import WelcomePlace
from bot.runtime.background import Round
from bot.server.absences import Absences
from bot.server.welcome import EVERY_S, Welcomes
from bot.store import Store
from tests.support.clocks import SteppedClock, kept

GUILD = 700


@pytest.fixture
async def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def store(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Store]:
    made = await Store.open(tmp_path / "bot.db", clock=clock, secret_keys=("x" * 32,))
    yield made
    await made.close()


async def test_it_wakes_for_a_server_that_joins_and_tries_again_after_a_minute(
    store: Store, clock: SteppedClock
) -> None:
    sent: list[tuple[int, bool]] = []
    answers: list[WelcomePlace | Exception | None] = [OSError("down"), None, WelcomePlace.CHANNEL]

    async def send(guild_id: int, again: bool) -> WelcomePlace | None:
        sent.append((guild_id, again))
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    welcomes = Welcomes(store, clock, absences=Absences(store, clock), send=send)
    async with kept(clock, Round("welcomes", welcomes.run_once, EVERY_S, woken=welcomes.woken)):
        assert await clock.wanted.get() is None  # nobody to greet: it waits without an end
        await asyncio.gather(*(welcomes.joined(GUILD) for _ in range(3)))
        assert await clock.wanted.get() == EVERY_S
        clock.over.set()
        assert await clock.wanted.get() == EVERY_S
        clock.over.set()
        assert await clock.wanted.get() is None
    assert sent == [(GUILD, False), (GUILD, True), (GUILD, True)]


async def test_who_has_left_meanwhile_is_not_written_to(store: Store, clock: SteppedClock) -> None:
    async def send(guild_id: int, again: bool) -> WelcomePlace | None:
        raise AssertionError("it was written to")

    absences = Absences(store, clock)
    welcomes = Welcomes(store, clock, absences=absences, send=send)
    await welcomes.joined(GUILD)
    await absences.left(GUILD)
    assert await welcomes.run_once() == EVERY_S
