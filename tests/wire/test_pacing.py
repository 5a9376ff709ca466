"""How the bot calls Discord: below its limit for the sum of all calls, and one at a time when Discord is in trouble.

Time is the test's: it passes for the gate and for Discord's limit when the test says so, however slow the machine is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import discord as dpy
import pytest

from bot.app.client import _client_options
from bot.app.connection.gate import PATIENCE_S, RATE_LIMIT_MAX_S, DiscordGate, Trouble
from bot.delivery.files.downloads import UPLOADS_OF_ONE_SERVER, posting_of
from bot.fleet.shared_memory import share
from bot.runtime.metrics import Metrics
from tests.support.signals import Bus
from tests.support.wire.server import WAIT_S, WireDiscord

BURST = 300
POSTS = "/channels/*/messages"
TICK_S = 0.005
AT_ONCE = 8
"""How many uploads run at once in these tests."""


class StandingTime:
    """A clock that stands still but for `advance`; after `flow`, each wait ends at once and counts as time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._flows = False
        self._waits: set[asyncio.Future[None]] = set()

    @property
    def waiting(self) -> int:
        """How many wait for time to pass, those aside that are about to see that it has."""
        return len(self._waits)

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
        for wait in self._waits:
            wait.set_result(None)
        self._waits.clear()

    def flow(self) -> None:
        """From now on no wait takes true time."""
        self._flows = True
        self.advance(0.0)

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        end = None if seconds is None else self.now + seconds
        while not event.is_set() and (end is None or self.now < end):
            if self._flows and end is not None:
                self.advance(end - self.now)
                await asyncio.sleep(0)
            else:
                await self._moves(event)

    async def _moves(self, event: asyncio.Event) -> None:
        moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waits.add(moved)
        told = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({moved, told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waits.discard(moved)
            told.cancel()


class CountingGate(DiscordGate):
    """Counts what it lets through."""

    passed = 0

    async def _admit(self, passage: Any) -> None:
        await super()._admit(passage)
        self.passed += 1


class Caller:
    """discord.py as the bot configures it, logged in to a wire Discord, without a gateway."""

    def __init__(self, wire: WireDiscord, client: dpy.Client, gate: CountingGate, time: StandingTime) -> None:
        self.wire, self.client, self.gate, self.time = wire, client, gate, time
        self.guilds = [wire.create_guild(f"Server {number}") for number in range(6)]
        self.channels = [wire.create_text_channel(guild, f"art-{n}") for guild in self.guilds for n in range(5)]

    async def send(self, number: int = 0) -> dpy.Message:
        channel = self.channels[number % len(self.channels)]
        return await self.client.get_partial_messageable(channel.id).send(f"{number}")

    async def post_result(self, number: int = 0, *, guild: int | None = None) -> dpy.Message:
        """Post as the poster does; `guild`: of which server, by its number."""
        with posting_of(self.guilds[number // 5 % 6 if guild is None else guild].id):
            return await self.send(number)

    def send_many(self, count: int, *, channels: int = 30) -> list[asyncio.Task[dpy.Message]]:
        return [asyncio.create_task(self.send(number % channels)) for number in range(count)]

    def posts(self, status: int | None = None) -> int:
        calls = self.wire.calls("POST", POSTS)
        return len(calls if status is None else [call for call in calls if call.status == status])

    async def at_rest(self, waiting: int = 1, *, unless_passed: int | None = None) -> None:
        """Wait until Discord has all that was let through, and `waiting` calls wait for time to pass.

        Those need not, once the gate has let `unless_passed` through.
        """
        async with asyncio.timeout(WAIT_S):
            while self.gate.passed > len(self.wire.calls()) or (  # noqa: ASYNC110 - three things, none of which tells
                self.time.waiting < waiting and self.gate.passed != unless_passed
            ):
                await asyncio.sleep(0)

    def metric(self, name: str, **labels: str) -> float:
        return self.gate._metrics.registry.get_sample_value(name, labels) or 0.0

    async def fails(self, kind: type[Exception], *calls: Callable[[], Any]) -> None:
        for call in calls:
            self.time.advance(0.1)  # so that the pace lets it through
            with pytest.raises(kind):
                await call()


@pytest.fixture
async def caller(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Caller]:
    async with WireDiscord() as wire:
        monkeypatch.setattr(dpy.http.Route, "BASE", f"{wire.url}/api/v10")
        time = StandingTime()
        gate = CountingGate(time, Metrics())
        async with dpy.Client(**_client_options(gate)) as client:
            await client.login(wire.token)
            time.advance(60)  # the login is long ago
            yield Caller(wire, client, gate, time)


# ---------------------------------------------------------------------- the sum of all calls


@pytest.mark.long
async def test_a_burst_of_posts_stays_below_the_limit_of_the_sum(caller: Caller):
    limit = caller.wire.pace_all(now=caller.time.monotonic)
    started, end = caller.time.now, caller.gate.passed + BURST
    calls = caller.send_many(BURST)
    while caller.gate.passed < end:
        await caller.at_rest(unless_passed=end)
        caller.time.advance(TICK_S)
    await asyncio.gather(*calls)
    assert caller.posts(200) == caller.posts() == BURST
    assert 45 <= limit.most < 50
    assert caller.time.now - started < BURST / 45, "the limit is used, too"
    assert caller.metric("cannon_bot_discord_calls_total", **{"class": "other", "outcome": "2xx"}) >= BURST
    assert caller.metric("cannon_bot_rate_limit_wait_seconds_total", whose="own") > 0


async def test_a_burst_that_is_not_paced_is_refused(caller: Caller, monkeypatch: pytest.MonkeyPatch):
    """What the test above shows is the pace: this Discord does enforce its limit."""
    monkeypatch.setattr(caller.gate.pace._bucket, "wait_s", lambda: 0.0)
    caller.wire.pace_all(now=caller.time.monotonic)
    calls = caller.send_many(60)
    await caller.wire.until(lambda: caller.posts(429))
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_with_a_proxy_the_pace_is_the_proxys(caller: Caller):
    caller.gate.is_paced = False
    caller.gate.pace.limit(0)
    await asyncio.gather(*caller.send_many(60))
    assert caller.posts(200) == 60


async def test_answers_to_members_and_results_pass_a_queue_of_other_calls(caller: Caller):
    others = caller.send_many(120)
    await caller.at_rest()
    before = caller.posts()
    result = asyncio.create_task(caller.post_result(77))
    await asyncio.sleep(0)
    with contextlib.suppress(dpy.NotFound):  # nothing is behind this token, but Discord was asked, and time stood still
        await dpy.Webhook.partial(1, "t" * 60, client=caller.client).fetch_message(5)
    while not result.done():
        await caller.at_rest()
        caller.time.advance(TICK_S)
    later = caller.wire.calls("POST", POSTS)[before:]
    assert [call.json["content"] for call in later[:2]].count("77") == 1, "one had its turn already, then comes this"
    caller.time.flow()
    await asyncio.gather(*others)


# ---------------------------------------------------------------------- trouble


async def one_asks(caller: Caller, kind: type[Exception] | None, *, status: int) -> None:
    """Discord has refused all calls to three channels up to now, and refuses one more; then it accepts all."""
    before = caller.posts()
    calls = caller.send_many(20, channels=3)
    await caller.at_rest(waiting=2)
    assert caller.posts() == before, "all rest"
    caller.time.advance(60)
    await caller.wire.until(lambda: caller.posts(status) == before + 1)
    await caller.at_rest(waiting=2)
    assert caller.posts() == before + 1, "one asks while the others rest"
    caller.time.flow()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [answer for answer in answers if not isinstance(answer, dpy.Message)]
    assert [type(answer) for answer in refused] == ([] if kind is None else [kind])
    assert (caller.posts(status), caller.gate.breaker.trouble) == (before + 1, None)


async def test_a_global_429_stops_all_but_one(caller: Caller):
    caller.wire.fault("POST", POSTS, status=429, is_global=True, times=2)
    first = asyncio.create_task(caller.send())
    await caller.at_rest()  # discord.py tries it again, and now it rests
    await one_asks(caller, None, status=429)
    await first


@pytest.fixture
def other(caller: Caller) -> DiscordGate:
    """The gate of another process of the same bot."""
    bus = Bus()
    gate = DiscordGate(caller.time, Metrics())
    for each, signals in zip((caller.gate, gate), bus.processes, strict=True):
        share(signals, "limited", each)
    return gate


async def test_a_global_429_of_one_process_stops_the_others(caller: Caller, other: DiscordGate):
    caller.wire.fault("POST", POSTS, status=429, is_global=True, times=1, retry_after_s=5.0)
    sending = asyncio.create_task(caller.send())
    await caller.at_rest()
    assert (other.breaker.trouble, other.breaker.left_s) == (Trouble.GLOBAL_LIMIT, 5.0)
    assert not other.is_calm()
    assert caller.gate.breaker.left_s == 5.0, "and itself once"
    caller.time.flow()
    await sending


async def test_a_ban_by_the_network_in_front_of_discord_stops_no_other_process(caller: Caller, other: DiscordGate):
    caller.wire.fault("POST", POSTS, status=429, is_html=True, times=1)
    await caller.fails(dpy.HTTPException, caller.send)
    assert caller.gate.breaker.trouble is Trouble.BANNED
    assert other.breaker.trouble is None


async def test_a_ban_by_the_network_in_front_of_discord_stops_all_but_one(caller: Caller):
    caller.wire.fault("POST", POSTS, status=429, is_html=True, times=2)
    await caller.fails(dpy.HTTPException, caller.send)
    await one_asks(caller, dpy.HTTPException, status=429)


async def test_server_errors_on_several_routes_open_the_breaker_and_an_answer_closes_it(caller: Caller):
    caller.wire.fault("POST", POSTS, status=503, times=4)
    await caller.fails(dpy.DiscordServerError, *(lambda n=n: caller.send(n) for n in range(3)))
    await one_asks(caller, dpy.DiscordServerError, status=503)


async def test_server_errors_of_some_servers_stop_no_other(caller: Caller):
    for number in range(3):
        path = f"/channels/{caller.channels[number].id}/messages"
        caller.wire.fault("POST", path, status=503, times=100)
    await caller.fails(dpy.DiscordServerError, *(lambda n=n: caller.post_result(n, guild=n) for n in range(3)))
    assert caller.gate.breaker.trouble
    caller.time.advance(0.5)
    assert (await caller.post_result(3, guild=3)).content == "3"
    assert (await caller.send(4)).content == "4"
    await caller.fails(dpy.RateLimited, lambda: caller.post_result(0, guild=0))


async def test_one_call_that_fails_again_and_again_stops_no_other(caller: Caller):
    caller.time.flow()
    caller.wire.fault("POST", f"/channels/{caller.channels[0].id}/messages", status=503, times=10)
    await caller.fails(dpy.DiscordServerError, *[caller.send] * 10)
    assert caller.gate.breaker.trouble is None


async def test_a_probe_that_is_given_up_leaves_the_next_one_its_turn(caller: Caller):
    caller.wire.fault("POST", POSTS, status=503, times=3)
    await caller.fails(dpy.DiscordServerError, *(lambda n=n: caller.send(n) for n in range(3)))
    caller.time.advance(60)
    silent = caller.wire.fault("POST", POSTS, status=200, hold=True)
    probe = asyncio.create_task(caller.send(0))
    await caller.wire.until(silent.reached.is_set)
    other = asyncio.create_task(caller.send(1))
    await caller.at_rest()
    probe.cancel()
    caller.time.flow()
    assert (await other).content == "1"
    silent.release()


# ---------------------------------------------------------------------- results


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_error_surfaces_at_once_where_a_result_is_posted(caller: Caller, status: int):
    caller.wire.fault("POST", POSTS, status=status)
    await caller.fails(dpy.DiscordServerError, caller.post_result)
    assert caller.posts() == 1


async def test_a_rate_limit_surfaces_at_once_where_a_result_is_posted(caller: Caller):
    caller.wire.fault("POST", POSTS, status=429, retry_after_s=20.0)
    with pytest.raises(dpy.RateLimited) as raised:
        await caller.post_result()
    assert raised.value.retry_after == 20.0
    assert (caller.posts(), caller.gate.slots._held.total()) == (1, 0)
    assert caller.metric("cannon_bot_discord_calls_total", **{"class": "result", "outcome": "429"}) == 1
    assert caller.metric("cannon_bot_rate_limit_wait_seconds_total", whose="discord") == 20.0


@pytest.mark.parametrize("is_global", [False, True])
async def test_after_a_rate_limit_calls_that_nobody_needs_are_not_made_for_half_a_minute(
    caller: Caller, *, is_global: bool
):
    assert caller.gate.is_calm()
    caller.wire.fault("POST", POSTS, status=429, is_global=is_global, retry_after_s=20.0)
    await caller.fails(dpy.RateLimited, caller.post_result)
    caller.time.advance(29)
    assert not caller.gate.is_calm()
    caller.time.advance(2)
    assert caller.gate.is_calm() is not is_global  # a global one ends with a call that is answered


async def test_a_result_does_not_rest_but_is_told_when_to_come_again(caller: Caller):
    caller.wire.fault("POST", POSTS, status=429, is_global=True, retry_after_s=20.0)
    await caller.fails(dpy.RateLimited, caller.post_result)
    caller.time.advance(5)
    with pytest.raises(dpy.RateLimited) as raised:
        await caller.post_result(9)
    assert raised.value.retry_after == 15.0
    assert caller.posts() == 1


async def test_a_brief_global_limit_costs_results_no_turn(caller: Caller):
    """Neither the one that met it nor those that were about to follow."""
    caller.wire.fault("POST", POSTS, status=429, is_global=True, retry_after_s=0.05)
    first = asyncio.create_task(caller.post_result(0, guild=0))
    await caller.wire.until(lambda: caller.posts(429))
    await caller.at_rest()
    crowd = [asyncio.create_task(caller.post_result(number)) for number in range(9, 15)]
    caller.time.advance(0.1)
    sent = asyncio.gather(first, *crowd)
    while not sent.done():
        await asyncio.sleep(2 * TICK_S)
        caller.time.advance(TICK_S)
    assert [message.content for message in await sent] == ["0", *map(str, range(9, 15))]
    assert caller.posts(429) == 1


async def test_a_probe_that_hangs_costs_a_result_two_seconds(caller: Caller):
    caller.wire.fault("POST", POSTS, status=429, is_global=True, retry_after_s=0.05)
    held = caller.wire.fault("POST", POSTS, status=200, hold=True)
    probe = asyncio.create_task(caller.send(0))
    await caller.wire.until(lambda: caller.posts(429))
    await caller.at_rest()
    caller.time.advance(0.05)
    await caller.wire.until(held.reached.is_set)
    caller.time.flow()
    before = caller.time.now
    await caller.fails(dpy.RateLimited, lambda: caller.post_result(9))
    assert caller.time.now - before == pytest.approx(PATIENCE_S, abs=0.15)
    held.release()
    await probe


async def test_a_page_that_claims_success_is_no_answer(caller: Caller):
    caller.wire.fault("POST", POSTS, status=201, is_html=True)
    await caller.fails(dpy.InvalidData, caller.send)


async def test_a_rate_limit_beyond_half_a_minute_is_raised_not_waited_for(caller: Caller):
    caller.wire.fault("POST", POSTS, status=429, retry_after_s=RATE_LIMIT_MAX_S + 1)
    await caller.fails(dpy.RateLimited, caller.send)


async def test_results_that_wait_for_the_pace_keep_no_slot_of_one_that_need_not(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
):
    """An edit by an interaction's token is not counted by Discord: a crowd that is must not delay it."""
    monkeypatch.setattr(caller.gate.slots, "_total", AT_ONCE)
    caller.gate.pace.limit(0)
    crowd = [asyncio.create_task(caller.post_result(number, guild=number % 5)) for number in range(2 * AT_ONCE)]
    async with asyncio.timeout(WAIT_S):
        while caller.gate.slots._held.total() < AT_ONCE:  # noqa: ASYNC110 - slots do not announce who has them
            await asyncio.sleep(0)
    hook = dpy.Webhook.partial(1, "t" * 60, client=caller.client)
    with posting_of(caller.guilds[5].id), pytest.raises(dpy.NotFound):  # nothing is behind this token
        await asyncio.wait_for(hook.edit_message(2, content="a picture"), WAIT_S)
    assert caller.posts() == 0
    for each in crowd:
        each.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    assert (caller.gate.slots._held.total(), caller.gate.unpaced_slots._held.total()) == (0, 0)


async def test_few_uploads_run_at_once_and_few_of_one_server(caller: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(caller.gate.slots, "_total", AT_ONCE)
    caller.time.flow()
    held = caller.wire.fault("POST", POSTS, status=200, hold=True, times=100)
    crowd = [asyncio.create_task(caller.post_result(number, guild=0)) for number in range(5)]
    await caller.wire.until(lambda: caller.posts() == UPLOADS_OF_ONE_SERVER)
    rest = [asyncio.create_task(caller.post_result(number)) for number in range(5, 30)]
    await caller.wire.until(lambda: caller.posts() == AT_ONCE)
    assert caller.gate.slots._held[caller.guilds[0].id] == UPLOADS_OF_ONE_SERVER
    crowd[0].cancel()  # one on the wire, and one that waits
    crowd[4].cancel()
    await caller.wire.until(lambda: caller.posts() == AT_ONCE + 1)
    assert caller.gate.slots._held.total() == AT_ONCE
    held.release()
    await asyncio.gather(*crowd, *rest, return_exceptions=True)
    assert caller.gate.slots._held.total() == 0
    assert caller.posts() == 29
