"""What the account was charged is compared with what the books say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.following import (
    DAY_S,
    HOUR_S,
    MINUTE_S,
    PICTURE,
    ask,
    change_rules,
    charged,
    pass_time,
    said,
    set_key,
    the_job,
    until_ended,
)
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig

MORE = "12 credits more"


@pytest.fixture
async def desk(rig: Rig) -> Any:
    """A server with a key of its own and a log channel, in which one picture was made."""
    channel = rig.guild.create_text_channel("log")
    await change_rules(rig, log_channel=channel.id)
    await set_key(rig, GUILD_KEY)
    await pass_time(rig, 5 * MINUTE_S)
    job = await ask(rig, "an early heron #fast")
    await until_ended(rig, job.id, MINUTE_S, 1)
    await pass_time(rig, 1.2 * HOUR_S, MINUTE_S)
    return channel


def log(rig: Rig, desk: Any) -> str:
    return "\n".join(m.content for m in desk.history() if m.author.id == rig.bot.user.id)


async def status(rig: Rig) -> str:
    return said(await rig.moderator.slash(rig.channel, "studio status"))


async def unconfirmed(rig: Rig) -> str:
    """Return the id of a job that Cannon Studio made and charged, though it never confirmed it."""
    rig.sandbox.fault("submit", "status", status=500, times=None, commit=True)
    job = await ask(rig)
    await until_ended(rig, job.id, HOUR_S)
    rig.sandbox.faults.clear()
    assert the_job(rig, job.id).state == "failed"
    assert rig.sandbox.spent(GUILD_KEY) == charged(rig) + PICTURE
    return job.id


@pytest.mark.long
async def test_what_was_charged_beyond_the_books_is_listed_with_its_job(rig: Rig, desk: Any):
    job_id = await unconfirmed(rig)
    await pass_time(rig, 2.5 * HOUR_S, MINUTE_S)
    for shown in (await status(rig), log(rig, desk)):
        line = next((line for line in shown.splitlines() if MORE in line), "")
        assert line, shown
        assert job_id in line


@pytest.mark.long
async def test_a_late_result_takes_its_difference_away(rig: Rig, desk: Any):
    rig.sandbox.fault("get", "status", status=404, times=None)
    job = await ask(rig)
    await pass_time(rig, 4 * HOUR_S, MINUTE_S)
    assert the_job(rig, job.id).state == "failed"
    assert MORE in await status(rig)
    rig.sandbox.faults.clear()
    await pass_time(rig, 1.5 * DAY_S, 10 * MINUTE_S)
    assert charged(rig) == rig.sandbox.spent(GUILD_KEY) == 2 * PICTURE
    assert " more than " not in await status(rig)


async def test_the_hosts_account_is_not_compared_since_servers_share_it(rig: Rig):
    channel = rig.guild.create_text_channel("log")
    await change_rules(rig, log_channel=channel.id)
    await ask(rig, "an early heron #fast")
    await pass_time(rig, 1.2 * HOUR_S, MINUTE_S)
    rig.sandbox.spend_elsewhere(HOST_KEY, 12)
    await pass_time(rig, 2.5 * HOUR_S, MINUTE_S)
    assert " more than " not in await status(rig)
    assert " more than " not in log(rig, channel)
