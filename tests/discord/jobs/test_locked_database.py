"""A database that is locked at the wrong moment strands no job."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest

from bot.errors import DatabaseFailing, StoreError
from bot.jobs.follow.claims import Claims
from bot.jobs.worker import RETRY_S
from bot.runtime import failpoints
from tests.support.following import MINUTE_S, PICTURE, charged, kept, pass_time, set_aside, the_job
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import private_sentence

BUSY = "The bot's database is busy, so nothing was saved. Try again in a minute."
LOCKED = "The bot's database is in use by another program, so nothing was saved. Try again in a minute."


@pytest.fixture
def locked_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the note that Discord has the card fail as it does under a lock, without waiting for SQLite's timeout."""

    class Locked(StoreError):
        def __init__(self, _point: str):
            super().__init__(LOCKED)

    monkeypatch.setattr(failpoints, "Crash", Locked)
    failpoints.arm(["answer.sent"])
    yield
    assert failpoints.disarm() == []


@pytest.mark.usefixtures("locked_once")
async def test_a_note_that_was_lost_to_a_lock_is_made_good_without_a_restart(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a heron #fast")
    [job] = kept(rig)
    assert job.state == "submitting"
    await pass_time(rig, 3 * MINUTE_S, 5)
    assert the_job(rig, job.id).state == "delivered"
    assert charged(rig) == rig.sandbox.spent(HOST_KEY) == PICTURE
    [message] = rig.messages()
    assert len(message.attachments) == 1


@pytest.mark.usefixtures("locked_once")
async def test_a_card_that_discord_does_not_have_is_refunded_without_a_restart(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a heron #fast")
    [job] = kept(rig)
    rig.env.backend.delete_message(rig.channel.id, rig.messages()[0].id)
    await pass_time(rig, 3 * MINUTE_S, 5)
    assert the_job(rig, job.id).state == "cancelled"
    assert (charged(rig), set_aside(rig), rig.sandbox.posts) == (0, 0, 0)


@pytest.fixture
async def tries(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[threading.Event]:
    """Set once the bot tries to write: from then on no member has time to wait."""
    trying = threading.Event()

    async def wait(event: asyncio.Event, _seconds: float | None) -> None:
        ends = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(asyncio.to_thread(trying.wait, 10))]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        ends[0].cancel()

    writer = rig.bot.parts.store._database._writer
    await writer.run(lambda db: db.set_trace_callback(lambda sql: sql == "BEGIN IMMEDIATE" and trying.set()))
    monkeypatch.setattr(rig.clock, "wait", wait)
    yield trying
    trying.set()


async def test_a_command_that_another_program_delays_is_answered_and_costs_nothing(rig: Rig, tries: threading.Event):
    with closing(sqlite3.connect(rig.folder / "bot.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = await rig.member.slash(rig.channel, "image generate", prompt="a heron #fast")
        assert tries.is_set()
        other.execute("ROLLBACK")
    assert private_sentence(answer) == BUSY
    assert (kept(rig), rig.sandbox.posts) == ([], 0)


async def test_a_claim_that_fails_is_tried_again_after_a_second_and_not_at_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    waits: asyncio.Queue[float | None] = asyncio.Queue()

    async def wait(_event: asyncio.Event, seconds: float | None) -> None:
        waits.put_nowait(seconds)
        await asyncio.Event().wait()

    async def full(*_: object) -> bool:
        raise DatabaseFailing("The disk is full.", kind="full")

    monkeypatch.setattr(rig.clock, "wait", wait)
    monkeypatch.setattr(Claims, "claim", full)
    rig.clock.advance(MINUTE_S)
    worker = asyncio.create_task(rig.bot.parts.worker.run())
    assert await waits.get() == RETRY_S
    worker.cancel()
