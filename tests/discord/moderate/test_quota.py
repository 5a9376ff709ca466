from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.server.guild_rules import Limit, Period, Scope
from tests.support.channels import press
from tests.support.prices import priced
from tests.support.rig import Rig
from tests.support.settings_pages import choose, page_text, remove_limit
from tests.support.surface import notice, parts, post_log, private_sentence

GENERATE = "image generate"
DAY_S = 86_400


def told(result: Any) -> str:
    assert result.ephemeral
    assert result.followups == []
    return notice(result.response)


def page(result: Any) -> str:
    assert result.response.ephemeral
    return page_text(result.response)


async def limits(rig: Rig) -> list[tuple[Scope, int, str, int, Period, Decimal]]:
    found = await rig.bot.parts.store.limits.all(rig.guild.id)
    return [(each.scope, each.scope_id, each.operation, each.channel_id, each.period, each.credits) for each in found]


async def decisions(rig: Rig) -> list[tuple[int, str, str]]:
    found = await rig.bot.parts.store.decisions.all(rig.guild.id)
    return [(each.by_id, each.kind, each.text) for each in reversed(found)]


async def limit(rig: Rig, amount: int, **values: Any) -> Limit:
    made = Limit(credits=Decimal(amount), **{"scope": Scope.EVERYONE, "period": Period.WEEK, **values})
    return await rig.bot.parts.store.limits.set(rig.guild.id, made, by_id=rig.moderator.id)


# ---------------------------------------------------------------------- set, server


async def test_a_limit_is_for_whoever_is_named_and_what_is_none_sets_nothing(rig: Rig):
    role, category = rig.guild.create_role("artists"), rig.guild.create_category("art")
    about = {"operation": "video.generate", "channel": rig.channel}
    for given, whom, named, stored in (
        ({"who": rig.member, **about}, "of", f"<@{rig.member.id}>", (Scope.MEMBER, rig.member.id)),
        ({"who": role, **about}, "of", f"<@&{role.id}>", (Scope.ROLE, role.id)),
        ({"who": rig.guild.default_role, **about}, "of", "every member", (Scope.EVERYONE, 0)),
    ):
        result = await rig.moderator.slash(rig.channel, "quota set", credits=12.5, period="day", **given)
        terms = f"12.5 credits a day for `video.generate` in <#{rig.channel.id}>"
        assert told(result) == f"✅ <@{rig.moderator.id}> set the limit {whom} {named} to {terms}."
        assert (await limits(rig))[-1] == (*stored, "video.generate", rig.channel.id, Period.DAY, Decimal("12.5"))
    await rig.moderator.slash(rig.channel, "quota set", credits=5, period="total", channel=category)
    assert (await limits(rig))[-1] == (Scope.EVERYONE, 0, "", category.id, Period.TOTAL, Decimal(5))
    answer = told(await rig.moderator.slash(rig.channel, "quota set", credits=1000, period="month", scope="server"))
    assert answer == f"✅ <@{rig.moderator.id}> set the limit of the whole server to 1,000 credits a month."
    assert (await limits(rig))[-1] == (Scope.SERVER, 0, "", 0, Period.MONTH, Decimal(1000))
    for credits_ in (200, 0):
        await rig.moderator.slash(rig.channel, "quota set", credits=credits_, period="week")
    assert (await limits(rig))[-1] == (Scope.EVERYONE, 0, "", 0, Period.WEEK, Decimal(0))
    assert (len(await limits(rig)), len(await decisions(rig))) == (6, 7)

    robot = rig.guild.add_member(rig.env.create_user("robot", bot=True))
    await rig.moderator.slash(rig.channel, "quota set", credits=5, period="day", who=robot)
    unknown = await rig.moderator.slash(rig.channel, "quota set", credits=5, period="day", operation="image.genrate")
    assert "image.generate" in private_sentence(unknown)
    offered = await rig.moderator.autocomplete(rig.channel, "quota set", "operation", "subt")
    assert [choice["value"] for choice in offered] == ["subtitles.generate"]
    assert (len(await limits(rig)), len(await decisions(rig))) == (6, 7)


async def test_a_limit_that_was_set_is_kept_at_once(rig: Rig):
    await priced(rig)
    await rig.moderator.slash(rig.channel, "quota set", credits=5, period="day", who=rig.member)
    result = await rig.member.slash(rig.channel, GENERATE, prompt="x")
    assert "5 of your 5 daily credits" in private_sentence(result)
    assert rig.sandbox.posts == 0


# ---------------------------------------------------------------------- list, remove


async def test_the_list_names_every_limit_with_who_set_it(rig: Rig):
    role = rig.guild.create_role("artists")
    await limit(rig, 1000, scope=Scope.SERVER)
    await limit(rig, 100)
    await limit(rig, 300, scope=Scope.ROLE, scope_id=role.id, operation="video.generate")
    await limit(rig, 0, scope=Scope.MEMBER, scope_id=rig.member.id, channel_id=rig.channel.id)
    shown = page(await rig.moderator.slash(rig.channel, "quota show"))
    for line in (
        "**Whole server**\n• 1,000 credits a week · set by",
        "**Everyone**\n• 100 credits a week · set by",
        f"• <@&{role.id}>: 300 credits a week for `video.generate` · set by <@{rig.moderator.id}>",
        f"• <@{rig.member.id}>: 0 credits a week in <#{rig.channel.id}> · set by",
    ):
        assert line in shown


async def test_a_long_list_is_shown_in_parts_to_its_end(rig: Rig):
    for number in range(50):
        await limit(rig, number, scope=Scope.MEMBER, scope_id=10**18 + number)
    result = await rig.moderator.slash(rig.channel, "quota show")
    seen = page(result)
    for part in (1, 2, 3):
        assert len(page(result)) <= 4096
        result = await rig.moderator.click(result.response, custom_id=f"c1:limit_turn:{part}")
        seen += page(result)
    assert all(f"<@{10**18 + number}>: {number} credit" in seen for number in range(50))
    assert [each["label"] for each in parts(result.response) if "label" in each] == ["◀ Back"]


async def test_a_limit_is_removed_at_the_second_press(rig: Rig):
    role = rig.guild.create_role("artists")
    await limit(rig, 100)
    await limit(rig, 300, scope=Scope.ROLE, scope_id=role.id, channel_id=rig.channel.id)
    await limit(rig, 5, scope=Scope.MEMBER, scope_id=rig.member.id, operation="video.generate")
    panel = (await rig.moderator.slash(rig.channel, "quota show")).response
    [select] = [each for each in parts(panel) if "options" in each]
    assert [option["label"] for option in select["options"]] == [
        "Everyone: 100 credits a week",
        "Role artists: 300 credits a week in #general",
        f"Member {rig.member.id}: 5 credits a week for video.generate",
    ]
    chosen = select["options"][1]["value"]
    asked = await choose(rig, panel, "limit_choose", chosen)
    assert notice(asked.response) == "Remove this limit? Role artists: 300 credits a week in #general"
    await rig.moderator.click(asked.response, label="Keep")
    assert len(await limits(rig)) == 3
    answer = notice((await remove_limit(rig, chosen)).response)
    terms = f"300 credits a week in <#{rig.channel.id}>"
    assert answer == f"✅ <@{rig.moderator.id}> removed the limit of <@&{role.id}>, which was {terms}."
    assert [each[0] for each in await limits(rig)] == [Scope.EVERYONE, Scope.MEMBER]
    assert await decisions(rig) == [(rig.moderator.id, "limit", answer.removeprefix("✅ "))]


async def test_only_a_limit_of_this_server_that_is_there_is_removed_and_by_a_moderator(rig: Rig):
    elsewhere = Limit(scope=Scope.SERVER, period=Period.DAY, credits=Decimal(1))
    theirs = await rig.bot.parts.store.limits.set(rig.guild.id + 1, elsewhere, by_id=1)
    assert page(await rig.moderator.slash(rig.channel, "quota show")).startswith("There are no limits.")
    await limit(rig, 100)
    await limit(rig, 50, period=Period.DAY)
    panel = (await rig.moderator.slash(rig.channel, "quota show")).response
    gone, kept = [option["value"] for each in parts(panel) for option in each.get("options", ())]
    older = (await rig.moderator.slash(rig.channel, "quota show")).response
    asked = (await choose(rig, panel, "limit_choose", gone)).response
    await rig.bot.parts.store.limits.remove(rig.guild.id, int(gone))
    assert private_sentence(await rig.moderator.click(asked, custom_id=f"c1:limit_remove:{gone}"))
    assert private_sentence(await choose(rig, older, "limit_choose", gone))
    for typed in ("everyone", "-1", "9" * 30, str(theirs.id)):
        await press(rig, rig.moderator, "limit_remove", typed)
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    assert "Only moderators" in private_sentence(await choose(rig, older, "limit_choose", kept))
    assert len(await limits(rig)) == 1
    assert len(await rig.bot.parts.store.limits.all(rig.guild.id + 1)) == 1
    assert await decisions(rig) == []


# ---------------------------------------------------------------------- grant


async def test_a_grant_pays_for_what_goes_past_a_limit(rig: Rig):
    await limit(rig, 5)
    answer = told(
        await rig.moderator.slash(rig.channel, "quota grant", member=rig.member, credits=40, note="for the *jam*")
    )
    assert answer == f"✅ <@{rig.moderator.id}> granted <@{rig.member.id}> 40 credits. Note: for the \\*jam\\*."
    assert await decisions(rig) == [(rig.moderator.id, "grant", answer.removeprefix("✅ "))]
    await rig.member.slash(rig.channel, GENERATE, prompt="x")
    assert len(await rig.jobs()) == 1


async def test_a_grant_may_expire_and_what_is_no_grant_gives_nothing(rig: Rig):
    robot = rig.guild.add_member(rig.env.create_user("robot", bot=True))
    refused = await rig.moderator.slash(rig.channel, "quota grant", member=robot, credits=5)
    assert "Choose another member" in private_sentence(refused)
    for typed in ("soon", "77", "d7", "0d", "-1d", "1.5d", "9999w", "7days", "٣d", "1d1h"):
        result = await rig.moderator.slash(rig.channel, "quota grant", member=rig.member, credits=4, expires=typed)
        sentence = private_sentence(result)
        assert "`expires`" in sentence
        assert "`7d`" in sentence
    assert await rig.bot.parts.store.ledger.rows(rig.guild.id) == []
    assert await decisions(rig) == []
    for typed, seconds in (("12h", 12 * 3600), ("2w", 14 * DAY_S), (" 3 D ", 3 * DAY_S)):
        result = await rig.moderator.slash(rig.channel, "quota grant", member=rig.member, credits=4, expires=typed)
        assert f"valid until <t:{int(rig.clock.wall() + seconds)}:f>" in told(result)
    found = await rig.bot.parts.store.grants.of_member(rig.guild.id, rig.member.id)
    ends = sorted(grant.expires_at - rig.clock.wall() for grant in found)
    assert ends == [12 * 3600, 3 * DAY_S, 14 * DAY_S]


# ---------------------------------------------------------------------- show


async def test_show_tells_what_holds_for_a_member_and_what_is_left_of_it(rig: Rig):
    role = rig.guild.create_role("artists")
    artist = rig.guild.add_member(rig.env.create_user("aki"), roles=[role])
    await limit(rig, 1000, scope=Scope.SERVER, period=Period.MONTH)
    await limit(rig, 10)
    await limit(rig, 100, scope=Scope.ROLE, scope_id=role.id)
    await limit(rig, 50, operation="image.generate", channel_id=rig.channel.id, period=Period.DAY)
    await limit(rig, 0, scope=Scope.MEMBER, scope_id=artist.id, operation="sora.generate")
    await limit(rig, 7, scope=Scope.MEMBER, scope_id=rig.member.id)
    await rig.bot.parts.store.grants.add(
        rig.guild.id, artist.id, Decimal(30), note="prize", by_id=rig.moderator.id, expires_at=rig.clock.wall() + 60
    )
    await artist.slash(rig.channel, GENERATE, prompt="x")
    [job] = await rig.jobs()

    shown = page(await rig.moderator.slash(rig.channel, "quota show", member=artist))
    lines = shown.splitlines()
    assert lines[0] == f"<@{artist.id}>"
    held = f"{job.held.normalize():f}"

    def line(start: str) -> str:
        [found] = [each for each in lines if each.startswith(f"• {start}")]
        return found

    assert line("100 credits a week").startswith(
        f"• 100 credits a week (limit for <@&{role.id}>): {held} spent or held, {100 - job.held:.0f} left, resets <t:"
    )
    assert f"{held} spent or held, {50 - job.held:.0f} left" in line(
        f"50 credits a day for Generate Image in <#{rig.channel.id}>"
    )
    assert line("0 credits a week for sora.generate").endswith("(own limit): not allowed")
    assert f"{held} spent or held, {1000 - job.held:.0f} left" in line(
        "1,000 credits a month (limit for the whole server)"
    )
    assert line("30 of 30 credits left").endswith("· prize")
    assert f"`{job.id}` Generate Image" in shown
    assert "1 running, 0 waiting" in shown
    # Neither everyone's limit, which the role's takes the place of, nor another member's.
    assert "10 credits a week" not in shown
    assert "7 credits a week" not in shown


# ---------------------------------------------------------------------- the log channel


async def use_log(rig: Rig, channel_id: int) -> None:
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, log_channel=channel_id))


async def test_every_change_stands_in_the_log_channel_and_pings_nobody(rig: Rig):
    log = rig.guild.create_text_channel("log")
    await use_log(rig, log.id)
    await rig.moderator.slash(rig.channel, "quota set", credits=5, period="day", who=rig.member)
    await rig.moderator.slash(rig.channel, "quota grant", member=rig.member, credits=5, note="@everyone hi")
    await post_log(rig)
    lines = [message for message in log.history() if message.author.id == rig.bot.user.id]
    now = int(rig.clock.wall())
    assert sorted(message.content for message in lines) == [
        f"<@{rig.moderator.id}> granted <@{rig.member.id}> 5 credits. Note: @\u200beveryone hi. <t:{now}:f>",
        f"<@{rig.moderator.id}> set the limit of <@{rig.member.id}> to 5 credits a day. <t:{now}:f>",
    ]
    sent = [call.json for call in rig.env.http_requests if call.path == f"/channels/{log.id}/messages"]
    assert [body["allowed_mentions"] for body in sent if body] == [{"parse": []}] * 2
    assert rig.messages() == []
