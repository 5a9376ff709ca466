"""Blocks and pauses."""

from __future__ import annotations

from bot.domain.text import full_stop
from bot.guild.texts import actor, because
from bot.language import tr


def not_blocked(member_id: int) -> str:
    """Refuse to unblock a member who is not blocked."""
    return tr("{member} is not blocked.", member=f"<@{member_id}>")


def paused_already(*, on: bool) -> str:
    """Refuse to pause or resume what is so already."""
    return tr("New jobs are already paused.") if on else tr("New jobs are not paused.")


def blocked(by_id: int, member_id: int, until: str, reason: str) -> str:
    """Return the line of a block; `until` and `reason` are '' where there is none."""
    who, member = actor(by_id), f"<@{member_id}>"
    if until:
        line = tr("{who} blocked {member} until {until}.", who=who, member=member, until=until)
    else:
        line = tr("{who} blocked {member}.", who=who, member=member)
    return f"{line} {because(full_stop(reason))}" if reason else line


def unblocked(by_id: int, member_id: int) -> str:
    """Return the line of a block that was lifted."""
    return tr("{who} unblocked {member}.", who=actor(by_id), member=f"<@{member_id}>")


def paused(by_id: int, *, on: bool) -> str:
    """Return the line of a pause or its end."""
    if on:
        return tr("{who} paused new jobs.", who=actor(by_id))
    return tr("{who} resumed new jobs.", who=actor(by_id))
