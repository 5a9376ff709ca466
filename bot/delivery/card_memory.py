"""What this process remembers of cards: a lock for each that is worked on, and how each was drawn last."""

from __future__ import annotations

import asyncio
import weakref

import discord

SHOWN_CARDS_KEPT = 2048


class CardLocks:
    """One lock for each card: of all that edits a message, one thing happens at a time."""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    def of(self, card_id: str) -> asyncio.Lock:
        """Return the card's lock; it is kept as long as somebody holds it or waits for it."""
        lock = self._locks.get(card_id)
        if lock is None:
            lock = self._locks[card_id] = asyncio.Lock()
        return lock


class ShownCards:
    """How the last `SHOWN_CARDS_KEPT` cards were drawn, so that an unchanged card is not edited."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}

    def is_shown(self, card_id: str, embed: discord.Embed) -> bool:
        """Whether the card was last drawn exactly like this."""
        return self._shown.get(card_id) == _drawn(embed)

    def note(self, card_id: str, embed: discord.Embed) -> None:
        """Remember how the card is drawn now."""
        self._shown[card_id] = _drawn(embed)
        while len(self._shown) > SHOWN_CARDS_KEPT:
            self._shown.pop(next(iter(self._shown)))

    def forget(self, card_id: str) -> None:
        """Have the card drawn again the next time, whatever it looks like."""
        self._shown.pop(card_id, None)


def _drawn(embed: discord.Embed) -> str:
    return repr(embed.to_dict())
