"""No two polls of a request are closer than the API asks for, for its whole life, whoever polls."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cannon.wire import Progress
from bot.domain.jobs.poll_schedule import LONG_WAIT_S
from bot.domain.models import JobState
from tests.support.following import MINUTE_S, ask, ask_database, pass_time, until_ended, until_running
from tests.support.rig import Rig, running
from tests.support.surface import Call, of, watch

ASKED_S = 7.0
TICK_S = 0.5


@pytest.fixture
async def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    """The create's answer asks for seven seconds; later ones, as documented, for nothing."""
    monkeypatch.setattr("sandbox.http.routes.POLL_AFTER_MS", round(1000 * ASKED_S))
    async with running(tmp_path, public_url="https://bot.example.com", http_port=0) as made:
        yield made


def stored_wait_s(rig: Rig, job_id: str) -> float:
    [(wait_s,)] = ask_database(rig, "SELECT poll_after_s FROM jobs WHERE id = ?", job_id)
    return float(wait_s)


def distances(calls: list[Call]) -> list[float]:
    return [later.at - earlier.at for earlier, later in itertools.pairwise(of(calls, "get"))]


async def test_the_wait_that_the_create_asked_for_holds_until_the_end(rig: Rig):
    calls = watch(rig)
    job = await ask(rig, "a heron #slow")
    assert (await until_ended(rig, job.id, 5 * MINUTE_S, TICK_S)).state == "delivered"
    assert min(distances(calls)) >= ASKED_S
    assert of(calls, "get")[0].at - of(calls, "submit")[0].at >= ASKED_S


@pytest.mark.parametrize("after_s", [3.0])
async def test_it_holds_across_restarts(rig: Rig, after_s: float):
    """The process that polled last has told no one when."""
    job = await until_running(rig, (await ask(rig, "a heron #forever")).id)
    calls = watch(rig)
    for _ in range(6):
        while not of(calls, "get") or rig.clock.elapsed - of(calls, "get")[-1].at > 1.0:
            await pass_time(rig, TICK_S, TICK_S)
        before = len(of(calls, "get"))
        await rig.restart(after_s=after_s)
        await pass_time(rig, 2.0, TICK_S)
        assert len(of(calls, "get")) == before
    assert min(distances(calls)) >= ASKED_S
    assert stored_wait_s(rig, job.id) == ASKED_S


async def test_neither_a_moderators_look_nor_a_webhook_brings_a_poll_too_soon(rig: Rig):
    job = await until_running(rig, (await ask(rig, "a heron #forever")).id)
    calls = watch(rig)
    for number in range(120):
        if number % 20 == 0:
            await rig.moderator.slash(rig.channel, "studio status")
        assert rig.bot.parts.webhooks.receive(rig.bot.parts.webhook_tokens.token(job.id))
        await pass_time(rig, TICK_S, TICK_S)
    assert len(of(calls, "get")) > 6
    assert min(distances(calls)) >= ASKED_S


async def test_what_a_later_answer_asks_for_is_kept_from_then_on(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    job = await ask(rig, "a heron #forever")
    later = iter([None, 11.0])
    answering(rig, monkeypatch, later)
    calls = watch(rig)
    await pass_time(rig, 3 * ASKED_S, TICK_S)
    await rig.restart()
    await pass_time(rig, 2 * MINUTE_S, TICK_S)
    assert distances(calls)[0] >= ASKED_S
    assert min(distances(calls)[1:]) >= 11.0
    assert stored_wait_s(rig, job.id) == 11.0


async def test_a_wait_out_of_all_proportion_is_bounded_by_what_such_jobs_take(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sandbox.http.routes.POLL_AFTER_MS", 10**12)
    job = await ask(rig, "a heron")
    assert (await until_ended(rig, job.id, 3 * MINUTE_S, TICK_S)).state == JobState.DELIVERED


def answering(rig: Rig, monkeypatch: pytest.MonkeyPatch, waits: Any) -> None:
    """Let the next answers to polls ask for these waits, in seconds; None: for none."""
    client = rig.bot.parts.worker.polling.client
    get = client.get

    async def answered(key: str, remote_id: str) -> Progress:
        return replace(await get(key, remote_id), poll_after_s=next(waits, None))

    monkeypatch.setattr(client, "get", answered)


async def test_an_error_of_the_bot_after_a_poll_brings_the_next_one_no_sooner(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    await until_running(rig, (await ask(rig, "a heron #forever")).id)
    polling, calls = rig.bot.parts.worker.polling, watch(rig)

    def broken(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(polling.learned, "of", broken)
    for _ in range(400):
        await rig.step()
        rig.advance(TICK_S)
    assert len(of(calls, "get")) > 1
    assert min(distances(calls)) >= ASKED_S


async def test_a_request_that_is_a_minute_old_is_no_young_one_after_a_restart(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    """How long it was watched is written seldom."""
    monkeypatch.setattr("sandbox.http.routes.POLL_AFTER_MS", 500)
    await until_running(rig, (await ask(rig, "a heron #forever")).id)
    await pass_time(rig, 90, TICK_S)
    await rig.restart()
    calls = watch(rig)
    await pass_time(rig, MINUTE_S, TICK_S)
    assert min(distances(calls)) >= LONG_WAIT_S
