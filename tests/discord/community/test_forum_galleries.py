"""Galleries in forums: a post for each result, with a title; and requests in a forum's posts."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord.channel import _guild_channel_factory

from bot.delivery.posting.forum_posts import require_tags, usable_tags
from bot.delivery.texts import TAG_NEEDED
from bot.domain.models import JobState
from bot.errors import InputError
from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from cogs.moderate.settings.panel import HOMES
from tests.support.reacting import in_channel, made
from tests.support.rig import Rig
from tests.support.settings_pages import choose, opened, page_text, set_gallery
from tests.support.surface import delete, private_sentence


@pytest.fixture
async def forum(rig: Rig, monkeypatch: Any) -> Any:
    """A forum whose posts begin with a message of their own id, as Discord's do; simcord gives it another."""
    backend: Any = rig.env.backend
    commit = backend.commit_message

    def committed(message: Any, **options: Any) -> Any:
        place = backend.get_channel(message.channel_id)
        if place.parent_id == made.id and message.channel_id not in begun:
            begun.add(message.channel_id)
            message.id = message.channel_id
        return commit(message, **options)

    begun: set[int] = set()
    monkeypatch.setattr(backend, "commit_message", committed)
    made = rig.guild.create_forum_channel("showcase")
    return made


def may(rig: Rig, forum: Any, **permissions: bool) -> None:
    """Set the bot's own permissions in the forum."""
    from simcord.backend.models import Overwrite
    from simcord.enums import OverwriteType

    allow, deny = discord.PermissionOverwrite(**permissions).pair()
    own = Overwrite(rig.bot.user.id, OverwriteType.MEMBER, allow.value, deny.value)
    rig.env.backend.set_overwrite(forum.id, own)


def posts(forum: Any) -> list[Any]:
    return list(forum.threads)


async def test_a_starred_result_is_a_post_with_its_title(rig: Rig, forum: Any):
    await set_gallery(rig, forum, 1)
    card = await made(rig, prompt="a fox in a plum coat #fast")
    await rig.moderator.react(card, "⭐")
    [post] = posts(forum)
    assert post.name == "a fox in a plum coat #fast"
    [first] = in_channel(rig, post)
    assert rig.file(first.attachments[0]) == rig.file(card.attachments[0])
    await rig.member.react(card, "⭐")
    [first] = in_channel(rig, post)
    assert "⭐ 2" in str(first.embeds[0].to_dict())


@pytest.mark.parametrize("tags", [[], ["closed"], ["open"]])
async def test_a_required_tag_is_given_or_named_in_one_sentence(rig: Rig, forum: Any, tags: list[str]):
    may(rig, forum, manage_threads=False)
    cached: Any = rig.bot.get_channel(forum.id)
    cached._flags = discord.ChannelFlags(require_tag=True).value
    cached._available_tags = {
        number: discord.ForumTag(name=name, moderated=name == "closed") for number, name in enumerate(tags)
    }
    if tags == ["open"]:
        require_tags(cached)
        assert [each.name for each in usable_tags(cached)] == ["open"]
        return
    with pytest.raises(InputError, match="requires a tag"):
        require_tags(cached)
    said = private_sentence(await set_gallery(rig, forum, 1))
    assert said == TAG_NEEDED(channel=forum.id)
    assert (await rig.bot.parts.store.settings.get(rig.guild.id)).gallery_channel is None


def test_a_media_channel_is_a_forum_to_the_library_and_both_can_be_chosen():
    """simcord has no media channels."""
    for kind in (discord.ChannelType.forum, discord.ChannelType.media):
        factory, _ = _guild_channel_factory(kind.value)
        assert factory is discord.ForumChannel
        assert kind in HOMES


async def test_a_missing_permission_is_named_when_the_forum_is_chosen(rig: Rig, forum: Any):
    may(rig, forum, attach_files=False)
    assert "Attach Files" in private_sentence(await set_gallery(rig, forum, 1))


@pytest.mark.parametrize("others", [False, True], ids=["alone", "with answers"])
async def test_a_post_goes_with_its_result_and_others_keep_what_they_wrote(rig: Rig, forum: Any, others: bool):
    may(rig, forum, manage_threads=True)
    await set_gallery(rig, forum, 1)
    card = await made(rig)
    await rig.moderator.react(card, "⭐")
    [post] = posts(forum)
    if others:
        await rig.moderator.send(post, "lovely")
    delete(rig, card)
    await rig.env.settle()
    assert [each.name for each in posts(forum)] == (["Removed"] if others else [])
    if others:
        assert [each.content for each in post.history()] == ["lovely"]


async def test_every_public_result_has_its_post_once_and_private_ones_have_none(rig: Rig, forum: Any):
    await set_gallery(rig, forum, 0)
    assert "every public result" in page_text(await opened(rig, "gallery"))
    await made(rig, prompt="a heron #fast")
    await rig.member.slash(rig.channel, "image generate", prompt="a secret #fast", private=True)
    await rig.work()
    await rig.env.settle()
    assert [each.name for each in posts(forum)] == ["a heron #fast"]
    await rig.restart()
    await rig.moderator.react(rig.messages()[0], "⭐")
    assert [each.name for each in posts(forum)] == ["a heron #fast"]


async def test_a_result_that_a_crash_kept_out_of_the_forum_is_posted_soon(rig: Rig, forum: Any):
    await set_gallery(rig, forum, 0)
    await rig.member.slash(rig.channel, "image generate", prompt="a heron #fast")
    failpoints.arm(["deliver.stored"])
    with pytest.raises(Crash):
        await rig.work()
    await rig.restart(after_s=60)
    for _ in range(2):
        with rig.env.time_context():
            await rig.bot.surface.wishes.fulfil_all()
            await rig.bot.surface.wishes.finished()
        await rig.env.settle()
        assert [each.name for each in posts(forum)] == ["a heron #fast"]
        rig.advance(1200)


async def test_a_post_whose_bot_died_before_noting_it_is_found_again(rig: Rig, forum: Any):
    await set_gallery(rig, forum, 1)
    card = await made(rig)
    await rig.moderator.react(card, "⭐")
    await rig.bot.parts.store._database.write(lambda db: db.execute("DELETE FROM copies"))
    await rig.restart(after_s=3600)
    await rig.member.react(card, "⭐")
    assert len(posts(forum)) == 1


async def test_the_best_of_the_week_are_one_post(rig: Rig, forum: Any):
    await choose(rig, await opened(rig, "gallery"), "week_channel", forum)
    card = await made(rig)
    await rig.moderator.react(card, "⭐")
    rig.advance(8 * 86_400)
    failpoints.arm(["gallery.sent"])
    with pytest.raises(Crash), rig.env.time_context():
        await rig.bot.parts.weekly.run_once()
    await rig.restart()
    with rig.env.time_context():
        await rig.bot.parts.weekly.run_once()
    assert [each.name for each in posts(forum)] == ["Best of the week"]


async def test_commands_and_reactions_work_in_a_forums_post_as_in_a_thread(rig: Rig, forum: Any):
    await set_gallery(rig, forum, 1)
    card = await made(rig)
    await rig.moderator.react(card, "⭐")
    [post] = posts(forum)
    await rig.member.slash(post, "image generate", prompt="a crab #fast")
    await rig.work()
    job, _ = await rig.jobs()
    assert job.state is JobState.DELIVERED
    [message] = [each for each in in_channel(rig, post) if each.id == job.message_id]
    await rig.member.react(message, "🔁")
    await rig.work()
    assert len(await rig.jobs()) == 3
