"""The real process: nothing is sent for a server that removed the bot while it was off, however fast the start is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.models import JobState
from sandbox.server import Sandbox
from tests.crash.test_kill import SPEED, Scene
from tests.support.wire.server import WireDiscord


@pytest.mark.long
async def test_a_job_of_a_server_that_has_gone_meanwhile_is_refunded_and_never_sent(tmp_path: Path):
    async with WireDiscord() as discord, Sandbox(speed=SPEED, small=True) as sandbox:
        scene = Scene(discord, sandbox, tmp_path)
        await scene.die_at("answer.sent", "a fox #fast")
        async with scene.store() as store:
            [card] = await store.cards.unanswered()
            await store.cards.mark_answered(card.guild_id, card.id, 1, card.channel_id)
        discord.kick_bot(scene.guild)
        elsewhere = discord.create_guild("Elsewhere")
        channel, zoe = discord.create_text_channel(elsewhere, "art"), discord.add_member(elsewhere, "zoe")
        async with scene.life() as bot:
            await bot.online()
            await discord.slash(zoe, channel, "image generate", prompt="a wolf #fast")
            await discord.until(lambda: scene.done(scene.database))
            assert await bot.terminate() == 0
        async with scene.store() as store:
            [job] = await store.job_lists.recent(scene.guild.id, limit=9)
            assert (job.state, sandbox.posts) == (JobState.CANCELLED, 1)
            assert (await store.ledger.balance(scene.guild.id)).held == 0
