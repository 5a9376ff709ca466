"""Which channels a member sees where memory does not say: archived threads, private ones, direct messages."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.delivery.channels.channel_sight import REMEMBERED_S
from bot.domain.models import Job
from cogs.jobs.texts import HIDDEN_JOB
from tests.support.channels import hidden_channel, let_in, made_in, private_thread, shown
from tests.support.jobs import as_if_none, on_job
from tests.support.reacting import other
from tests.support.rig import Rig

WORDS = "a quiet heron"


@pytest.fixture
def eve(rig: Rig) -> Any:
    return other(rig, "eve")


def public_thread(rig: Rig, parent: Any) -> Any:
    made = rig.env.backend.create_thread(parent.id, "talk", rig.member.id, broadcast=True)
    return next(each for each in parent.threads if each.id == made.id)


def archive(rig: Rig, thread: Any) -> None:
    """Let the bot not have the thread in memory, as Discord sends no archived ones."""
    guild: Any = rig.bot.get_guild(rig.guild.id)
    guild._remove_thread(guild.get_thread(thread.id))


async def see(rig: Rig, member: Any, job: Job) -> bool:
    """Whether the member is shown the job: its words, else the constant answer, or its books for a moderator."""
    text = shown(await on_job(rig, member, "show", job.id))
    assert (WORDS in text) != (as_if_none("show", job.id) in text or str(HIDDEN_JOB) in text)
    return WORDS in text


def asked(rig: Rig, channel_id: int) -> int:
    """Return how often Discord was asked for the channel or for who is in it."""
    path = f"/channels/{channel_id}"
    return sum(
        request.method == "GET" and (request.path.endswith(path) or f"{path}/thread-members" in request.path)
        for request in rig.env.http_requests
    )


async def test_an_archived_thread_is_seen_by_who_sees_its_channel(rig: Rig, eve: Any):
    room = hidden_channel(rig, rig.moderator, rig.member, eve, name="room")
    thread = public_thread(rig, room)
    job = await made_in(rig, thread, rig.member, WORDS)
    archive(rig, thread)
    assert await see(rig, eve, job)
    let_in(rig, room, eve.id, view_channel=False)
    assert not await see(rig, eve, job), "what Discord said of the thread says nothing of its channel"


async def test_an_archived_private_thread_is_seen_by_who_is_in_it(rig: Rig, eve: Any):
    thread = private_thread(rig, rig.member)
    job = await made_in(rig, thread, rig.member, WORDS)
    archive(rig, thread)
    assert not await see(rig, eve, job)
    rig.env.backend.add_thread_member(thread.id, eve.id)
    rig.advance(REMEMBERED_S)
    assert await see(rig, eve, job)


async def test_a_deleted_thread_is_seen_by_moderators(rig: Rig, eve: Any):
    thread = public_thread(rig, rig.channel)
    job = await made_in(rig, thread, rig.member, WORDS)
    archive(rig, thread)
    rig.env.backend.delete_channel(thread.id)
    assert not await see(rig, eve, job)
    assert await see(rig, rig.moderator, job)
    assert await see(rig, rig.member, job)


async def test_who_presses_often_makes_the_bot_ask_once_a_minute(rig: Rig, eve: Any):
    thread = private_thread(rig, rig.member)
    job = await made_in(rig, thread, rig.member, WORDS)
    archive(rig, thread)
    for _ in range(5):
        assert not await see(rig, eve, job)
    assert asked(rig, thread.id) == 2  # the thread, and whether she is in it
    rig.advance(REMEMBERED_S)
    assert not await see(rig, eve, job)
    assert asked(rig, thread.id) == 4


@pytest.mark.parametrize("status", [403, 500])
async def test_what_discord_does_not_say_is_hidden(rig: Rig, eve: Any, status: int):
    thread = public_thread(rig, rig.channel)
    job = await made_in(rig, thread, rig.member, WORDS)
    archive(rig, thread)
    rig.env.inject_error("GET", f"/channels/{thread.id}", status=status, times=None)
    assert not await see(rig, eve, job)
    assert await see(rig, rig.member, job)


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_card_that_went_into_a_direct_message_is_its_authors_alone(rig: Rig, eve: Any, is_known: bool):
    job = await made_in(rig, rig.channel, rig.member, WORDS)
    user = rig.bot.get_user(rig.member.id) or await rig.bot.fetch_user(rig.member.id)
    channel = await user.create_dm()
    await rig.bot.parts.store.cards.move(rig.guild.id, job.card_id, message_id=1, channel_id=channel.id)
    if not is_known:
        connection: Any = rig.bot._connection
        connection._remove_private_channel(channel)
    assert not await see(rig, eve, job)
    assert not await see(rig, rig.moderator, job)
    assert await see(rig, rig.member, job)


async def test_who_administers_the_server_sees_all_but_private_cards(rig: Rig, eve: Any):
    role = rig.guild.create_role("admin", permissions=discord.Permissions(administrator=True))
    rig.env.backend.edit_member(rig.guild.id, eve.id, {"role_ids": [role.id]})
    hidden = await made_in(rig, hidden_channel(rig, rig.moderator), rig.moderator, WORDS)
    private = await made_in(rig, rig.channel, rig.member, WORDS, private=True)
    assert await see(rig, eve, hidden)
    assert not await see(rig, eve, private)
