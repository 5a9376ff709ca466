"""Which language is spoken to whom, as guilds and jobs need it; the delivery knows, for it knows Discord's servers."""

from __future__ import annotations

from typing import Protocol

from bot.domain.models import Card


class Languages(Protocol):
    """Tells languages, each one of `bot.language.LANGUAGES`."""

    async def of_guild(self, guild_id: int) -> str:
        """Return the server's: for what everybody, or its moderators, read."""
        ...

    async def of_card(self, guild_id: int, card_id: str) -> str:
        """Return that in which a card is drawn; the server's where there is no such card."""
        ...

    async def of(self, card: Card) -> str:
        """Return the same for a card that the caller has."""
        ...
