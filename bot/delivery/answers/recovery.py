"""Cards whose answer may have reached Discord, after a crash or a lost reply.

Discord is asked. If it has our message, the card's jobs start; else they are dropped and refunded: another copy of the
bot that answered first pays for its own job (docs/decisions/0042-whose-message-it-is-pays.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field

import structlog

from bot.delivery import Delivery
from bot.delivery.channels.facts import DISCORD_ERRORS
from bot.domain.models import Card
from bot.errors import StoreError
from bot.jobs.intake import JobService
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.metrics import Metrics
from bot.store import Store

log = structlog.get_logger(__name__)

ANSWERED_BY_S = 60.0
"""How long a card may be seen unanswered, in monotonic time: the clock of the process that made it may be wrong."""


@dataclass(frozen=True)
class Recovery:
    """Settles unanswered cards; those of which Discord says nothing now, in a later round."""

    _: KW_ONLY
    store: Store
    jobs: JobService
    delivery: Delivery
    clock: Clock
    metrics: Metrics
    _taken: set[str] = field(default_factory=set, init=False)
    """Cards whose interaction already had a response when ours came."""
    _later: set[str] = field(default_factory=set, init=False)
    """Cards that are retried, as logged."""
    _seen: dict[str, float] = field(default_factory=dict, init=False)
    """Since when each unanswered card was seen, by the monotonic clock."""

    async def recover(self) -> None:
        """Look up each card without a confirmed answer: start its jobs, or drop and refund them.

        For the start, before the first interaction: no answer may be in flight.
        """
        await self._settle(await self.store.cards.unanswered())

    async def settle_overdue(self) -> None:
        """Settle cards whose answer is overdue: a busy database may have lost the note of it."""
        now, cards = self.clock.monotonic(), await self.store.cards.unanswered()
        seen = {card.id: self._seen.get(card.id, now) for card in cards}
        self._seen.clear()
        self._seen.update(seen)
        await self._settle([card for card in cards if now - seen[card.id] >= ANSWERED_BY_S])

    async def settle_answer(self, card: Card, *, is_taken: bool = False) -> bool:
        """After a failed answer, find out whether Discord has the card; start its jobs or refund them.

        `is_taken`: Discord said that the interaction was already answered.

        Returns whether the jobs start; False also if unknown now.
        """
        if is_taken:
            self._taken.add(card.id)
        try:
            return await self._settle_answer(card)
        except (*DISCORD_ERRORS, StoreError) as error:
            self._note(error, "answer.unknown", card)
            return False

    def _note(self, error: Exception, event: str, card: Card, *, is_known: bool = False) -> None:
        """Count an error, and log it unless it is known."""
        is_of_discord = not isinstance(error, StoreError)
        if is_of_discord:
            self.metrics.discord_error(error)
        if not is_known:
            log.warning(event, card=card.id, error=type(error).__name__ if is_of_discord else error)

    async def _settle_answer(self, card: Card) -> bool:
        found = await self.delivery.messages.original(card)
        # "Thinking…" names no job yet: it is ours, unless the interaction was answered before.
        is_ours = found is not None and (found.names_card or (found.is_loading and card.id not in self._taken))
        if found is None or not is_ours:
            dropped = await self.jobs.drop_unanswered(card)
            # Two copies of the bot with one token, for example.
            level = log.info if found is None else log.warning
            level("answer.dropped", card=card.id, jobs=dropped, anothers=found is not None)
        else:
            await self.jobs.mark_answered(card, message_id=found.id, channel_id=card.channel_id)
            await self.delivery.show(card.guild_id, card.id)
        self._taken.discard(card.id)
        return is_ours

    async def _settle(self, cards: Sequence[Card]) -> None:
        for card in cards:
            failpoint("recover.start")
            try:
                await self._settle_answer(card)
            except (*DISCORD_ERRORS, StoreError) as error:
                self._note(error, "recover.later", card, is_known=card.id in self._later)
                self._later.add(card.id)
            else:
                self._later.discard(card.id)
