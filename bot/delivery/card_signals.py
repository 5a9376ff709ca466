"""Cards that a process without a worker wants drawn: whoever follows their jobs draws them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from bot.delivery.delivery import Delivery
from bot.store.signals import Signals

SHOW = "show"
AT_ONCE, SOON = "at_once", "soon"


class CardSignals:
    """Asks all processes to draw a card; the one whose it is does. A lost signal leaves it to the card's next edit."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    def draw(self, guild_id: int, card_id: str, at_once: bool) -> None:
        """Have the guild's card brought up to date, at once or some seconds later."""
        self._signals.send(SHOW, str(guild_id), card_id, AT_ONCE if at_once else SOON)

    def reach(self, delivery: Delivery, spawn: Callable[[Coroutine[Any, Any, None], str], None]) -> None:
        """Have this process draw its own of the cards that others ask for, where there are others."""
        if not self._signals.is_shared:
            return

        def heard(guild_id: str, card_id: str, how: str) -> None:
            work = delivery.show_if_own(int(guild_id), card_id, at_once=how == AT_ONCE)
            spawn(work, f"show-{card_id}")

        self._signals.listen(SHOW, heard)
