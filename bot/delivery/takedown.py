"""Taking a result down: every message that shows it, the card itself last."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import discord
import structlog

from bot.delivery.deadlines import CALL_TIMEOUT_S
from bot.delivery.discord_facts import NETWORK_ERRORS, TOKEN_EXPIRED, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from bot.delivery.messages import Messages
from bot.domain.models import Card
from bot.runtime.clock import Clock
from bot.store import Store

ERASED_AT_ONCE = 20
"""How many copies of erased results are deleted in one turn."""
ERASED_AGAIN_S = 6 * 3600.0
"""When it is tried again to delete one that could not be deleted: mostly for a missing permission."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenDown:
    """What came of it, in messages."""

    gone: int
    left: int
    """How many could not be taken down now."""


class Takedown:
    """Deletes the messages of a card. Idempotent."""

    def __init__(self, messages: Messages, *, store: Store, clock: Clock) -> None:
        self._messages = messages
        self._clock = clock
        self._store = store

    async def take_down(self, card: Card) -> TakenDown:
        """Delete the copies of the card's results, then the card's own message. What is gone already counts as done.

        What could not be deleted stays recorded, so that a second attempt finds it.
        """
        gone = left = 0
        places = {copy.message_id: copy.channel_id for copy in await self._store.copies.of_card(card.guild_id, card.id)}
        for message_id, channel_id in places.items():
            if await self._deleted(card, channel_id, message_id):
                await self._store.copies.forget(card.guild_id, message_id)
                gone += 1
            else:
                left += 1
        if card.message_id is None:
            return TakenDown(gone=gone, left=left)
        if await self._own_deleted(card, card.message_id):
            await self._store.cards.take_down(card.guild_id, card.id)
            return TakenDown(gone=gone + 1, left=left)
        return TakenDown(gone=gone, left=left + 1)

    async def take_down_copy(self, guild_id: int, channel_id: int, message_id: int) -> bool:
        """Delete one copy and forget it. Returns whether it is gone."""
        gone = await self._delete(self._messages.channel(channel_id, None).get_partial_message(message_id))
        if gone:
            await self._store.copies.forget(guild_id, message_id)
        return gone

    async def delete_erased(self, guild_id: int | None = None) -> None:
        """Delete copies of results that were erased: some of one guild, or of all. What fails is tried again later."""
        for copy in await self._store.copies.doomed(limit=ERASED_AT_ONCE, guild_id=guild_id):
            if not await self.take_down_copy(copy.guild_id, copy.channel_id, copy.message_id):
                again_at = self._clock.wall() + ERASED_AGAIN_S
                await self._store.copies.postpone(copy.guild_id, copy.message_id, again_at)

    async def _deleted(self, card: Card, channel_id: int, message_id: int) -> bool:
        guild_id = card.guild_id if channel_id == card.channel_id else None
        return await self._delete(self._messages.channel(channel_id, guild_id).get_partial_message(message_id))

    async def _own_deleted(self, card: Card, message_id: int) -> bool:
        if self._messages.token_lives(card) and await self._delete(self._messages.webhook(card), message_id):
            return True
        if card.is_ephemeral:
            return True  # only its token reached it: its one reader sees it until they dismiss it
        return await self._deleted(card, card.place_id, message_id)

    @staticmethod
    async def _delete(target: discord.PartialMessage | discord.Webhook, message_id: int = 0) -> bool:
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                if isinstance(target, discord.Webhook):
                    await target.delete_message(message_id)
                else:
                    await target.delete()
        except discord.HTTPException as error:
            if error.code in {UNKNOWN_MESSAGE, UNKNOWN_CHANNEL}:
                return True
            if error.code not in TOKEN_EXPIRED:
                log.info("takedown.refused", status=error.status, code=error.code)
            return False
        except NETWORK_ERRORS as error:
            log.info("takedown.later", error=type(error).__name__)
            return False
        return True
