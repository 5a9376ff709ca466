"""The real process where a member alone has installed it: on a server without it, and in a group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import AccountStatus, JobState
from bot.runtime.clock import SystemClock
from bot.store import Store
from sandbox.server import Sandbox
from tests.support.elsewhere import OWN_KEY, Hidden
from tests.support.rig import HOST_KEY
from tests.support.wire.bot import BotProcess
from tests.support.wire.server import WireDiscord

SECRET = OWN_KEY.format(number=1)


class UserStage:
    """A member with an account of their own, and a Discord that has places without the bot."""

    def __init__(self, discord: WireDiscord, sandbox: Sandbox, folder: Path) -> None:
        self.discord, self.sandbox, self.database = discord, sandbox, folder / "bot.db"
        self.guild = discord.create_guild("Studio")
        self.ada = discord.add_member(self.guild, "ada")
        self.hidden = Hidden(discord.backend, discord.create_guild)
        check = discord.rest._check

        def checked(call: Any) -> None:
            check(call)
            self.hidden.check(call.method, call.path)

        discord.rest._check = checked  # type: ignore[method-assign]  # the one place that every call passes
        sandbox.add_key(HOST_KEY, credits=100)
        sandbox.add_key(SECRET, credits=100)
        env = {
            "DISCORD_TOKEN": discord.token,
            "CANNON_API_URL": sandbox.url,
            "CANNON_API_KEY": HOST_KEY,
            "CANNON_API_KEY_GUILDS": "*",
            "DATABASE": str(self.database),
            "HEALTH_PORT": "0",
        }
        self.bot = BotProcess(discord, ["run"], folder / "bot.log", env=env)

    async def link(self) -> None:
        store = await Store.open(self.database, clock=SystemClock())
        status = AccountStatus(credits=Decimal(100), plan="creator", scopes=())
        await store.keys.set(self.ada.id, SECRET, set_by=self.ada.id, status=status, own=True)
        await store.close()

    async def states(self) -> list[JobState]:
        store = await Store.open(self.database, clock=SystemClock())
        try:
            return [job.state for job in await store.job_lists.recent(self.ada.id, limit=9)]
        finally:
            await store.close()


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[UserStage]:
    async with WireDiscord() as discord, Sandbox(speed=50.0, small=True) as sandbox:
        stage = UserStage(discord, sandbox, tmp_path)
        await stage.link()
        async with stage.bot:
            await stage.bot.online()
            yield stage
            assert await stage.bot.terminate() == 0
        assert "Traceback" not in stage.bot.output()
        assert set(await stage.states()) == {JobState.DELIVERED}


@pytest.mark.parametrize("where", ["install", "group"])
async def test_a_member_who_has_installed_it_gets_one_message_that_becomes_the_result(outside: UserStage, where: str):
    discord, channel = outside.discord, getattr(outside.hidden, where)
    visitor = outside.hidden.visitor(channel, outside.ada)
    reply = await discord.slash(visitor, channel, "image generate", prompt="a fox #fast")
    message = await discord.until(lambda: reply.message.attachments and reply.message)
    [only] = discord.messages(channel)
    assert only.id == message.id
    again = next(each["custom_id"] for each in message.buttons if each.get("label", "").startswith("Re-run"))
    second = await discord.click(visitor, message, again)
    await discord.until(lambda: second.message and second.message.attachments)
    assert (outside.hidden.refused, outside.hidden.follow_ups) == ([], 0)
    assert {each.key for each in outside.sandbox.requests} == {SECRET}
