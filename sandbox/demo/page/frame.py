"""What Discord shows around a conversation: the server, its channels, direct messages, and members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.demo import texts
from sandbox.demo.simulation import DemoEnv, channel_accessible, message_accessible, simcord

if TYPE_CHECKING:
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle

FACE = "/demo/faces/{}.png"
"""The address of an account's picture on the page."""


class Frame:
    """The channels and members by viewer, and which messages each has read."""

    def __init__(
        self, env: DemoEnv, guild: GuildHandle, *, channels: Sequence[ChannelHandle], viewers: Sequence[MemberActor]
    ) -> None:
        """Prepare it. Everything posted before is read."""
        self._env, self._backend, self._guild = env, env.backend, guild
        self._rooms = tuple(channels)
        self._read = {
            (viewer.id, channel.id): self._newest(channel.id)
            for viewer in viewers
            for channel in self.channels(viewer.id)
        }

    def channels(self, viewer_id: int) -> Iterator[ChannelHandle]:
        """Yield what a viewer can open: the server's channels, then direct messages with the bot."""
        for room in self._rooms:
            if channel_accessible(self._backend, room.id, viewer_id, history=True):
                yield room
        yield simcord.ChannelHandle(self._env, None, self._backend.get_dm_channel(viewer_id))

    def shown(self, viewer_id: int, here: int) -> dict[str, Any]:
        """Return it for a viewer, who reads the channel `here`."""
        self._read[viewer_id, here] = self._newest(here)
        own = self._backend.users[viewer_id]
        return {
            "server": self._guild.name,
            "me": {"name": own.global_name or own.name, "account": own.name, "face": FACE.format(viewer_id)},
            "channels": [self._channel(viewer_id, each, here) for each in self.channels(viewer_id)],
            "members": list(self._members(here)),
        }

    def names(self) -> dict[str, int]:
        """Return the accounts by the names that follow an `@`; the bot is `@bot` too."""
        people = [self._backend.users[each] for each in self._backend.guilds[self._guild.id].members]
        return {"bot": self._backend.bot_user.id} | {user.global_name or user.name: user.id for user in people}

    def _channel(self, viewer_id: int, channel: ChannelHandle, here: int) -> dict[str, Any]:
        found = self._backend.channels[channel.id]
        group = self._backend.channels.get(found.parent_id or 0)
        bot = self._backend.bot_user
        direct = channel.guild is None
        return {
            "id": str(channel.id),
            "name": bot.name if direct else found.name,
            "group": str(texts.DIRECT_MESSAGES) if direct else group.name if group else "",
            "face": FACE.format(bot.id) if direct else None,
            "here": channel.id == here,
            "unread": self._unread(viewer_id, channel.id),
        }

    def _unread(self, viewer_id: int, channel_id: int) -> int:
        read = self._read.get((viewer_id, channel_id), 0)
        return sum(
            message.id > read
            and message.author_id != viewer_id
            and message_accessible(self._backend, channel_id, message, viewer_id, history=True)
            for message in self._backend.messages.get(channel_id, {}).values()
        )

    def _members(self, here: int) -> Iterator[dict[str, Any]]:
        """Yield the members who see a channel, below their highest role that is shown apart."""
        guild = self._backend.guilds[self._guild.id]
        seeing = [each for each in guild.members if channel_accessible(self._backend, here, each)]
        for role in sorted(guild.roles.values(), key=lambda each: -each.position):
            people = [each for each in seeing if self._apart(each) == (role.id if role.hoist else None)]
            if people and (role.hoist or role.id == guild.id):
                name = role.name if role.hoist else str(texts.ONLINE)
                yield {"name": name, "colour": f"#{role.color:06x}", "people": [self._person(each) for each in people]}

    def _apart(self, user_id: int) -> int | None:
        guild = self._backend.guilds[self._guild.id]
        apart = [role for each in guild.members[user_id].role_ids if (role := guild.roles.get(each)) and role.hoist]
        return max(apart, key=lambda role: role.position).id if apart else None

    def _person(self, user_id: int) -> dict[str, Any]:
        user = self._backend.users[user_id]
        return {"name": user.global_name or user.name, "face": FACE.format(user_id), "bot": user.bot}

    def _newest(self, channel_id: int) -> int:
        return max(self._backend.messages.get(channel_id, {}), default=0)
