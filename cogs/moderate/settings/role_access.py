"""Whether Discord shows moderators' commands to the moderator role: a server decides that in Discord's own settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands

from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.domain.words.text import harmless
from bot.language import named, tr
from bot.store import GuildSettings
from cogs.moderate import texts
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of

CHECK_TIMEOUT_S = 1.5
"""A press has to be answered within three seconds."""

Overrides = Mapping[int, Sequence[Mapping[str, Any]]]
"""A server's permissions for commands, by the id of a command or, for all of them, of the application."""


@dataclass(frozen=True, slots=True)
class _Restricted:
    """A command that Discord hides by default."""

    id: int | None
    """None if it is not registered yet."""
    name: str
    needed: discord.Permissions


async def role_access(interaction: Interaction) -> str | None:
    """Return whether members with the moderator role see moderators' commands, and how to change that.

    None without a role. Asks Discord.
    """
    guild, bot = interaction.guild, interaction.client
    rules = await use(bot, GuildSettings).get(guild_of(interaction))
    role = None if guild is None or rules.moderator_role is None else guild.get_role(rules.moderator_role)
    if role is None:
        return None
    found, overrides = _restricted(bot), await _overrides(bot, role.guild.id)
    path = harmless(bot.user.name if bot.user is not None else str(texts.THIS_BOT))
    if overrides is None or any(each.id is None for each in found):
        return texts.ROLE_UNCHECKED(role=role.id, commands=[each.name for each in found], bot=path)
    seen = [each for each in found if _sees(role, each, overrides, bot.application_id or 0)]
    hidden = [each.name for each in found if each not in seen]
    lines = [texts.ROLE_SEES(role=role.id, commands=[each.name for each in seen])] if seen else []
    lines += [f"⚠️ {texts.ROLE_MISSES(role=role.id, commands=hidden, bot=path)}"] if hidden else []
    return "\n".join(lines)


def _restricted(bot: Bot) -> list[_Restricted]:
    return [
        _Restricted(bot.command_id(each.name), _shown(each), needed)
        for each in bot.tree.get_commands()
        if (needed := each.default_permissions) is not None
    ]


def _shown(command: object) -> str:
    if isinstance(command, app_commands.ContextMenu):
        return f"**{tr(command.name)}**"
    return named(f"/{getattr(command, 'name', '')}")


async def _overrides(bot: Bot, guild_id: int) -> Overrides | None:
    """Fetch the server's permissions for commands, {} if it has changed none; None without an answer."""
    if bot.application_id is None:
        return None
    try:
        call = bot.http.get_guild_application_command_permissions(bot.application_id, guild_id)
        found = await in_time(call, CHECK_TIMEOUT_S)
    except discord.NotFound:
        return {}
    except DISCORD_ERRORS:
        return None
    return {int(each["id"]): each["permissions"] for each in found}


def _sees(role: discord.Role, command: _Restricted, overrides: Overrides, application_id: int) -> bool:
    """Whether Discord shows the command to members with this role and no other.

    The command's own permissions decide. Without any, those of the application can hide it, but do not replace the
    permissions that it needs. Source: https://support.discord.com/hc/en-us/articles/4644915651095-Command-Permissions
    """
    permissions = role.permissions | role.guild.default_role.permissions
    if permissions.administrator:
        return True
    own = _allowed(role, overrides.get(command.id or 0, ()))
    if own is not None:
        return own
    if _allowed(role, overrides.get(application_id, ())) is False:
        return False
    return permissions.is_superset(command.needed)


def _allowed(role: discord.Role, entries: Sequence[Mapping[str, Any]]) -> bool | None:
    """Return what these permissions say of the role, else of @everyone; None if nothing."""
    kind = discord.AppCommandPermissionType.role.value
    said = {int(each["id"]): bool(each["permission"]) for each in entries if each["type"] == kind}
    return said.get(role.id, said.get(role.guild.id))  # @everyone has the server's id
