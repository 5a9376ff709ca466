"""Which process draws a card: the one that follows its jobs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from bot.delivery import Delivery
from bot.domain.models import Job
from bot.fleet.signals import Signals
from bot.jobs.worker import Worker

SHOW = "show"
AT_ONCE, SOON = "at_once", "soon"


class OwnCards:
    """The cards of the jobs that this process follows; others are asked to draw theirs.

    A lost signal is repaired by the card's next edit.
    """

    is_sole = False

    def __init__(self, signals: Signals, leads: Callable[[], bool], *, has_ticker: bool) -> None:
        self._signals = signals
        self._leads = leads
        self.has_ticker = has_ticker
        self.lease: Callable[[], str | None] = lambda: None

    def draws_free(self) -> bool:
        return self._leads()

    def is_here(self, jobs: Sequence[Job], *, if_free: bool) -> bool:
        leases = {job.lease for job in jobs if job.lease is not None}
        return self.lease() in leases if leases else if_free

    def draw_elsewhere(self, guild_id: int, card_id: str, at_once: bool) -> None:
        """Ask all processes to draw the card; its owner does."""
        self._signals.send(SHOW, str(guild_id), card_id, AT_ONCE if at_once else SOON)

    def follow(self, worker: Worker) -> None:
        self.lease = lambda: worker.claims.lease

    def reach(self, delivery: Delivery, spawn: Callable[[Coroutine[Any, Any, None], str], None]) -> None:
        """Draw this process's cards when others ask."""

        def heard(guild_id: str, card_id: str, how: str) -> None:
            work = delivery.show_if_own(int(guild_id), card_id, at_once=how == AT_ONCE)
            spawn(work, f"show-{card_id}")

        self._signals.listen(SHOW, heard)
