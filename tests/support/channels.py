"""Channels and threads that some members see and others do not, and what a member is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
from simcord.backend.models import Overwrite
from simcord.enums import ChannelType, OverwriteType

from bot.domain.custom_ids import custom_id
from bot.domain.models import Job
from bot.domain.server.guild_rules import Rules
from cogs.ui.controls import Control, view_of
from tests.support.rig import Rig
from tests.support.surface import sends

POSTS = {
    "view_channel": True,
    "send_messages": True,
    "send_messages_in_threads": True,
    "embed_links": True,
    "attach_files": True,
    "read_message_history": True,
    "use_application_commands": True,
}


def let_in(rig: Rig, channel: Any, target_id: int, **permissions: bool) -> None:
    """Give a member permissions of their own in the channel; without any, all that a member needs."""
    allow, deny = discord.PermissionOverwrite(**(permissions or POSTS)).pair()
    rig.env.backend.set_overwrite(channel.id, Overwrite(target_id, OverwriteType.MEMBER, allow.value, deny.value))


def hidden_channel(rig: Rig, *members: Any, name: str = "secret") -> Any:
    """Return a channel that only these members and the bot see."""
    channel = rig.guild.create_text_channel(
        name, overwrites={rig.guild.default_role: discord.PermissionOverwrite(view_channel=False)}
    )
    for each in (rig.bot.user, *members):
        let_in(rig, channel, each.id)
    return channel


def private_thread(rig: Rig, *members: Any, parent: Any = None) -> Any:
    """Return a private thread of these members and the bot."""
    place = parent or rig.channel
    made = rig.env.backend.create_thread(
        place.id, "quiet", members[0].id, type=ChannelType.PRIVATE_THREAD, broadcast=False
    )
    for each in (rig.bot.user, *members):
        rig.env.backend.add_thread_member(made.id, each.id)
    rig.env.backend.announce_thread_create(made)
    return next(each for each in place.threads if each.id == made.id)


def age_restricted(rig: Rig, name: str = "nsfw", *members: Any) -> Any:
    """Return an age-restricted channel: for everybody, or for these members alone."""
    channel = hidden_channel(rig, *members, name=name) if members else rig.guild.create_text_channel(name)
    cached: Any = rig.bot.get_channel(channel.id)
    cached.nsfw = True  # simcord's channels have no such field: the next update of the channel undoes it
    return channel


async def rule(rig: Rig, **changes: Any) -> Rules:
    """Change the server's settings as its panel does."""
    return await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, **changes))


def shown(result: Any) -> str:
    """Return all that an answer shows: its texts, embeds and components."""
    there = [message for message in (result.response, *result.followups) if message is not None]
    return "\n".join(
        "\n".join(
            [
                message.content or "",
                *(str(embed.to_dict()) for embed in message.embeds),
                *(str(row if isinstance(row, dict) else row.to_dict()) for row in message.components),
            ]
        )
        for message in there
    ) + (str(result.modal) if getattr(result, "modal", None) else "")


def sent_since(rig: Rig, number: int) -> str:
    """Return every body that the bot has sent to Discord after its first `number`."""
    return "\n".join(str(body) for _, body in list(sends(rig))[number:])


async def press(rig: Rig, member: Any, action: str, subject: str, channel: Any = None) -> Any:
    """Let the member press a forged control in a channel they see; what follows a dot of `action` ends the subject."""
    action, dot, ending = action.partition(".")
    subject += dot + ending
    place = rig.bot.get_channel((channel or rig.channel).id)
    assert isinstance(place, discord.abc.Messageable)
    button: discord.ui.Button[Any] = discord.ui.Button(label="Press", custom_id=custom_id(action, subject))
    with rig.env.time_context():
        message = await place.send("there", view=view_of([Control(button)]))
    return await member.click(message, label="Press")


async def made_in(rig: Rig, channel: Any, member: Any, words: str, command: str = "image generate", **more: Any) -> Job:
    """Let the member have something made in that channel, and return its job."""
    await member.slash(channel, command, prompt=f"{words} #fast", **more)
    await rig.work()
    return (await rig.jobs())[0]


def open_to_all(rig: Rig) -> None:
    """Let Discord show every command to everyone, as an administrator may set it."""
    for command in rig.env.backend.commands[None].values():
        command["default_member_permissions"] = None
