"""Permissions of members, moderators and the host, and those that the bot lacks in a channel."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import discord
from discord import app_commands

from bot.delivery.card.readers import Authors
from bot.delivery.channels.channel_sight import ChannelSights
from bot.delivery.channels.facts import FILE_LIMIT_BYTES, missing_of, to_post
from bot.delivery.posting.forum_posts import require_tags
from bot.delivery.texts import VIEW_CHANNEL
from bot.domain.jobs.card_spec import Origin, Place
from bot.domain.money.spending_policy import refuse_blocked
from bot.domain.server.guild_rules import Rules
from bot.domain.server.places import Viewer, outsider
from bot.domain.texts import NOT_NOW
from bot.errors import BotError, InputError, NotAllowed, Refused
from bot.jobs.surface import Later, NoPlace
from bot.store import Blocks, GuildSettings
from cogs.ui import texts
from cogs.ui.interaction import Bot, Interaction, PostableChannel, place_in, use
from cogs.ui.texts import NO_PERMISSION_TO_POST

HOST_ROLES = (discord.TeamMemberRole.admin, discord.TeamMemberRole.developer)
"""Team roles that may change an application; a read-only role decides nothing here."""


SERVER_OWNER = 0
"""Discord's number of an installation in a server, among those that authorize an interaction."""


def is_outside(interaction: Interaction) -> bool:
    """Whether no server with the bot is concerned: a direct message, a group, a server where only members have it."""
    owners = interaction._integration_owners  # noqa: SLF001 - discord.py's questions compare it with the presser alone
    return interaction.guild_id is None or (bool(owners) and SERVER_OWNER not in owners)


def guild_of(interaction: Interaction) -> int:
    """Return the server's id; outside, the member's own: each has a place there, which is a server of one.

    Raises Refused if the host serves none.
    """
    if not is_outside(interaction):
        return interaction.guild_id or 0
    if not interaction.client.settings.serves_outside:
        raise Refused(texts.IN_SERVER_ONLY)
    return interaction.user.id


async def is_moderator(interaction: Interaction) -> bool:
    """Whether the member may manage this server or has its moderator role, by the interaction."""
    if is_outside(interaction):
        return False
    if interaction.permissions.manage_guild:
        return True
    rules = await use(interaction, GuildSettings).get(guild_of(interaction))
    return moderates(interaction.permissions, interaction.user, rules)


def moderates(permissions: discord.Permissions, user: object, rules: Rules) -> bool:
    """Whether a member with these permissions may manage the server or has its moderator role."""
    if permissions.manage_guild:
        return True
    return any(role.id == rules.moderator_role for role in getattr(user, "roles", ()))


async def require_moderator(interaction: Interaction) -> None:
    """Raise NotAllowed unless the member is a moderator now: a server can override a command's default permission."""
    if not await is_moderator(interaction):
        raise NotAllowed(texts.MODERATORS_ONLY)


def require_manager(interaction: Interaction) -> None:
    """Raise NotAllowed unless the member has Manage Server itself: the moderator role is not enough."""
    if is_outside(interaction) or not interaction.permissions.manage_guild:
        raise NotAllowed(texts.MANAGERS_ONLY)


async def moderators_only(interaction: discord.Interaction[Any]) -> bool:
    """Accept moderators only: a check for commands. Raises CheckFailure, with the BotError as its cause.

    The tree does not catch other errors, and the member would get no response.
    """
    try:
        await require_moderator(cast("Interaction", interaction))
    except BotError as error:
        raise app_commands.CheckFailure(error.sentence) from error
    return True


def is_host(interaction: Interaction) -> bool:
    """Whether the member owns the application, alone or in its team."""
    application = interaction.client.application
    return application is not None and interaction.user.id in _hosts(application)


def require_host(interaction: Interaction) -> None:
    """Raise NotAllowed unless the member is the host."""
    if not is_host(interaction):
        raise NotAllowed(texts.HOST_ONLY)


def _hosts(application: discord.AppInfo) -> set[int]:
    team = application.team
    if team is None:
        return {application.owner.id}
    joined = [each for each in team.members if each.membership_state is discord.TeamMembershipState.accepted]
    return {each.id for each in joined if each.role in HOST_ROLES or each.id == team.owner_id}


def missing_permissions(permissions: discord.Permissions, *, is_thread: bool, files: bool = True) -> list[str]:
    """Return the permissions that the bot needs to post in a channel, with or without files, and lacks."""
    return missing_of(permissions, to_post(is_thread=is_thread, files=files))


async def require_unblocked(interaction: Interaction) -> None:
    """Raise Refused if the member is blocked on this server."""
    bot = interaction.client
    block = await use(bot, Blocks).active(guild_of(interaction), interaction.user.id)
    refuse_blocked(block, bot.clock.wall())


_MADE = "viewer"
"""Caches the viewer on the interaction."""


async def viewer_of(interaction: Interaction) -> Viewer:
    """Return the interaction's sender, with their roles. Raises Refused as `guild_of`."""
    made = interaction.extras.get(_MADE)
    if isinstance(made, Viewer):
        return made
    if is_outside(interaction):
        viewer = outsider(guild_of(interaction))
    elif isinstance(interaction.user, discord.Member):
        viewer = use(interaction, ChannelSights).viewer(
            interaction.user, here_id=interaction.channel_id, is_moderator=await is_moderator(interaction)
        )
    else:
        raise Refused(texts.IN_SERVER_ONLY)
    interaction.extras[_MADE] = viewer
    return viewer


async def viewer_in(bot: Bot, member: discord.Member, channel: PostableChannel | None) -> Viewer:
    """Return a member without an interaction as a viewer; `channel` is their current place, None for nowhere."""
    rules = await use(bot, GuildSettings).get(member.guild.id)
    is_moderator = moderates(member.guild_permissions, member, rules)
    return use(bot, ChannelSights).reactor(member, channel, is_moderator=is_moderator)


async def origin_of(interaction: Interaction) -> Origin:
    """Return a request's author and place. Raises Refused as `guild_of`."""
    use(interaction, Authors).note(guild_of(interaction), interaction.user)
    return Origin(
        place=_place_of(interaction),
        author_id=interaction.user.id,
        viewer=await viewer_of(interaction),
        locale=str(interaction.locale),
        interaction_id=interaction.id,
        token=interaction.token,
    )


def _place_of(interaction: Interaction) -> Place:
    guild_id, channel_id = guild_of(interaction), interaction.channel_id or 0
    if not is_outside(interaction):
        return place_in(guild_id, channel_id, interaction.channel, interaction.user)
    if interaction.context.dm_channel:  # only its member reads the bot's own direct messages
        return Place(guild_id=guild_id, channel_id=channel_id, age_restricted=True)
    here = place_in(guild_id, channel_id, interaction.channel, None)
    return replace(here, parent_channel_ids=(), outside_id=interaction.guild_id or 0)


def file_limit_of(interaction: Interaction) -> int:
    """Return the largest file of a message there, in bytes; outside, what every Discord takes."""
    guild = None if is_outside(interaction) else interaction.guild
    return FILE_LIMIT_BYTES if guild is None else guild.filesize_limit


@contextlib.contextmanager
def refused_places() -> Iterator[None]:
    """Raise Refused, which members see, for a result that can't be posted there, or not now."""
    try:
        yield
    except NoPlace as error:
        raise Refused(error.sentence) from error
    except Later as error:
        raise Refused(NOT_NOW) from error


def require_may_post_in(interaction: Interaction, channel_id: int, *, files: bool) -> None:
    """Raise InputError for a channel in which the bot can't see or post, with files or not, or give a required tag."""
    guild = interaction.guild
    channel = None if guild is None else guild.get_channel_or_thread(channel_id)
    if guild is None or channel is None:
        raise InputError(NO_PERMISSION_TO_POST(channel=channel_id, permissions=[VIEW_CHANNEL]))
    missing = missing_permissions(
        channel.permissions_for(guild.me), is_thread=isinstance(channel, discord.Thread), files=files
    )
    if missing:
        raise InputError(NO_PERMISSION_TO_POST(channel=channel_id, permissions=missing))
    if isinstance(channel, discord.ForumChannel):
        require_tags(channel)
