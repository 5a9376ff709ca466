"""How a member hears that a result is there: as they have chosen, else as the server's rule says."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from bot.delivery import texts
from bot.delivery.posting.refresh import AGAIN_S
from bot.domain.server.member_settings import Notify
from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from tests.support.rig import Rig
from tests.support.surface import close_private, post_log, private_messages


async def make(rig: Rig, how: Notify | None, *, server: bool = False, **options: Any) -> None:
    """Have a picture made for a member who wants to hear of it so."""
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, ping=server))
    if how is not None:
        await rig.bot.parts.own_settings.set_notify(rig.guild.id, rig.member.id, how)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", **options)
    await rig.work()


def pings(rig: Rig) -> list[str]:
    return [each.content for each in rig.messages() if "result is ready" in each.content]


def direct(rig: Rig) -> list[str]:
    if rig.member.user.dm_channel is None:
        return []
    return [each.content for each in private_messages(rig, rig.member)]


@pytest.mark.parametrize(
    ("how", "server", "pinged", "told"),
    [
        (None, False, 0, 0),
        pytest.param(None, True, 1, 0, marks=pytest.mark.long),
        pytest.param(Notify.SERVER, True, 1, 0, marks=pytest.mark.long),
        (Notify.PING, False, 1, 0),
        pytest.param(Notify.NOTHING, True, 0, 0, marks=pytest.mark.long),
        pytest.param(Notify.DIRECT, False, 0, 1, marks=pytest.mark.long),
        (Notify.DIRECT, True, 0, 1),
    ],
)
async def test_a_result_is_told_as_the_member_has_chosen(
    rig: Rig, how: Notify | None, server: bool, pinged: int, told: int
):
    await make(rig, how, server=server)
    assert (len(pings(rig)), len(direct(rig))) == (pinged, told)
    if told:
        assert "discord.com/channels" in direct(rig)[0]


@pytest.mark.parametrize("how", list(Notify))
async def test_a_private_result_is_told_to_nobody(rig: Rig, how: Notify):
    await make(rig, how, server=True, private=True)
    assert (pings(rig), direct(rig)) == ([], [])


async def test_closed_direct_messages_become_pings_with_one_note(rig: Rig):
    close_private(rig, rig.member)
    await make(rig, Notify.DIRECT)
    await make(rig, None)
    first, second = pings(rig)
    assert str(texts.NO_DIRECT_MESSAGES) in first
    assert str(texts.NO_DIRECT_MESSAGES) not in second
    await make(rig, Notify.DIRECT)
    assert str(texts.NO_DIRECT_MESSAGES) in pings(rig)[-1], "whoever chooses it again is told again"


async def test_the_choice_of_a_member_is_no_other_members(rig: Rig):
    await rig.bot.parts.own_settings.set_notify(rig.guild.id, rig.member.id, Notify.PING)
    await rig.moderator.slash(rig.channel, "image generate", prompt="an owl")
    await rig.work()
    assert pings(rig) == []


@pytest.mark.parametrize("server", [True, False])
@pytest.mark.parametrize(("how", "found"), [(Notify.PING, True), (Notify.DIRECT, True), (Notify.NOTHING, False)])
async def test_what_a_crash_prevented_is_found_for_those_who_want_it(rig: Rig, how: Notify, found: bool, server: bool):
    await make(rig, Notify.NOTHING, server=server)
    await rig.bot.parts.own_settings.set_notify(rig.guild.id, rig.member.id, how)
    missing = await rig.bot.parts.store.pings.missing(0.0)
    [card_id] = {job.card_id for job in await rig.jobs()}
    assert missing == ([(rig.guild.id, card_id)] if found else [])
    for _ in range(2):
        await rig.bot.parts.delivery.ping_late(rig.guild.id, card_id)
    assert (len(pings(rig)), len(direct(rig))) == (how is Notify.PING, how is Notify.DIRECT)
    assert await rig.bot.parts.store.pings.missing(0.0) == []


async def test_a_ping_that_discord_does_not_take_is_sent_later(rig: Rig):
    path = f"/channels/{rig.channel.id}/messages"
    rig.env.inject_error("POST", path, status=503, code=0, message="later", times=1)
    await make(rig, Notify.PING)
    assert pings(rig) == []
    rig.advance(AGAIN_S)
    await rig.tick()
    await rig.tick()
    assert len(pings(rig)) == 1


async def test_the_ping_of_what_took_an_hour_is_not_too_late_for_a_crash(rig: Rig):
    await rig.bot.parts.own_settings.set_notify(rig.guild.id, rig.member.id, Notify.PING)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #forever")
    await rig.step()
    rig.advance(3600)
    failpoints.arm(["deliver.stored"])
    for request in rig.sandbox.requests:
        rig.sandbox.finish(request.id)
    with contextlib.suppress(Crash):
        await rig.work()
    assert failpoints.disarm() == []
    assert pings(rig) == []
    await rig.restart()
    await post_log(rig)
    assert len(pings(rig)) == 1
