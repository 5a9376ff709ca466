"""A server that removes the bot, and perhaps invites it back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from simcord.backend import serializers

from bot.store import Record
from tests.support.following import (
    DAY_S,
    HOUR_S,
    another_server,
    ask,
    ask_database,
    change_rules,
    charged,
    kept,
    pass_time,
    set_aside,
    set_key,
    the_job,
    tick,
    until_running,
)
from tests.support.jobs import on_job
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import is_started, watch


class Removal:
    """The server removes the bot; `back` invites it again, with all channels and messages as they were.

    Neither is told to a bot that is `off`.
    """

    def __init__(self, rig: Rig, *, guild_id: int | None = None, off: bool = False) -> None:
        self._backend = backend = rig.env.backend
        self._guild = guild = backend.get_guild(guild_id or rig.guild.id)
        ids = [*guild.channel_ids, *guild.thread_ids]
        self._channels = {each: backend.channels[each] for each in ids}
        self._messages = {each: backend.messages[each] for each in ids if each in backend.messages}
        with silent(backend, off):
            backend.remove_guild(guild.id)

    def back(self, *, off: bool = False) -> None:
        self._backend.guilds[self._guild.id] = self._guild
        self._backend.channels.update(self._channels)
        self._backend.messages.update(self._messages)
        with silent(self._backend, off):
            self._backend.emit("GUILD_CREATE", serializers.guild_create_payload(self._backend, self._guild))


@contextlib.contextmanager
def silent(backend: Any, off: bool) -> Iterator[None]:
    """Let nobody hear what happens in the block, if the bot is off."""
    heard = list(backend.subscribers)
    if off:
        backend.subscribers.clear()
    try:
        yield
    finally:
        backend.subscribers[:] = heard


async def removed(rig: Rig) -> Removal:
    removal = Removal(rig)
    await rig.env.settle()
    return removal


def is_key_kept(rig: Rig) -> bool:
    return ask_database(rig, "SELECT count(*) FROM guild_keys WHERE secret IS NOT NULL") == [(1,)]


def calls_since(rig: Rig, before: int) -> list[str]:
    return [f"{call.method} {call.path}" for call in rig.env.http_requests[before:]]


def states(rig: Rig, jobs: Iterable[Any]) -> list[str]:
    return [the_job(rig, job.id).state for job in jobs]


@pytest.fixture
async def at_work(rig: Rig) -> tuple[list[Any], list[Any]]:
    """Three jobs that Cannon Studio works on with the server's key, and three that wait for a place."""
    await set_key(rig, GUILD_KEY)
    jobs = [await ask(rig, f"a heron {number} #forever") for number in range(6)]
    for job in jobs[:3]:
        await until_running(rig, job.id)
    assert all(is_started(rig, job.id) for job in jobs[:3])
    assert states(rig, jobs[3:]) == ["waiting"] * 3
    return jobs[:3], jobs[3:]


@pytest.mark.long
async def test_what_was_not_sent_is_cancelled_and_released_and_never_sent(rig: Rig, at_work: Any):
    running, waiting = at_work
    posts = rig.sandbox.posts
    await removed(rig)
    await pass_time(rig, 60, 5)
    assert states(rig, waiting) == ["cancelled"] * 3
    assert all("removed from this server" in the_job(rig, job.id).error for job in waiting)
    for job in running:
        rig.sandbox.finish(str(the_job(rig, job.id).remote_id))
    await pass_time(rig, 2 * HOUR_S)
    assert rig.sandbox.posts == posts
    assert rig.sandbox.spent(HOST_KEY) == 0


@pytest.mark.long
async def test_nothing_is_edited_there_any_more(rig: Rig, at_work: Any):
    running, _ = at_work
    await removed(rig)
    await pass_time(rig, 60, 5)
    before = len(rig.env.http_requests)
    for job in running:
        rig.sandbox.finish(str(the_job(rig, job.id).remote_id))
    await pass_time(rig, 2 * HOUR_S)
    there = [call for call in calls_since(rig, before) if "/webhooks/" in call or f"/channels/{rig.channel.id}" in call]
    assert there == []


@pytest.mark.long
async def test_the_key_is_kept_sealed_for_a_day_and_then_forgotten(rig: Rig, at_work: Any):
    running, _ = at_work
    await removed(rig)
    await pass_time(rig, 23 * HOUR_S, 600)
    assert is_key_kept(rig)
    await pass_time(rig, 2 * HOUR_S, 600)
    assert not is_key_kept(rig)
    assert all(the_job(rig, job.id).ended for job in running)
    assert set_aside(rig) == 0


@pytest.mark.long
async def test_invited_back_within_the_day_its_jobs_go_on(rig: Rig, at_work: Any):
    running, _ = at_work
    removal = await removed(rig)
    for job in running:
        rig.sandbox.finish(str(the_job(rig, job.id).remote_id))
    await pass_time(rig, 3 * HOUR_S)
    removal.back()
    await rig.env.settle()
    await pass_time(rig, HOUR_S)
    assert states(rig, running) == ["delivered"] * 3
    assert charged(rig) == rig.sandbox.spent(GUILD_KEY)
    assert is_key_kept(rig)
    await pass_time(rig, 2 * DAY_S, 1800)
    assert is_key_kept(rig)


@pytest.mark.long
async def test_a_removal_while_the_bot_was_off_is_noticed(rig: Rig, at_work: Any):
    running, waiting = at_work
    await rig.die()
    Removal(rig, off=True)
    posts = rig.sandbox.posts
    await rig.restart(after_s=60)
    calls = watch(rig)
    await pass_time(rig, 60, 5)
    assert states(rig, waiting) == ["cancelled"] * 3
    assert rig.sandbox.posts == posts
    await pass_time(rig, 25 * HOUR_S, 600)
    assert not is_key_kept(rig)
    assert all(the_job(rig, job.id).ended for job in running)
    assert {call.key for call in calls if call.where == "get"} <= {GUILD_KEY}, "no other key is asked for its requests"


@pytest.mark.long
async def test_a_return_while_the_bot_was_off_is_noticed(rig: Rig, at_work: Any):
    running, _ = at_work
    removal = await removed(rig)
    await pass_time(rig, 60, 5)
    for job in running:
        rig.sandbox.finish(str(the_job(rig, job.id).remote_id))
    await rig.die()
    removal.back(off=True)
    await rig.restart(after_s=60)
    await pass_time(rig, HOUR_S)
    assert states(rig, running) == ["delivered"] * 3
    await pass_time(rig, 2 * DAY_S, 1800)
    assert is_key_kept(rig)


async def test_the_other_servers_go_on(rig: Rig):
    there = another_server(rig)
    await removed(rig)
    job = await ask(rig, "a fox #fast", server=there)
    await pass_time(rig, 60, 5)
    assert [row.state for row in kept(rig) if row.id == job.id] == ["delivered"]


@pytest.mark.long
@pytest.mark.parametrize("returns", [True, False])
async def test_a_job_of_which_nobody_knows_whether_it_was_taken_is_not_sent_again_there(rig: Rig, returns: bool):
    await set_key(rig, GUILD_KEY)
    rig.sandbox.fault("submit", "status", status=503, headers={"Retry-After": "120"}, commit=True)
    job = await ask(rig, "a heron #fast")
    await tick(rig)
    assert the_job(rig, job.id).state == "submitting"
    removal = await removed(rig)
    posts = rig.sandbox.posts
    await pass_time(rig, HOUR_S)
    assert (rig.sandbox.posts, the_job(rig, job.id).state) == (posts, "submitting")
    if returns:
        removal.back()
        await rig.env.settle()
    await pass_time(rig, DAY_S, 600)
    assert the_job(rig, job.id).state == ("delivered" if returns else "failed")
    assert rig.sandbox.posts == posts + returns
    assert set_aside(rig) == 0


@pytest.mark.long
async def test_what_the_hosts_key_has_begun_is_booked_as_it_ends_and_kept(rig: Rig):
    job = await ask(rig, "a heron #forever")
    await until_running(rig, job.id)
    removal = await removed(rig)
    await pass_time(rig, 25 * HOUR_S, 600)
    assert the_job(rig, job.id).state == "processing"
    rig.sandbox.finish(str(the_job(rig, job.id).remote_id))
    await pass_time(rig, DAY_S, 600)
    assert the_job(rig, job.id).state == "held"
    assert charged(rig) == rig.sandbox.spent(HOST_KEY) > 0
    removal.back()
    await rig.env.settle()
    await on_job(rig, rig.member, "recover")
    assert the_job(rig, job.id).state == "delivered"


async def test_the_log_channel_is_told_after_the_return(rig: Rig):
    channel = rig.guild.create_text_channel("log")
    await change_rules(rig, log_channel=channel.id)
    removal = await removed(rig)
    await rig.bot.parts.store.decisions.add(rig.guild.id, lambda _: Record(by_id=0, kind="limit", text="set a limit."))
    before = len(rig.env.http_requests)
    await pass_time(rig, HOUR_S)
    assert calls_since(rig, before) == []
    removal.back()
    await rig.env.settle()
    await pass_time(rig, 120)
    assert [message.content for message in channel.history() if "set a limit" in message.content] != []
