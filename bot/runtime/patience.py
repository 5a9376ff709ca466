"""How long a caller waits for the database. Discord gives an interaction three seconds to be answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from bot.runtime.clock import Clock

ANSWER_S = 2.0
"""After this time since an interaction came its member hears that the database is busy: a second is left for that."""
LEAST_S = 0.25
"""For how long a transaction is waited for at least, however late it begins."""
UNDER_WAY_S = 0.3
"""How much longer a write is waited for that has begun, and so can't be taken back."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An interaction that may still need its answer."""

    is_answered: Callable[[], bool]
    """True once Discord has any answer, "thinking…" included."""
    until: float
    """Monotonic seconds."""


_unanswered: ContextVar[Unanswered | None] = ContextVar("unanswered", default=None)


def answer_soon(clock: Clock, is_answered: Callable[[], bool]) -> None:
    """Let what this task asks of the database take no longer than the member's answer may: an interaction came."""
    _unanswered.set(Unanswered(is_answered, clock.monotonic() + ANSWER_S))


def take_time() -> None:
    """Wait for the database as long as it takes: no interaction's answer depends on this task."""
    _unanswered.set(None)


async def in_patience(outcome: asyncio.Future[Any], clock: Clock) -> bool:
    """Wait for `outcome`, but no longer than the member's answer may take; return whether it is there.

    Without an interaction that waits, return True at once: the caller awaits it. Cancelled with its caller.
    """
    waiting = _unanswered.get()
    if waiting is None or outcome.done() or waiting.is_answered():
        return True
    return await done_within(outcome, max(LEAST_S, waiting.until - clock.monotonic()), clock)


async def done_within(outcome: asyncio.Future[Any], seconds: float, clock: Clock) -> bool:
    """Wait for `outcome` for so long; return whether it is there. Cancelled with its caller."""
    heard = asyncio.Event()
    outcome.add_done_callback(lambda _: heard.set())
    try:
        await clock.wait(heard, seconds)
    except asyncio.CancelledError:
        outcome.cancel()
        raise
    return outcome.done()
