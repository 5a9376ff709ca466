"""The loop that greets servers: it sleeps until one joins, and tries again what failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.server.first_contact import WelcomePlace
from bot.server.absences import Absences
from bot.server.welcome import EVERY_S, Welcomes
from bot.store import Store
from tests.support.rig import ManualClock

GUILD = 700


class WaitingClock(ManualClock):
    """Says when somebody waits, and for how long at most."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: asyncio.Queue[float | None] = asyncio.Queue()
        self.passed = asyncio.Event()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        self.waits.put_nowait(seconds)
        done, pending = await asyncio.wait(
            [asyncio.ensure_future(event.wait()), asyncio.ensure_future(self.passed.wait())],
            return_when=asyncio.FIRST_COMPLETED,
        )
        for each in pending:
            each.cancel()
        self.passed.clear()
        assert done


@pytest.fixture
async def clock() -> WaitingClock:
    return WaitingClock()


@pytest.fixture
async def store(tmp_path: Path, clock: WaitingClock) -> AsyncIterator[Store]:
    made = await Store.open(tmp_path / "bot.db", clock=clock, secret_keys=("x" * 32,))
    yield made
    await made.close()


async def test_it_wakes_for_a_server_that_joins_and_tries_again_after_a_minute(
    store: Store, clock: WaitingClock
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
    loop = asyncio.ensure_future(welcomes.run())
    assert await clock.waits.get() is None  # nobody to greet: it waits without an end
    await asyncio.gather(*(welcomes.joined(GUILD) for _ in range(3)))
    assert await clock.waits.get() == EVERY_S
    clock.passed.set()
    assert await clock.waits.get() == EVERY_S
    clock.passed.set()
    assert await clock.waits.get() is None
    assert sent == [(GUILD, False), (GUILD, True), (GUILD, True)]
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)


async def test_who_has_left_meanwhile_is_not_written_to(store: Store, clock: WaitingClock) -> None:
    async def send(guild_id: int, again: bool) -> WelcomePlace | None:
        raise AssertionError("it was written to")

    absences = Absences(store, clock)
    welcomes = Welcomes(store, clock, absences=absences, send=send)
    await welcomes.joined(GUILD)
    await absences.left(GUILD)
    assert await welcomes.run_once()
