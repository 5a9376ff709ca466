"""Events with a purse, from their announcement to their prizes, as moderators and members see them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.domain.models import AccountStatus, JobState
from bot.domain.server.events import ServerEvent
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.runtime import failpoints
from cogs.events import texts as said
from cogs.events.acts import ServerEvents
from cogs.ui.texts import MODERATORS_ONLY
from tests.support.channels import hidden_channel, press
from tests.support.own_account import ADAS_KEY, linked
from tests.support.reacting import in_channel, made, newest, other
from tests.support.rig import Rig
from tests.support.settings_pages import set_review
from tests.support.surface import REMOVE, delete, deny, icon, nothing_happened, panel_text, private_sentence, until

HOUR_S = 3600.0
PRICE = 12
"""What an image costs in the sandbox."""


async def announced(rig: Rig, **options: Any) -> Any:
    """Announce an event of two hours and return its message."""
    await rig.moderator.slash(
        rig.channel, "event", **({"theme": "Cats in space", "ends": "2h", "purse": 100.0, "cap": 100.0} | options)
    )
    return newest(rig) if rig.messages() else None


async def take_part(rig: Rig, message: discord.Message, *members: Any) -> None:
    for member in members:
        await member.click(message, label="Take part")


async def rounds(rig: Rig) -> None:
    """Do what is due for events, as long as something is."""
    with rig.env.time_context():
        for _ in range(3):
            await rig.bot.parts.rounds.run_once("events")


async def over(rig: Rig, after_s: float = 2 * HOUR_S) -> None:
    rig.advance(after_s)
    await rounds(rig)


async def grants(rig: Rig, member: Any) -> list[Decimal]:
    return [each.credits for each in await rig.bot.parts.store.grants.of_member(rig.guild.id, member.id)]


async def limit(rig: Rig, credits_: int) -> None:
    each = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(credits_))
    await rig.bot.parts.store.limits.set(rig.guild.id, each, by_id=1)


async def purse_of(rig: Rig) -> tuple[Decimal, Decimal]:
    """What the purse of the only open event has paid, in all and for the member."""
    [event] = await rig.bot.parts.store.events.open(rig.guild.id)
    used = await rig.bot.parts.store.events.use(event, rig.member.id)
    return used.paid, used.of_member


def last_embed(rig: Rig) -> discord.Embed:
    [embed] = newest(rig).embeds
    return embed


def assert_over(rig: Rig, announcement: discord.Message, line: str) -> None:
    """An announcement says first that its event is over, and has no button."""
    [message] = [each for each in rig.messages() if each.id == announcement.id]
    assert (message.embeds[0].description or "").startswith(f"{line}\n\nUntil ")
    assert message.components == []


async def line(rig: Rig) -> str:
    return (await rig.bot.parts.store.decisions.all(rig.guild.id))[0].text


async def test_an_event_from_its_announcement_to_its_prizes(rig: Rig):
    message = await announced(rig, cap=20.0, prizes="50 30")
    [embed] = message.embeds
    assert embed.title == "Event: Cats in space"
    for words in ("purse of 100 credits", "up to 20 credits for each member", "🥇 50 credits · 🥈 30 credits", "⭐"):
        assert words in (embed.description or "")
    assert "announced the event “Cats in space”" in await line(rig)
    bob = other(rig)
    await take_part(rig, message, rig.member, bob)
    first, second = await made(rig), await made(rig, member=bob)
    await rig.moderator.react(first, "⭐")
    await bob.react(first, "⭐")
    await rig.moderator.react(second, "⭐")
    await bob.react(second, "⭐")  # their own does not count
    assert await purse_of(rig) == (2 * PRICE, PRICE)
    await over(rig)
    lines = (last_embed(rig).description or "").splitlines()
    assert [each.rpartition(" · ")[0] for each in lines] == [
        f"🥇 <@{rig.member.id}> · 2 ⭐ · 50 credits",
        f"🥈 <@{bob.id}> · 1 ⭐ · 30 credits",
    ]
    assert str(first.id) in lines[0]
    assert len(newest(rig).attachments) == 2
    assert_over(rig, message, "The event has ended.")
    assert await grants(rig, rig.member) == [50]
    assert await grants(rig, bob) == [30]
    report = await line(rig)
    assert "The purse paid 24 credits of 100 credits." in report
    before = newest(rig).id
    await over(rig)
    assert newest(rig).id == before
    assert await grants(rig, rig.member) == [50]


async def test_the_purse_pays_first_within_the_cap_and_then_the_limits_do(rig: Rig):
    await limit(rig, 10)
    message = await announced(rig, cap=30.0)
    await take_part(rig, message, rig.member)
    for paid in (12, 24, 30):
        await made(rig)
        assert await purse_of(rig) == (paid, paid)
    refused = await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    assert "You have 4 of your 10 daily credits left." in private_sentence(refused)
    assert len(await rig.jobs()) == 3


async def test_it_pays_for_those_who_take_part_alone_in_its_channel_for_what_is_public(rig: Rig):
    message = await announced(rig)
    await made(rig)
    await take_part(rig, message, rig.member)
    elsewhere = rig.guild.create_text_channel("elsewhere")
    await rig.member.slash(elsewhere, "image generate", prompt="a fox")
    await rig.work()
    assert await purse_of(rig) == (0, 0)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox", private=True)
    await rig.work()
    assert await purse_of(rig) == (0, 0)
    await made(rig)
    assert await purse_of(rig) == (PRICE, PRICE)


async def test_who_pays_for_their_own_takes_part_and_leaves_the_purse_alone(rig: Rig):
    await linked(rig, rig.member, ADAS_KEY, "mine")
    message = await announced(rig, prizes="50")
    await take_part(rig, message, rig.member)
    first = await made(rig)
    assert await purse_of(rig) == (0, 0)
    assert rig.sandbox.spent(ADAS_KEY) == PRICE
    await rig.moderator.react(first, "⭐")
    await over(rig)
    assert f"🥇 <@{rig.member.id}>" in (last_embed(rig).description or "")
    assert await grants(rig, rig.member) == [50]


async def test_a_job_that_fails_gives_the_purse_its_credits_again(rig: Rig):
    message = await announced(rig, purse=20.0, cap=20.0)
    await take_part(rig, message, rig.member)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fail")
    assert await purse_of(rig) == (20, 20)  # the first hold is a guess
    await rig.work()
    assert await purse_of(rig) == (0, 0)


async def test_of_two_with_as_many_stars_the_earlier_result_wins_and_each_member_is_placed_once(rig: Rig):
    message = await announced(rig, prizes="5 4 3")
    bob = other(rig)
    await take_part(rig, message, rig.member, bob)
    results = [await made(rig, member=each) for each in (bob, rig.member, rig.member)]
    for each in reversed(results):
        await rig.moderator.react(each, "⭐")
    await over(rig)
    places = (last_embed(rig).description or "").splitlines()
    assert [f"<@{each}>" in at for each, at in zip((bob.id, rig.member.id), places, strict=True)] == [True, True]
    assert (await grants(rig, bob), await grants(rig, rig.member)) == ([5], [4])


@pytest.mark.parametrize("how", ["left", "blocked", "removed", "deleted", "spoiler", "private", "unshown"])
async def test_what_can_not_be_placed_makes_room_for_the_next(rig: Rig, how: str):
    message = await announced(rig, prizes="5")
    bob = other(rig)
    await take_part(rig, message, rig.member, bob)
    if how == "private":
        await rig.member.slash(rig.channel, "image generate", prompt="a fox", private=True)
        await rig.work()
    best = None if how == "private" else await made(rig, spoiler=how == "spoiler")
    second = await made(rig, member=bob)
    for each in filter(None, (best, second)):
        await rig.moderator.react(each, "⭐")
    if best is not None:
        await bob.react(best, "⭐")
    store = rig.bot.parts.store
    if how == "left":
        rig.env.backend.get_guild(rig.guild.id).members.pop(rig.member.id)
    elif how == "blocked":
        await store.blocks.add(rig.guild.id, rig.member.id, until=None, reason="", by_id=1)
    elif how == "removed" and best is not None:
        asked = await rig.member.click(best, custom_id=icon(best, REMOVE))
        await rig.member.click(asked.response, label="Remove the result")
    elif how == "deleted" and best is not None:
        delete(rig, best)
    elif how == "unshown":
        await rig.bot.parts.own_settings.change(rig.guild.id, rig.member.id, lambda own: replace(own, is_unshown=True))
    await over(rig)
    assert await grants(rig, bob) == [5]
    assert await grants(rig, rig.member) == []
    assert f"<@{rig.member.id}>" not in (last_embed(rig).description or "")


@pytest.mark.parametrize("verdict", ["none", "approved in time", "approved too late", "rejected"])
async def test_a_result_in_review_is_not_placed(rig: Rig, verdict: str):
    message, bob, desk = await announced(rig, prizes="5"), other(rig), rig.guild.create_text_channel("review")
    await take_part(rig, message, rig.member, bob)
    await rig.moderator.react(await made(rig, member=bob), "⭐")
    await set_review(rig, channel=desk)
    await rig.member.slash(rig.channel, "image generate", prompt="a fox")
    await until(rig, JobState.READY)
    await rig.step()
    await rig.step()
    card, asked = newest(rig), in_channel(rig, desk)[-1]
    for each in (rig.moderator, bob):
        await each.react(card, "⭐")
    if verdict == "rejected":
        form = await rig.moderator.click(asked, label="Reject…")
        await rig.moderator.submit_modal(form, {rig.form_fields(form)[0]: "no"})
        await rig.work()
    if verdict == "approved in time":
        await rig.moderator.click(asked, label="Publish")
        await rig.work()
    await over(rig)
    winner, loser = (rig.member, bob) if verdict == "approved in time" else (bob, rig.member)
    assert (await grants(rig, winner), await grants(rig, loser)) == ([5], [])
    if verdict == "approved too late":
        await rig.moderator.click(asked, label="Publish")
        await rig.work()
        await rounds(rig)
        assert await grants(rig, loser) == []
    if winner is bob:
        assert f"<@{loser.id}>" not in (last_embed(rig).description or "")


async def test_a_cancelled_event_has_no_prizes_and_its_purse_is_closed(rig: Rig):
    message = await announced(rig, prizes="5")
    await take_part(rig, message, rig.member)
    await rig.moderator.react(await made(rig), "⭐")
    panel = await rig.moderator.slash(rig.channel, "event")
    assert "88 credits of 100 credits are left" in panel_text(panel.response)
    [event] = await rig.bot.parts.store.events.open(rig.guild.id)
    asked = await rig.moderator.select(panel.response, [event.id], custom_id="c1:event_choose:events")
    await rig.moderator.click(asked.response, label="Cancel the event")
    called_off = last_embed(rig)
    assert (called_off.title, called_off.description) == ("Event: Cats in space", str(said.CALLED_OFF))
    assert_over(rig, message, str(said.CALLED_OFF))
    assert "canceled the event" in await line(rig)
    assert await rig.bot.parts.store.events.open(rig.guild.id) == []
    assert await grants(rig, rig.member) == []
    assert private_sentence(await press(rig, rig.member, "event_join", event.id)) == "The event has ended."
    before = newest(rig).id
    await over(rig)
    assert newest(rig).id == before


async def test_an_event_whose_channel_was_deleted_ends_without_places(rig: Rig):
    channel = rig.guild.create_text_channel("contest")
    await announced(rig, channel=channel)
    rig.env.backend.delete_channel(channel.id)
    await over(rig)
    assert await rig.bot.parts.store.events.due(9) == []
    assert "No result was placed" in await line(rig)


async def test_prizes_are_granted_though_the_channel_is_closed(rig: Rig):
    message = await announced(rig, prizes="5")
    await take_part(rig, message, rig.member)
    await rig.moderator.react(await made(rig), "⭐")
    deny(rig, send_messages=False)
    await over(rig)
    assert await grants(rig, rig.member) == [5]
    assert await rig.bot.parts.store.events.due(9) == []


async def test_what_was_over_while_the_bot_was_away_ends_at_its_start(rig: Rig):
    message = await announced(rig, prizes="5")
    await take_part(rig, message, rig.member)
    await rig.moderator.react(await made(rig), "⭐")
    delete(rig, message)
    await rig.restart(after_s=5 * HOUR_S)
    await rounds(rig)
    assert await grants(rig, rig.member) == [5]
    assert "🥇" in (last_embed(rig).description or "")


@pytest.mark.parametrize(
    "point", ["decision.changed", "event.prized", "event.ended", "decision.stored", "event.posted"]
)
async def test_a_death_at_any_step_of_the_end_pays_and_posts_once(rig: Rig, point: str):
    message = await announced(rig, prizes="5")
    await take_part(rig, message, rig.member)
    await rig.moderator.react(await made(rig), "⭐")
    rig.advance(2 * HOUR_S)
    failpoints.arm([point])
    with pytest.raises(failpoints.Crash):
        await rounds(rig)
    await rig.restart(after_s=600)
    await rounds(rig)
    assert await grants(rig, rig.member) == [5]
    assert len([each for each in rig.messages() if any("Places" in (e.title or "") for e in each.embeds)]) == 1
    assert_over(rig, message, "The event has ended.")
    records = [each.text for each in await rig.bot.parts.store.decisions.all(rig.guild.id)]
    assert len([each for each in records if "has ended" in each]) == 1


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "in the past": ({"ends": "2020-01-01 10:00"}, said.NOT_A_TIME(days=31)),
    "no time": ({"ends": "soon"}, said.NOT_A_TIME(days=31)),
    "no such day": ({"ends": "2026-02-30 10:00"}, said.NOT_A_TIME(days=31)),
    "too long": ({"ends": "40d"}, said.NOT_A_TIME(days=31)),
    "four prizes": ({"prizes": "4 3 2 1"}, str(said.PRIZES)),
    "prize of nothing": ({"prizes": "5 0"}, str(said.PRIZES)),
    "prize in words": ({"prizes": "a car"}, str(said.PRIZES)),
    "empty theme": ({"theme": "  "}, str(said.NO_TIME_AND_PURSE)),
}


@pytest.mark.parametrize("case", list(BAD))
async def test_what_does_not_fit_is_one_sentence_and_nothing_is_kept(rig: Rig, case: str):
    options, sentence = BAD[case]
    values = {"theme": "Cats", "ends": "2h", "purse": 100.0} | options
    assert private_sentence(await rig.moderator.slash(rig.channel, "event", **values)) == sentence
    assert rig.messages() == []
    assert await rig.bot.parts.store.events.open(rig.guild.id) == []
    await nothing_happened(rig)


async def test_a_new_event_needs_its_three_options(rig: Rig):
    assert private_sentence(await rig.moderator.slash(rig.channel, "event", theme="Cats")) == str(
        said.NO_TIME_AND_PURSE
    )


async def test_without_a_cap_the_purse_pays_a_quarter_of_it_for_each(rig: Rig):
    await rig.moderator.slash(rig.channel, "event", theme="Cats", ends="2h", purse=1000.0)
    [event] = await rig.bot.parts.store.events.open(rig.guild.id)
    assert event.cap == 250


async def test_a_channel_has_one_event_at_a_time(rig: Rig):
    await announced(rig)
    again = await rig.moderator.slash(rig.channel, "event", theme="Dogs", ends="2h", purse=5.0)
    assert private_sentence(again) == said.ONE_AT_A_TIME(channel=rig.channel.id)


async def test_a_purse_above_the_balance_is_said_to_its_maker(rig: Rig):
    store, status = rig.bot.parts.store, AccountStatus(credits=Decimal(300), plan=None, scopes=())
    await store.keys.set(rig.guild.id, ADAS_KEY, set_by=1, status=status)
    for purse, is_above in ((300.0, False), (301.0, True)):
        channel = rig.guild.create_text_channel(f"of-{purse:.0f}")
        said_of = await rig.moderator.slash(rig.channel, "event", theme="Cats", ends="2h", purse=purse, channel=channel)
        assert ("more than the 300 credits" in said_of.response.content) is is_above


async def test_without_stars_there_is_no_vote(rig: Rig):
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda now: replace(now, reactions=frozenset()))
    refused = await rig.moderator.slash(rig.channel, "event", theme="Cats", ends="2h", purse=5.0)
    assert private_sentence(refused) == str(said.NO_STARS)


async def test_members_change_nothing_and_see_what_their_channels_have(rig: Rig):
    refused = await rig.member.slash(rig.channel, "event", theme="Cats", ends="2h", purse=5.0)
    assert private_sentence(refused) == str(MODERATORS_ONLY)
    hidden = hidden_channel(rig, rig.moderator)
    await announced(rig, channel=hidden, theme="Secret")
    await announced(rig)
    panel = panel_text((await rig.member.slash(rig.channel, "event")).response)
    assert "Cats in space" in panel
    assert "Secret" not in panel
    assert "Moderators announce" not in panel


async def test_no_member_and_no_other_servers_moderator_moves_an_event(rig: Rig):
    await announced(rig)
    hidden = hidden_channel(rig, rig.moderator)
    await announced(rig, channel=hidden, theme="Secret")
    elsewhere = rig.env.create_guild("Elsewhere")
    place = elsewhere.create_text_channel("general")
    moderators = elsewhere.create_role("mods", permissions=discord.Permissions(manage_guild=True))
    stranger = elsewhere.add_member(rig.env.create_user("max"), roles=[moderators])
    before = await rig.bot.parts.store.events.open(rig.guild.id)
    [shown, secret] = sorted(before, key=lambda each: each.theme)
    assert secret.theme == "Secret"
    for action in ("event_cancel", "event_choose", "event_panel"):
        await press(rig, rig.member, action, shown.id)
    for action in ("event_cancel", "event_choose", "event_panel", "event_join"):
        for each in before:
            answer = await press(rig, stranger, action, each.id, place)
            assert each.theme not in str(answer.response and answer.response.content)
    assert private_sentence(await press(rig, rig.member, "event_join", secret.id)) == str(said.OVER)
    assert await rig.bot.parts.store.events.open(rig.guild.id) == before
    for each in before:
        assert (await rig.bot.parts.store.events.use(each, 0)).members == 0


async def test_a_blocked_member_does_not_take_part(rig: Rig):
    message = await announced(rig)
    await rig.bot.parts.store.blocks.add(rig.guild.id, rig.member.id, until=None, reason="", by_id=1)
    await rig.member.click(message, label="Take part")
    [event] = await rig.bot.parts.store.events.open(rig.guild.id)
    assert (await rig.bot.parts.store.events.use(event, rig.member.id)).members == 0


async def test_one_servers_event_does_not_wait_for_anothers(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    await announced(rig)
    elsewhere = rig.guild.create_text_channel("elsewhere")
    await announced(rig, channel=elsewhere)
    reached, both = [], asyncio.Event()

    async def slow(_events: ServerEvents, event: ServerEvent) -> None:
        reached.append(event.id)
        if len(reached) == 2:
            both.set()
        async with asyncio.timeout(5):
            await both.wait()

    monkeypatch.setattr(ServerEvents, "_bring_up", slow)
    rig.advance(2 * HOUR_S)
    await rig.bot.get(ServerEvents).run_once()
    assert len(reached) == 2
