"""A deferral without a reply buys nothing, whether Discord has it or not; nor does one that another copy made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
import discord
import pytest
from simcord.backend.errors import BackendError
from simcord.http import client

from bot.delivery.channels.facts import ALREADY_ANSWERED
from tests.support.rig import Rig
from tests.support.workflows import IMAGE, sample

Error = Callable[[], Exception]


def server_error() -> Exception:
    return discord.DiscordServerError(client._FakeResponse(500), "")  # type: ignore[arg-type]


def cut() -> Exception:
    return aiohttp.ServerDisconnectedError()


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Error, bool], None]:
    """Let deferrals fail so, after or before they took effect."""

    def set_up(error: Error, takes_effect: bool) -> None:
        original = client.FakeWebhookAdapter.request

        async def request(self: Any, route: Any, *rest: Any, **options: Any) -> Any:
            if not route.url.endswith("/callback"):
                return await original(self, route, *rest, **options)
            if takes_effect:
                await original(self, route, *rest, **options)
            raise error()

        monkeypatch.setattr(client.FakeWebhookAdapter, "request", request)

    return set_up


@pytest.mark.parametrize("error", [server_error, cut])
@pytest.mark.parametrize("takes_effect", [False, True])
async def test_a_deferral_without_a_reply_buys_nothing(rig: Rig, lose: Any, error: Error, takes_effect: bool):
    rig.forgiven = (Exception,)
    lose(error, takes_effect)
    await rig.member.slash(rig.channel, "image edit", prompt="in snow", image=sample(IMAGE))
    await rig.work()
    assert await rig.jobs() == []
    assert rig.sandbox.posts == 0


async def test_a_deferral_of_another_copy_buys_nothing_here(rig: Rig, lose: Any):
    rig.forgiven = (discord.HTTPException,)

    def taken() -> Exception:
        try:
            client._raise_for(BackendError(400, ALREADY_ANSWERED, "already acknowledged"))
        except discord.HTTPException as error:
            return error
        raise AssertionError

    lose(taken, True)
    await rig.member.slash(rig.channel, "image edit", prompt="in snow", image=sample(IMAGE))
    await rig.work()
    assert await rig.jobs() == []
    assert rig.sandbox.posts == 0
