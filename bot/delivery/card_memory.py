"""What this process remembers of cards: a lock for each that is worked on, and how each was drawn last."""

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
        """Return the card's lock, for all that edits its message; kept as long as somebody holds or awaits it."""
        lock = self._locks.get(card_id)
        if lock is None:
            lock = self._locks[card_id] = asyncio.Lock()
        return lock

    def is_shown(self, card_id: str, embed: discord.Embed) -> bool:
        """Whether the card was last drawn exactly like this: then it need not be edited."""
        return self._shown.get(card_id) == _drawn(embed)

    def note_shown(self, card_id: str, embed: discord.Embed) -> None:
        """Remember how the card is drawn now; of the last `SHOWN_CARDS_KEPT` cards that is kept."""
        self._shown[card_id] = _drawn(embed)
        while len(self._shown) > SHOWN_CARDS_KEPT:
            self._shown.pop(next(iter(self._shown)))

    def forget_shown(self, card_id: str) -> None:
        """Have the card edited the next time, whatever it looks like."""
        self._shown.pop(card_id, None)


def _drawn(embed: discord.Embed) -> str:
    return repr(embed.to_dict())
