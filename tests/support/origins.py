"""Requests as the core gets them, without an interaction of Discord."""

from __future__ import annotations

from typing import Any

from bot.domain.jobs.card_spec import Origin, Place
from tests.support.rig import Rig
from tests.support.viewers import seeing


def origin(rig: Rig, member: Any, *, interaction_id: int) -> Origin:
    """Return whose request it is and from where: the member's, from the rig's channel."""
    place = Place(guild_id=rig.guild.id, channel_id=rig.channel.id)
    return Origin(
        place=place,
        author_id=member.id,
        viewer=seeing(rig.guild.id, member.id),
        interaction_id=interaction_id,
        token="token",
    )
