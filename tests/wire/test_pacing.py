"""How the bot calls Discord: below its limit for the sum of all calls, and one at a time when Discord is in trouble."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import discord as dpy
import pytest

from bot.app import discord_gate
from bot.app.client import _client_options
from bot.app.discord_gate import DiscordGate
from bot.delivery import upload_slots
from bot.delivery.upload_slots import UPLOADS_AT_ONCE, UPLOADS_OF_ONE_SERVER, posting_of
from bot.runtime.clock import SystemClock
from tests.support.wire.server import WireDiscord

SPEED = 4
"""How much faster than true time the gate's clock runs in most tests."""
POSTS = "/channels/*/messages"


class QuickClock(SystemClock):
    """Of its seconds, `speed` are a true one."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.speed = 1

    def monotonic(self) -> float:
        return (time.monotonic() - self._start) * self.speed

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        await super().wait(event, None if seconds is None else seconds / self.speed)


class Caller:
    """discord.py as the bot configures it, logged in to a wire Discord, without a gateway."""

    def __init__(self, wire: WireDiscord, client: dpy.Client, gate: DiscordGate, clock: QuickClock) -> None:
        self.wire, self.client, self.gate, self.clock = wire, client, gate, clock
        self.guilds = [wire.create_guild(f"Server {number}") for number in range(6)]
        self.channels = [wire.create_text_channel(guild, f"art-{n}") for guild in self.guilds for n in range(5)]

    async def send(self, number: int = 0, **extras: object) -> dpy.Message:
        channel = self.channels[number % len(self.channels)]
        return await self.client.get_partial_messageable(channel.id).send(f"{number}", **extras)

    async def post_result(self, number: int = 0, *, guild: int | None = None) -> dpy.Message:
        """Post as the poster does; `guild`: of which server, by its number."""
        with posting_of(self.guilds[number // 5 % 6 if guild is None else guild].id):
            return await self.send(number)

    def posts(self, status: int | None = None) -> int:
        calls = self.wire.calls("POST", POSTS)
        return len(calls if status is None else [call for call in calls if call.status == status])


@pytest.fixture
async def caller(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Caller]:
    gates: list[DiscordGate] = []

    class Gate(DiscordGate):
        def __init__(self, clock: SystemClock) -> None:
            super().__init__(clock)
            gates.append(self)

    monkeypatch.setattr("bot.app.client.DiscordGate", Gate)
    async with WireDiscord() as wire:
        monkeypatch.setattr(dpy.http.Route, "BASE", f"{wire.url}/api/v10")
        clock = QuickClock()
        async with dpy.Client(**_client_options(clock)) as client:
            await client.login(wire.token)
            clock.speed = SPEED
            yield Caller(wire, client, gates[0], clock)


async def raises(kind: type[Exception], *calls: Callable[[], object]) -> None:
    for call in calls:
        with pytest.raises(kind):
            await call()  # type: ignore[misc]


# ---------------------------------------------------------------------- the sum of all calls


@pytest.mark.parametrize(("posts", "speed"), [(120, 2), pytest.param(300, 1, marks=pytest.mark.long)])
async def test_a_burst_of_posts_stays_below_the_limit_of_the_sum(caller: Caller, posts: int, speed: int):
    caller.clock.speed = speed
    limit = caller.wire.pace_all(seconds=1 / speed)
    await asyncio.gather(*(caller.send(number) for number in range(posts)))
    assert caller.posts(200) == caller.posts() == posts
    assert 30 < limit.most <= 50


async def test_a_burst_that_is_not_paced_is_refused(caller: Caller, monkeypatch: pytest.MonkeyPatch):
    """What the test above shows is the pace: this Discord does enforce its limit."""
    monkeypatch.setattr(caller.gate._pace, "_wait_s", lambda: 0.0)
    caller.wire.pace_all(seconds=1 / SPEED)
    await asyncio.gather(*(caller.send(number) for number in range(80)), return_exceptions=True)
    assert caller.posts(429)


async def test_answers_to_members_and_results_pass_a_queue_of_other_calls(caller: Caller):
    others = [asyncio.create_task(caller.send(number)) for number in range(60)]
    await caller.wire.until(caller.posts)
    await caller.post_result(7)
    assert caller.posts() < 20
    with contextlib.suppress(dpy.NotFound):  # nothing is behind this token, but Discord was asked
        await dpy.Webhook.partial(1, "t" * 60, client=caller.client).fetch_message(5)
    assert caller.posts() < 25
    await asyncio.gather(*others)


# ---------------------------------------------------------------------- trouble


async def test_a_global_429_stops_all_but_one(caller: Caller):
    caller.clock.speed = 1
    probe = caller.wire.fault("POST", POSTS, status=429, is_global=True, retry_after_s=0.2, times=2)
    first = asyncio.create_task(caller.send(0))
    while caller.gate.breaker.trouble is None:  # noqa: ASYNC110 - the answer is on its way, and tells nobody else
        await asyncio.sleep(0)
    calls = [asyncio.create_task(caller.send(number)) for number in range(1, 21)]
    await caller.wire.until(lambda: caller.posts(429) == 2)
    assert caller.posts() == 2, "one asks while the others rest"
    await asyncio.gather(first, *calls)
    assert (probe.times, caller.posts(429)) == (0, 2)
    assert caller.gate.breaker.trouble is None


async def test_a_ban_by_the_network_in_front_of_discord_stops_all_but_one(caller: Caller):
    caller.wire.fault("POST", POSTS, status=429, is_html=True, times=2)
    await raises(dpy.HTTPException, caller.send)
    calls = [asyncio.create_task(caller.send(number)) for number in range(20)]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert caller.posts() == 2, "one asks while the others rest"
    assert all(isinstance(call.exception(), dpy.HTTPException) for call in done)
    await asyncio.gather(*calls, return_exceptions=True)
    assert (caller.posts(429), caller.posts(200)) == (2, 19)


async def test_server_errors_on_several_routes_open_the_breaker_and_an_answer_closes_it(caller: Caller):
    caller.wire.fault("POST", POSTS, status=503, times=4)
    await raises(dpy.DiscordServerError, *(lambda n=n: caller.send(n) for n in range(3)))
    assert caller.gate.breaker.trouble
    calls = [asyncio.create_task(caller.send(number % 3)) for number in range(20)]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert (len(done), caller.posts()) == (1, 4), "one asks while the others rest"
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(answer, dpy.Message) for answer in answers) == 19
    assert caller.gate.breaker.trouble is None


async def test_server_errors_of_some_servers_stop_no_other(caller: Caller):
    for number in range(3):
        path = f"/channels/{caller.channels[number].id}/messages"
        caller.wire.fault("POST", path, status=503, times=100)
    await raises(dpy.DiscordServerError, *(lambda n=n: caller.post_result(n, guild=n) for n in range(3)))
    assert caller.gate.breaker.trouble
    assert (await caller.post_result(3, guild=3)).content == "3"
    assert (await caller.send(4)).content == "4"
    await raises(dpy.RateLimited, lambda: caller.post_result(0, guild=0))


async def test_one_call_that_fails_again_and_again_stops_no_other(caller: Caller):
    caller.wire.fault("POST", f"/channels/{caller.channels[0].id}/messages", status=503, times=10)
    await raises(dpy.DiscordServerError, *[caller.send] * 10)
    assert caller.gate.breaker.trouble is None


async def test_a_probe_that_is_given_up_leaves_the_next_one_its_turn(caller: Caller):
    caller.wire.fault("POST", POSTS, status=503, times=3)
    await raises(dpy.DiscordServerError, *(lambda n=n: caller.send(n) for n in range(3)))
    silent = caller.wire.fault("POST", POSTS, status=200, hold=True)
    probe = asyncio.create_task(caller.send(0))
    await caller.wire.until(silent.reached.is_set)
    other = asyncio.create_task(caller.send(1))
    probe.cancel()
    assert (await other).content == "1"
    silent.release()


# ---------------------------------------------------------------------- results


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_error_surfaces_at_once_where_a_result_is_posted(caller: Caller, status: int):
    caller.wire.fault("POST", POSTS, status=status)
    await raises(dpy.DiscordServerError, caller.post_result)
    assert caller.posts() == 1


async def test_a_rate_limit_surfaces_at_once_where_a_result_is_posted(caller: Caller):
    caller.wire.fault("POST", POSTS, status=429, retry_after_s=20.0)
    with pytest.raises(dpy.RateLimited) as raised:
        await caller.post_result()
    assert raised.value.retry_after == 20.0
    assert (caller.posts(), caller.gate.slots.running()) == (1, 0)


async def test_a_result_does_not_rest_but_is_told_when_to_come_again(caller: Caller):
    caller.wire.fault("POST", POSTS, status=429, is_global=True, retry_after_s=20.0)
    await raises(dpy.RateLimited, caller.post_result)
    with pytest.raises(dpy.RateLimited) as raised:
        await caller.post_result(9)
    assert 15 < raised.value.retry_after <= 20
    assert caller.posts() == 1


async def test_a_page_that_claims_success_is_no_answer(caller: Caller):
    caller.wire.fault("POST", POSTS, status=201, is_html=True)
    await raises(dpy.InvalidData, caller.send)


async def test_a_rate_limit_beyond_half_a_minute_is_raised_not_waited_for(caller: Caller):
    caller.wire.fault("POST", POSTS, status=429, retry_after_s=discord_gate.RATE_LIMIT_MAX_S + 1)
    await raises(dpy.RateLimited, caller.send)


async def test_uploads_that_hang_give_way_to_those_of_other_servers(caller: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(upload_slots, "GIVES_WAY_S", 0.2)
    held = caller.wire.fault("POST", POSTS, status=200, hold=True, times=UPLOADS_AT_ONCE)
    crowd = [asyncio.create_task(caller.post_result(number, guild=number % 5)) for number in range(UPLOADS_AT_ONCE)]
    await caller.wire.until(lambda: caller.posts() == UPLOADS_AT_ONCE)
    assert (await caller.post_result(29, guild=5)).content == "29"
    held.release()
    await asyncio.gather(*crowd)
    assert caller.gate.slots.running() == 0


async def test_few_uploads_run_at_once_and_few_of_one_server(caller: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(upload_slots, "GIVES_WAY_S", 60.0)
    held = caller.wire.fault("POST", POSTS, status=200, hold=True, times=100)
    crowd = [asyncio.create_task(caller.post_result(number, guild=0)) for number in range(5)]
    await caller.wire.until(lambda: caller.posts() == UPLOADS_OF_ONE_SERVER)
    rest = [asyncio.create_task(caller.post_result(number)) for number in range(5, 30)]
    await caller.wire.until(lambda: caller.posts() == UPLOADS_AT_ONCE)
    assert caller.gate.slots.running(caller.guilds[0].id) == UPLOADS_OF_ONE_SERVER
    crowd[0].cancel()  # one on the wire, and one that waits
    crowd[4].cancel()
    await caller.wire.until(lambda: caller.posts() == UPLOADS_AT_ONCE + 1)
    assert caller.gate.slots.running() == UPLOADS_AT_ONCE
    held.release()
    await asyncio.gather(*crowd, *rest, return_exceptions=True)
    assert caller.gate.slots.running() == 0
    assert caller.posts() == 29
