from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest

from bot.delivery.texts import WAITING_TO_CONTINUE
from bot.domain.models import AccountStatus, JobState
from tests.support.following import change_rules, widening
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import Call, of, private_messages, settled_exactly, state_text, until, watch

GENERATE = "image generate"
HOUR_S = 3600.0


async def ask(rig: Rig, prompt: str = "a heron", **options: object) -> None:
    await rig.member.slash(rig.channel, GENERATE, prompt=prompt, **options)


async def use_guild_key(rig: Rig, secret: str = GUILD_KEY) -> None:
    status = AccountStatus(credits=Decimal(500), plan="creator", scopes=())
    await rig.bot.parts.store.keys.set(rig.guild.id, secret, set_by=rig.moderator.id, status=status)


async def pass_time(rig: Rig, seconds: float, step_s: float = 30.0) -> None:
    for step in widening(seconds, step_s):
        await rig.step()
        rig.advance(step)


# ---------------------------------------------------------------------- it says no


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 402, "body": '{"error": {"message": "Not enough credits."}}'}, "credits"),
        ({"status": 404, "body": '{"error": {"message": "No such operation."}}'}, "No such operation."),
    ],
)
async def test_a_refusal_is_reported_once_and_costs_nothing(rig: Rig, fault: dict[str, object], said: str):
    rig.sandbox.fault("submit", "status", **fault)
    calls = watch(rig)
    await ask(rig)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert said in job.error
    [message] = rig.messages()
    assert "❌ Failed" in state_text(message)
    assert "<html" not in state_text(message)
    assert len(of(calls, "submit")) == 1
    await settled_exactly(rig)


async def test_a_request_that_fails_there_is_reported_with_its_reason_and_refunded(rig: Rig):
    await ask(rig, "a heron #fail")
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert "could not finish" in state_text(rig.messages()[0])
    assert "no charge" in state_text(rig.messages()[0])
    await settled_exactly(rig)


async def test_the_reason_of_a_failure_can_neither_ping_nor_format(rig: Rig):
    body = '{"error": {"message": "@everyone **bad** <@123> [x](https://evil.example/?k=cs_live_abcdefghijkl)"}}'
    rig.sandbox.fault("submit", "status", status=400, body=body)
    await ask(rig)
    await rig.work()
    shown = state_text(rig.messages()[0])
    for live in ("@everyone", "<@123>", "**bad**", "cs_live_abcdefghijkl", "?k="):
        assert live not in shown
    assert "bad" in shown


async def test_a_success_without_a_result_is_a_failure_that_is_booked(rig: Rig):
    await ask(rig, "a heron #none")
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert job.error == "Cannon Studio could not make this."
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert (balance.spent, balance.held) == (rig.sandbox.spent(HOST_KEY), 0) == (12, 0)


# ---------------------------------------------------------------------- it asks to wait


@pytest.mark.parametrize("where", ["submit", "get"])
async def test_retry_after_is_waited_for_to_the_second_by_all_such_calls_with_the_key(rig: Rig, where: str):
    await use_guild_key(rig)
    rig.sandbox.fault(where, "flood", retry_after="120")
    calls = watch(rig)
    await ask(rig)
    await until_call(rig, calls, where)
    asked_at = of(calls, where)[0].at
    await ask(rig, "another")
    while len(of(calls, where)) < 2:
        await rig.step()
        rig.advance(0.5)
        assert rig.clock.elapsed < 400
    later = of(calls, where)[1:]
    assert later[0].at >= asked_at + 120
    assert later[0].at <= asked_at + 120 * 1.25 + 1
    await rig.work()
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    await settled_exactly(rig, GUILD_KEY)


async def until_call(rig: Rig, calls: list[Call], where: str) -> None:
    while not of(calls, where):
        await rig.step()
        if not of(calls, where):
            rig.advance(0.5)


def calls_of_key(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call.where in {"submit", "get"}]


async def test_a_day_of_retry_after_is_asked_again_after_an_hour(rig: Rig):
    rig.sandbox.fault("submit", "flood", retry_after="86400")
    calls = watch(rig)
    await ask(rig)
    await pass_time(rig, 2 * HOUR_S)
    first, second = of(calls, "submit")[:2]
    # Up to a tenth more by chance, and another by the steps in which time passes.
    assert HOUR_S <= second.at - first.at <= HOUR_S * 1.1 * 1.1 + 60
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED


async def test_a_flood_without_end_backs_off_instead_of_hammering(rig: Rig):
    rig.sandbox.fault("get", "flood", times=None)
    calls = watch(rig)
    await ask(rig)
    await pass_time(rig, 20 * 60, step_s=5)
    assert len(of(calls, "get")) < 45
    assert len(of(calls, "submit")) == 1


# ---------------------------------------------------------------------- it is down


@pytest.mark.parametrize("status", [503])
async def test_a_post_that_meets_a_5xx_is_repeated_with_its_key_and_charged_once(rig: Rig, status: int):
    rig.sandbox.fault("submit", "status", status=status, times=2, commit=True)
    calls = watch(rig)
    await ask(rig)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    assert job.attempts == len(of(calls, "submit")) == 3
    assert len(rig.sandbox.requests) == 1
    await settled_exactly(rig)


@pytest.mark.parametrize(
    "kind",
    [
        "drop_after_commit",
        "drop",
        "garbage",
    ],
)
async def test_an_unreadable_or_lost_reply_to_the_post_leaves_one_remote_job_and_one_charge(rig: Rig, kind: str):
    rig.sandbox.fault("submit", kind, commit=kind != "drop")
    await ask(rig)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    assert len(rig.sandbox.requests) == 1
    await settled_exactly(rig)


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
async def test_an_answer_to_the_post_that_is_another_jobs_shows_nobody_what_another_has_made(
    rig: Rig, times: int | None
):
    await ask(rig, "a heron #forever")
    await rig.step()
    [first] = await rig.jobs()
    stored = json.dumps({"id": first.remote_id, "status": "queued", "operation": first.operation})
    rig.sandbox.fault("submit", "status", status=202, body=stored, times=times)
    await ask(rig, "a wolf #fast")
    await pass_time(rig, 120, 1.0)
    rig.sandbox.finish(first.remote_id or "")
    await rig.work()
    second, first = await rig.jobs()
    assert first.state is JobState.DELIVERED
    assert second.state is (JobState.FAILED if times is None else JobState.DELIVERED)
    assert second.remote_id != first.remote_id
    shown = Counter(attachment.filename for message in rig.messages() for attachment in message.attachments)
    assert sum(shown.values()) == (1 if times is None else 2)
    await settled_exactly(rig)


async def test_a_stored_500_is_not_retried_for_ever(rig: Rig):
    await use_guild_key(rig)
    rig.sandbox.fault("submit", "status", status=500, times=None)
    calls = watch(rig)
    await ask(rig)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert "not confirm" in state_text(rig.messages()[0])
    assert len(of(calls, "submit")) <= 8
    [alert] = private_messages(rig, rig.moderator)
    assert job.id in alert.content
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert balance.held == balance.spent == 0


async def test_an_api_that_is_down_for_an_hour_only_delays_the_job(rig: Rig):
    rig.sandbox.fault("submit", "status", status=503, times=None)
    calls = watch(rig)
    await ask(rig)
    await pass_time(rig, HOUR_S)
    assert (await rig.jobs())[0].state is JobState.SUBMITTING
    assert len(of(calls, "submit")) < 40
    rig.sandbox.faults.clear()
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED
    assert len(rig.sandbox.requests) == 1
    await settled_exactly(rig)


@pytest.mark.long
async def test_an_hour_without_the_api_costs_many_jobs_few_calls_and_no_stampede_follows(rig: Rig):
    await change_rules(rig, running_per_member=20)
    for number in range(10):
        await ask(rig, f"a heron {number}")
        await rig.step()
    for where in ("submit", "get"):
        rig.sandbox.fault(where, "status", status=503, times=None)
    for number in range(10):
        await ask(rig, f"another heron {number}")
    calls = watch(rig)
    await pass_time(rig, HOUR_S)
    assert len(calls_of_key(calls)) < 20 * 90, "each tries about once a minute"
    rig.sandbox.faults.clear()
    calls.clear()
    back_at = rig.clock.elapsed
    await rig.work(limit_s=15 * 60)
    assert {job.state for job in await rig.jobs()} == {JobState.DELIVERED}
    assert len(rig.sandbox.requests) == len(await rig.jobs()) == 20
    seconds = Counter(int(call.at - back_at) for call in calls_of_key(calls))
    assert max(seconds.values()) <= 20
    await settled_exactly(rig)


async def test_a_job_that_may_have_arrived_is_not_sent_again_after_twelve_hours(rig: Rig):
    await use_guild_key(rig)
    rig.sandbox.fault("submit", "drop_after_commit")
    await ask(rig)
    await rig.step()
    assert (await rig.jobs())[0].in_doubt
    await rig.restart(after_s=12 * HOUR_S + 60)
    await rig.work()
    [job] = await rig.jobs()
    assert (job.state, job.attempts) == (JobState.FAILED, 1)
    assert "not confirm" in job.error
    assert rig.sandbox.posts == 1
    [alert] = private_messages(rig, rig.moderator)
    assert job.id in alert.content
    balance = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert balance.held == balance.spent == 0


@pytest.mark.parametrize("kind", ["drop", "missing", "unknown_status"])
async def test_strange_answers_while_waiting_lose_nothing(rig: Rig, kind: str):
    await ask(rig)
    await rig.step()
    rig.sandbox.fault("get", kind, times=2)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    assert len(rig.messages()[0].attachments) == 1
    await settled_exactly(rig)


# ---------------------------------------------------------------------- the key


@pytest.mark.long
async def test_a_revoked_key_is_tried_once_and_its_jobs_wait_until_a_moderator_sets_it_again(rig: Rig):
    await use_guild_key(rig)
    calls = watch(rig)
    await ask(rig)
    await until(rig, JobState.PROCESSING)
    rig.sandbox.revoke_key(GUILD_KEY)
    before = len(calls)
    await pass_time(rig, 3 * HOUR_S)

    assert [call.where for call in calls[before:]] == ["get", "status"]
    [job] = await rig.jobs()
    assert not job.state.ended
    assert str(WAITING_TO_CONTINUE) in state_text(rig.messages()[0])
    [alert] = private_messages(rig, rig.moderator)
    assert "/studio key" in alert.content
    assert private_messages(rig, rig.member) == []

    rig.sandbox.add_key(GUILD_KEY, credits=500)
    shown = await rig.moderator.slash(rig.channel, "studio key")
    [field] = rig.form_fields(shown)
    await rig.moderator.submit_modal(shown, {field: GUILD_KEY})
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED
    assert "took" in state_text(rig.messages()[0])
    await settled_exactly(rig, GUILD_KEY)


async def test_a_revoked_key_is_not_tried_again_by_each_of_its_jobs(rig: Rig):
    await use_guild_key(rig)
    await ask(rig, count=2)
    await rig.step()
    rig.advance(1)
    await ask(rig, "later")
    await rig.step()
    calls = watch(rig)
    rig.sandbox.revoke_key(GUILD_KEY)
    await pass_time(rig, 20, step_s=0.25)
    await pass_time(rig, HOUR_S)
    # Only looks that were under way at the same moment may have met the refusal together.
    assert 1 <= len(of(calls, "get")) <= 2
    assert len(of(calls, "status")) == 1
    assert len({call.at for call in calls}) == 1
    assert len(private_messages(rig, rig.moderator)) == 1


async def test_a_revoked_key_stops_jobs_that_were_not_sent_yet_and_refuses_new_ones(rig: Rig):
    await use_guild_key(rig)
    rig.sandbox.revoke_key(GUILD_KEY)
    await ask(rig)
    await pass_time(rig, 600)
    assert rig.sandbox.requests == []
    assert (await rig.jobs())[0].state is JobState.SUBMITTING
    result = await rig.member.slash(rig.channel, GENERATE, prompt="more")
    assert result.ephemeral
    assert "/studio key" in result.response.content
    assert len(await rig.jobs()) == 1
    assert rig.sandbox.posts == 0


async def test_jobs_whose_key_stays_refused_are_refunded_after_a_day(rig: Rig):
    await use_guild_key(rig)
    await ask(rig)
    await until(rig, JobState.PROCESSING)
    rig.sandbox.revoke_key(GUILD_KEY)
    await pass_time(rig, 26 * HOUR_S, step_s=300)  # a day, as it is noted each hour
    [job] = await rig.jobs()
    assert job.state is JobState.EXPIRED
    assert "no working API key" in job.error
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 0


async def test_a_running_job_is_followed_with_its_own_key_after_another_was_set(rig: Rig):
    await use_guild_key(rig)
    await ask(rig)
    await rig.step()
    other = "cs_test_other_0000000000"
    rig.sandbox.add_key(other, credits=100)
    await use_guild_key(rig, other)
    calls = watch(rig)
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED
    assert {call.key for call in of(calls, "get")} == {GUILD_KEY}
    await ask(rig, "another")
    await rig.work()
    assert rig.sandbox.spent(other) > 0


async def test_a_post_whose_reply_was_lost_is_repeated_with_the_key_that_sent_it(rig: Rig):
    await use_guild_key(rig)
    rig.sandbox.fault("submit", "drop_after_commit")
    await ask(rig)
    await rig.step()
    other = "cs_test_other_0000000000"
    rig.sandbox.add_key(other, credits=100)
    await use_guild_key(rig, other)
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED
    assert len(rig.sandbox.requests) == 1
    assert rig.sandbox.spent(other) == 0
    assert rig.sandbox.spent(HOST_KEY) == 0


async def test_a_job_that_may_have_arrived_is_never_sent_with_another_key(rig: Rig):
    await use_guild_key(rig)
    rig.sandbox.fault("submit", "drop_after_commit", times=2)
    await ask(rig)
    for _ in range(20):
        await rig.step()
        rig.advance(1)
        if rig.sandbox.posts == 2:
            break
    rig.sandbox.revoke_key(GUILD_KEY)
    await pass_time(rig, 120)
    other = "cs_test_other_0000000000"
    rig.sandbox.add_key(other, credits=100)
    await use_guild_key(rig, other)
    await pass_time(rig, 120)
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert "did not confirm this job" in (job.error or "")
    assert rig.sandbox.spent(other) == 0
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 0


async def test_a_clash_at_the_second_try_says_that_the_first_may_have_arrived(rig: Rig):
    rig.sandbox.fault("submit", "drop_after_commit")
    rig.sandbox.fault("submit", "status", status=409)
    await ask(rig)
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert "did not confirm this job" in (job.error or "")


async def test_an_account_seen_empty_refuses_new_jobs_before_they_are_sent(rig: Rig):
    rig.sandbox.add_key(GUILD_KEY, credits=0)
    status = AccountStatus(credits=Decimal(0), plan=None, scopes=())
    await rig.bot.parts.store.keys.set(rig.guild.id, GUILD_KEY, set_by=rig.moderator.id, status=status)
    result = await rig.member.slash(rig.channel, GENERATE, prompt="x")
    assert result.ephemeral
    assert "0 credits left" in result.response.content
    assert await rig.jobs() == []
    assert rig.sandbox.posts == 0
