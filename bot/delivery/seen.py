"""What the bot's messages are known to have on them, so that an edit need not ask Discord first.

Only the bot edits its messages, and each edit's answer says what is on the message then. Where the bot is several
processes, none believes that it knows: another may have edited since. What a process has not seen
itself, such as the messages of the process before, it asks for once.
"""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.delivery.view import links_on

KEPT = 1000
"""How many messages are known: those that were seen last."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The files, link buttons and text of a message."""

    attachments: tuple[discord.Attachment, ...] = ()
    links: tuple[str, ...] = ()
    content: str = ""


def seen_of(message: discord.Message) -> Seen:
    """Return what is on a message as Discord has just told it."""
    return Seen(tuple(message.attachments), tuple(links_on(message)), message.content)


class SeenMessages:
    """Holds nothing that a restart may not lose. `kept`: how many; 0 where other processes edit messages too."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._seen: dict[int, Seen] = {}

    def get(self, message_id: int) -> Seen | None:
        """Return what is on a message, None if it is not known."""
        return self._seen.get(message_id)

    def note(self, message_id: int, seen: Seen) -> None:
        """Remember what is on a message now."""
        self._seen.pop(message_id, None)
        self._seen[message_id] = seen
        while len(self._seen) > self._kept:
            self._seen.pop(next(iter(self._seen)))

    def forget(self, message_id: int) -> None:
        """Have Discord asked the next time."""
        self._seen.pop(message_id, None)
