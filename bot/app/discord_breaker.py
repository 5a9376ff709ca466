"""Discord's breaker: when Discord refuses every call, one call probes it now and then, and the others rest.

Server errors may be the trouble of some servers alone, so they stop no call to a place that has had none.
"""

from __future__ import annotations

import asyncio
import math
from enum import StrEnum

import structlog

from bot.runtime.clock import Clock

log = structlog.get_logger(__name__)

FAILURES_TO_OPEN = 3
"""How many different calls have to fail, and none succeed, until it is not a matter of one of them."""
FIRST_REST_S, REST_MAX_S = 1.0, 60.0
"""How long the others rest before the first probe, and at most; it doubles with each probe that fails."""


class Trouble(StrEnum):
    """Why the breaker is open."""

    GLOBAL_LIMIT = "global rate limit"
    BANNED = "ban"
    """A 429 of the network in front of Discord: it hits each call from this address."""
    DOWN = "server errors"


class DiscordBreaker:
    """Closed while Discord answers. While it is open, one of the calls that it stops is let through after each rest."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failing: set[str] = set()
        self._places: set[str] = set()
        """Where these calls went to."""
        self._rest_s = 0.0
        self._probe_at = 0.0
        self._is_probing = False
        self._changed = asyncio.Event()
        self.trouble: Trouble | None = None
        """Why it is open; None while it is closed."""

    @property
    def left_s(self) -> float:
        """How long the rest lasts, in seconds."""
        return max(0.0, self._probe_at - self._clock.monotonic())

    def stops(self, place: str) -> bool:
        """Whether the calls to a place are to be stopped. `place` is any name of it."""
        return self.trouble is not None and (self.trouble is not Trouble.DOWN or place in self._places)

    def admits_probe(self) -> bool:
        """Whether one of the calls that are stopped may be made now: it is the probe, and its outcome must be told."""
        if self._is_probing or self.left_s > 0:
            return False
        self._is_probing = True
        return True

    async def rest(self, at_most_s: float = math.inf) -> None:
        """Return when it is worth asking again whether a call is admitted, or after that many seconds."""
        rest_s = min(at_most_s, math.inf if self._is_probing else self.left_s)
        await self._clock.wait(self._changed, None if rest_s == math.inf else rest_s)

    # ------------------------------------------------------------------ outcomes

    def answered(self, *, is_probe: bool) -> None:
        """Take note of an answer. Open, only the probe's counts: the others were sent before the trouble."""
        if self.trouble is None or is_probe:
            self._failing.clear()
            self._places.clear()
        if is_probe and self.trouble is not None:
            log.info("discord.back", trouble=self.trouble)
            self.trouble, self._rest_s = None, 0.0
            self._end_probe()

    def failed(self, call: str, place: str, *, is_probe: bool) -> None:
        """Take note of a 5xx; `call` is its method and path, `place` where it went to."""
        self._failing.add(call)
        self._places.add(place)
        if is_probe or (self.trouble is None and len(self._failing) >= FAILURES_TO_OPEN):
            self._open(self.trouble or Trouble.DOWN, 0.0, is_probe=is_probe)

    def limited(self, trouble: Trouble, retry_after_s: float, *, is_probe: bool) -> None:
        """Take note that every call is refused for `retry_after_s` seconds; 0: Discord names no time."""
        if is_probe or self.trouble is None or retry_after_s > self.left_s:
            self._open(trouble, retry_after_s, is_probe=is_probe)

    def gave_up(self) -> None:
        """Take note that the probe has had no answer: another one follows after a rest."""
        if self.trouble is not None:
            self._open(self.trouble, 0.0, is_probe=True)

    def _open(self, trouble: Trouble, retry_after_s: float, *, is_probe: bool) -> None:
        if is_probe or self.trouble is None:
            self._rest_s = min(REST_MAX_S, max(FIRST_REST_S, self._rest_s * 2))
        self.trouble = trouble
        rest_s = retry_after_s or self._rest_s
        self._probe_at = self._clock.monotonic() + rest_s
        log.warning("discord.resting", trouble=trouble, seconds=round(rest_s, 1))
        if is_probe:
            self._end_probe()

    def _end_probe(self) -> None:
        """Let those who rest ask again."""
        self._is_probing = False
        self._changed.set()
        self._changed = asyncio.Event()
