"""Background tasks, periodic ones, and how long a caller waits for the database.

Discord allows three seconds to answer an interaction; background tasks have no limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.language import SOURCE, speak
from bot.runtime.clock import Clock
from bot.runtime.logs import QuietErrors

log = structlog.get_logger(__name__)

ANSWER_S = 1.7
"""After this time a member gets the busy message, within two seconds; another one is left for sending it."""
LEAST_S = 0.25
"""Minimum wait for a transaction, however late it begins."""
UNDER_WAY_S = 0.3
"""Extra wait for a write under way, which can't be withdrawn."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An interaction that may still need an answer."""

    is_answered: Callable[[], bool]
    """True once Discord has any answer, even "thinking…"."""
    until: float
    """Monotonic seconds."""


_unanswered: ContextVar[Unanswered | None] = ContextVar("unanswered", default=None)


def answer_soon(clock: Clock, is_answered: Callable[[], bool]) -> None:
    """Limit this task's database waits to the interaction's deadline."""
    _unanswered.set(Unanswered(is_answered, clock.monotonic() + ANSWER_S))


@contextlib.contextmanager
def in_short(clock: Clock) -> Iterator[None]:
    """Limit the database waits inside the block as an interaction's: a reaction has none."""
    before = _unanswered.set(Unanswered(lambda: False, clock.monotonic() + ANSWER_S))
    try:
        yield
    finally:
        _unanswered.reset(before)


def take_time() -> None:
    """Lift the limit: no interaction's answer depends on this task."""
    _unanswered.set(None)


async def in_patience(outcome: asyncio.Future[Any], clock: Clock, *, is_failing: bool = False) -> bool:
    """Wait for `outcome` until the interaction's deadline; return whether it is done.

    In an outage (`is_failing`) the minimum wait is enough. Without a waiting interaction, return True at once: the
    caller awaits it. Cancelled with its caller.
    """
    waiting = _unanswered.get()
    if waiting is None or outcome.done() or waiting.is_answered():
        return True
    left_s = 0.0 if is_failing else waiting.until - clock.monotonic()
    return await done_within(outcome, max(LEAST_S, left_s), clock)


async def done_within(outcome: asyncio.Future[Any], seconds: float, clock: Clock) -> bool:
    """Wait for `outcome` up to the timeout; return whether it is done. Cancelled with its caller."""
    heard = asyncio.Event()
    outcome.add_done_callback(lambda _: heard.set())
    try:
        await clock.wait(heard, seconds)
    except asyncio.CancelledError:
        outcome.cancel()
        raise
    return outcome.done()


class BackgroundTasks:
    """Keeps references to running tasks, against garbage collection, and stops them together."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None
        self._has_failed = asyncio.Event()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` as a named task. It must handle its own errors.

        It runs without a member's language or deadline: its output is for others too.
        """
        context = contextvars.copy_context()
        context.run(speak, SOURCE)
        context.run(take_time)
        task = asyncio.create_task(work, name=name, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def fail(self, error: Exception) -> None:
        """Make `accompany` raise this: background work can't continue."""
        self._failure = error
        self._has_failed.set()

    async def accompany(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work. Raises its errors, and `fail`'s at once."""
        failing, working = asyncio.create_task(self._has_failed.wait()), asyncio.create_task(work)
        try:
            await asyncio.wait({failing, working}, return_when=asyncio.FIRST_COMPLETED)
            if self._failure is not None:
                raise self._failure
            working.result()
        finally:
            for task in (failing, working):
                task.cancel()
            await asyncio.gather(failing, working, return_exceptions=True)

    async def finished(self) -> None:
        """Wait until all currently running tasks have ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Cancel the running tasks and wait for them."""
        for task in self._tasks:
            task.cancel()
        await self.finished()


ELSEWHERE_AGAIN_S = 15.0
"""Maximum time until common work that has come here begins."""


class CommonWork:
    """What is done once for the whole bot. It is done here, unless what `decide` is set to says otherwise."""

    def __init__(self) -> None:
        self.decide: Callable[[], bool] = lambda: True

    def is_here(self) -> bool:
        return self.decide()


@dataclass(frozen=True, slots=True)
class Round:
    """Work done `every_s` seconds; it may return other seconds until its next time, infinity for none.

    Rounds with `beside` run concurrently, all others in turn, to spread their load on the database.
    """

    name: str
    run: Callable[[], Awaitable[float | None]]
    every_s: float
    is_common: bool = False
    """Whether it is common work."""
    beside: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to run it now."""


class Rounds:
    """Runs rounds. One that fails is logged, once an hour for the same error, and runs again at its next time."""

    def __init__(self, clock: Clock, common: CommonWork | None = None) -> None:
        self._clock = clock
        self._common = common or CommonWork()
        self._quiet = QuietErrors(clock)
        self._turn = asyncio.Lock()
        self.table: dict[str, Round] = {}

    def add(self, *rounds: Round) -> None:
        self.table |= {each.name: each for each in rounds}

    async def keep(self, name: str) -> None:
        """Run a round until cancelled, at once for the first time."""
        each = self.table[name]
        while True:
            each.woken.clear()
            async with contextlib.nullcontext() if each.beside else self._turn:
                wait_s = await self._run(each)
            await self._clock.wait(each.woken, None if wait_s == math.inf else wait_s)

    async def run_once(self, *names: str) -> None:
        """Run these rounds now; without names, all that take turns."""
        for each in [self.table[name] for name in names] or self.table.values():
            if names or not each.beside:
                await self._run(each)

    async def _run(self, each: Round) -> float:
        """Run it, and return the seconds until its next time."""
        if each.is_common and not self._common.is_here():
            return min(each.every_s, ELSEWHERE_AGAIN_S)
        try:
            wait_s = await each.run()
        except Exception as error:  # noqa: BLE001 - the round continues; it is logged there
            self._quiet.note(log, "round.failed", each.name, error, round=each.name)
            wait_s = None
        return each.every_s if wait_s is None else wait_s
