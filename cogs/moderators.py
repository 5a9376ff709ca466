"""Who may set things: a server's moderators, and for the whole bot its host."""

import discord

from bot.errors import NotAllowed, Refused
from cogs.asking import IN_SERVER_ONLY, Interaction

MODERATORS_ONLY = "Only members who may manage this server can use `/studio`."
HOST_ONLY = "Only the owner of this bot, or the team that runs it, can do this for all servers."
HOST_ROLES = (discord.TeamMemberRole.admin, discord.TeamMemberRole.developer)
"""The team roles that may change an application; one that may only read it decides nothing here."""


def guild_of(interaction: Interaction) -> int:
    """Return the server's id. Raises Refused outside servers."""
    if interaction.guild_id is None:
        raise Refused(IN_SERVER_ONLY)
    return interaction.guild_id


def require_moderator(interaction: Interaction) -> None:
    """Raise NotAllowed unless the member may manage this server, now: the command's own setting is only a default."""
    if not interaction.permissions.manage_guild:
        raise NotAllowed(MODERATORS_ONLY)


def require_host(interaction: Interaction) -> None:
    """Raise NotAllowed unless the member is the application's owner, or of the team that owns it."""
    application = interaction.client.application
    if application is None or interaction.user.id not in _hosts(application):
        raise NotAllowed(HOST_ONLY)


def _hosts(application: discord.AppInfo) -> set[int]:
    team = application.team
    if team is None:
        return {application.owner.id}
    joined = [each for each in team.members if each.membership_state is discord.TeamMembershipState.accepted]
    return {each.id for each in joined if each.role in HOST_ROLES or each.id == team.owner_id}
