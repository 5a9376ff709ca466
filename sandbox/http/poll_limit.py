"""A limit on polls. Invented: no page says whether there is one, or how it is answered.

One poll of a request in 2 seconds is what the create answer's `poll_after_ms` says; 60 a minute of a key is a guess.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque

from sandbox import texts
from sandbox.studio.accounts import ApiError
from sandbox.studio.answers import POLL_AFTER_MS

MINUTE_S, POLLS_A_MINUTE = 60.0, 60
SLACK_S = 0.001
"""For rounding."""


class PollLimit:
    """Counts polls by request and by API key; `speed` shortens its times."""

    def __init__(self, speed: float) -> None:
        self._between_s, self._minute_s = POLL_AFTER_MS / 1000 / speed, MINUTE_S / speed
        self._last: dict[str, float] = {}
        self._of_key: defaultdict[str, deque[float]] = defaultdict(deque)

    def count(self, key: str, request_id: str, now: float, *, says_when: bool) -> None:
        """Count a poll. Raises ApiError 429, with Retry-After if `says_when`, for one too many."""
        recent = self._of_key[key]
        while recent and recent[0] <= now - self._minute_s:
            recent.popleft()
        wait_s = self._last.get(request_id, -math.inf) + self._between_s - now
        if len(recent) >= POLLS_A_MINUTE:
            wait_s = max(wait_s, recent[0] + self._minute_s - now)
        if wait_s > SLACK_S:
            error = ApiError(429, texts.TOO_MANY_POLLS)
            error.retry_after_s = max(1, math.ceil(wait_s)) if says_when else None
            raise error
        self._last[request_id] = now
        recent.append(now)
