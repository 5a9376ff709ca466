"""Nobody waits for a stranger: what one server suffers delays no other."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from tests.support.discord_trouble import DiscordCall, trouble_with
from tests.support.following import Server, another_server, ask, change_rules, own_server, set_key, the_job
from tests.support.neighbours import passes, put, slow_files, worker_at_work
from tests.support.rig import GUILD_KEY, Rig
from tests.support.surface import of, watch

PATIENCE_S = 60.0
"""Far more than a neighbour may cost: what it costs exactly is measured in tests/bench."""


async def result_of(rig: Rig, server: Server) -> dict[str, Any]:
    """Have a picture made on a server and posted; return what another job needs to be as far as it was before that."""
    row = await ask(rig, "a pattern #fast", server=server)
    await rig.work()
    job = await rig.bot.parts.store.jobs.get(server.guild.id, row.id)
    assert job is not None
    return {"media": job.media, "output": job.output, "submitted_at": job.submitted_at}


async def is_posted(rig: Rig, server: Server) -> bool:
    """Whether a picture that a member of the server asks for now is posted before long."""
    row = await ask(rig, "a heron #fast", server=server)
    await passes(rig, lambda: the_job(rig, row.id).ended, limit_s=PATIENCE_S)
    return the_job(rig, row.id).state == "delivered"


@pytest.mark.long
@pytest.mark.parametrize(("servers", "files"), [(4, 20)])
async def test_files_that_drip_delay_no_other_server(rig: Rig, servers: int, files: int):
    slow = await result_of(rig, own_server(rig))
    for number in range(servers):
        noisy = another_server(rig, f"Noisy {number}")
        await put(rig, noisy.guild.id, noisy.channel.id, files, state=JobState.READY, **slow)
    calls = watch(rig)
    with slow_files(rig, slow["media"][0].url):
        async with worker_at_work(rig):
            await passes(rig, lambda: len(of(calls, "media")) > 3, limit_s=5.0)
            assert await is_posted(rig, own_server(rig))


@pytest.mark.long
async def test_results_that_discord_does_not_answer_delay_no_other_server(rig: Rig):
    there = another_server(rig)
    done = await result_of(rig, own_server(rig))
    await put(rig, rig.guild.id, rig.channel.id, 64, state=JobState.READY, **done)

    async def silent(call: DiscordCall) -> None:
        if call.path.startswith(f"/channels/{rig.channel.id}/"):
            await asyncio.Event().wait()

    with trouble_with(silent) as calls:
        async with worker_at_work(rig):
            await passes(rig, lambda: bool(calls), limit_s=PATIENCE_S)
            assert await is_posted(rig, there)


@pytest.mark.long
@pytest.mark.parametrize("where", ["submit"])
async def test_an_api_that_hangs_for_another_key_delays_no_other_server(rig: Rig, where: str):
    await set_key(rig, GUILD_KEY)
    key = await rig.bot.parts.keys.for_guild(rig.guild.id)
    there = another_server(rig)
    state, values = JobState.SUBMITTING, {"key_id": key.id}
    if where == "get":
        state, values = JobState.PROCESSING, values | {"remote_id": "req_hangs", "attempts": 1}
    await put(rig, rig.guild.id, rig.channel.id, 80, state=state, **values)
    rig.sandbox.fault(where, "stall", times=None, key=GUILD_KEY)
    calls = watch(rig)
    async with worker_at_work(rig):
        await passes(rig, lambda: any(call.where == where for call in calls), limit_s=PATIENCE_S)
        assert await is_posted(rig, there)


async def test_a_question_that_discord_never_answers_delays_nobody(rig: Rig):
    there = another_server(rig)
    moderators = rig.guild.create_text_channel("mods")
    await change_rules(rig, approve_above=Decimal(1), approval_channel=moderators.id)
    asked = await ask(rig, "dear")
    assert asked.state == "awaiting_approval"

    async def silent(call: DiscordCall) -> None:
        if call.path.startswith(f"/channels/{moderators.id}/"):
            await asyncio.Event().wait()

    with trouble_with(silent):
        async with worker_at_work(rig):
            assert await is_posted(rig, there)


def progress(rig: Rig) -> dict[str, Any]:
    health: dict[str, Any] = rig.bot.parts.http._health()
    return health


@pytest.mark.long
async def test_health_tells_how_long_what_is_due_has_waited(rig: Rig):
    done = await result_of(rig, own_server(rig))
    await put(rig, rig.guild.id, rig.channel.id, 3, state=JobState.READY, **done)

    async def silent(call: DiscordCall) -> None:
        if call.path.startswith(f"/channels/{rig.channel.id}/"):
            await asyncio.Event().wait()

    with trouble_with(silent) as calls:
        async with worker_at_work(rig):
            await passes(rig, lambda: bool(calls), limit_s=PATIENCE_S)
            assert progress(rig)["ok"]
            await passes(rig, lambda: False, limit_s=300.0, step_s=10.0)
            health = progress(rig)
    assert health["oldest_due_s"]["deliver"] >= 290
    assert health["oldest_due_s"]["submit"] == health["oldest_due_s"]["poll"] == 0
    assert health["turns_last_minute"] == 0
    assert not health["ok"], "nothing has moved for five minutes, though something is due"
