"""What this process remembers of cards: a lock for each that is in use, and how each was last drawn."""

from __future__ import annotations

import asyncio
import weakref

import discord

SHOWN_CARDS_KEPT = 2048


class CardMemory:
    """Holds nothing that a restart may not lose: without it a card is drawn once more than needed."""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._shown: dict[str, str] = {}

    def lock(self, card_id: str) -> asyncio.Lock:
        """Return the card's lock, for everything that edits its message; kept while it is held or awaited."""
        lock = self._locks.get(card_id)
        if lock is None:
            lock = self._locks[card_id] = asyncio.Lock()
        return lock

    def is_shown(self, card_id: str, embed: discord.Embed) -> bool:
        """Whether the card was last drawn exactly like this: then it need not be edited."""
        return self._shown.get(card_id) == _drawn(embed)

    def note_shown(self, card_id: str, embed: discord.Embed) -> None:
        """Remember how the card is drawn now; kept for the last `SHOWN_CARDS_KEPT` cards."""
        self._shown[card_id] = _drawn(embed)
        while len(self._shown) > SHOWN_CARDS_KEPT:
            self._shown.pop(next(iter(self._shown)))

    def forget_shown(self, card_id: str) -> None:
        """Make the next refresh edit the card, even if it looks the same."""
        self._shown.pop(card_id, None)


def _drawn(embed: discord.Embed) -> str:
    return repr(embed.to_dict())
