"""Retry policy of calls to Cannon Studio. Pure: the caller stores the time and waits.

A create costs money, so it is retried only with its own idempotency key and while the API still knows that key. A poll
is free and is retried until the caller's deadline. Long waits are a column, not a sleep.
"""

from __future__ import annotations

import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from bot.errors import CannonError, CannonUnavailable, RateLimited, UnreadableAnswer

SAFE_WINDOW_S: Final = 12 * 3600.0
"""How long an idempotency key is trusted after its first use. Its lifetime is not documented
(https://www.cannonstudio.app/developers/docs/authentication); 24 h is usual for such APIs, half of it is safe."""
SAME_ANSWER_LIMIT: Final = 6
"""Creates after which a 500 or an unreadable answer is assumed to be stored under the key and replayed."""
FIRST_WAIT_S: Final = 1.0
LONGEST_SUBMIT_WAIT_S: Final = 300.0
LONGEST_POLL_WAIT_S: Final = 60.0
RETRY_AFTER_LIMIT_S: Final = 3600.0
"""A longer `Retry-After`, of a day for example, is cut to an hour."""
RETRY_AFTER_JITTER: Final = 0.1
"""Jitter on top of the server's `Retry-After`; never below it."""


def submit_again(attempt: int, error: CannonError, *, first_attempt_age_s: float, random: float) -> float | None:
    """Return the seconds until the same create may be repeated with the same key, None to give up.

    `attempt` counts the creates so far (1 after the first), `first_attempt_age_s` is the first's age in seconds,
    `random` is in 0..1. Given up at once: 400, 401, 402, 403, 404, 409, 422.
    """
    if isinstance(error, UnreadableAnswer) or error.status == 500:
        if attempt >= SAME_ANSWER_LIMIT:
            return None
    elif not isinstance(error, CannonUnavailable | RateLimited):
        return None
    wait = _wait(attempt, error, LONGEST_SUBMIT_WAIT_S, random)
    return wait if first_attempt_age_s + wait < SAFE_WINDOW_S else None


def poll_again(failures: int, error: CannonError, random: float) -> float | None:
    """Return the seconds until the next poll after `failures` failures in a row, None to give up.

    `random` is in 0..1. Given up at once: 400, 401, 402, 403, 404, 409, 422.
    """
    if not isinstance(error, CannonUnavailable | RateLimited | UnreadableAnswer):
        return None
    return _wait(failures, error, LONGEST_POLL_WAIT_S, random)


def retry_after_s(header: str | None, now_wall: float) -> float | None:
    """Parse `Retry-After`: seconds, or an HTTP date against `now_wall` (Unix seconds).

    Returns seconds in 0..3600, None if missing or invalid (RFC 9110, 10.2.3).
    """
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _seconds_until(header, now_wall)
    return min(max(seconds, 0.0), RETRY_AFTER_LIMIT_S) if math.isfinite(seconds) else None


def _wait(attempt: int, error: CannonError, longest_s: float, random: float) -> float:
    own = min(FIRST_WAIT_S * 2.0 ** min(max(attempt - 1, 0), 30), longest_s) * (0.5 + random)
    requested = error.retry_after_s if isinstance(error, CannonUnavailable | RateLimited) else None
    return own if requested is None else max(own, requested * (1 + RETRY_AFTER_JITTER * random))


def _seconds_until(header: str, now_wall: float) -> float:
    try:
        then = parsedate_to_datetime(header)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() - now_wall
    except (ValueError, TypeError, IndexError, OverflowError):
        return math.nan
