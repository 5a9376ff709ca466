"""Which channels a member sees: from cached data, and for threads by a request if needed."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.domain.server.places import Sight, Viewer
from bot.runtime.clock import Clock
from bot.runtime.pace import TimedMemory

ASK_TIMEOUT_S = 10.0
REMEMBERED_S = 60.0
"""Cache lifetime of Discord's answers: frequent clicks cause no more requests."""

Found = discord.abc.GuildChannel | discord.Thread | Sight
"""A channel; or, if there is none to judge by, how all members see it."""


class ChannelSights:
    """Judges visibility by the roles in an event: not all members are in memory."""

    def __init__(self, client: discord.Client, clock: Clock) -> None:
        self._client = client
        self._fetched: TimedMemory[int, Found] = TimedMemory(clock, REMEMBERED_S)
        self._members: TimedMemory[tuple[int, int], Sight] = TimedMemory(clock, REMEMBERED_S)

    def viewer(
        self, member: discord.Member, *, here_id: int | None, is_moderator: bool, place_id: int | None = None
    ) -> Viewer:
        """Return the member as a viewer who sees `here_id`, the channel they act in.

        `place_id`: that channel if they may not see it.
        """
        by = _Sight(self, member, here_id)
        acts_in = here_id or place_id

        def is_shown_here(channel_id: int) -> bool:
            return channel_id == acts_in or everybody_sees(self.find(member.guild, channel_id))

        return Viewer(
            guild_id=member.guild.id,
            member_id=member.id,
            is_moderator=is_moderator,
            sight=by.sight,
            ask=by.ask,
            is_shown_here=is_shown_here,
            role_ids=frozenset(role.id for role in member.roles),
        )

    def reactor(self, member: discord.Member, channel: object, *, is_moderator: bool) -> Viewer:
        """Return a member reacting in `channel`, including a private thread they may be in."""
        here_id = None
        if isinstance(channel, discord.Thread) and _view(channel, member) is Sight.UNSURE:
            here_id = channel.id
        place_id = getattr(channel, "id", None)
        return self.viewer(member, here_id=here_id, is_moderator=is_moderator, place_id=place_id)

    def find(self, guild: discord.Guild, channel_id: int) -> Found:
        """Return the server's cached channel; HIDDEN for another server's; else UNSURE."""
        channel = guild.get_channel_or_thread(channel_id)
        if channel is not None:
            return channel
        return Sight.UNSURE if self._client.get_channel(channel_id) is None else Sight.HIDDEN

    async def fetched(self, guild: discord.Guild, channel_id: int) -> Found:
        """Fetch a channel of the server. GONE if there is none, UNSURE if Discord does not answer."""
        remembered = self._fetched.get(channel_id)
        if remembered is not None:
            return remembered
        try:
            channel = await in_time(self._client.fetch_channel(channel_id), ASK_TIMEOUT_S)
        except discord.NotFound:
            return self._fetched.put(channel_id, Sight.GONE)
        except discord.Forbidden:
            return self._fetched.put(channel_id, Sight.HIDDEN)
        except DISCORD_ERRORS:
            return Sight.UNSURE
        if isinstance(channel, discord.abc.GuildChannel | discord.Thread) and channel.guild.id == guild.id:
            return self._fetched.put(channel_id, channel)
        return self._fetched.put(channel_id, Sight.HIDDEN)

    async def is_in(self, thread: discord.Thread, member_id: int) -> Sight:
        """Fetch whether a member is in a private thread: SEEN, HIDDEN, or UNSURE without an answer."""
        remembered = self._members.get((thread.id, member_id))
        if remembered is not None:
            return remembered
        try:
            await in_time(thread.fetch_member(member_id), ASK_TIMEOUT_S)
        except (discord.NotFound, discord.Forbidden):
            return self._members.put((thread.id, member_id), Sight.HIDDEN)
        except DISCORD_ERRORS:
            return Sight.UNSURE
        return self._members.put((thread.id, member_id), Sight.SEEN)


@dataclass(frozen=True)
class _Sight:
    sights: ChannelSights
    member: discord.Member
    here_id: int | None

    def sight(self, channel_id: int) -> Sight:
        if channel_id == self.here_id:
            return Sight.SEEN
        found = self.sights.find(self.member.guild, channel_id)
        return found if isinstance(found, Sight) else _view(found, self.member)

    async def ask(self, channel_id: int) -> Sight:
        known = self.sight(channel_id)
        if known is not Sight.UNSURE:
            return known
        found = self.sights.find(self.member.guild, channel_id)
        if isinstance(found, Sight):
            found = await self.sights.fetched(self.member.guild, channel_id)
        view = found if isinstance(found, Sight) else _view(found, self.member)
        if view is Sight.UNSURE and isinstance(found, discord.Thread):
            return await self.sights.is_in(found, self.member.id)
        return view


def everybody_sees(found: Found) -> bool:
    """Whether all members of the server see a channel, as far as known."""
    if isinstance(found, Sight) or (isinstance(found, discord.Thread) and (found.is_private() or found.parent is None)):
        return False
    return found.permissions_for(found.guild.default_role).view_channel


def _view(channel: discord.abc.GuildChannel | discord.Thread, member: discord.Member) -> Sight:
    """Judge by permissions: UNSURE for a private thread they may be in."""
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return Sight.GONE
    allowed = channel.permissions_for(member)
    if not allowed.view_channel:
        return Sight.HIDDEN
    if isinstance(channel, discord.Thread) and channel.is_private() and not allowed.manage_threads:
        return Sight.UNSURE
    return Sight.SEEN
