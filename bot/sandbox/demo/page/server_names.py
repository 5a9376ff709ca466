"""The names of the simulated server, for what its messages mention."""

from __future__ import annotations

from bot.sandbox.demo.simulation import simcord


class ServerNames:
    """Implements `MentionedNames` by what the simulated Discord knows of one server."""

    def __init__(self, env: simcord.Env, guild_id: int) -> None:
        self._backend = env.backend
        self._guild_id = guild_id

    def user(self, user_id: int) -> str | None:
        """Return a member's nickname, else the name that the account shows."""
        user = self._backend.users.get(user_id)
        if user is None:
            return None
        member = self._backend.guilds[self._guild_id].members.get(user_id)
        nick = member.nick if member is not None else None
        return nick or user.global_name or user.name

    def role(self, role_id: int) -> str | None:
        """Return a role's name."""
        role = self._backend.guilds[self._guild_id].roles.get(role_id)
        return role.name if role is not None else None

    def channel(self, channel_id: int) -> str | None:
        """Return the name of a channel or a thread."""
        channel = self._backend.channels.get(channel_id)
        return channel.name if channel is not None else None
