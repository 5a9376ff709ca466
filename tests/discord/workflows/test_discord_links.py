"""Files given as links to messages and files of Discord, and what a member may reach with them."""

from __future__ import annotations

from typing import Any

import discord

from tests.support.rig import Rig
from tests.support.sources import EDIT, refused, sent_link
from tests.support.surface import nothing_happened, private_messages
from tests.support.workflows import IMAGE, VIDEO, own_message, sample


def secret_channel(rig: Rig) -> Any:
    """Return a channel that the bot and the moderators read, and the member does not."""
    return rig.guild.create_text_channel(
        "secret", overwrites={rig.guild.default_role: discord.PermissionOverwrite(view_channel=False)}
    )


def let_in(rig: Rig, channel: Any, target_id: int, **permissions: bool) -> None:
    from simcord.backend.models import Overwrite
    from simcord.enums import OverwriteType

    allow, deny = discord.PermissionOverwrite(**permissions).pair()
    rig.env.backend.set_overwrite(channel.id, Overwrite(target_id, OverwriteType.MEMBER, allow.value, deny.value))


def expired(attachment: dict[str, Any], ex: str = "65000000") -> str:
    """Return the link to a file as Discord gave it out some time ago."""
    path = attachment["url"].partition("/attachments/")[2]
    return f"https://cdn.discordapp.com/attachments/{path}?ex={ex}&is=64000000&hm=abc"


async def test_of_a_messages_files_the_one_of_the_needed_kind_is_taken(rig: Rig):
    link, files = own_message(rig, ("prompt.txt", b"words"), sample(VIDEO), sample(IMAGE))
    assert await sent_link(rig, from_=link) == files[2]["url"]


async def test_a_message_link_of_every_discord_client_is_understood(rig: Rig):
    for host in ["discord.com", "ptb.discord.com", "canary.discord.com", "discordapp.com"]:
        link, [file] = own_message(rig, sample(IMAGE))
        assert await sent_link(rig, from_=f" <{link.replace('discord.com', host)}/> ") == file["url"]


async def test_a_message_without_a_visible_file_is_refused_with_what_works_instead(rig: Rig):
    message = await rig.moderator.send(rig.channel, "mine", attachments=[sample(IMAGE)])
    link = f"https://discord.com/channels/{rig.guild.id}/{rig.channel.id}/{message.id}"
    sentence = await refused(rig, EDIT, prompt="x", from_=link)
    assert sentence.startswith("I can't see a file of this kind in that message: image.")
    assert "Upload the file, or use the link of the file" in sentence
    await nothing_happened(rig)


async def test_a_message_of_a_channel_that_the_member_may_not_read_stays_closed(rig: Rig):
    secret = secret_channel(rig)
    let_in(rig, secret, rig.bot.user.id, view_channel=True, read_message_history=True)
    link, [file] = own_message(rig, sample(IMAGE), channel=secret)
    assert "I can't see a file of this kind" in await refused(rig, EDIT, prompt="x", from_=link)
    await nothing_happened(rig)
    let_in(rig, secret, rig.member.id, view_channel=True, read_message_history=True)
    assert await sent_link(rig, from_=link) == file["url"]


async def test_a_message_of_a_server_that_the_member_is_not_in_stays_closed(rig: Rig):
    other = rig.env.create_guild("Other")
    channel = other.create_text_channel("general")
    link, [file] = own_message(rig, sample(IMAGE), channel=channel)
    assert "I can't see a file of this kind" in await refused(rig, EDIT, prompt="x", from_=link)
    assert "no longer there" in await refused(rig, EDIT, prompt="x", from_=expired(file))
    await nothing_happened(rig)


async def test_a_private_result_is_found_again_by_the_link_to_its_direct_message(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a secret", private=True)
    await rig.step()
    rig.advance(16 * 60)
    await rig.work()
    [message] = private_messages(rig, rig.member)
    link = f"https://discord.com/channels/@me/{message.channel.id}/{message.id}"
    assert "I can't see a file of this kind" in await refused(rig, EDIT, rig.moderator, prompt="x", from_=link)
    assert await sent_link(rig, from_=link) == message.attachments[0].url


async def test_an_expired_file_link_is_renewed_from_its_message(rig: Rig):
    _, [_, second] = own_message(rig, sample(IMAGE), ("dog.png", sample(IMAGE)[1]))
    for _ in range(4):
        own_message(rig, sample(IMAGE))
    assert await sent_link(rig, from_=expired(second)) == second["url"]


async def test_a_file_link_that_still_lives_is_passed_on_as_it_is(rig: Rig):
    _, [file] = own_message(rig, sample(IMAGE))
    link = expired(file, ex="ffffffff")
    rig.env.backend.cdn._blobs[link] = sample(IMAGE)[1]
    assert await sent_link(rig, from_=link) == link


async def test_an_expired_link_whose_message_cannot_be_found_is_reported(rig: Rig):
    for ex in ["65000000", "zz", ""]:
        message = await rig.moderator.send(rig.channel, "mine", attachments=[sample(IMAGE)])
        [file] = message.attachments
        link = expired({"url": file.url}, ex=ex)
        assert "its link has expired" in await refused(rig, EDIT, prompt="x", from_=link)
        await nothing_happened(rig)


async def test_an_expired_link_into_a_channel_that_the_member_may_not_read_is_not_renewed(rig: Rig):
    secret = secret_channel(rig)
    let_in(rig, secret, rig.bot.user.id, view_channel=True, read_message_history=True)
    _, [file] = own_message(rig, sample(IMAGE), channel=secret)
    assert "its link has expired" in await refused(rig, EDIT, prompt="x", from_=expired(file))
    await nothing_happened(rig)
