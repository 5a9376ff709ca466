"""Processes that share servers and jobs do together what one process does."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib import request

import discord as dpy
import psycopg
import pytest

from bot.domain.models import JobState
from sandbox.server import Sandbox
from tests.support.rig import HOST_KEY
from tests.support.surface import state_text
from tests.support.wire.bot import BotProcess
from tests.support.wire.fleet import Fleet
from tests.support.wire.server import WAIT_S, WireDiscord
from tests.support.wire.world import Posted

SPEED = 50.0
"""A picture takes about 0.2 s."""


@pytest.fixture
async def fleet(tmp_path: Path, empty_postgres_database: str):
    async with WireDiscord() as discord, Sandbox(speed=SPEED, small=True) as sandbox:
        sandbox.add_key(HOST_KEY, credits=10_000)
        yield Fleet(discord, sandbox, tmp_path, empty_postgres_database)


def pressed(message: Posted, label: str) -> str:
    """Return the custom id of the message's button with this label, whatever price is behind it; '' for none."""
    found = [each["custom_id"] for each in message.buttons if each.get("label", "").partition(" · ")[0] == label]
    return found[0] if found else ""


def state(message: Posted) -> str:
    """Return what a card says of its state."""
    return state_text(message)


def is_done(fleet: Fleet) -> bool:
    """Whether every job has ended."""
    with psycopg.connect(fleet.database) as db:
        return all(JobState(state).ended for (state,) in db.execute("SELECT state FROM jobs"))


def exact(fleet: Fleet) -> list[JobState]:
    """Return the states of all jobs, once nothing was charged, posted or refunded twice or not at all."""
    with psycopg.connect(fleet.database) as db:
        jobs = db.execute("SELECT id, state, idempotency_key FROM jobs").fetchall()
        ledger = Counter(db.execute("SELECT job_id, kind FROM ledger").fetchall())
        leases = db.execute("SELECT count(*) FROM jobs WHERE lease IS NOT NULL").fetchone()
    sent = Counter(request.idempotency_key for request in fleet.sandbox.requests)
    assert set(ledger.values()) == {1}
    for job_id, state, key in jobs:
        is_delivered = state == JobState.DELIVERED
        assert {kind for each, kind in ledger if each == job_id} == {"hold", "settle" if is_delivered else "release"}
        assert sent[key] == is_delivered
    assert len(fleet.posted) == len(set(fleet.posted)) == sum(state == JobState.DELIVERED for _, state, _ in jobs)
    assert leases == (0,)
    return sorted(JobState(state) for _, state, _ in jobs)


@pytest.mark.long
async def test_a_job_is_cancelled_where_its_server_is_and_its_card_drawn_where_it_is_followed(fleet):
    async with fleet.store() as store:
        await store.settings.change(fleet.guild.id, lambda rules: replace(rules, running_per_server=1))
    async with fleet.running(1) as [first]:
        running = await fleet.ask("a fox #forever")
        await fleet.until(lambda: fleet.sandbox.requests)
        waiting = await fleet.ask("a wolf #fast")
        async with fleet.running(1) as [second]:
            await fleet.until(lambda: pressed(waiting.message, "Cancel"))

            await fleet.discord.click(fleet.ada, waiting.message, pressed(waiting.message, "Cancel"))

            await fleet.until(lambda: "Canceled" in state(waiting.message))
            fleet.sandbox.finish(fleet.sandbox.requests[0].id)
            await fleet.until(lambda: running.message.attachments and is_done(fleet))
            assert await first.terminate() == 0
            assert await second.terminate() == 0
    assert exact(fleet) == [JobState.CANCELLED, JobState.DELIVERED]


@pytest.mark.long
async def test_moderators_are_asked_once_and_one_approves_at_another_process(fleet):
    questions = fleet.discord.create_text_channel(fleet.guild, "questions")
    morgan = fleet.discord.add_member(fleet.guild, "morgan", permissions=dpy.Permissions(manage_guild=True))
    async with fleet.store() as store:
        await store.settings.change(
            fleet.guild.id,
            lambda rules: replace(rules, approve_above=Decimal(0), approval_channel=questions.id),
        )
    async with fleet.running(1):
        reply = await fleet.ask("a fox #fast")
        [question] = await fleet.until(lambda: fleet.discord.messages(questions))
        async with fleet.running(1):
            await fleet.discord.click(morgan, question, pressed(question, "Approve"))

            await fleet.until(lambda: reply.message.attachments and is_done(fleet))
            assert len(fleet.discord.messages(questions)) == 1
    assert exact(fleet) == [JobState.DELIVERED]


@pytest.mark.long
async def test_a_reaction_before_the_result_acts_once_whichever_process_posts_it(fleet):
    async with fleet.running(1):
        reply = await fleet.ask("a fox #forever")
        await fleet.until(lambda: fleet.sandbox.requests)
        async with fleet.running(1):
            await fleet.discord.react(fleet.ada, reply.message, "🔁")
            fleet.sandbox.finish(fleet.sandbox.requests[0].id)
            await fleet.until(lambda: len(fleet.sandbox.requests) == 2)
            fleet.sandbox.finish(fleet.sandbox.requests[1].id)
            await fleet.until(lambda: len(fleet.posted) == 2 and is_done(fleet))
    assert exact(fleet) == [JobState.DELIVERED] * 2


@pytest.mark.long
async def test_what_a_killed_process_had_is_delivered_by_the_other(fleet):
    async with fleet.running(1) as [first]:
        replies = [await fleet.ask(f"fox {number} #forever") for number in range(2)]
        await fleet.until(lambda: len(fleet.sandbox.requests) == 2 and leads(first))
        async with fleet.running(1) as [second]:
            await first.kill()
            for request in fleet.sandbox.requests:
                fleet.sandbox.finish(request.id)
            await fleet.until(lambda: all(reply.message.attachments for reply in replies) and is_done(fleet), 100)
            assert second.running
    assert exact(fleet) == [JobState.DELIVERED] * 2
    [taken] = [each for each in log_of(second) if each["event"] == "worker.took_over"]
    assert (taken["jobs"], taken["of"]) == (2, process_of(first))


@pytest.mark.long
async def test_what_a_stopped_process_had_is_claimed_at_once(fleet):
    async with fleet.running(1) as [first]:
        replies = [await fleet.ask(f"fox {number} #forever") for number in range(3)]
        await fleet.until(lambda: len(fleet.sandbox.requests) == 3)
        async with fleet.running(1):
            assert await first.terminate() == 0
            for request in fleet.sandbox.requests:
                fleet.sandbox.finish(request.id)
            await fleet.until(lambda: all(reply.message.attachments for reply in replies) and is_done(fleet), 100)
    assert exact(fleet) == [JobState.DELIVERED] * 3


def leads(process: BotProcess) -> bool:
    """Whether it says that it leads."""
    return any(each["event"] == "leader.begins" for each in log_of(process))


def log_of(process: BotProcess) -> list[dict[str, Any]]:
    return [json.loads(line) for line in process.output().splitlines() if line.startswith("{")]


def process_of(process: BotProcess) -> str:
    """Return the name that a process has among its fleet."""
    [started] = [each for each in log_of(process) if each["event"] == "process.started"]
    return str(started["name"])


async def figures(process: BotProcess) -> dict[str, float]:
    """Return the sums of a process's metrics, by name."""
    address = next(line["address"] for line in log_of(process) if line["event"] == "http.listens")
    shown = (await asyncio.to_thread(request.urlopen, f"{address}/metrics")).read().decode()
    found: Counter[str] = Counter()
    for line in shown.splitlines():
        if not line.startswith("#"):
            found[line.partition("{")[0].partition(" ")[0]] += float(line.rpartition(" ")[2])
    return found


@pytest.mark.long
async def test_a_leader_that_was_paused_shows_no_figures_once_another_leads(fleet):
    async with fleet.running(2) as (first, second):
        await fleet.until(lambda: leads(first))
        await fleet.ask("a fox #forever")
        await fleet.until(lambda: fleet.sandbox.requests)
        first.send(signal.SIGSTOP)
        await fleet.until(lambda: '"leader.begins"' in second.output())
        async with asyncio.timeout(WAIT_S):
            while (await figures(second)).get("cannon_bot_jobs_open") != 1:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.5)
        first.send(signal.SIGCONT)
        own, others = await figures(first), await figures(second)
        assert (own["cannon_bot_leader"], others["cannon_bot_leader"]) == (0, 1)
        for name in ("jobs_open", "jobs_waiting", "credits_held", "keys_refused", "credits_total"):
            assert f"cannon_bot_{name}" not in own, name
            assert f"cannon_bot_{name}" in others, name
        fleet.sandbox.finish(fleet.sandbox.requests[0].id)
        await fleet.until(lambda: is_done(fleet))
