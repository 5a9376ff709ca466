"""Posts the record of decisions to the log channels, from the store's outbox: no line is lost in a crash.

A line leaves the outbox once Discord has it. Between the two a crash leaves it there; it is then posted again with the
same nonce, by which Discord knows it for some minutes. A line that a member was promised the moderators have is looked
for first when it is older, and where it can't be posted the member is told.
"""

from __future__ import annotations

import asyncio
import math
from enum import StrEnum
from typing import Protocol

import structlog

from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.store import Decision, Store

log = structlog.get_logger(__name__)

LINES_PER_RUN = 50
"""How many lines of one guild are posted before anything else gets a turn."""
RETRY_S = 60.0
"""How soon a log channel that could not be reached is tried again."""
KEPT_S = 24 * 3600.0
"""A line that could not be posted for so long is in the record only; who was promised it is told."""
NONCE_S = 60.0
"""How long Discord is trusted to know a nonce; it says "a few minutes"."""


class Posted(StrEnum):
    """What came of posting a line."""

    DONE = "done"
    NEVER = "never"
    """There is no log channel, or Discord refuses it: another try would end the same."""
    LATER = "later"
    """Discord could not be reached, or failed."""


class LogSink(Protocol):
    """Where moderators read. No method raises because of Discord."""

    async def post(self, guild_id: int, line: str) -> Posted:
        """Post a line to the guild's log channel."""
        ...

    async def show(self, decision: Decision, *, search: bool = False) -> Posted:
        """Post a line of the record where its guild reads it; once, if called twice within minutes.

        `search`: an earlier attempt may have left it, so it is searched for first.
        """
        ...

    async def tell_unreached(self, decision: Decision) -> Posted:
        """Tell the member who was promised a line, directly, that it did not reach the moderators."""
        ...


class DecisionLog:
    """Empties the outbox, one line of each guild at a time, so that no guild waits for another's backlog."""

    def __init__(self, store: Store, *, clock: Clock, channel: LogSink) -> None:
        self._store = store
        self._clock = clock
        self._channel = channel
        self._paused: dict[int, float] = {}

    @property
    def retry_at(self) -> float:
        """When a line that could not be posted is due again, in monotonic seconds; infinity if none is."""
        return min(self._paused.values(), default=math.inf)

    async def post_due(self) -> bool:
        """Post what waits, but at most LINES_PER_RUN lines of each guild; return whether more can be posted now."""
        now = self._clock.monotonic()
        self._paused = {guild_id: at for guild_id, at in self._paused.items() if at > now}
        for _ in range(LINES_PER_RUN):
            lines = await self._store.outbox.next_lines(without=self._paused)
            if not lines:
                return False
            for outcome in await asyncio.gather(*map(self._post, lines), return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
        return True

    async def _post(self, line: Decision) -> None:
        try:
            outcome = await self._outcome(line)
        except Exception:
            log.exception("decision_log.failed", guild=line.guild_id, decision=line.id)  # the others are still posted
            outcome = Posted.LATER
        is_broken = outcome is Posted.NEVER and line.is_promised
        if is_broken:
            outcome = await self._channel.tell_unreached(line)
        if outcome is Posted.LATER:
            self._paused[line.guild_id] = self._clock.monotonic() + RETRY_S
            return
        failpoint("decision.posted")
        if is_broken:
            log.warning("decision_log.unreached", guild=line.guild_id, decision=line.id)
            await self._store.outbox.take_back(line)
        else:
            await self._store.outbox.remove(line.guild_id, line.id)

    async def _outcome(self, line: Decision) -> Posted:
        age_s = self._clock.wall() - line.at
        outcome = Posted.LATER
        if age_s <= KEPT_S or line.is_promised:
            outcome = await self._channel.show(line, search=line.is_promised and age_s > NONCE_S)
        if outcome is Posted.LATER and age_s > KEPT_S:
            log.warning("decision_log.too_late", guild=line.guild_id, decision=line.id)
            return Posted.NEVER
        return outcome
