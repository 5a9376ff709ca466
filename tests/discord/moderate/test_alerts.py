"""What moderators are told by themselves, and the ping for a result: once each."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.moderation.alerts import CHECK_EVERY_S
from tests.support.prices import priced
from tests.support.rig import GUILD_KEY, HOST_KEY, Rig
from tests.support.surface import private_messages, private_sentence, until


async def rule(rig: Rig, **changes: Any) -> None:
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda old: replace(old, **changes))


async def limit(rig: Rig, credits_: int, scope: Scope = Scope.EVERYONE, **more: Any) -> Limit:
    made = Limit(scope=scope, period=Period.WEEK, credits=Decimal(credits_), **more)
    return await rig.bot.parts.store.limits.set(rig.guild.id, made, by_id=1)


async def ask(rig: Rig, member: Any = None, **options: Any) -> Any:
    return await (member or rig.member).slash(rig.channel, "image generate", prompt="x", **options)


async def watch(rig: Rig, after_s: float = 0.0) -> None:
    rig.advance(after_s)
    with rig.env.time_context():
        await rig.bot.parts.alerts.run_once()
    await rig.env.settle()


@pytest.fixture
async def desk(rig: Rig) -> Any:
    channel = rig.guild.create_text_channel("log")
    await rule(rig, log_channel=channel.id)
    return channel


def lines(rig: Rig, desk: Any, word: str = "") -> list[str]:
    return [m.content for m in desk.history() if m.author.id == rig.bot.user.id and word in m.content]


# ---------------------------------------------------------------------- limits


async def test_a_members_limit_is_told_at_80_and_at_100_per_cent_and_only_once_each(rig: Rig, desk: Any):
    await limit(rig, 25)
    await ask(rig)
    await watch(rig)
    [line] = lines(rig, desk)
    assert line.startswith(
        f"⚠️ <@{rig.member.id}> has used 80% of a limit of 25 credits a week (20 spent or held). It resets"
    )
    await rig.work()  # the true cost is 12
    await rig.restart()
    await rule(rig, running_per_member=5)
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal(13))
    await ask(rig)
    await watch(rig)
    assert len(lines(rig, desk, "has used 80%")) == 1
    assert len(lines(rig, desk, "has used 100% of a limit of 25 credits a week (25 spent or held)")) == 1
    private_sentence(await ask(rig))
    await watch(rig)
    assert len(lines(rig, desk, "has used ")) == 2
    await rig.work()


async def test_a_price_rise_that_breaks_a_limit_is_told_with_its_excess_and_on_the_jobs_that_it_ended(
    rig: Rig, desk: Any
):
    await priced(rig, 5)
    await limit(rig, 10)
    for _ in range(2):
        await ask(rig)
    await rig.work()  # the true price is 12
    line = f"`image.generate` costs 12 credits now, not 5. <@{rig.member.id}> has used 120% of a limit of 10 credits"
    assert len(lines(rig, desk, line)) == 1
    await watch(rig, CHECK_EVERY_S)
    assert len(lines(rig, desk, "costs 12 credits now")) == 1
    [ended] = [job.error or "" for job in await rig.jobs() if job.state is JobState.CANCELLED]
    assert ended.startswith("This costs 12 credits now, not 5, and a limit has been used up")


# ---------------------------------------------------------------------- refusals


async def test_a_refusal_is_a_line_once_per_member_and_reason_in_ten_minutes(rig: Rig, desk: Any):
    eve = rig.guild.add_member(rig.env.create_user("eve"))
    await priced(rig)
    await limit(rig, 5)
    for _ in range(3):
        private_sentence(await ask(rig))
    private_sentence(await ask(rig, eve))
    await rule(rig, words=("x",))
    private_sentence(await ask(rig))
    await watch(rig)
    found = [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "refusal"]
    assert [(each.by_id, each.about["reason"]) for each in reversed(found)] == [
        (rig.member.id, "limit"),
        (eve.id, "limit"),
        (rig.member.id, "word"),
    ]
    assert len(lines(rig, desk, "could not run")) == 3
    assert "could not run `image.generate`: You have 5 of your 5 weekly credits left" in found[-1].text
    rig.advance(600)
    private_sentence(await ask(rig))
    found = [each for each in await rig.bot.parts.store.decisions.all(rig.guild.id) if each.kind == "refusal"]
    assert len(found) == 4


# ---------------------------------------------------------------------- the account


async def spend(rig: Rig, times: int) -> None:
    for _ in range(times):
        await ask(rig)
        await rig.work()


async def test_a_balance_that_does_not_last_the_week_is_told_once_in_three_days(rig: Rig, desk: Any):
    rig.sandbox.add_key(HOST_KEY, credits=100)
    await spend(rig, 4)  # 48 in a day: 336 a week
    await watch(rig, CHECK_EVERY_S)
    [line] = lines(rig, desk)
    assert "may run out of credits within a week. At the current 48 a day, the next seven days need about 336." in line
    assert "52" not in line, "what the host has left is the host's own affair"
    await rig.restart()
    await watch(rig, CHECK_EVERY_S)
    assert len(lines(rig, desk)) == 1
    rig.advance(3 * 86400)
    await watch(rig)
    assert len(lines(rig, desk)) == 2


async def test_the_account_is_asked_once_an_hour_and_its_failures_are_survived(rig: Rig, desk: Any):
    from tests.support.surface import of
    from tests.support.surface import watch as calls_of

    rig.sandbox.add_key(HOST_KEY, credits=10_000)
    await spend(rig, 1)
    calls = calls_of(rig)
    rig.sandbox.fault("status", "status", status=503)
    for _ in range(4):
        await watch(rig, CHECK_EVERY_S)
    assert len(of(calls, "status")) == 1
    await watch(rig, 3600)
    assert len(of(calls, "status")) == 2
    assert lines(rig, desk) == []


async def test_a_log_channel_of_another_server_gets_nothing(rig: Rig):
    elsewhere = rig.env.create_guild("Elsewhere").create_text_channel("log")
    await rule(rig, log_channel=elsewhere.id)
    await priced(rig)
    await limit(rig, 5)
    private_sentence(await ask(rig))
    await watch(rig)
    assert [m.content for m in elsewhere.history()] == []


async def test_a_refused_key_is_told_in_the_log_channel_and_to_who_set_it(rig: Rig, desk: Any):
    shown = await rig.moderator.slash(rig.channel, "studio key")
    [field] = rig.form_fields(shown)
    await rig.moderator.submit_modal(shown, {field: GUILD_KEY})
    await ask(rig)
    await until(rig, JobState.QUEUED, JobState.PROCESSING)
    rig.sandbox.revoke_key(GUILD_KEY)
    for _ in range(4):
        rig.advance(30)
        await rig.step()
    assert len(lines(rig, desk, "rejects this server's API key")) == 1
    assert len([m for m in private_messages(rig, rig.moderator) if "rejects this server's API key" in m.content]) == 1
    rig.sandbox.add_key(GUILD_KEY, credits=500)
    await rig.moderator.slash(rig.channel, "studio status")
    await rig.work()


async def test_who_has_left_the_server_is_told_nothing_of_it(rig: Rig, desk: Any):
    """The one who set the key has left: the log channel is told, and nobody by direct message."""
    boss = rig.guild.add_member(rig.env.create_user("boss"), roles=[rig.moderators])
    shown = await boss.slash(rig.channel, "studio key")
    [field] = rig.form_fields(shown)
    await boss.submit_modal(shown, {field: GUILD_KEY})
    user = boss.user
    rig.guild.remove_member(boss)
    with rig.env.time_context():
        await rig.bot.parts.delivery.alert(rig.guild.id, lambda: "something is wrong")
    await rig.env.settle()
    assert lines(rig, desk, "something is wrong")
    assert [m for m in user.dm_channel.history() if m.author.id == rig.bot.user.id] == []
