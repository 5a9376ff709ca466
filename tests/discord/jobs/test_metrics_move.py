"""What happens to jobs is in the metrics."""

from __future__ import annotations

import discord
import pytest

from bot.domain.models import WaitsFor
from tests.support.rig import Rig


def value(rig: Rig, name: str, **labels: str) -> float:
    return rig.bot.metrics.registry.get_sample_value(name, labels) or 0.0


async def test_a_job_is_counted_on_its_whole_way(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await rig.step()
    await rig.bot.parts.rounds.run_once()
    assert value(rig, "cannon_bot_jobs_open", lane="poll", state="queued") == 1
    assert value(rig, "cannon_bot_credits_held") == value(rig, "cannon_bot_credits_total", kind="hold") > 0
    await rig.work()
    await rig.bot.parts.rounds.run_once()
    assert value(rig, "cannon_bot_jobs_open", lane="poll", state="queued") == 0
    assert value(rig, "cannon_bot_credits_held") == 0
    [job] = await rig.jobs()
    assert value(rig, "cannon_bot_credits_total", kind="settle") == job.cost
    assert value(rig, "cannon_bot_deliveries_total", way="attachment") == 1
    assert value(rig, "cannon_bot_api_calls_total", call="post_requests", outcome="ok") == 1
    assert value(rig, "cannon_bot_api_calls_total", call="get_requests", outcome="ok") >= 2
    assert value(rig, "cannon_bot_job_seconds_count", operation="image.generate") == 1
    assert value(rig, "cannon_bot_file_bytes", file="database") >= 4096
    assert value(rig, "cannon_bot_file_bytes", file="write_ahead_log") > 0
    assert value(rig, "cannon_bot_shard_connected", shard="0") == 1


async def test_a_wait_for_discord_and_a_delivery_put_back_are_counted(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    await rig.step()

    async def refused(*_: object, **__: object) -> None:
        raise discord.RateLimited(120.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rig.bot.parts.delivery.messages, "edit", refused)
        for _ in range(20):
            rig.advance(0.5)
            await rig.step()
        await rig.bot.parts.rounds.run_once()
    assert value(rig, "cannon_bot_deliveries_total", way="later") == 1
    assert value(rig, "cannon_bot_jobs_waiting", **{"for": WaitsFor.DISCORD}) == 1
    await rig.work()
    await rig.bot.parts.rounds.run_once()
    assert value(rig, "cannon_bot_jobs_waiting", **{"for": WaitsFor.DISCORD}) == 0
    assert value(rig, "cannon_bot_deliveries_total", way="attachment") == 1
