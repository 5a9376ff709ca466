"""The permissions that the bot needs in a server: the one list from which the invite link and every check are made."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.delivery import texts
from bot.language import Text


@dataclass(frozen=True, slots=True)
class NeededPermission:
    """A permission: its name in discord.py, and as Discord's settings show it."""

    flag: str
    name: Text


VIEW_CHANNEL = NeededPermission("view_channel", texts.VIEW_CHANNEL)
SEND_MESSAGES = NeededPermission("send_messages", texts.SEND_MESSAGES)
SEND_IN_THREADS = NeededPermission("send_messages_in_threads", texts.SEND_MESSAGES_IN_THREADS)
EMBED_LINKS = NeededPermission("embed_links", texts.EMBED_LINKS)
ATTACH_FILES = NeededPermission("attach_files", texts.ATTACH_FILES)
READ_HISTORY = NeededPermission("read_message_history", texts.READ_MESSAGE_HISTORY)
ADD_REACTIONS = NeededPermission("add_reactions", texts.ADD_REACTIONS)

NEEDED = (VIEW_CHANNEL, SEND_MESSAGES, SEND_IN_THREADS, EMBED_LINKS, ATTACH_FILES, READ_HISTORY, ADD_REACTIONS)
"""All that it uses anywhere; a contract test compares them with the calls in the code."""


def as_permissions() -> discord.Permissions:
    """Return the needed permissions as Discord takes them in an invite link."""
    return discord.Permissions(**{each.flag: True for each in NEEDED})


def missing_of(has: discord.Permissions, needed: tuple[NeededPermission, ...] = NEEDED) -> list[str]:
    """Return the names of what is `needed` and not among the permissions that the bot has."""
    return [str(each.name) for each in needed if not getattr(has, each.flag)]


def to_post(*, is_thread: bool, files: bool) -> tuple[NeededPermission, ...]:
    """Return what the bot needs to post in a channel or a thread, with or without files."""
    send = SEND_IN_THREADS if is_thread else SEND_MESSAGES
    return (VIEW_CHANNEL, send, EMBED_LINKS, ATTACH_FILES) if files else (VIEW_CHANNEL, send, EMBED_LINKS)
