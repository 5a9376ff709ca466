"""A paid result reaches the member, or the hold is settled and somebody knows why."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from tests.support.following import (
    DAY_S,
    HOUR_S,
    MINUTE_S,
    PICTURE,
    REACHED,
    Row,
    ask,
    ask_database,
    card_text,
    change_rules,
    charged,
    files_of,
    kept,
    log_channel_text,
    newest,
    pass_time,
    said,
    set_aside,
    set_key,
    the_job,
    tick,
    until_ended,
    until_running,
)
from tests.support.jobs import on_job, tried_again
from tests.support.prices import priced
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import agreed, of, watch, whole

UNUSUALLY_LONG = "unusually long"
OWN_404 = {"status": 404, "body": '{"error": {"message": "There is no such request."}}'}


async def running(rig: Rig, prompt: str = "a heron") -> Row:
    """Ask for a picture and wait until Cannon Studio works on it."""
    return await until_running(rig, (await ask(rig, prompt)).id)


async def overdue(rig: Rig) -> Row:
    """Return a job that Cannon Studio has not finished long after it should have."""
    job = await running(rig, "a heron #forever")
    await pass_time(rig, 45 * MINUTE_S)
    return the_job(rig, job.id)


async def assert_delivered_once(rig: Rig, job: Row, key: str = HOST_KEY) -> None:
    job = the_job(rig, job.id)
    assert job.state == "delivered", (job.state, job.error)
    assert len(files_of(rig.channel, rig, job.id)) == 1
    assert charged(rig) == rig.sandbox.spent(key) == PICTURE
    assert set_aside(rig) == 0


async def assert_reached(rig: Rig, job: Row, key: str = HOST_KEY) -> None:
    """Fail unless the member has the result, or can have it, and the books know its price."""
    job = the_job(rig, job.id)
    assert job.state in REACHED, (job.state, job.error)
    assert charged(rig) == rig.sandbox.spent(key) == PICTURE
    assert len(rig.sandbox.requests) == 1


# ---------------------------------------------------------------------- failed polls


@pytest.mark.long
@pytest.mark.parametrize(("fault", "minutes"), [({"kind": "status", "status": 503}, 45), ({"kind": "garbage"}, 3 * 60)])
async def test_polls_that_fail_end_no_job_however_long(rig: Rig, fault: dict[str, Any], minutes: int):
    job = await running(rig)
    rig.sandbox.fault("get", times=None, **fault)
    await pass_time(rig, minutes * MINUTE_S)
    rig.sandbox.faults.clear()
    await until_ended(rig, job.id, HOUR_S)
    await assert_delivered_once(rig, job)


async def test_a_night_without_the_bot_and_one_503_end_nothing(rig: Rig):
    job = await running(rig)
    await rig.restart(after_s=8 * HOUR_S)
    rig.sandbox.fault("get", "status", status=503)
    await until_ended(rig, job.id, HOUR_S)
    await assert_delivered_once(rig, job)


@pytest.mark.long
async def test_time_without_the_bot_or_the_api_does_not_count_against_a_job(rig: Rig):
    job = await running(rig, "a heron #forever")
    await rig.restart(after_s=8 * HOUR_S)
    await pass_time(rig, 5 * MINUTE_S)
    rig.sandbox.fault("get", "status", status=503, times=None)
    await pass_time(rig, 2 * HOUR_S)
    rig.sandbox.faults.clear()
    await pass_time(rig, 5 * MINUTE_S)
    assert not the_job(rig, job.id).ended
    assert UNUSUALLY_LONG not in card_text(rig, job.id)  # it has run for ten minutes that anybody could have seen
    await pass_time(rig, 40 * MINUTE_S)
    assert UNUSUALLY_LONG in card_text(rig, job.id)


# ---------------------------------------------------------------------- past the deadline: slow following


async def test_past_its_deadline_the_member_is_told_and_the_job_stays_open(rig: Rig):
    job = await overdue(rig)
    assert not job.ended, job.error
    assert UNUSUALLY_LONG in card_text(rig, job.id)
    assert set_aside(rig) > 0  # it may still be charged


@pytest.mark.long
@pytest.mark.parametrize("restarted", [True])
async def test_a_late_success_is_delivered_and_settled(rig: Rig, restarted: bool):
    job = await overdue(rig)
    await pass_time(rig, 2 * HOUR_S, 5 * MINUTE_S)
    if restarted:
        await rig.restart(after_s=HOUR_S)
    rig.sandbox.finish(job.remote_id or "")
    await until_ended(rig, job.id, DAY_S, 10 * MINUTE_S)
    await assert_delivered_once(rig, job)
    assert UNUSUALLY_LONG not in card_text(rig, job.id)


@pytest.mark.long
async def test_what_never_ends_is_refunded_after_seven_days_and_moderators_know(rig: Rig):
    await set_key(rig, GUILD_KEY)
    job = await overdue(rig)
    await pass_time(rig, 5.9 * DAY_S, 2 * HOUR_S)
    assert not the_job(rig, job.id).ended, the_job(rig, job.id).error
    await pass_time(rig, 2.5 * DAY_S, 2 * HOUR_S)
    job = the_job(rig, job.id)
    assert job.state == "expired"
    assert re.search(r"(seven|7) days", card_text(rig, job.id))
    assert (charged(rig), set_aside(rig)) == (0, 0)
    assert job.id in log_channel_text(rig)


# ---------------------------------------------------------------------- requests that the API denies


@pytest.mark.long
@pytest.mark.parametrize("minutes", [180])
async def test_a_404_of_a_proxy_is_an_outage(rig: Rig, minutes: int):
    job = await running(rig)
    rig.sandbox.fault("get", "page", status=404, times=None)
    await pass_time(rig, minutes * MINUTE_S, 5 if minutes < 10 else 30)
    assert not the_job(rig, job.id).ended, the_job(rig, job.id).error
    rig.sandbox.faults.clear()
    await until_ended(rig, job.id, HOUR_S)
    await assert_delivered_once(rig, job)


@pytest.mark.long
async def test_the_apis_own_404_is_believed_after_an_hour_not_after_six_polls(rig: Rig):
    job = await running(rig)
    rig.sandbox.fault("get", "status", times=None, **OWN_404)
    await pass_time(rig, 50 * MINUTE_S)
    assert not the_job(rig, job.id).ended, the_job(rig, job.id).error
    await pass_time(rig, 40 * MINUTE_S)
    assert the_job(rig, job.id).state == "failed"
    assert "no longer knows this job" in card_text(rig, job.id)
    assert set_aside(rig) == 0


@pytest.mark.long
async def test_an_hour_of_404_is_an_hour_in_a_row(rig: Rig):
    job = await running(rig, "a heron #forever")
    for _ in range(3):
        rig.sandbox.fault("get", "status", times=None, **OWN_404)
        await pass_time(rig, 25 * MINUTE_S)
        rig.sandbox.faults.clear()
        await pass_time(rig, 3 * MINUTE_S)
    assert not the_job(rig, job.id).ended, the_job(rig, job.id).error


# ---------------------------------------------------------------------- the wall clock


@pytest.mark.parametrize("hours", [-1, 30])
async def test_a_step_of_the_wall_clock_ends_and_delays_nothing(rig: Rig, hours: int):
    job = await running(rig, "a heron #forever")
    rig.clock.step(hours * HOUR_S)
    await pass_time(rig, 20, 0.5)
    assert not the_job(rig, job.id).ended, the_job(rig, job.id).error
    assert UNUSUALLY_LONG not in card_text(rig, job.id)
    rig.sandbox.finish(job.remote_id or "")
    await until_ended(rig, job.id, 3 * MINUTE_S, 0.5)
    await assert_delivered_once(rig, job)


async def test_a_clock_set_back_before_a_restart_makes_no_job_rest_for_an_hour(rig: Rig):
    rig.sandbox.fault("submit", "status", status=503)
    job = await ask(rig)
    await tick(rig)
    rig.clock.step(-HOUR_S)
    await rig.restart()
    await until_ended(rig, job.id, 5 * MINUTE_S, 0.5)
    await assert_delivered_once(rig, job)


# ---------------------------------------------------------------------- files that come late


async def test_a_dead_link_is_renewed_at_delivery(rig: Rig):
    job = await running(rig)
    rig.sandbox.finish(job.remote_id or "")
    rig.sandbox.fault("media", "status", status=503, times=2)
    for _ in range(200):
        await tick(rig)
        if the_job(rig, job.id).state == "ready":
            break
        rig.advance(0.5)
    rig.sandbox.move_files(job.remote_id or "")
    await until_ended(rig, job.id, HOUR_S, 5)
    await assert_delivered_once(rig, job)


# ---------------------------------------------------------------------- the reconciler, retry and recover


async def given_up(rig: Rig, prompt: str = "a heron") -> Row:
    """Return a job that was given up although the API has it, which denied it for an hour."""
    job = await running(rig, prompt)
    rig.sandbox.fault("get", "status", times=None, **OWN_404)
    await until_ended(rig, job.id, 3 * HOUR_S)
    rig.sandbox.faults.clear()
    job = the_job(rig, job.id)
    assert (job.state, set_aside(rig), charged(rig)) == ("failed", 0, 0)
    return job


@pytest.mark.long
async def test_a_job_that_was_given_up_is_looked_for_and_an_adjust_row_corrects_the_books(rig: Rig):
    job = await given_up(rig)
    await pass_time(rig, 1.5 * DAY_S, 10 * MINUTE_S)
    await assert_reached(rig, job)
    rows = kinds(rig, job.id)
    assert rows == {"hold": rows["hold"], "release": rows["hold"], "adjust": PICTURE}


def kinds(rig: Rig, job_id: str) -> dict[str, Decimal]:
    query = "SELECT kind, credits_milli FROM ledger WHERE job_id = ?"
    return {kind: Decimal(milli) / 1000 for kind, milli in ask_database(rig, query, job_id)}


@pytest.mark.long
async def test_what_expired_for_want_of_a_key_is_found_when_the_key_works_again(rig: Rig):
    await set_key(rig, GUILD_KEY)
    job = await running(rig)
    rig.sandbox.revoke_key(GUILD_KEY)
    await pass_time(rig, 26 * HOUR_S, 5 * MINUTE_S)
    assert the_job(rig, job.id).state == "expired"
    rig.sandbox.restore_key(GUILD_KEY)
    await pass_time(rig, 2 * DAY_S, 10 * MINUTE_S)
    await assert_reached(rig, job, GUILD_KEY)


@pytest.mark.long
async def test_the_reconciler_asks_seldom_and_not_for_ever(rig: Rig):
    job = await running(rig)
    rig.sandbox.fault("get", "status", times=None, **OWN_404)
    await until_ended(rig, job.id, 3 * HOUR_S)
    calls = watch(rig)
    await pass_time(rig, 8 * DAY_S, HOUR_S)
    assert 3 <= len(of(calls, "get")) <= 20
    calls.clear()
    await pass_time(rig, 2 * DAY_S, HOUR_S)
    assert of(calls, "get") == []


@pytest.mark.long
@pytest.mark.parametrize("how", ["button"])
async def test_another_try_finds_what_exists_and_pays_nothing(rig: Rig, how: str):
    job = await given_up(rig)
    if how == "command":
        await tried_again(rig, rig.member, job.id)
    else:
        await agreed(rig.member, await rig.member.click(rig.messages()[0], label=whole(rig.messages()[0], "Try again")))
    await pass_time(rig, 5 * MINUTE_S, 1)
    await assert_reached(rig, job)
    assert [row.id for row in kept(rig)] == [job.id]


@pytest.mark.long
async def test_another_try_of_an_unconfirmed_job_finds_the_request_by_its_idempotency_key(rig: Rig):
    rig.sandbox.fault("submit", "status", status=500, times=None, commit=True)
    job = await ask(rig)
    await until_ended(rig, job.id, HOUR_S)
    rig.sandbox.faults.clear()
    assert "did not confirm" in the_job(rig, job.id).error
    await tried_again(rig, rig.member, job.id)
    await pass_time(rig, 10 * MINUTE_S, 1)
    assert newest(rig).state == "delivered"
    assert len(rig.sandbox.requests) == 1
    assert charged(rig) == rig.sandbox.spent(HOST_KEY) == PICTURE


@pytest.mark.long
async def test_another_try_with_a_file_sends_the_same_link_though_it_has_expired(rig: Rig):
    """What Cannon Studio has under the idempotency key is the input as it was: a renewed link would be another one."""
    source = await until_ended(rig, (await ask(rig, "a heron #fast")).id, HOUR_S, 1)
    rig.sandbox.fault("submit", "status", status=500, times=None, commit=True)
    await rig.member.slash(rig.channel, "image edit", prompt="in snow", from_=source.id)
    job = await until_ended(rig, newest(rig).id, HOUR_S)
    assert "did not confirm" in job.error
    rig.sandbox.faults.clear()
    rig.sandbox.move_files(source.remote_id or "")
    await tried_again(rig, rig.member, job.id)
    await pass_time(rig, 10 * MINUTE_S, 1)
    assert newest(rig).state == "delivered"
    assert len(rig.sandbox.requests) == 2


async def test_another_try_of_a_card_repeats_each_of_its_unconfirmed_jobs(rig: Rig):
    rig.sandbox.fault("submit", "status", status=500, times=None, commit=True)
    await rig.member.slash(rig.channel, "image generate", prompt="a heron", count=2)
    for row in kept(rig):
        await until_ended(rig, row.id, HOUR_S)
    rig.sandbox.faults.clear()
    assert len(rig.sandbox.requests) == 2
    await agreed(rig.member, await rig.member.click(rig.messages()[0], label=whole(rig.messages()[0], "Try again")))
    await pass_time(rig, 10 * MINUTE_S, 1)
    assert [row.state for row in kept(rig)] == ["failed", "failed", "delivered", "delivered"]
    assert len(rig.sandbox.requests) == 2
    assert charged(rig) == rig.sandbox.spent(HOST_KEY) == 2 * PICTURE


@pytest.mark.long
@pytest.mark.parametrize("act", ["retry", "recover"])
async def test_nobody_pays_twice_because_the_api_is_down(rig: Rig, act: str):
    job = await given_up(rig)
    rig.sandbox.fault("get", "status", status=503, times=None)
    assert "can't reach Cannon Studio" in said(await on_job(rig, rig.member, act, job.id))
    await pass_time(rig, 5 * MINUTE_S, 1)
    assert [row.id for row in kept(rig)] == [job.id]
    assert len(rig.sandbox.requests) == 1


@pytest.mark.long
@pytest.mark.parametrize("act", ["retry"])
async def test_what_is_still_being_made_is_not_made_again(rig: Rig, act: str):
    job = await given_up(rig, "a heron #forever")
    assert "still working on this job" in said(await on_job(rig, rig.member, act, job.id))
    assert [row.id for row in kept(rig)] == [job.id]
    rig.sandbox.finish(job.remote_id or "")
    await pass_time(rig, 5 * MINUTE_S)  # it is polled again in a minute, not in an hour
    await assert_reached(rig, job)


async def unconfirmed(rig: Rig) -> Row:
    """Return a job that Cannon Studio has accepted and charged, and of which the bot had only errors."""
    rig.sandbox.fault("submit", "status", status=500, times=None, commit=True)
    job = await until_ended(rig, (await ask(rig)).id, HOUR_S)
    rig.sandbox.faults.clear()
    assert "did not confirm" in job.error
    assert len(rig.sandbox.requests) == 1
    await priced(rig)
    return job


async def assert_asks_before_it_pays_again(rig: Rig, job: Row, how: str = "command") -> Any:
    """Retry the job; fail unless nothing is made before the member has said yes. Return the question."""
    if how == "command":
        question = await on_job(rig, rig.member, "retry", job.id)
    else:
        question = await rig.member.click(rig.messages()[0], label=whole(rig.messages()[0], "Try again"))
    assert question.ephemeral
    assert "may have been charged" in said(question)
    assert "about **20 credits**" in said(question)
    await pass_time(rig, MINUTE_S, 1)
    assert [row.id for row in kept(rig)] == [job.id]
    assert len(rig.sandbox.requests) == 1
    assert set_aside(rig) == 0
    return question


@pytest.mark.parametrize("how", ["command"])
async def test_another_try_of_an_unconfirmed_job_after_twelve_hours_asks_for_a_yes_first(rig: Rig, how: str):
    job = await unconfirmed(rig)
    rig.advance(12 * HOUR_S)
    question = await assert_asks_before_it_pays_again(rig, job, how)
    await rig.member.click(question.response, label="Yes, make it")
    await pass_time(rig, 10 * MINUTE_S, 1)
    assert newest(rig).state == "delivered"
    assert len(rig.sandbox.requests) == 2


@pytest.mark.long
async def test_another_try_of_an_unconfirmed_job_with_another_key_asks_for_a_yes_first(rig: Rig):
    job = await unconfirmed(rig)
    await set_key(rig, GUILD_KEY)
    question = await assert_asks_before_it_pays_again(rig, job)
    await rig.member.click(question.response, label="Yes, make it")
    await pass_time(rig, 10 * MINUTE_S, 1)
    assert newest(rig).state == "delivered"
    assert rig.sandbox.spent(GUILD_KEY) == PICTURE


async def test_a_price_that_was_confirmed_within_the_twelve_hours_agrees_to_no_second_charge(rig: Rig):
    job = await unconfirmed(rig)
    await change_rules(rig, confirm_above=Decimal(5))
    ((first_attempt_at,),) = ask_database(rig, "SELECT first_attempt_at FROM jobs WHERE id = ?", job.id)
    rig.advance(first_attempt_at + 12 * HOUR_S - 5 * MINUTE_S - rig.clock.wall())
    priced = await on_job(rig, rig.member, "retry", job.id)
    assert "may have been charged" not in said(priced)
    rig.advance(10 * MINUTE_S)
    late = await rig.member.click(priced.response, label="Yes, make it")
    assert "may have been charged" in said(late)
    await pass_time(rig, MINUTE_S, 1)
    assert [row.id for row in kept(rig)] == [job.id]


@pytest.mark.long
async def test_an_unconfirmed_job_is_tried_again_only_once(rig: Rig):
    job = await unconfirmed(rig)
    await tried_again(rig, rig.member, job.id)
    await pass_time(rig, 10 * MINUTE_S, 1)
    assert newest(rig).state == "delivered"
    rig.advance(12 * HOUR_S)
    answer = await on_job(rig, rig.member, "retry", job.id)
    assert f"was already retried: job {newest(rig).id}" in said(answer)
    assert len(rig.sandbox.requests) == 1


# ---------------------------------------------------------------------- failed, but billed


@pytest.mark.parametrize("word", ["#billed", "#none"])
async def test_what_gave_no_result_but_was_billed_is_booked_and_told(rig: Rig, word: str):
    await set_key(rig, GUILD_KEY)
    job = await ask(rig, f"a heron {word}")
    await until_ended(rig, job.id, HOUR_S)
    assert the_job(rig, job.id).state == "failed"
    assert charged(rig, job.id) == rig.sandbox.spent(GUILD_KEY) == PICTURE
    assert set_aside(rig) == 0
    assert "12 credits" in card_text(rig, job.id)
    told = log_channel_text(rig)
    assert job.id in told
    assert "12" in told


@pytest.mark.long
async def test_a_failure_that_was_billed_is_booked_and_told_also_where_it_is_found_late(rig: Rig):
    await set_key(rig, GUILD_KEY)
    job = await given_up(rig, "a heron #billed")
    assert charged(rig) == 0
    await pass_time(rig, 2 * HOUR_S, 5 * MINUTE_S)
    assert charged(rig, job.id) == rig.sandbox.spent(GUILD_KEY) == PICTURE
    assert kinds(rig, job.id)["adjust"] == PICTURE
    assert "12 credits" in card_text(rig, job.id)
    assert f"Job {job.id} failed, but Cannon Studio charged 12 credits" in log_channel_text(rig)


@pytest.mark.long
async def test_an_outage_that_outlasts_what_the_api_remembers_ends_with_a_refund(rig: Rig):
    await set_key(rig, GUILD_KEY)
    job = await running(rig)
    rig.sandbox.fault("get", "status", status=503, times=None)
    await pass_time(rig, 13 * DAY_S, HOUR_S)
    assert not the_job(rig, job.id).ended
    await pass_time(rig, 2 * DAY_S, HOUR_S)
    assert the_job(rig, job.id).state == "expired"
    assert (charged(rig), set_aside(rig)) == (0, 0)
    assert job.id in log_channel_text(rig)
