"""Members as the core sees them, without Discord."""

from __future__ import annotations

from bot.domain.server.places import Sight, Viewer


def seeing(guild_id: int, member_id: int, *hidden: int, is_moderator: bool = False) -> Viewer:
    """Return a member who sees every channel of the server but those."""

    def sight(channel_id: int) -> Sight:
        return Sight.HIDDEN if channel_id in hidden else Sight.SEEN

    async def ask(channel_id: int) -> Sight:
        return sight(channel_id)

    return Viewer(
        guild_id=guild_id,
        member_id=member_id,
        is_moderator=is_moderator,
        sight=sight,
        ask=ask,
        is_shown_here=lambda _channel_id: True,
    )
