"""Schedules: made in the panel, run by a round, paused where a rule forbids a run."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import discord
import pytest
from simcord.backend.models.channel import Overwrite, OverwriteType

from bot.delivery.channels.fetched_guilds import FetchedGuilds
from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.runtime import failpoints
from tests.support.channels import press as forged
from tests.support.channels import shown
from tests.support.discord_trouble import DiscordCall, refusal, trouble_with
from tests.support.prices import priced
from tests.support.rig import HOST_KEY, Rig
from tests.support.scheduling import (
    DAY_S,
    HOUR_S,
    in_zone,
    kept,
    lines,
    named,
    offered,
    press,
    round_of_schedules,
    run_at,
    schedule,
)
from tests.support.surface import nothing_happened, private_sentence, settled_exactly

NINE_S = 9 * HOUR_S
"""A rig begins at midnight."""


async def due(rig: Rig, made: Any, days: int = 0) -> None:
    await run_at(rig, made.next_at + days * DAY_S + 5)


async def test_a_prompt_runs_each_day_once(rig: Rig):
    made = await schedule(rig)
    assert made.next_at == rig.clock.wall() + NINE_S
    await round_of_schedules(rig)
    assert await rig.jobs() == []
    for day in range(3):
        await due(rig, made, day)
        jobs = await rig.jobs()
        assert [job.state for job in jobs] == [JobState.DELIVERED] * (day + 1)
        assert jobs[0].author_id == rig.moderator.id
    [line] = await lines(rig)
    assert "scheduled “a fox”: daily, 09:00" in line
    await settled_exactly(rig, HOST_KEY)


async def test_a_recipe_runs_weekly_with_its_variables_in_the_servers_zone(rig: Rig):
    await in_zone(rig, "Pacific/Auckland")
    made = await schedule(
        rig, "portrait: {random: an owl} on {weekday}\ntext: It is {date}", recipe="talking portrait", repeat="0"
    )
    local = dt.datetime.fromtimestamp(made.next_at or 0, ZoneInfo("Pacific/Auckland"))
    assert (local.weekday(), local.hour) == (0, 9)
    await due(rig, made)
    jobs = {job.operation: job for job in await rig.jobs()}
    assert jobs["image.generate"].prompt == "an owl on Monday"
    assert jobs["narration.generate"].input["text"] == f"It is {local.date().isoformat()}"
    assert (await kept(rig, made)).next_at == pytest.approx((made.next_at or 0) + 7 * DAY_S)
    text = shown(await rig.member.slash(rig.channel, "recipe", recipe="talking portrait"))
    assert "weekly, Monday, 09:00" in text


async def test_once_is_once(rig: Rig):
    made = await schedule(rig, repeat="once", time="2026-01-02 18:00")
    await due(rig, made)
    await due(rig, made, 1)
    assert len(await rig.jobs()) == 1
    after = await kept(rig, made)
    assert (after.next_at, after.is_off) == (None, False)
    assert "· off" in (await press(rig, made)).content


async def test_a_clock_that_is_set_back_or_forward_repeats_nothing(rig: Rig):
    made = await schedule(rig)
    await due(rig, made)
    rig.clock.step(-2 * HOUR_S)
    await round_of_schedules(rig)
    rig.clock.step(4 * HOUR_S)
    await round_of_schedules(rig)
    assert len(await rig.jobs()) == 1
    rig.clock.step(3 * DAY_S)
    await round_of_schedules(rig)
    rig.clock.step(-3 * DAY_S)
    await round_of_schedules(rig)
    assert len(await rig.jobs()) == 2


async def test_missed_runs_are_made_up_for_by_one(rig: Rig):
    made = await schedule(rig)
    await due(rig, made, 4)
    assert len(await rig.jobs()) == 1
    await due(rig, made, 5)
    assert len(await rig.jobs()) == 2


async def test_the_monthly_limit_pauses_it_and_says_so_once(rig: Rig):
    await priced(rig, 12)
    made = await schedule(rig, limit="40")
    for day in range(5):
        await due(rig, made, day)
    assert [job.charge for job in await rig.jobs()] == [12, 12, 12]
    after = await kept(rig, made)
    assert after.is_off
    [_, line] = await lines(rig)
    assert "was turned off" in line
    assert "used 36 of its 40 credits this month, and a run needs about 12 credits" in line
    rig.advance(31 * DAY_S)
    await press(rig, made, "schedule_resume")
    await due(rig, await kept(rig, made))
    assert len(await rig.jobs()) == 4
    await settled_exactly(rig, HOST_KEY)


async def test_a_price_that_has_risen_is_not_paid(rig: Rig):
    await priced(rig, 8)
    made = await schedule(rig)
    await priced(rig, 9)
    await due(rig, made)
    assert await rig.jobs() == []
    assert "about 9 credits now, but 8 credits were confirmed" in (await lines(rig))[-1]
    await press(rig, made, "schedule_resume")
    assert (await kept(rig, made)).agreed == 9


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("role", "no longer a moderator"),
        ("left", "Its author has left the server"),
        ("channel", "Its channel was deleted"),
        ("permission", "A moderator can give me Attach Files there"),
        ("limit", "credits"),
    ],
)
async def test_a_rule_that_forbids_a_run_pauses_it_with_one_line(rig: Rig, trouble: str, said: str):
    room = rig.guild.create_text_channel("daily")
    made = await schedule(rig, channel=room)
    store, guild_id = rig.bot.parts.store, rig.guild.id
    before = len(await store.decisions.all(guild_id))
    if trouble == "role":
        rig.env.backend.edit_member(guild_id, rig.moderator.id, {"role_ids": []})
    elif trouble == "left":
        rig.env.backend.remove_member(guild_id, rig.moderator.id)
    elif trouble == "channel":
        rig.env.backend.delete_channel(room.id)
    elif trouble == "permission":
        deny = discord.Permissions(attach_files=True).value
        rig.env.backend.set_overwrite(room.id, Overwrite(rig.bot.user.id, OverwriteType.MEMBER, deny=deny))
    else:
        await store.limits.set(guild_id, Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(0)), by_id=1)
    await due(rig, made)
    await due(rig, made, 1)
    assert await rig.jobs() == []
    after = await kept(rig, made)
    assert after.is_off
    assert said in after.reason
    found = await store.decisions.all(guild_id)
    assert len(found) == before + 1
    assert after.reason in found[0].text


async def test_what_needs_an_approval_waits_for_it(rig: Rig):
    desk = rig.guild.create_text_channel("approvals")
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda rules: replace(rules, approve_above=Decimal(1), approval_channel=desk.id)
    )
    made = await schedule(rig)
    rig.advance(NINE_S + 5)
    await round_of_schedules(rig)
    [job] = await rig.jobs()
    assert job.state is JobState.AWAITING_APPROVAL
    assert not (await kept(rig, made)).is_off


# ---------------------------------------------------------------------- what is typed


async def test_what_cannot_run_is_one_sentence_and_nothing_is_kept(rig: Rig):
    for values, said in [
        ({"inputs": "a {day}"}, "There is no variable {day}. Those that exist: `{date}`, `{weekday}`"),
        ({"inputs": "a {random: |}"}, "There is no variable {random: "),
        ({"time": "nine"}, "“nine” is no time to come"),
        ({"time": "2027-01-01 09:00"}, "is no time to come"),
        ({"repeat": "once", "time": "2025-12-31 23:59"}, "is no time to come in UTC"),
        ({"limit": "0"}, "a number from 1 to"),
        ({"limit": "1000001"}, "a number from 1 to"),
        ({"limit": "9999999999"}, "a number from 1 to"),
        ({"limit": "-5"}, "a number from 1 to"),
        ({"limit": "many"}, "a number from 1 to"),
        ({"inputs": "what: ever", "recipe": "trailer"}, "what"),
        ({"inputs": "prompt:", "recipe": "trailer"}, "prompt"),
    ]:
        answer = await offered(rig, **values)
        assert answer.ephemeral
        assert said in answer.response.content
        assert "Nothing was saved" in answer.response.content
        assert await rig.bot.parts.store.schedules.all(rig.guild.id) == []
        again = await rig.moderator.click(answer.response, label="Edit again")
        assert again.modal is not None
        await nothing_happened(rig)


async def test_nothing_is_scheduled_where_its_moderator_cannot_post(rig: Rig):
    only = {rig.moderators: discord.PermissionOverwrite(send_messages=False)}
    closed = rig.guild.create_text_channel("closed", overwrites=only)
    answer = await offered(rig, channel=closed)
    assert "You can't post in" in answer.response.content
    assert await rig.bot.parts.store.schedules.all(rig.guild.id) == []


async def test_a_new_one_runs_only_once_its_price_was_pressed(rig: Rig):
    answer = await offered(rig)
    assert "It runs once you turn it on" in answer.response.content
    [made] = await rig.bot.parts.store.schedules.all(rig.guild.id)
    assert (made.next_at, made.is_off) == (None, True)
    await run_at(rig, rig.clock.wall() + 2 * DAY_S)
    assert await rig.jobs() == []
    await rig.moderator.click(answer.response, custom_id=named(answer.response, "schedule_resume"))
    assert (await kept(rig, made)).next_at is not None


@pytest.mark.parametrize(("price", "said"), [(12, "Run now · 12"), (0, "Run now · perhaps 20")])
async def test_one_run_now_counts_in_the_monthly_limit_and_leaves_the_schedule_off(rig: Rig, price: int, said: str):
    if price:
        await priced(rig, price)
    page = (await offered(rig)).response
    [made] = await rig.bot.parts.store.schedules.all(rig.guild.id)
    await rig.moderator.click(page, label=said)
    await run_at(rig, rig.clock.wall() + 1)
    await run_at(rig, rig.clock.wall() + 2 * DAY_S)
    [job] = await rig.jobs()
    assert (job.state, job.author_id) == (JobState.DELIVERED, rig.moderator.id)
    assert await rig.bot.parts.store.schedules.spent(rig.guild.id, made.id) == job.charge > 0
    assert "started a run of the schedule “a fox”." in (await lines(rig))[-1]
    page = await press(rig, made)
    assert "· off" in page.content
    assert named(page, "schedule_resume")


async def test_acts_are_recorded_and_survive_a_restart(rig: Rig):
    made = await schedule(rig)
    await press(rig, made, "schedule_pause")
    assert (await kept(rig, made)).next_at is None
    await rig.restart()
    await press(rig, made, "schedule_resume")
    assert (await kept(rig, made)).next_at == made.next_at
    asked = await press(rig, made, "schedule_ask")
    assert asked.content == "Delete the schedule “a fox”? Running jobs still finish."
    assert await kept(rig, made)
    await rig.moderator.click(asked, label="Delete")
    assert await rig.bot.parts.store.schedules.all(rig.guild.id) == []
    assert [line.split("> ")[1].split(" the")[0].split(" “")[0] for line in await lines(rig)] == [
        "scheduled", "turned off", "scheduled", "deleted",
    ]  # fmt: skip


# ---------------------------------------------------------------------- crashes


@pytest.mark.parametrize("long_after", [False])
@pytest.mark.parametrize("point", ["accept.before", "accept.stored", "answer.sent", "answer.stored"])
async def test_a_run_takes_place_once_whenever_the_process_dies(rig: Rig, point: str, long_after: bool):
    made = await schedule(rig)
    rig.advance(NINE_S + 5)
    failpoints.arm([point])
    with pytest.raises(failpoints.Crash):
        await round_of_schedules(rig)
    assert failpoints.disarm() == []
    await rig.restart(after_s=3600 if long_after else 0)
    await run_at(rig, rig.clock.wall() + 1)
    await run_at(rig, rig.clock.wall() + 60)
    delivered = [job for job in await rig.jobs() if job.state is JobState.DELIVERED]
    assert len(delivered) == 1
    assert len(rig.messages()) == 1
    assert (await kept(rig, made)).next_at == (made.next_at or 0) + DAY_S
    await settled_exactly(rig, HOST_KEY)


@pytest.mark.parametrize(("status", "is_off"), [(500, False), (403, True)])
async def test_a_run_that_discord_does_not_take_now_is_tried_again(rig: Rig, status: int, is_off: bool):
    """What can't pass later pauses it; else it is tried again after minutes, not in each round."""
    made = await schedule(rig)
    rig.advance(NINE_S + 5)

    async def refuse(call: DiscordCall) -> None:
        if call.method == "POST" and call.path.endswith(f"{rig.channel.id}/messages"):
            raise refusal(status)

    with trouble_with(refuse) as calls:
        for _ in range(5):
            await round_of_schedules(rig)
        assert sum(call.method == "POST" and call.is_message for call in calls) <= 5
    assert {job.state for job in await rig.jobs()} == {JobState.CANCELLED}
    assert len(await rig.jobs()) == 1
    assert (await kept(rig, made)).is_off is is_off
    await run_at(rig, rig.clock.wall() + 400)
    delivered = [job for job in await rig.jobs() if job.state is JobState.DELIVERED]
    assert len(delivered) == (0 if is_off else 1)
    await settled_exactly(rig, HOST_KEY)


async def test_one_servers_trouble_does_not_stop_anothers_runs(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    made = await schedule(rig)
    elsewhere = rig.env.create_guild("Elsewhere")
    room = elsewhere.create_text_channel("general")
    mods = elsewhere.create_role("mods", permissions=discord.Permissions(manage_guild=True))
    bob = elsewhere.add_member(rig.env.create_user("bob"), roles=[mods])
    await rig.bot.parts.store.schedules.add(
        replace(made, id="THEIRS0001", guild_id=elsewhere.id, channel_id=room.id, made_by=bob.id)
    )
    kind = type(rig.bot.known_guilds)
    find = kind.find

    async def fails(self: Any, guild_id: int) -> Any:
        if guild_id == rig.guild.id:
            raise RuntimeError("provoked")
        return await find(self, guild_id)

    monkeypatch.setattr(kind, "find", fails)
    rig.advance(NINE_S + 5)
    await round_of_schedules(rig)
    assert len(await rig.bot.parts.store.job_lists.recent(elsewhere.id)) == 1
    assert await rig.jobs() == []


async def test_another_servers_moderator_changes_nothing(rig: Rig):
    made = await schedule(rig)
    elsewhere = rig.env.create_guild("Elsewhere")
    room = elsewhere.create_text_channel("general")
    mods = elsewhere.create_role("mods", permissions=discord.Permissions(manage_guild=True))
    bob = elsewhere.add_member(rig.env.create_user("bob"), roles=[mods])
    for action in ("pause", "ask", "delete", "resume", "once"):
        answer = await forged(rig, bob, f"schedule_{action}", made.id, room)
        assert private_sentence(answer).startswith("This is no longer here"), action
    assert await kept(rig, made) == made
    assert len(await lines(rig)) == 1


async def test_a_member_without_rights_changes_nothing(rig: Rig):
    made = await schedule(rig)
    for action in ["pause", "ask", "delete", "resume", "once", "text", "open", "kind", "new"]:
        answer = await forged(rig, rig.member, f"schedule_{action}", made.id)
        assert "Only moderators can do this" in private_sentence(answer)
        assert await kept(rig, made) == made


async def test_a_run_that_has_moved_on_is_neither_stopped_nor_postponed(rig: Rig):
    """As a second process may come too late, or a moderator was faster."""
    made = await schedule(rig)
    await due(rig, made)
    after, changes = await kept(rig, made), rig.bot.parts.moderation.schedules
    await changes.stop(made, "late")
    await changes.postpone(made, rig.clock.wall() + 60)
    assert await kept(rig, made) == after
    assert len(await lines(rig)) == 1


async def test_a_process_without_a_gateway_runs_what_is_due(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """A fleet's leader is a worker: it knows servers and members by asking Discord."""
    made = await schedule(rig)
    for guild in list(rig.bot.guilds):
        rig.bot._connection._remove_guild(guild)
    monkeypatch.setattr(rig.bot, "known_guilds", FetchedGuilds(rig.bot, rig.clock))
    rig.advance(NINE_S + 5)
    await round_of_schedules(rig)
    assert len(await rig.jobs()) == 1
    assert not (await kept(rig, made)).is_off
    assert len(rig.messages()) == 1
