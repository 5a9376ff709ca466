"""A deferral that Discord took, but whose reply was lost, goes on; one that another copy made is left to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp import web
from discord.http import Route
from discord.webhook.async_ import AsyncWebhookAdapter
from simcord.backend.errors import BackendError
from simcord.http import client

from bot.delivery.answers.deferral import defer, watch_attempts
from bot.delivery.channels.facts import ALREADY_ANSWERED
from bot.domain.models import JobState
from tests.support.rig import Rig
from tests.support.surface import settled_exactly
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
async def test_a_deferral_whose_reply_was_lost_goes_on(rig: Rig, lose: Any, error: Error):
    lose(error, True)
    await rig.member.slash(rig.channel, "image edit", prompt="in snow", image=sample(IMAGE))
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    assert [message.id for message in rig.messages()] == [job.message_id]
    await settled_exactly(rig)


async def test_a_deferral_that_did_not_arrive_buys_nothing(rig: Rig, lose: Any):
    rig.forgiven = (Exception,)
    lose(server_error, False)
    await rig.member.slash(rig.channel, "image edit", prompt="in snow", image=sample(IMAGE))
    await rig.work()
    assert await rig.jobs() == []


async def test_a_deferral_of_another_copy_buys_nothing_here(rig: Rig, lose: Any):
    """Discord says of it what it says of our own, when the library repeats it; but no call of ours had failed."""
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


class Response:
    """An interaction whose deferral is one call of the real library to a server of the test's."""

    def __init__(self, url: str, session: aiohttp.ClientSession, *, loading: bool) -> None:
        self.response, self.loading = self, loading
        self._route, self._session = Route("POST", "/callback"), session
        self._route.url = url
        self._response_type: discord.InteractionResponseType | None = None

    async def defer(self, **_options: bool) -> None:
        await AsyncWebhookAdapter().request(self._route, self._session)  # type: ignore[no-untyped-call]

    async def original_response(self) -> Any:
        class Original:
            flags = discord.MessageFlags(loading=self.loading)

        return Original


@pytest.mark.parametrize(
    ("answers", "loading", "thinking", "is_ours"),
    [
        ((500, 400), True, True, True),
        ((500, 400), False, False, True),
        ((400,), True, True, False),
        ((500, 400), False, True, False),
    ],
)
async def test_the_library_repeats_a_deferral_that_took_effect_and_is_told_that_there_is_an_answer(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[int, ...], loading: bool, thinking: bool, is_ours: bool
):
    left = list(answers)

    async def callback(_request: web.Request) -> web.Response:
        status = left.pop(0)
        body = json.dumps({"code": ALREADY_ANSWERED if status == 400 else 0, "message": "x"})
        return web.Response(body=body, status=status, headers={"content-type": "application/json"})

    async def at_once(_seconds: float) -> None: ...

    app = web.Application()
    app.router.add_post("/callback", callback)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    monkeypatch.setattr(asyncio, "sleep", at_once)
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/callback"
    try:
        async with aiohttp.ClientSession(trace_configs=[watch_attempts(aiohttp.TraceConfig())]) as session:
            interaction: Any = Response(url, session, loading=loading)
            if is_ours:
                await defer(interaction, thinking=thinking)
                made = discord.InteractionResponseType(5 if thinking else 6)
                assert interaction._response_type is made
            else:
                with pytest.raises(discord.HTTPException):
                    await defer(interaction, thinking=thinking)
    finally:
        await runner.cleanup()
