"""The language in which a card is drawn: the server's where others read it too, its author's where only they do."""

from __future__ import annotations

from bot.delivery.guild_languages import GuildLanguages
from bot.delivery.posting_gate import PostingGate
from bot.domain.models import Card
from bot.language import from_discord
from bot.store import Store


class CardLanguages:
    """Knows languages by what is stored, so that a restart changes none. Each is one of LANGUAGES."""

    def __init__(self, guilds: GuildLanguages, *, store: Store, gate: PostingGate) -> None:
        self._guilds = guilds
        self._store = store
        self._gate = gate

    async def of_guild(self, guild_id: int) -> str:
        """Return the server's language."""
        return await self._guilds.of(guild_id)

    async def of_card(self, guild_id: int, card_id: str) -> str:
        """Return the language of a card by its id; the server's where there is no such card."""
        card = await self._store.cards.without_token(guild_id, card_id)
        return await self.of_guild(guild_id) if card is None else await self.of(card)

    async def of(self, card: Card) -> str:
        """Return the language in which the card's message is written, where it is now."""
        if card.private or await self._gate.is_direct(card):
            return from_discord(card.locale)
        return await self.of_guild(card.guild_id)
