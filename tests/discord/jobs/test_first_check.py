"""One free status call before the first create of a key in a process: what it says is used before anything is sent."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tests.support.following import (
    MINUTE_S,
    another_server,
    ask,
    charged,
    pass_time,
    set_aside,
    set_key,
    the_job,
    until_ended,
)
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import Call, of, watch


@pytest.fixture
async def key(rig: Rig) -> str:
    """The key of the server's own that pays."""
    await set_key(rig, GUILD_KEY)
    return GUILD_KEY


WATCHED = {"status", "submit"}


def order(calls: list[Call]) -> list[str]:
    """Return the calls until the last create, repetitions of a dropped one as one."""
    found = [where for where, _ in itertools.groupby(call.where for call in calls if call.where in WATCHED)]
    return found[: len(found) - found[::-1].index("submit")] if "submit" in found else found[:1]


def status_says(rig: Rig, answer: dict[str, Any], status: int = 200) -> None:
    rig.sandbox.fault("status", "status", times=None, status=status, body=json.dumps(answer))


async def test_the_first_create_of_a_key_follows_one_status_call_and_later_ones_none(rig: Rig):
    calls = watch(rig)
    for prompt in ("a fox #fast", "a hare #fast"):
        job = await ask(rig, prompt)
        assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "delivered"
    assert order(calls) == ["status", "submit"]
    assert len(of(calls, "status")) == 1
    await rig.restart()
    calls = watch(rig)
    job = await ask(rig, "a wolf #fast")
    assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "delivered"
    assert order(calls) == ["status", "submit"]


async def test_all_that_wait_for_the_first_check_share_it_over_servers_too(rig: Rig):
    elsewhere = another_server(rig)
    calls = watch(rig)
    jobs = [await ask(rig, f"fox {number} #fast") for number in range(3)]
    jobs += [await ask(rig, f"wolf {number} #fast", server=elsewhere) for number in range(3)]
    for job in jobs:
        assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "delivered"
    assert order(calls) == ["status", "submit"]
    assert (len(of(calls, "status")), len(of(calls, "submit"))) == (1, 6)


async def test_with_a_rejected_key_nothing_is_sent_and_jobs_wait_for_it(rig: Rig, key: str):
    rig.sandbox.revoke_key(key)
    calls = watch(rig)
    job = await ask(rig)
    await pass_time(rig, 30, 1)
    assert order(calls) == ["status"]
    assert the_job(rig, job.id).state == "submitting"
    rig.sandbox.restore_key(key)
    assert (await until_ended(rig, job.id, 5 * MINUTE_S, 5)).state == "delivered"
    assert len(of(calls, "submit")) == 1


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (
            GUILD_KEY,
            "This server's Cannon Studio account has 0 credits left. A moderator can top it up or set another key.",
        ),
        (HOST_KEY, "The bot's host pays here, and their Cannon Studio account can't cover this right now."),
    ],
)
async def test_an_empty_account_ends_the_job_before_anything_is_sent(rig: Rig, key: str, sentence: str):
    if key == GUILD_KEY:
        await set_key(rig, key)
    rig.sandbox.accounts.accounts[key].credits = 0
    calls = watch(rig)
    job = await ask(rig)
    assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "failed"
    assert sentence in the_job(rig, job.id).error
    assert order(calls) == ["status"]
    assert (charged(rig), set_aside(rig)) == (0, 0)


VERIFY = "Verify your email address before you use credits."


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"ok": True, "creditsRemaining": 100, "account": {"plan": "trial", "emailVerified": False}}),
        (200, {"ok": False, "message": VERIFY}),
        (403, {"error": {"message": VERIFY}}),
    ],
)
async def test_an_account_to_verify_ends_the_job_before_anything_is_sent(
    rig: Rig, key: str, status: int, answer: dict[str, Any]
):
    status_says(rig, answer, status)
    calls = watch(rig)
    job = await ask(rig)
    assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "failed"
    assert "is not verified yet" in the_job(rig, job.id).error
    assert order(calls) == ["status"]
    assert (charged(rig), set_aside(rig)) == (0, 0)


@pytest.mark.parametrize("fault", ["status", "garbage"])
async def test_a_status_call_without_an_answer_delays_no_create_and_is_repeated_after_a_minute(rig: Rig, fault: str):
    rig.sandbox.fault("status", fault, times=None)
    calls = watch(rig)
    for prompt in ("a fox #fast", "a hare #fast"):
        job = await ask(rig, prompt)
        assert (await until_ended(rig, job.id, MINUTE_S / 4, 1)).state == "delivered"
    assert order(calls) == ["status", "submit"]
    await pass_time(rig, MINUTE_S, 10)
    job = await ask(rig, "a wolf #fast")
    await until_ended(rig, job.id, MINUTE_S, 1)
    assert order(calls) == ["status", "submit", "status", "submit"]


async def test_a_status_call_that_hangs_is_left_after_a_few_seconds(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.account.key_health.FIRST_CHECK_S", 0.05)
    rig.sandbox.fault("status", "stall", times=None)
    job = await ask(rig, "a fox #fast")
    assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "delivered"


async def test_an_attempt_that_may_have_arrived_is_repeated_although_the_account_is_empty_now(rig: Rig, key: str):
    """The API knows it by its idempotency key, and may have charged it."""
    rig.sandbox.fault("submit", "drop_after_commit")
    job = await ask(rig, "a fox #fast")
    await pass_time(rig, 0.5, 0.5)
    rig.sandbox.accounts.accounts[key].credits = 0
    await rig.restart()
    assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "delivered"
