"""Which process draws a card: the one that follows its jobs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any

import structlog

from bot.delivery import Delivery
from bot.domain.models import Job
from bot.fleet.postgresql.listener import AnnouncementListener
from bot.fleet.signals import Signals
from bot.jobs.worker import Worker

log = structlog.get_logger(__name__)

SHOW = "show"
AT_ONCE = "at_once"
EDITS_S, TRY_AGAIN_S = 20.0, 0.1
"""How long to wait for another process's edit of a card, and between two attempts."""


class OwnCards:
    """The cards of the jobs that this process follows; others are asked to draw theirs.

    A lost signal is repaired by the card's next edit.
    """

    is_sole = False

    def __init__(self, signals: Signals, leads: Callable[[], bool], locks: AnnouncementListener) -> None:
        self._signals, self._locks = signals, locks
        self.draws_free = leads
        self.lease: Callable[[], str | None] = lambda: None

    def is_here(self, jobs: Sequence[Job], *, if_free: bool) -> bool:
        leases = {job.lease for job in jobs if job.lease is not None}
        return self.lease() in leases if leases else if_free

    @contextlib.asynccontextmanager
    async def editing(self, card_id: str) -> AsyncIterator[None]:
        """Keep other processes from editing the card meanwhile; one that does not answer is not waited for."""
        until = asyncio.get_running_loop().time() + EDITS_S
        while (is_held := await self._locks.lock(card_id)) is False:
            if asyncio.get_running_loop().time() >= until:
                log.warning("card.edited_by_two", card=card_id)
                break
            await asyncio.sleep(TRY_AGAIN_S)
        try:
            yield
        finally:
            if is_held:
                self._locks.unlock(card_id)

    def draw_elsewhere(self, guild_id: int, card_id: str, at_once: bool) -> None:
        """Ask all processes to draw the card; its owner does."""
        self._signals.send(SHOW, str(guild_id), card_id, AT_ONCE if at_once else "")

    def follow(self, worker: Worker) -> None:
        self.lease = lambda: worker.claims.lease

    def reach(self, delivery: Delivery, spawn: Callable[[Coroutine[Any, Any, None], str], None]) -> None:
        """Draw this process's cards when others ask."""

        def heard(guild_id: str, card_id: str, how: str) -> None:
            work = delivery.show_if_own(int(guild_id), card_id, at_once=how == AT_ONCE)
            spawn(work, f"show-{card_id}")

        self._signals.listen(SHOW, heard)
