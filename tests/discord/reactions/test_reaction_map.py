"""A server's own map of reactions, and the page Reactions of the settings, which changes it."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from bot.domain.server.reaction_rules import DEFAULTS, Purse, ReactionAction, Who, read_emoji
from cogs.reactions import pressed as seeds
from cogs.reactions import texts
from tests.support.reacting import CUSTOM, direct_texts, event, made, newest, other
from tests.support.rig import Rig
from tests.support.settings_pages import (
    add_emoji,
    choose,
    opened,
    page_text,
    press,
    remove_emoji,
    seed_emojis,
    send,
    set_gallery,
)
from tests.support.surface import inputs, notice, private_sentence, unlinked


async def map_emoji(rig: Rig, action: ReactionAction, shown: str | None = None, **values: Any) -> None:
    rule = next(each for each in DEFAULTS.values() if each.action is action)
    if shown is not None:
        key, text = read_emoji(shown)
        rule = dataclasses.replace(rule, emoji=key, shown=text)
    await rig.bot.parts.store.reactions.set(rig.guild.id, dataclasses.replace(rule, **values))


# ---------------------------------------------------------------------- the server's own map


async def test_a_custom_emoji_does_what_it_is_mapped_to(rig: Rig):
    message = await made(rig)
    await map_emoji(rig, ReactionAction.RERUN, "<:again:123456789012345678>")
    await rig.member.react(message, CUSTOM)
    assert len(await rig.jobs()) == 2
    await event(rig, message, "renamed:123456789012345678", rig.moderator.id)
    assert len(await rig.jobs()) == 3


async def test_only_whom_the_map_means_may(rig: Rig):
    message = await made(rig)
    role = rig.guild.create_role("artists")
    artist = rig.guild.add_member(rig.env.create_user("art"), roles=[role])
    await map_emoji(rig, ReactionAction.RERUN, who=Who.ROLE, role_id=role.id)
    await other(rig).react(message, "🔁")
    assert len(await rig.jobs()) == 1
    await artist.react(message, "🔁")
    assert len(await rig.jobs()) == 2
    await map_emoji(rig, ReactionAction.ANIMATE, who=Who.MODERATORS)
    await rig.member.react(message, "🎬")
    assert len(await rig.jobs()) == 2
    await rig.moderator.react(message, "🎬")
    assert len(await rig.jobs()) == 3


async def test_it_takes_as_many_as_the_map_says_and_fires_once(rig: Rig):
    message = await made(rig)
    await map_emoji(rig, ReactionAction.RERUN, needed=3)
    crowd = [other(rig, f"fan{number}") for number in range(5)]
    await crowd[0].react(message, "🔁")
    await crowd[1].react(message, "🔁")
    await crowd[1].unreact(message, "🔁")
    await crowd[1].react(message, "🔁")
    assert len(await rig.jobs()) == 1
    await crowd[2].react(message, "🔁")
    assert (await rig.jobs())[0].author_id == crowd[2].id
    await crowd[3].react(message, "🔁")
    await crowd[4].react(message, "🔁")
    assert len(await rig.jobs()) == 2


async def test_the_author_pays_where_the_map_says_so(rig: Rig):
    message = await made(rig)
    await map_emoji(rig, ReactionAction.ANIMATE, payer=Purse.AUTHOR)
    await other(rig).react(message, "🎬")
    assert (await rig.jobs())[0].author_id == rig.member.id
    await rig.bot.parts.store.blocks.add(rig.guild.id, rig.member.id, until=None, reason="", by_id=1)
    member = other(rig, "carl")
    await member.react(message, "🎬")
    assert len(await rig.jobs()) == 2
    assert "blocked you from using the bot" in direct_texts(rig, member)[0]


async def test_an_author_who_has_left_pays_for_nothing(rig: Rig):
    message = await made(rig)
    await map_emoji(rig, ReactionAction.ANIMATE, payer=Purse.AUTHOR)
    rig.env.backend.remove_member(rig.guild.id, rig.member.id)
    member = other(rig)
    await event(rig, message, "🎬", member.id)
    assert "has left the server" in direct_texts(rig, member)[0]
    assert len(await rig.jobs()) == 1


async def test_what_is_removed_from_the_map_or_switched_off_does_nothing(rig: Rig):
    message = await made(rig)
    store = rig.bot.parts.store
    await store.reactions.remove(rig.guild.id, "🔁")
    await rig.member.react(message, "🔁")
    assert len(await rig.jobs()) == 1
    await store.reactions.reset(rig.guild.id)
    await store.reactions.change_settings(rig.guild.id, is_on=False)
    await rig.moderator.react(message, "🔁")
    assert len(await rig.jobs()) == 1
    assert direct_texts(rig, rig.member) == direct_texts(rig, rig.moderator) == []


# ---------------------------------------------------------------------- the page Reactions


async def listed(rig: Rig) -> str:
    return page_text(await opened(rig, "reactions"))


def said(result: Any) -> str:
    assert result.response.ephemeral
    return unlinked(notice(result.response))


async def test_a_moderator_adds_changes_removes_and_resets(rig: Rig):
    assert (await listed(rig)).count(" · ") >= 8
    again = f"<:again:{rig.guild.create_emoji('again').id}>"
    done = said(await add_emoji(rig, again, "rerun", How_many_members_must_react="2", Who_pays="author"))
    assert f"{again} re-run · everyone · 2 members · the author pays" in done
    assert again in await listed(rig)
    older = await opened(rig, "reactions")
    assert "emoved the reaction 🔁" in said(await remove_emoji(rig, "🔁"))
    assert "🔁" not in await listed(rig)
    assert private_sentence(await choose(rig, older, "emoji_change", "🔁"))
    shown = await choose(rig, await opened(rig, "reactions"), "emoji_add", "animate")
    await send(rig, shown, Emoji="🔁", Only_one_role=[rig.moderators])
    assert f"🔁 animate · <@&{rig.moderators.id}>" in await listed(rig)
    asked = await press(rig, await opened(rig, "reactions"), "emoji_reset")
    assert "🔁 animate" in await listed(rig)
    assert "2 emojis changed" in said(await press(rig, asked.response, "emoji_reset"))
    assert "🔁 re-run · everyone · the person who reacts pays" in await listed(rig)
    record = await rig.bot.parts.store.decisions.all(rig.guild.id)
    assert [each.by_id for each in record] == [rig.moderator.id] * 4


async def test_a_rule_is_changed_as_it_stands(rig: Rig):
    await add_emoji(rig, "🦊", "vary", How_many_members_must_react="3", Whose_reactions_count="moderators")
    shown = await choose(rig, await opened(rig, "reactions"), "emoji_change", "🦊")
    await send(rig, shown, What_it_does=["animate"])
    rule = (await rig.bot.parts.store.reactions.get(rig.guild.id)).rules["🦊"]
    assert (rule.action, rule.needed, rule.who) == ("animate", 3, "moderators")


@pytest.mark.parametrize(
    ("emoji", "values", "words"),
    [
        ("fox", {}, "Type one emoji"),
        pytest.param("🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁", {}, "Type one emoji", marks=pytest.mark.long),
        ("🔁", {"How_many_members_must_react": "0"}, "a number from 1 to 100"),
        ("🔁", {"How_many_members_must_react": "all"}, "a number from 1 to 100"),
    ],
)
async def test_what_makes_no_sense_is_refused(rig: Rig, emoji: str, values: dict[str, str], words: str):
    assert words in private_sentence(await add_emoji(rig, emoji, "rerun", **values))
    assert await rig.bot.parts.store.reactions.changes(rig.guild.id) == {}


@pytest.mark.parametrize("action", ["gallery", "remove"])
async def test_what_one_reaction_does_asks_for_no_number(rig: Rig, action: str):
    shown = await choose(rig, await opened(rig, "reactions"), "emoji_add", action)
    assert list(inputs(shown)) == ["Emoji", "Whose reactions count?", "Only one role"]


@pytest.mark.parametrize(
    "action",
    [
        "emoji_add",
        pytest.param("emoji_change", marks=pytest.mark.long),
        "emoji_seeds",
        pytest.param("emoji_flip", marks=pytest.mark.long),
        "emoji_reset",
    ],
)
async def test_only_a_moderator_changes_the_map(rig: Rig, action: str):
    page = await opened(rig, "reactions")
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    values = {"emoji_add": "vary", "emoji_change": "🔁", "emoji_seeds": "on"}
    if action in values:
        result = await choose(rig, page, action, values[action])
    else:
        result = await press(rig, page, action)
    assert "Only moderators" in private_sentence(result)
    assert await rig.bot.parts.store.reactions.changes(rig.guild.id) == {}


async def test_a_form_that_a_member_no_longer_may_send_changes_nothing(rig: Rig):
    added = await choose(rig, await opened(rig, "reactions"), "emoji_add", "vary")
    changed = await choose(rig, await opened(rig, "reactions"), "emoji_change", "🔁")
    rig.env.backend.remove_member_role(rig.guild.id, rig.moderator.id, rig.moderators.id)
    assert "Only moderators" in private_sentence(await send(rig, added, Emoji="🦊"))
    assert "Only moderators" in private_sentence(await send(rig, changed, What_it_does=["none"]))
    assert await rig.bot.parts.store.reactions.changes(rig.guild.id) == {}


@pytest.mark.parametrize(
    ("seeds", "gallery", "expected"),
    [
        (None, False, ["🔁"]),
        pytest.param(None, True, ["🔁", "⭐"], marks=pytest.mark.long),
        ("few", False, ["🔁"]),
        pytest.param("on", False, ["🔁", "🎲", "🎬", "✉️", "❌"], marks=pytest.mark.long),
        ("off", True, []),
    ],
)
async def test_the_bot_puts_a_few_emojis_on_results_or_all_that_fit_or_none(
    rig: Rig, seeds: str | None, gallery: bool, expected: list[str]
):
    if seeds is not None:
        await seed_emojis(rig, seeds)
    if gallery:
        await set_gallery(rig, channel=rig.guild.create_text_channel("gallery"))
    await made(rig)
    await settle_seeds(rig)
    assert [str(each.emoji) for each in newest(rig).reactions] == expected
    assert len(await rig.jobs()) == 1


async def test_a_few_emojis_are_put_on_a_result_once_an_hour_in_each_channel_and_all_on_every_one(rig: Rig):
    async def seeded() -> int:
        await made(rig)
        await settle_seeds(rig)
        return len(newest(rig).reactions)

    assert [await seeded() for _ in range(3)] == [1, 0, 0]
    rig.advance(seeds.FEW_APART_S)
    assert [await seeded() for _ in range(2)] == [1, 0]
    await seed_emojis(rig, "on")
    assert [await seeded() for _ in range(2)] == [5, 5]


async def test_the_first_result_of_a_channel_says_once_what_the_emojis_do(rig: Rig):
    first = await made(rig)
    await settle_seeds(rig)
    await rig.restart()
    second = await made(rig)
    await settle_seeds(rig)
    there = {message.id: message.content for message in rig.messages()}
    assert there[first.id] == (
        "-# React to a result: 🔁 re-run it. Or reply to a result and mention me: “make it night, wider”."
    )
    assert there[second.id] == ""


async def test_a_legend_that_discord_did_not_take_comes_with_the_next_attempt(rig: Rig):
    rig.env.inject_error("PATCH", "/webhooks/*", status=400, code=50035, times=1)
    message = await made(rig)
    assert message.content.startswith("-# React to a result")
    [job] = await rig.jobs()
    assert job.message_id == message.id


async def test_the_legend_comes_in_the_edit_that_posts_the_result(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a fox #fast")
    before = len(rig.env.http_requests)
    await rig.work()
    await settle_seeds(rig)
    assert [call.method for call in rig.env.http_requests[before:]] == ["PATCH", "PUT"]
    assert newest(rig).content.startswith("-# React to a result")


async def test_a_crowd_of_results_gets_its_emojis_a_few_cards_at_a_time(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    await seed_emojis(rig, "on")
    message = await made(rig)
    await settle_seeds(rig)
    (job,) = await rig.jobs()
    card = await rig.bot.parts.store.cards.get(job.guild_id, job.card_id)
    at_work, added = [0], list[int]()

    async def add(_message: object, _emoji: str) -> None:
        at_work[0] += 1
        await asyncio.sleep(0)
        added.append(at_work[0])
        at_work[0] -= 1

    monkeypatch.setattr(seeds, "_add", add)
    surface: Any = rig.bot.surface
    for _ in range(3 * seeds.CARDS_AT_ONCE):
        surface.seeds.posted(card, [job], message)
    await settle_seeds(rig)
    assert (len(added), max(added)) == (5 * 3 * seeds.CARDS_AT_ONCE, seeds.CARDS_AT_ONCE)


async def around(rig: Rig) -> str:
    """Return the page of the help about what is around commands."""
    result = await rig.member.slash(rig.channel, "help")
    return page_text((await rig.member.click(result.response, custom_id="c1:help:more_page")).response)


async def test_help_says_what_the_emojis_and_words_do(rig: Rig):
    shown = await around(rig)
    assert "🔁 re-run it · 🎲 vary it · 🎬 animate an image" in shown
    assert "mention me" in shown
    await press(rig, await opened(rig, "reactions"), "emoji_flip")
    assert "Reactions are turned off on this server." in await around(rig)


async def settle_seeds(rig: Rig) -> None:
    surface: Any = rig.bot.surface
    await surface.seeds.finished()
    await rig.env._settle_internal(dispatch="seeds")


def pages_of(result: Any) -> str:
    messages = (result.response, *result.followups)
    return "".join(embed.description or "" for message in messages for embed in message.embeds)


@pytest.mark.parametrize("animated", [False, True])
@pytest.mark.parametrize("typed", ["picked", "by name"])
async def test_an_emoji_of_this_server_can_be_mapped_and_reacted_with(rig: Rig, animated: bool, typed: str):
    made_emoji = rig.guild.create_emoji("sparkle", animated=animated)
    picked = f"<{'a' if animated else ''}:sparkle:{made_emoji.id}>"
    assert picked in said(await add_emoji(rig, picked if typed == "picked" else ":sparkle:", "vary"))
    message = await made(rig)
    await settle_seeds(rig)
    await rig.member.react(message, f"sparkle:{made_emoji.id}")
    assert len(await rig.jobs()) == 2
    rig.env.backend.get_guild(rig.guild.id).emojis.clear()
    assert picked in said(await remove_emoji(rig, str(made_emoji.id)))


@pytest.mark.parametrize(
    ("emoji", "sentence"),
    [
        ("<:again:123456789012345678>", texts.FOREIGN_EMOJI),
        ("<a:again:123456789012345678>", texts.FOREIGN_EMOJI),
        (":nothing:", texts.NO_EMOJI_NAMED(name="nothing")),
    ],
)
async def test_an_emoji_that_the_bot_cannot_use_is_refused(rig: Rig, emoji: str, sentence: str):
    assert private_sentence(await add_emoji(rig, emoji, "vary")) == str(sentence)
    assert await rig.bot.parts.store.reactions.changes(rig.guild.id) == {}


async def test_a_deleted_emoji_keeps_no_other_from_a_result(rig: Rig):
    rig.env.inject_error(
        "PUT", "*/reactions/%F0%9F%94%81/@me", status=400, code=10014, message="Unknown Emoji", times=None
    )
    rig.env.inject_error("PUT", "*/reactions/🔁/@me", status=400, code=10014, message="Unknown Emoji", times=None)
    await seed_emojis(rig, "on")
    await made(rig)
    await settle_seeds(rig)
    assert [str(each.emoji) for each in newest(rig).reactions] == ["🎲", "🎬", "✉️", "❌"]
