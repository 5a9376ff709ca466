"""What has to be done now and then: start the queue after a restart, send approval requests, end those that expired."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bot.domain.models import JobState
from bot.jobs import texts
from bot.runtime.clock import Clock
from bot.store import Approval, Store

log = structlog.get_logger(__name__)

Show = Callable[[int, str], Awaitable[None]]
AskModerators = Callable[[Approval], Awaitable[None]]


class Maintenance:
    """Runs in the worker's loop each time it claims jobs. What fails is retried the next time."""

    def __init__(self, store: Store, *, clock: Clock, show: Show, ask_moderators: AskModerators) -> None:
        self._store = store
        self._clock = clock
        self._show = show
        self._ask_moderators = ask_moderators

    async def run_once(self) -> bool:
        """Do what is due; return whether a job was started by it."""
        await self._request_approvals()
        await self._expire_approvals()
        return await self._start_waiting()

    async def _request_approvals(self) -> None:
        for approval in await self._store.approvals.unasked():
            await self._ask_moderators(approval)

    async def _expire_approvals(self) -> None:
        for approval in await self._store.approvals.overdue(self._clock.wall()):
            ended = await self._store.approvals.turn_down(
                approval.guild_id, approval.card_id, JobState.EXPIRED, texts.NOT_DECIDED
            )
            if ended is not None:
                log.info("approval.expired", card=approval.card_id)
                await self._show(approval.guild_id, approval.card_id)

    async def _start_waiting(self) -> bool:
        started = False
        for guild_id in await self._store.queue.guilds():
            for card_id in await self._store.queue.start_waiting(guild_id):
                started = True
                await self._show(guild_id, card_id)
        return started
