"""A server's own map of reactions, and /studio reactions, which changes it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bot.domain.reaction_rules import DEFAULTS, Purse, ReactionAction, Who, read_emoji
from cogs.reactions import texts
from tests.support.reacting import CUSTOM, event, made, newest, other, told
from tests.support.rig import Rig
from tests.support.surface import private_sentence


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
    assert "You may not use the bot" in told(rig, member)[0]


async def test_an_author_who_has_left_pays_for_nothing(rig: Rig):
    message = await made(rig)
    await map_emoji(rig, ReactionAction.ANIMATE, payer=Purse.AUTHOR)
    rig.env.backend.remove_member(rig.guild.id, rig.member.id)
    member = other(rig)
    await event(rig, message, "🎬", member.id)
    assert "have left the server" in told(rig, member)[0]
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
    assert told(rig, rig.member) == told(rig, rig.moderator) == []


# ---------------------------------------------------------------------- /studio reactions


async def studio(rig: Rig, command: str, **options: Any) -> str:
    result = await rig.moderator.slash(rig.channel, f"studio reactions {command}", **options)
    assert result.response.ephemeral
    embeds = result.response.embeds
    return result.response.content or f"{embeds[0].description}\n{[f.value for f in embeds[0].fields]}"


async def test_a_moderator_sets_lists_removes_and_resets(rig: Rig):
    assert len((await studio(rig, "list")).splitlines()) == 9
    again = f"<:again:{rig.guild.create_emoji('again').id}>"
    said = await studio(rig, "set", emoji=again, action="rerun", needed=2, payer="author")
    assert f"{again} make it again · everyone · 2 members · the author pays" in said
    assert again in await studio(rig, "list")
    assert "removed the reaction 🔁" in await studio(rig, "remove", emoji="🔁")
    assert "🔁" not in await studio(rig, "list")
    assert "does nothing here" in await studio(rig, "remove", emoji="🔁")
    await studio(rig, "set", emoji="🔁", action="animate", role=rig.moderators)
    assert f"🔁 animate · <@&{rig.moderators.id}>" in await studio(rig, "list")
    assert "(2 changed)" in await studio(rig, "reset")
    assert "🔁 make it again · everyone · the person who reacts pays" in await studio(rig, "list")
    record = await rig.bot.parts.store.decisions.all(rig.guild.id)
    assert [each.by_id for each in record] == [rig.moderator.id] * 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"emoji": "fox", "action": "rerun"}, "Give one emoji"),
        ({"emoji": "🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁🔁", "action": "rerun"}, "Give one emoji"),
        ({"emoji": "🔁", "action": "rerun", "who": "role"}, "Choose the role"),
        ({"emoji": "⭐", "action": "gallery", "needed": 4}, "/studio gallery"),
        ({"emoji": "❌", "action": "remove", "needed": 4}, "`needed` can't be more than 1"),
    ],
)
async def test_what_does_not_go_together_is_refused(rig: Rig, options: dict[str, Any], words: str):
    assert words in await studio(rig, "set", **options)
    assert await rig.bot.parts.store.reactions.changes(rig.guild.id) == {}


@pytest.mark.parametrize("command", ["list", "reset", "switch", "set", "remove"])
async def test_only_a_moderator_changes_the_map(rig: Rig, command: str):
    options = {"set": {"emoji": "🔁", "action": "vary"}, "remove": {"emoji": "🔁"}, "switch": {"seeds": "on"}}
    for made_command in rig.env.backend.commands[None].values():
        made_command["default_member_permissions"] = None  # as an admin's override does
    result = await rig.member.slash(rig.channel, f"studio reactions {command}", **options.get(command, {}))
    assert "Only moderators can do this" in result.response.content
    assert await rig.bot.parts.store.reactions.changes(rig.guild.id) == {}


@pytest.mark.parametrize(
    ("seeds", "gallery", "expected"),
    [
        (None, False, ["🔁", "🎲"]),
        (None, True, ["🔁", "🎲", "⭐"]),
        ("few", False, ["🔁", "🎲"]),
        ("on", False, ["🔁", "🎲", "🎬", "✉️", "❌"]),
        ("off", True, []),
    ],
)
async def test_the_bot_puts_a_few_emojis_on_results_or_all_that_fit_or_none(
    rig: Rig, seeds: str | None, gallery: bool, expected: list[str]
):
    if seeds is not None:
        await studio(rig, "switch", seeds=seeds)
    if gallery:
        await rig.moderator.slash(rig.channel, "studio gallery", channel=rig.guild.create_text_channel("gallery"))
    await made(rig)
    await settle_seeds(rig)
    assert [str(each.emoji) for each in newest(rig).reactions] == expected
    assert len(await rig.jobs()) == 1


async def test_the_first_result_of_a_channel_says_once_what_the_emojis_do(rig: Rig):
    first = await made(rig)
    await settle_seeds(rig)
    await rig.restart()
    second = await made(rig)
    await settle_seeds(rig)
    there = {message.id: message.content for message in rig.messages()}
    assert there[first.id] == (
        "-# React to a result: 🔁 make it again · 🎲 vary it. "
        "Or reply to a result and mention me: “make it night, wider”."
    )
    assert there[second.id] == ""


async def test_a_legend_that_discord_did_not_take_comes_under_the_next_result(rig: Rig):
    rig.env.inject_error("PATCH", f"/channels/{rig.channel.id}/messages/*", status=403, code=50013, times=None)
    await made(rig)
    await settle_seeds(rig)
    rig.env.backend.faults.clear()
    second = await made(rig)
    await settle_seeds(rig)
    assert newest(rig).id == second.id
    assert newest(rig).content.startswith("-# React to a result")


async def test_help_says_what_the_emojis_and_words_do(rig: Rig):
    result = await rig.member.slash(rig.channel, "help")
    shown = "".join(
        embed.description or "" for message in (result.response, *result.followups) for embed in message.embeds
    )
    assert "🔁 make it again · 🎲 vary it · 🎬 animate an image" in shown
    assert "mention me" in shown
    await studio(rig, "switch", reactions="off")
    result = await rig.member.slash(rig.channel, "help")
    shown = "".join(
        embed.description or "" for message in (result.response, *result.followups) for embed in message.embeds
    )
    assert "Reactions are switched off on this server." in shown


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
    said = await studio(rig, "set", emoji=picked if typed == "picked" else ":sparkle:", action="vary")
    assert picked in said
    message = await made(rig)
    await settle_seeds(rig)
    await rig.member.react(message, f"sparkle:{made_emoji.id}")
    assert len(await rig.jobs()) == 2
    rig.env.backend.get_guild(rig.guild.id).emojis.clear()
    assert picked in await studio(rig, "remove", emoji=picked if typed == "picked" else ":sparkle:")


@pytest.mark.parametrize(
    ("emoji", "sentence"),
    [
        ("<:again:123456789012345678>", texts.FOREIGN_EMOJI),
        ("<a:again:123456789012345678>", texts.FOREIGN_EMOJI),
        (":nothing:", texts.no_emoji_named("nothing")),
    ],
)
async def test_an_emoji_that_the_bot_cannot_use_is_refused(rig: Rig, emoji: str, sentence: str):
    result = await rig.moderator.slash(rig.channel, "studio reactions set", emoji=emoji, action="vary")
    assert private_sentence(result) == str(sentence)
    assert await rig.bot.parts.store.reactions.changes(rig.guild.id) == {}


async def test_a_deleted_emoji_keeps_no_other_from_a_result(rig: Rig):
    rig.env.inject_error(
        "PUT", "*/reactions/%F0%9F%94%81/@me", status=400, code=10014, message="Unknown Emoji", times=None
    )
    rig.env.inject_error("PUT", "*/reactions/🔁/@me", status=400, code=10014, message="Unknown Emoji", times=None)
    await made(rig)
    await settle_seeds(rig)
    assert [str(each.emoji) for each in newest(rig).reactions] == ["🎲"]
