"""A key heals itself, and one job's refusal is that job's alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.following import (
    HOUR_S,
    MINUTE_S,
    PICTURE,
    Server,
    another_server,
    ask,
    change_rules,
    charged,
    kept,
    log_channel_text,
    own_server,
    pass_time,
    said,
    set_aside,
    set_key,
    the_job,
    tick,
    until_ended,
    until_running,
)
from tests.support.jobs import tried_again
from tests.support.rig import GUILD_KEY, Rig
from tests.support.surface import Call, of, watch

OTHER_KEY = "cs_test_other_0000000000"
NOT_AVAILABLE = "not available on this account"
UNEXPLAINED = "Rejected by the safety system."


@pytest.fixture
async def key(rig: Rig) -> str:
    """The key of the server's own that pays."""
    await set_key(rig, GUILD_KEY)
    return GUILD_KEY


async def ask_sora(rig: Rig, server: Server | None = None, prompt: str = "waves #plan") -> Any:
    there = server or own_server(rig)
    return await there.member.slash(there.channel, "sora for:character video", prompt=prompt, character_id="ch_1")


def calls_with(calls: list[Call], key: str, *where: str) -> list[Call]:
    return [call for call in calls if call.key == key and (not where or call.where in where)]


# ---------------------------------------------------------------------- one refused operation


async def test_a_403_to_one_job_fails_that_job_with_the_apis_words(rig: Rig, key: str):
    calls = watch(rig)
    await ask_sora(rig)
    [job] = kept(rig)
    await until_ended(rig, job.id, 5 * MINUTE_S, 5)
    job = the_job(rig, job.id)
    assert job.state == "failed"
    assert NOT_AVAILABLE in job.error
    assert "plan does not include" in job.error
    assert len(of(calls, "submit")) == 1
    # The first is before the create, the second after its refusal; one may be the hourly look at the balance.
    assert 2 <= len(calls_with(calls, key, "status")) <= 3
    assert (charged(rig), set_aside(rig)) == (0, 0)


def refuse_once(rig: Rig, sentence: str) -> None:
    rig.sandbox.fault("submit", "status", status=403, body=json.dumps({"error": {"message": sentence}}))


async def refused(rig: Rig, prompt: str, sentence: str = UNEXPLAINED) -> str:
    """Have one create refused; return what its job says."""
    refuse_once(rig, sentence)
    job = await ask(rig, prompt)
    await until_ended(rig, job.id, 5 * MINUTE_S, 5)
    assert the_job(rig, job.id).state == "failed"
    return str(the_job(rig, job.id).error)


async def is_made(rig: Rig, prompt: str) -> bool:
    job = await ask(rig, f"{prompt} #fast")
    return bool((await until_ended(rig, job.id, MINUTE_S, 1)).state == "delivered")


async def closed(rig: Rig) -> str:
    """Return why no picture can be requested."""
    before = len(kept(rig))
    answer = await rig.member.slash(rig.channel, "image generate", prompt="a swan #fast")
    assert answer.ephemeral
    assert len(kept(rig)) == before
    return said(answer)


async def test_a_403_for_one_prompt_stops_nobody(rig: Rig, key: str):
    for prompt in ("a heron", "A  heron"):  # the same in other forms, and no success before
        assert await refused(rig, prompt) == (
            "Cannon Studio rejected this input for Generate Image: Rejected by the safety system. "
            "Other inputs may work."
        )
    assert await is_made(rig, "a fox")


async def test_two_different_prompts_refused_in_a_row_close_an_operation_that_never_worked(rig: Rig, key: str):
    await refused(rig, "a heron")
    sentence = (
        "Generate Image is probably not available on this account. Cannon Studio rejected two different inputs in a "
        "row: Rejected by the safety system."
    )
    assert await refused(rig, "a wolf") == sentence
    assert "because Cannon Studio rejected it: Rejected by the safety system." in await closed(rig)
    rig.advance(HOUR_S + 1)
    assert await is_made(rig, "a fox")


async def test_a_reason_that_names_plan_or_scope_closes_what_has_worked_after_the_second_input(rig: Rig, key: str):
    sentence = "This key lacks the scope images:write."
    assert await is_made(rig, "a fox")
    assert "Other inputs may work" in await refused(rig, "a heron", sentence)
    assert await is_made(rig, "a hare")
    for prompt in ("a heron", "a heron"):
        assert "Other inputs may work" in await refused(rig, prompt, sentence)
    assert await refused(rig, "a wolf", sentence) == f"Generate Image is not available on this account: {sentence}"
    assert f"paused on this account because Cannon Studio rejected it: {sentence}" in await closed(rig)


async def test_a_prompt_that_a_reason_repeats_is_no_plan(rig: Rig, key: str):
    assert "Other inputs may work" in await refused(rig, "a floor plan", 'The prompt "a floor plan" is not allowed.')
    assert await is_made(rig, "a fox")


async def test_the_next_member_is_told_before_that_the_operation_is_not_available(rig: Rig, key: str):
    await ask_sora(rig)
    await pass_time(rig, 10, 1)
    calls = watch(rig)
    answer = await ask_sora(rig, prompt="other waves")
    await pass_time(rig, 10, 1)
    assert answer.ephemeral
    assert "is paused on this account" in said(answer)
    assert len(kept(rig)) == 1
    assert of(calls, "submit") == []


async def test_an_operation_is_remembered_for_the_key_that_was_refused_it(rig: Rig):
    elsewhere = another_server(rig)
    rig.sandbox.add_key(OTHER_KEY, credits=500)
    await set_key(rig, GUILD_KEY)
    await set_key(rig, OTHER_KEY, server=elsewhere)
    await ask_sora(rig)
    await pass_time(rig, 10, 1)
    await ask_sora(rig, elsewhere, prompt="waves #fast")
    job = kept(rig)[-1]
    assert job.guild_id == elsewhere.guild.id
    assert (await until_ended(rig, job.id, 5 * MINUTE_S, 5)).state == "delivered"


# ---------------------------------------------------------------------- a key that was refused


@pytest.mark.parametrize("status", [401])
async def test_one_refused_poll_of_a_living_key_delays_the_job_and_nothing_else(rig: Rig, key: str, status: int):
    job = await until_running(rig, (await ask(rig)).id)
    rig.sandbox.fault("get", "status", status=status)
    calls = watch(rig)
    await pass_time(rig, 5 * MINUTE_S, 1)
    assert the_job(rig, job.id).state == "delivered", the_job(rig, job.id).error
    assert 1 <= len(calls_with(calls, key, "status")) <= 2
    await ask(rig, "another")
    assert charged(rig, job.id) == PICTURE


@pytest.mark.long
async def test_a_revoked_key_is_probed_after_1_5_15_and_60_minutes_and_by_no_job(rig: Rig, key: str):
    for number in range(2):
        await until_running(rig, (await ask(rig, f"heron {number} #forever")).id)
    calls = watch(rig)
    start = rig.clock.elapsed
    rig.sandbox.revoke_key(key)
    await pass_time(rig, 2.2 * HOUR_S, 10)
    minutes = sorted({(call.at - start) / MINUTE_S for call in calls_with(calls, key, "status")})
    confirmed, *probes = minutes
    assert confirmed < 1
    # Counted from the probe before or from the refusal: both are a minute, some five, some fifteen, and an hour.
    bounds = ((0.8, 2), (4, 8), (13, 25), (55, 95))
    assert len(probes) in {4, 5}, minutes
    assert all(low <= probe - confirmed <= high for probe, (low, high) in zip(probes, bounds, strict=False)), minutes
    assert len(calls_with(calls, key, "get", "submit")) <= 2


@pytest.mark.long
@pytest.mark.parametrize("minutes", [10])
async def test_a_key_that_works_again_takes_up_its_jobs_by_itself(rig: Rig, key: str, minutes: float):
    job = await until_running(rig, (await ask(rig)).id)
    rig.sandbox.revoke_key(key)
    await pass_time(rig, minutes * MINUTE_S, 10)
    rig.sandbox.restore_key(key)
    await pass_time(rig, 70 * MINUTE_S, 20)
    assert the_job(rig, job.id).state == "delivered", the_job(rig, job.id).error
    await ask(rig, "another")


async def test_a_probe_that_is_not_answered_says_nothing_and_is_repeated_in_a_minute(rig: Rig, key: str):
    job = await until_running(rig, (await ask(rig)).id)
    rig.sandbox.revoke_key(key)
    await pass_time(rig, 30, 10)
    rig.sandbox.restore_key(key)
    rig.sandbox.fault("status", "status", status=503, times=2)
    await pass_time(rig, 5 * MINUTE_S, 10)
    assert the_job(rig, job.id).state == "delivered", the_job(rig, job.id).error


@pytest.mark.long
async def test_a_restart_neither_hurries_nor_forgets_the_next_probe(rig: Rig, key: str):
    await until_running(rig, (await ask(rig, "a heron #forever")).id)
    start = rig.clock.elapsed
    rig.sandbox.revoke_key(key)
    await pass_time(rig, 24 * MINUTE_S, 10)  # the probes after 1, 5 and 15 minutes are over
    await rig.restart(after_s=MINUTE_S)
    calls = watch(rig)
    await pass_time(rig, 70 * MINUTE_S, 20)
    probes = [(call.at - start) / MINUTE_S for call in calls_with(calls, key, "status")]
    assert len(probes) == 1, probes
    assert 75 <= probes[0] <= 95, probes


async def test_only_the_status_call_marks_a_key_refused(rig: Rig, key: str):
    """The status call cannot be made at that moment, so nothing is known of the key."""
    rig.sandbox.fault("submit", "status", status=401)
    rig.sandbox.fault("status", "status", status=503, skip=1)
    first = await ask(rig)
    await pass_time(rig, 5, 1)
    await ask(rig, "another #fast")
    await pass_time(rig, 10 * MINUTE_S, 5)
    assert {job.state for job in kept(rig)} <= {"delivered", "failed"}
    assert kept(rig)[-1].state == "delivered"
    assert "key" not in the_job(rig, first.id).error


async def test_the_hosts_key_is_judged_for_each_server(rig: Rig):
    """One server's jobs meet a 401, and even the status call says so once: another server is not refused for it."""
    elsewhere = another_server(rig)
    rig.sandbox.fault("submit", "status", status=401)
    rig.sandbox.fault("status", "status", status=401, skip=1)
    await ask(rig)
    await pass_time(rig, 5, 1)
    job = await ask(rig, "a wolf #fast", server=elsewhere)
    assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "delivered"


# ---------------------------------------------------------------------- no credits left


async def test_topping_up_unlocks_at_once(rig: Rig):
    rig.sandbox.add_key(GUILD_KEY, credits=0)
    await set_key(rig, GUILD_KEY)
    assert "Cannon Studio account has" in said(await rig.member.slash(rig.channel, "image generate", prompt="a fox"))
    rig.sandbox.top_up(GUILD_KEY, 500)
    rig.advance(MINUTE_S + 1)
    job = await ask(rig, "a fox #fast")
    assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "delivered"


async def test_a_refusal_for_want_of_credits_asks_the_account_once_a_minute_at_the_most(rig: Rig):
    rig.sandbox.add_key(GUILD_KEY, credits=0)
    await set_key(rig, GUILD_KEY)
    rig.advance(2 * MINUTE_S)
    calls = watch(rig)
    for _ in range(10):
        assert "Cannon Studio account has" in said(
            await rig.member.slash(rig.channel, "image generate", prompt="a fox")
        )
        rig.advance(5)
    assert len(calls_with(calls, GUILD_KEY, "status")) == 1
    rig.advance(MINUTE_S)
    assert "Cannon Studio account has" in said(await rig.member.slash(rig.channel, "image generate", prompt="a fox"))
    assert len(calls_with(calls, GUILD_KEY, "status")) == 2


async def test_after_a_402_and_a_top_up_another_try_is_made_at_once(rig: Rig):
    rig.sandbox.add_key(GUILD_KEY, credits=5)
    await set_key(rig, GUILD_KEY)
    job = await ask(rig)
    assert (await until_ended(rig, job.id, MINUTE_S, 1)).state == "failed"
    rig.sandbox.top_up(GUILD_KEY, 100)
    rig.advance(MINUTE_S + 1)
    await tried_again(rig, rig.member, job.id)
    again = kept(rig)[-1]
    assert (await until_ended(rig, again.id, 5 * MINUTE_S, 1)).state == "delivered"
    assert charged(rig) == rig.sandbox.spent(GUILD_KEY) == PICTURE


# ---------------------------------------------------------------------- pauses


@pytest.mark.long
async def test_a_lasting_429_on_creates_keeps_no_running_job_from_its_polls(rig: Rig):
    await set_key(rig, GUILD_KEY)
    video = await rig.member.slash(rig.channel, "video generate", prompt="waves #slow")
    assert video is not None
    first = await until_running(rig, kept(rig)[-1].id)
    body = '{"error": "Too many concurrent requests"}'
    rig.sandbox.fault("submit", "status", status=429, body=body, times=None)
    await ask(rig, "another")
    await pass_time(rig, 15 * MINUTE_S, 2)
    rig.sandbox.finish(first.remote_id or "")
    await pass_time(rig, 2 * MINUTE_S, 1)
    assert the_job(rig, first.id).state == "delivered"
    rig.sandbox.faults.clear()
    await pass_time(rig, 10 * MINUTE_S, 2)
    assert [job.state for job in kept(rig)] == ["delivered", "delivered"]


@pytest.mark.parametrize("where", ["submit"])
async def test_a_key_that_is_set_elsewhere_ends_no_pause_of_another(rig: Rig, where: str):
    elsewhere = another_server(rig)
    rig.sandbox.add_key(OTHER_KEY, credits=100)
    await set_key(rig, GUILD_KEY)
    rig.sandbox.fault(where, "flood", retry_after="600", key=GUILD_KEY)
    await ask(rig, "long #slow")
    await pass_time(rig, 10, 0.5)
    calls = watch(rig)
    for _ in range(5):
        await set_key(rig, OTHER_KEY, server=elsewhere)
        await tick(rig)
        rig.advance(5)
    assert calls_with(calls, GUILD_KEY, "get", "submit") == []


async def test_setting_a_key_takes_up_the_jobs_of_its_own_server_at_once(rig: Rig):
    await set_key(rig, GUILD_KEY)
    rig.sandbox.revoke_key(GUILD_KEY)
    job = await ask(rig)
    await pass_time(rig, 3 * MINUTE_S, 5)
    rig.sandbox.add_key(OTHER_KEY, credits=100)
    await set_key(rig, OTHER_KEY)
    assert (await until_ended(rig, job.id, MINUTE_S, 0.5)).state == "delivered"
    assert rig.sandbox.spent(OTHER_KEY) == PICTURE  # the first key has refused it for certain


# ---------------------------------------------------------------------- two accounts


@pytest.mark.long
async def test_after_one_attempt_of_unknown_outcome_no_other_key_is_used(rig: Rig):
    """Another job finds out that the key is revoked, so that this one was sent once and never refused."""
    rig.sandbox.add_key(OTHER_KEY, credits=500)
    await set_key(rig, GUILD_KEY)
    await until_running(rig, (await ask(rig, "first #forever")).id)
    rig.sandbox.fault("submit", "status", status=503, headers={"Retry-After": "120"}, commit=True)
    job = await ask(rig, "once only")
    await tick(rig)
    assert rig.sandbox.posts == 2
    rig.sandbox.revoke_key(GUILD_KEY)
    await pass_time(rig, MINUTE_S, 1)
    assert rig.sandbox.posts == 2
    await set_key(rig, OTHER_KEY)
    await pass_time(rig, 10 * MINUTE_S, 5)
    assert rig.sandbox.spent(OTHER_KEY) == 0
    assert len(rig.sandbox.requests) == 2
    assert "did not confirm" in the_job(rig, job.id).error
    assert job.id in log_channel_text(rig)


async def test_a_second_key_of_the_same_account_goes_on_with_what_the_first_began(rig: Rig):
    await set_key(rig, GUILD_KEY)
    job = await until_running(rig, (await ask(rig)).id)
    rig.sandbox.add_second_key(OTHER_KEY, of=GUILD_KEY)
    rig.sandbox.revoke_key(GUILD_KEY)
    await pass_time(rig, MINUTE_S, 5)
    await set_key(rig, OTHER_KEY)
    assert (await until_ended(rig, job.id, 5 * MINUTE_S, 1)).state == "delivered"
    assert charged(rig) == rig.sandbox.spent(GUILD_KEY) == PICTURE


@pytest.mark.long
async def test_a_replaced_key_of_another_account_condemns_no_running_job(rig: Rig):
    """The new key's account does not know the old one's request: its 404 says nothing about it."""
    rig.sandbox.add_key(OTHER_KEY, credits=500)
    await set_key(rig, GUILD_KEY)
    job = await until_running(rig, (await ask(rig)).id)
    rig.sandbox.revoke_key(GUILD_KEY)
    await pass_time(rig, MINUTE_S, 5)
    await set_key(rig, OTHER_KEY)
    await pass_time(rig, 2 * HOUR_S, 30)
    assert not the_job(rig, job.id).ended, the_job(rig, job.id).error
    rig.sandbox.restore_key(GUILD_KEY)
    await pass_time(rig, 70 * MINUTE_S, 20)
    assert the_job(rig, job.id).state == "delivered", the_job(rig, job.id).error
    assert charged(rig) == rig.sandbox.spent(GUILD_KEY) == PICTURE


# ---------------------------------------------------------------------- no working key within a day


async def after_a_day_in_the_queue(rig: Rig) -> str:
    """Return the id of a job that has waited for 25 hours and meets a key that was revoked a moment ago."""
    await set_key(rig, GUILD_KEY)
    await change_rules(rig, running_per_server=1, running_per_member=1)
    first = await until_running(rig, (await ask(rig, "first #forever")).id)
    second = await ask(rig, "second")
    await tick(rig)
    rig.advance(25 * HOUR_S)
    rig.sandbox.finish(first.remote_id or "")
    for _ in range(20):
        await tick(rig)
        if the_job(rig, second.id).state == "submitting":  # the first is made
            break
        rig.advance(30)
    assert the_job(rig, second.id).state == "submitting", the_job(rig, second.id).state
    rig.sandbox.revoke_key(GUILD_KEY)
    return second.id


@pytest.mark.long
async def test_the_day_without_a_key_counts_from_its_refusal(rig: Rig):
    job_id = await after_a_day_in_the_queue(rig)
    await pass_time(rig, 20 * MINUTE_S, 10)
    assert not the_job(rig, job_id).ended, the_job(rig, job_id).error
    await pass_time(rig, 22 * HOUR_S, 5 * MINUTE_S)
    assert not the_job(rig, job_id).ended, the_job(rig, job_id).error
    await pass_time(rig, 3 * HOUR_S, 5 * MINUTE_S)
    assert the_job(rig, job_id).state == "expired"
    assert "no working API key" in the_job(rig, job_id).error
