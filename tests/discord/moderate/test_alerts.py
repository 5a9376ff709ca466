"""What moderators are told by themselves, and the ping for a result: once each."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.errors import StoreError
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


async def test_a_limit_reached_by_an_overshoot_is_told_when_it_refuses(rig: Rig, desk: Any):
    await limit(rig, 12, Scope.SERVER)
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal(2))
    await ask(rig)
    await rig.work()
    await watch(rig)
    assert lines(rig, desk, "has used ") == []
    private_sentence(await ask(rig))
    await watch(rig)
    [line] = lines(rig, desk, "has used ")
    assert "The server has used 100% of its limit of 12 credits a week (12 spent or held)" in line


async def test_the_best_of_a_members_roles_is_the_limit_that_is_told(rig: Rig, desk: Any):
    role = rig.guild.create_role("artists")
    rig.env.backend.add_member_role(rig.guild.id, rig.member.id, role.id)
    await limit(rig, 1000)
    await limit(rig, 22, Scope.ROLE, scope_id=role.id)
    await ask(rig)
    await watch(rig)
    [line] = lines(rig, desk)
    assert "has used 90% of a limit of 22 credits a week" in line
    await rig.work()


async def test_a_new_period_is_told_anew(rig: Rig, desk: Any):
    await priced(rig)
    await limit(rig, 25)
    await ask(rig)
    await watch(rig)
    await rig.work()
    rig.advance(7 * 86400)
    await ask(rig)
    await watch(rig)
    assert len(lines(rig, desk, "has used 80%")) == 2
    await rig.work()


async def test_without_a_log_channel_nothing_is_told_and_nothing_counts_as_told(rig: Rig):
    await limit(rig, 25)
    await ask(rig)
    await watch(rig)
    await rig.work()
    channel = rig.guild.create_text_channel("log")
    await rule(rig, log_channel=channel.id)
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal(9))
    await ask(rig)
    await watch(rig)
    assert len(lines(rig, channel, "has used 96%")) == 1
    await rig.work()


async def test_an_alert_that_could_not_be_posted_is_tried_again(rig: Rig, desk: Any):
    await limit(rig, 25)
    rig.env.inject_error("POST", f"/channels/{desk.id}/messages", status=403, code=50013, message="no", times=1)
    await ask(rig)
    await watch(rig)
    await rig.work()
    assert lines(rig, desk, "has used ") == []
    assert 'cannon_bot_discord_errors_total{code="50013"} 1.0' in rig.bot.metrics.render().decode()
    await rig.bot.parts.store.prices.set(rig.guild.id, "image.generate", "", Decimal(9))
    await ask(rig)
    await watch(rig)
    assert lines(rig, desk, "has used ") == []  # not at once
    await rig.work()
    rig.advance(900)
    private_sentence(await ask(rig))
    await watch(rig)
    assert len(lines(rig, desk, "has used ")) == 1


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


async def test_what_no_rule_of_the_server_refuses_is_not_in_the_record(rig: Rig, desk: Any):
    private_sentence(await ask(rig, aspect_ratio="x" * 6000))
    await rig.bot.parts.switches.switch(
        rig.guild.id, rig.bot.catalogue.resolve("image.generate"), on=False, by_id=rig.moderator.id
    )
    private_sentence(await ask(rig))
    await watch(rig)
    assert [each.kind for each in await rig.bot.parts.store.decisions.all(rig.guild.id)] == ["operation"]
    assert lines(rig, desk, "refus") == []


async def test_the_member_is_answered_before_the_log_channel_is_asked(rig: Rig, desk: Any):
    await priced(rig)
    await limit(rig, 5)
    private_sentence(await ask(rig))
    assert lines(rig, desk) == []
    await watch(rig)
    assert len(lines(rig, desk)) == 1


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


async def test_a_balance_that_lasts_is_not_told(rig: Rig, desk: Any):
    await spend(rig, 2)
    await watch(rig, CHECK_EVERY_S)
    assert lines(rig, desk) == []


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


async def test_one_servers_trouble_keeps_nothing_from_the_others(rig: Rig, desk: Any, monkeypatch: Any):
    rig.sandbox.add_key(HOST_KEY, credits=100)
    await spend(rig, 4)
    store = rig.bot.parts.store
    report = store.reports.totals

    async def broken_for_another(guild_id: int, spans: Any) -> Any:
        if guild_id != rig.guild.id:
            raise StoreError("This one's books can't be read.")
        return await report(guild_id, spans)

    monkeypatch.setattr(store.reports, "totals", broken_for_another)
    await store.settings.change(1, lambda old: replace(old, log_channel=2))
    await watch(rig, CHECK_EVERY_S)
    assert len(lines(rig, desk, "may run out of credits within a week")) == 1


async def test_a_log_channel_of_another_server_gets_nothing(rig: Rig):
    elsewhere = rig.env.create_guild("Elsewhere").create_text_channel("log")
    await rule(rig, log_channel=elsewhere.id)
    await priced(rig)
    await limit(rig, 5)
    private_sentence(await ask(rig))
    await watch(rig)
    assert [m.content for m in elsewhere.history()] == []


async def test_a_server_that_spends_nothing_costs_no_call(rig: Rig, desk: Any):
    from tests.support.surface import of
    from tests.support.surface import watch as calls_of

    calls = calls_of(rig)
    await watch(rig, CHECK_EVERY_S)
    assert of(calls, "status") == []


@pytest.mark.long
async def test_an_unusual_hour_is_told(rig: Rig, desk: Any):
    await spend(rig, 1)
    rig.advance(3 * 86400)
    await spend(rig, 5)  # 60 in this hour
    await watch(rig, 1)
    [line] = lines(rig, desk, "Unusual spending")
    assert "60 credits in the last hour. A usual hour takes 0.2." in line
    await watch(rig, CHECK_EVERY_S)
    assert len(lines(rig, desk, "Unusual spending")) == 1


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
