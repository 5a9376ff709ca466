"""How a member hears that a result is there: as they have chosen, else as the server's rule says."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.card.ticker import SPREAD_S
from bot.delivery.posting.refresh import AGAIN_S
from bot.domain.models import JobState
from bot.domain.server.member_settings import PING_AFTER_S, Notify
from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from bot.store.jobs.copies import PING_LATE_S, PING_MISSING_S
from tests.support.channels import press
from tests.support.rig import Rig
from tests.support.surface import close_private, delete, deny, newest, private_messages, sends


async def make(rig: Rig, how: Notify | None, *, server: bool = True, **options: Any) -> None:
    """Have a picture made for a member who wants to hear of it so."""
    await chosen(rig, how, server=server)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", **options)
    await rig.work()


async def chosen(rig: Rig, how: Notify | None, *, server: bool = True) -> None:
    if not server:
        await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, ping=False))
    if how is not None:
        await rig.bot.parts.own_settings.set_notify(rig.guild.id, rig.member.id, how)


async def film(rig: Rig, words: str = "#slow", **options: Any) -> Any:
    """Have a video made, which takes some minutes; return the answer."""
    made = await rig.member.slash(rig.channel, "video generate", prompt=f"a fox {words}", **options)
    await rig.work()
    return made


async def later(rig: Rig, seconds: float = PING_MISSING_S + 1) -> None:
    """Let the rounds of upkeep and the ticker do what is due after some time."""
    rig.advance(seconds)
    with rig.env.time_context():
        await rig.bot.parts.rounds.run_once()
    rig.advance(SPREAD_S)
    await rig.tick()
    await rig.env.settle()


def pings(rig: Rig) -> list[str]:
    return [each.content for each in rig.messages() if "result is ready" in each.content]


def direct(rig: Rig) -> list[str]:
    if rig.member.user.dm_channel is None:
        return []
    return [each.content for each in private_messages(rig, rig.member)]


@pytest.mark.parametrize(
    ("how", "server", "pinged", "told"),
    [
        (None, True, 0, 0),
        (Notify.PING, False, 1, 0),
        (Notify.DIRECT, True, 0, 1),
    ],
)
async def test_a_picture_is_told_to_those_who_chose_to_hear_of_every_result(
    rig: Rig, how: Notify | None, server: bool, pinged: int, told: int
):
    await make(rig, how, server=server)
    assert (len(pings(rig)), len(direct(rig))) == (pinged, told)
    if told:
        assert "discord.com/channels" in direct(rig)[0]


async def test_by_default_a_job_of_more_than_a_minute_mentions_its_author_once(rig: Rig):
    made = await film(rig)
    [ping] = pings(rig)
    assert ping.startswith(f"<@{rig.member.id}> ")
    assert ping.endswith(f"/{rig.guild.id}/{rig.channel.id}/{made.response.id}")
    await rig.bot.parts.delivery.show_now(rig.guild.id, (await newest(rig)).card_id)
    await rig.restart()
    await later(rig)
    assert len(pings(rig)) == 1
    assert await rig.bot.parts.store.pings.overdue(10) == []


async def test_a_card_of_several_results_mentions_its_author_once_and_nobody_else(rig: Rig):
    await make(rig, Notify.PING, count=3)
    assert len(pings(rig)) == 1
    [body] = [body for _, body in sends(rig) if "result is ready" in str(body.get("content"))]
    assert [int(each) for each in body["allowed_mentions"].pop("users")] == [rig.member.id]
    assert not any(body["allowed_mentions"].values())


@pytest.mark.parametrize(
    ("command", "prompt", "options"),
    [
        ("video generate", "a fox #fast", {}),
        ("video generate", "a fox #slow", {"private": True}),
    ],
)
async def test_quick_results_private_ones_and_failures_mention_nobody_by_default(
    rig: Rig, command: str, prompt: str, options: dict[str, Any]
):
    await rig.member.slash(rig.channel, command, prompt=prompt, **options)
    await rig.work()
    await later(rig)
    assert (pings(rig), direct(rig)) == ([], [])


@pytest.mark.parametrize("command", ["image generate", "video generate"])
async def test_pictures_that_took_long_mention_nobody_by_default(rig: Rig, command: str):
    await rig.member.slash(rig.channel, command, prompt="a fox #forever")
    await rig.step()
    rig.advance(PING_AFTER_S * 3)
    for request in rig.sandbox.requests:
        rig.sandbox.finish(request.id)
    await rig.work()
    await later(rig)
    assert len(pings(rig)) == (command == "video generate")


@pytest.mark.parametrize(
    ("how", "server", "pinged"),
    [
        (None, False, 0),
        (Notify.NOTHING, True, 0),
    ],
)
async def test_the_server_and_the_member_can_turn_it_off(rig: Rig, how: Notify | None, server: bool, pinged: int):
    await chosen(rig, how, server=server)
    await film(rig)
    await later(rig)
    assert len(pings(rig)) == pinged
    await chosen(rig, Notify.PING)
    await rig.bot.parts.delivery.show_now(rig.guild.id, (await newest(rig)).card_id)
    assert len(pings(rig)) == pinged, "a choice is for results to come"


@pytest.mark.parametrize("how", list(Notify))
async def test_a_private_result_is_told_to_nobody(rig: Rig, how: Notify):
    await make(rig, how, private=True)
    assert (pings(rig), direct(rig)) == ([], [])


async def test_a_private_result_that_its_author_shares_does_not_mention_them(rig: Rig):
    made = await film(rig, private=True)
    await rig.member.click(made.response, label="Share in channel")
    await later(rig)
    assert [each for each in rig.messages() if each.attachments]
    assert (pings(rig), direct(rig)) == ([], [])


@pytest.mark.parametrize("who", ["author"])
async def test_a_result_that_its_author_has_posted_does_not_mention_them(rig: Rig, who: str):
    await rig.member.slash(rig.channel, "video generate", prompt="a fox #slow")
    await rig.step()
    delete(rig, rig.messages()[0])
    deny(rig, send_messages=False)
    close_private(rig, rig.member)
    await rig.work()
    job = await newest(rig)
    assert job.state is JobState.HELD
    deny(rig)
    presser = rig.member if who == "author" else rig.moderator
    await press(rig, presser, "recover", job.id)
    assert (await newest(rig)).state is JobState.DELIVERED
    await later(rig)
    assert len(pings(rig)) == (who == "moderator")


async def test_closed_direct_messages_become_pings(rig: Rig):
    close_private(rig, rig.member)
    await make(rig, Notify.DIRECT)
    assert len(pings(rig)) == 1


async def dies(*_: object, **__: object) -> None:
    raise Crash("ping")


@pytest.mark.parametrize(
    "how",
    [
        Notify.SERVER,
    ],
)
async def test_a_death_before_the_message_leaves_exactly_one(rig: Rig, monkeypatch: pytest.MonkeyPatch, how: Notify):
    await chosen(rig, how)
    with monkeypatch.context() as broken:
        broken.setattr(rig.bot.parts.store.pings, "begin", dies)
        with pytest.raises(Crash):
            await film(rig)
    assert pings(rig) + direct(rig) == []
    await rig.restart(after_s=1200)
    await later(rig)
    assert (len(pings(rig)), len(direct(rig))) == ((1, 0) if how is Notify.SERVER else (0, 1))
    await later(rig)
    assert len(pings(rig) + direct(rig)) == 1
    assert await rig.bot.parts.store.copies.of_card(rig.guild.id, (await newest(rig)).card_id) != []


async def test_hours_later_the_result_speaks_for_itself(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as broken:
        broken.setattr(rig.bot.parts.store.pings, "begin", dies)
        with pytest.raises(Crash):
            await film(rig)
    await rig.restart(after_s=PING_LATE_S)
    await later(rig)
    await rig.bot.parts.delivery.show_now(rig.guild.id, (await newest(rig)).card_id)
    assert pings(rig) == []


async def test_a_channel_that_takes_no_message_is_not_tried_for_ever(rig: Rig):
    path = f"/channels/{rig.channel.id}/messages"
    rig.env.inject_error("POST", path, status=403, code=50013, message="no", times=1)
    await film(rig)
    await later(rig)
    assert pings(rig) == []
    assert not await rig.bot.parts.store.pings.is_due(rig.guild.id, (await newest(rig)).card_id)


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
    await later(rig)
    assert len(pings(rig)) == 1
