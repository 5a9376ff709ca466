"""Periodic work per server: start waiting jobs, send approval requests, expire old ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

import structlog

from bot.domain.models import JobState
from bot.jobs import texts
from bot.jobs.signals import WorkerSignals
from bot.jobs.surface import Later, Surface
from bot.language import speak, speaking
from bot.runtime.clock import Clock
from bot.server.settings import Languages
from bot.store import Question, Store

log = structlog.get_logger(__name__)

EVERY_S = 15.0
CALL_S = 30.0
"""Timeout of a call to Discord: a hanging one must not block the rest of its server."""


@dataclass
class Maintenance:
    """Maintains all servers side by side. Failures are retried the next time."""

    store: Store
    _: KW_ONLY
    clock: Clock
    surface: Surface
    ask_moderators: Callable[[Question], Awaitable[None]]
    """Raises Later if no channel takes the question now."""
    signals: WorkerSignals
    languages: Languages
    woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set to run soon."""
    _rounds: dict[int, asyncio.Task[None]] = field(default_factory=dict, init=False)
    """Running rounds, by server."""
    _again: set[int] = field(default_factory=set, init=False)
    """Servers that need another round."""
    _closed: dict[tuple[int, int | None], float] = field(default_factory=dict, init=False)
    """Until when (monotonic) a guild is not asked, because no channel takes the question."""

    async def run_once(self) -> None:
        await self.begin()
        await asyncio.gather(*self._rounds.values())

    async def stop(self) -> None:
        """Cancel what `begin` has begun."""
        for task in self._rounds.values():
            task.cancel()
        await asyncio.gather(*self._rounds.values(), return_exceptions=True)

    async def begin(self) -> None:
        overdue = await self.store.questions.overdue(self.clock.wall())
        ends = {approval.subject for approval in overdue}
        unasked = [each for each in await self.store.questions.unasked() if each.subject not in ends]
        due = [*await self.store.queue.guilds(), *(each.guild_id for each in (*overdue, *unasked))]
        for guild_id in dict.fromkeys(due):
            if guild_id in self._rounds:
                self._again.add(guild_id)
                continue
            approvals = ([each for each in which if each.guild_id == guild_id] for which in (overdue, unasked))
            task = asyncio.create_task(self._look_after(guild_id, *approvals), name=f"maintenance-{guild_id}")
            self._rounds[guild_id] = task
            task.add_done_callback(partial(self._end_round, guild_id))

    def _end_round(self, guild_id: int, _task: asyncio.Task[None]) -> None:
        del self._rounds[guild_id]
        if guild_id in self._again:
            self._again.discard(guild_id)
            self.woken.set()

    # ------------------------------------------------------------------ one server

    async def _look_after(self, guild_id: int, overdue: Sequence[Question], unasked: Sequence[Question]) -> None:
        try:
            speak(await self.languages.of_guild(guild_id))
            await self._start_waiting(guild_id)
            await self._side_by_side(map(self._expire, overdue))
            await self._side_by_side(map(self._ask, unasked))
        except Exception:
            log.exception("maintenance.server_failed", guild=guild_id)

    async def _start_waiting(self, guild_id: int) -> None:
        cards = await self.store.queue.start_waiting(guild_id)
        if cards:
            self.signals.claim()
        await self._side_by_side(self._show_card(guild_id, card_id) for card_id in cards)

    async def _expire(self, approval: Question) -> None:
        with speaking(await self.languages.of_card(approval.guild_id, approval.subject)):
            ended = await self.store.questions.turn_down(
                approval.guild_id, approval.subject, JobState.EXPIRED, str(texts.NOT_DECIDED)
            )
        if ended is not None:
            log.info("approval.expired", card=approval.subject)
            await self._show_card(approval.guild_id, approval.subject)

    async def _ask(self, approval: Question) -> None:
        rules = await self.store.settings.get(approval.guild_id)
        place = (approval.guild_id, rules.approval_channel or rules.log_channel)
        now = self.clock.monotonic()
        if self._closed.get(place, 0.0) > now:
            return
        try:
            async with asyncio.timeout(CALL_S):
                await self.ask_moderators(approval)
        except Later as error:
            self._closed = {each: until for each, until in self._closed.items() if until > now}
            self._closed[place] = now + error.seconds
        except TimeoutError:
            log.info("approval.later", card=approval.subject, error="TimeoutError")

    async def _show_card(self, guild_id: int, card_id: str) -> None:
        try:
            async with asyncio.timeout(CALL_S):
                await self.surface.show(guild_id, card_id)
        except TimeoutError:
            log.info("card.not_shown", card=card_id, error="TimeoutError")

    async def _side_by_side(self, calls: Iterable[Awaitable[None]]) -> None:
        for outcome in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("maintenance.call_failed", exc_info=outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
