"""`jobs show --timeline`: what happened to a job, from the command to the post, and one trace id in all of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import structlog

from bot.app.host.jobs import texts
from bot.app.host.jobs.commands import job_timeline
from bot.domain.models import JobState
from bot.runtime.logs import configure_logs
from bot.store.processes import free_all
from tests.support.rig import Rig


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    before, stream = structlog.get_config(), io.StringIO()
    configure_logs(
        level="DEBUG", log_format="json", stream=stream, facts={"process": "w1", "role": "all", "version": "9"}
    )
    yield stream
    structlog.configure(**before)


async def life(rig: Rig) -> tuple[dict[str, Any], str]:
    """Return the only job's timeline, as values and as text."""
    [job] = await rig.jobs()
    found = job_timeline(rig.bot.settings, job.id, rig.clock)
    return found, texts.timeline(found)


def kinds(found: dict[str, Any]) -> list[str]:
    return [f"{each['kind']} {each['outcome']}".strip() for each in found["events"]]


async def test_one_trace_id_leads_from_the_command_to_the_post(rig: Rig, log: io.StringIO):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.work()
    [job] = await rig.jobs()
    lines = [json.loads(line) for line in log.getvalue().splitlines() if line.startswith("{")]
    of_job = [line for line in lines if line.get("job") == job.id]
    events = {line["event"] for line in of_job}
    assert {"job.accepted", "job.changed", "media.downloaded", "job.ended"} <= events
    assert {line["trace"] for line in of_job} == {job.trace}
    assert len(bytes.fromhex(job.trace)) == 16
    assert {(line["process"], line["role"], line["version"]) for line in lines} == {("w1", "all", "9")}


async def test_the_jobs_of_two_commands_have_two_traces(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", count=2)
    await rig.member.slash(rig.channel, "image generate", prompt="a wolf")
    traces: dict[str, set[str]] = {}
    for job in await rig.jobs():
        traces.setdefault(job.card_id, set()).add(job.trace)
    first, second = traces.values()
    assert len(first) == len(second) == 1
    assert first != second


async def test_the_life_of_a_picture_is_told_in_order_and_without_its_words(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.work()
    found, text = await life(rig)
    own = rig.bot.identity.name
    assert kinds(found) == [
        "accepted", "hold", "claimed", "sent", "submit accepted", "made", "poll finished", "fetch fetched",
        "deliver posted", "settle", "ended delivered",
    ]  # fmt: skip
    assert {each["process"] for each in found["events"] if each["process"]} == {own}
    assert f"followed by {own}" in text
    assert "20 credits held" in text
    assert "ended: delivered" in text
    assert f"polled {found['events'][6]['times']} times by {own}" in text
    assert "fox" not in text
    times = [each["at"] for each in found["events"]]
    assert times == sorted(times)


async def test_a_429_is_a_wait_in_it(rig: Rig):
    rig.sandbox.fault("submit", "status", status=429, body='{"error": "slow down"}', headers={"Retry-After": "40"})
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    await rig.work()
    found, text = await life(rig)
    [refused] = [each for each in found["events"] if each["outcome"] == "RateLimited"]
    assert (refused["status"], refused["wait_s"]) == (429, 40.0)
    assert "submit: RateLimited (429), which requested 40 s" in text
    assert "Longest: 40 s of waiting after submit RateLimited." in text


async def test_the_wait_for_a_moderator_is_named(rig: Rig):
    store = rig.bot.parts.store
    await store.settings.change(rig.guild.id, lambda rules: replace(rules, approve_above=Decimal(0)))
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    [job] = await rig.jobs()
    rig.advance(3600)
    await store.approvals.approve(rig.guild.id, job.card_id)
    rig.bot.parts.signals.wake()
    await rig.work()
    found, text = await life(rig)
    assert {"approve approved", "start started", "ended delivered"} <= set(kinds(found))
    assert "Longest: 60 min until a moderator decided." in text


async def test_a_worker_that_stops_has_the_others_claim_at_once(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #forever")
    await rig.step()
    heard: list[str] = []
    rig.bot.parts.signals.tell = heard.append
    await rig.bot.parts.worker.stop()
    assert heard == ["claim"]
    _, text = await life(rig)
    assert f"{rig.bot.identity.name} stopped" in text


async def test_a_refund_ends_it(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fail")
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    _, text = await life(rig)
    assert "credits refunded" in text
    assert "ended: failed" in text


async def test_the_time_without_an_owner_is_named_with_who_died(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #forever")
    await rig.step()
    died, [job] = rig.bot.identity.name, await rig.jobs()
    store, worker = rig.bot.parts.store, rig.bot.parts.worker
    rig.advance(49)
    await store._database.write(lambda db: free_all(db, rig.clock.wall()))  # as the next start does
    worker.agenda.clear()
    worker.claims.due = 0.0
    await rig.step()
    rig.sandbox.finish(job.remote_id)
    await rig.work()
    found, text = await life(rig)
    assert kinds(found).count("claimed") == 2
    assert f"{died} died" in text
    assert f"49 s without an owner: {died} died." in text
