"""Reactions that came before their card was done: what they are for is done when it has ended."""

import structlog

from bot.app.client import CannonBot
from bot.domain.models import Card
from bot.runtime.background import BackgroundTasks
from cogs.reactions.listener import ReactionListener

log = structlog.get_logger(__name__)

ENDED = "ended"
"""The signal that a card has ended for which something waits."""


class Wishes:
    """Fulfils what waits: as soon as it is stored that a card has ended, and now and then what was missed."""

    def __init__(self, bot: CannonBot) -> None:
        self._bot = bot
        self._soon_after = BackgroundTasks()
        self._rounds = BackgroundTasks()
        self._busy = False

    def ended(self, card: Card) -> None:
        """Fulfil what waits for a card that has ended."""
        self._soon_after.start(self._soon(card), f"wishes-{card.id}")

    async def _soon(self, card: Card) -> None:
        try:
            if await self._bot.parts.store.reaction_acts.any_wait(card.guild_id, card.id):
                if self._bot.leads:
                    await self._fulfil(card.id)
                else:
                    self._bot.parts.store.signals.send(ENDED, card.id)
        except Exception:
            log.exception("reaction.wishes_failed", card=card.id)

    def reach_others(self) -> None:
        """Fulfil what waits for cards whose end another process has stored: one does, so that nothing is done twice."""
        signals = self._bot.parts.store.signals
        if signals.is_shared:
            signals.listen(ENDED, self._heard)

    def _heard(self, card_id: str) -> None:
        if self._bot.leads:
            self._rounds.start(self._fulfil_of(card_id), f"wishes-{card_id}")

    async def _fulfil_of(self, card_id: str) -> None:
        try:
            await self._fulfil(card_id)
        except Exception:
            log.exception("reaction.wishes_failed", card=card_id)

    def fulfil_all(self) -> None:
        """Begin to fulfil all that waits for a card that has ended, unless that is going on."""
        if not self._busy:
            self._busy = True
            self._rounds.start(self._fulfil_all(), "wishes")

    async def _fulfil_all(self) -> None:
        try:
            await self._fulfil(None)
        except Exception:
            log.exception("reaction.wishes_failed")
        finally:
            self._busy = False

    async def _fulfil(self, card_id: str | None) -> None:
        listener = self._bot.get_cog(ReactionListener.__name__)
        if isinstance(listener, ReactionListener):
            await listener.fulfil_due(card_id)

    async def finished(self) -> None:
        """Wait until the round that `fulfil_all` has begun is done."""
        await self._rounds.finished()

    async def aclose(self) -> None:
        """Cancel what is being fulfilled: it waits on."""
        await self._soon_after.stop()
        await self._rounds.stop()
