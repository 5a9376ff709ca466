"""A server's own key is no way round the host's limit: what it was accepted on is not moved to the host's key."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import discord
import pytest

from bot.domain.models import JobState
from tests.support.channels import rule, shown
from tests.support.erased import send_key
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig, running


async def queued_on_its_own_key(rig: Rig) -> None:
    await rule(rig, running_per_member=1, running_per_server=1)
    await send_key(rig, GUILD_KEY)
    for _ in range(4):
        await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    await rig.step()
    await rig.moderator.slash(rig.channel, "studio key", action="remove")


@pytest.mark.long
async def test_jobs_of_a_removed_key_do_not_spend_past_the_hosts_limit(tmp_path: Path):
    async with running(tmp_path, cannon_api_key_limit=Decimal(20)) as rig:
        await queued_on_its_own_key(rig)
        for _ in range(40):
            rig.advance(3600)
            await rig.step()
        assert rig.sandbox.spent(HOST_KEY) == 0
        states = {job.state for job in await rig.jobs()}
        assert JobState.EXPIRED in states, "without a key they end, and are refunded"
        assert rig.sandbox.spent(GUILD_KEY) == 12


async def test_the_host_reads_the_balance_of_their_account(rig: Rig):
    assert "10,000" not in shown(await rig.moderator.slash(rig.channel, "studio status"))
    rig.bot._application.owner = discord.Object(rig.moderator.id)  # type: ignore[union-attr, assignment]  # as for Discord
    assert "10,000" in shown(await rig.moderator.slash(rig.channel, "studio status"))
