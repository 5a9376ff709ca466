"""The bot's health, as `/healthz` reports it."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

import structlog
from discord.ext import commands

from bot.app import texts
from bot.app.connection.start import shard_states
from bot.errors import RESTART_MAY_HELP, DatabaseFailing, StoreError
from bot.jobs.worker import Worker
from bot.runtime.clock import Clock
from bot.runtime.output import end_now
from bot.store import Store
from bot.store.texts import WHAT_HOSTS_DO

log = structlog.get_logger(__name__)

STALLED_S = 120.0
"""Maximum time without a run of the loop, or without progress in a lane with due turns."""


@dataclass(frozen=True)
class Health:
    """Reads the progress of the worker and the state of the connection to Discord."""

    bot: commands.AutoShardedBot
    _: KW_ONLY
    worker: Worker
    store: Store
    clock: Clock

    def __call__(self) -> dict[str, object]:
        """Return the health report.

        `ok`: the database is writable, and the worker progresses in each lane;
        `ready`: connected to Discord; numbers of followed `jobs` and known `guilds`;
        `database`: whether it is `up`, seconds without a write, and the error as one word;
        `oldest_due_s`: the longest overdue time of each lane;
        `turns_last_minute`: turns of all lanes without an error of the bot's or the database's;
        `shards`: for each shard whether it is `connected`, and its `latency_s`, None: unknown.
        """
        due, turns = self.worker.agenda.oldest_due_s(), self.worker.agenda.turns_last_minute()
        beats = self.clock.monotonic() - self.worker.beat < STALLED_S
        moves = all(due[lane] <= STALLED_S or turns[lane] > 0 for lane in due)
        return {
            "ok": beats and moves and self.store.pulse.is_well,
            "ready": self._is_connected(),
            "database": {
                "up": self.store.pulse.is_well,
                "silent_s": round(self.store.pulse.silent_s, 1),
                "fails": None if self.store.pulse.failure is None else self.store.pulse.failure.kind,
            },
            "jobs": self.worker.followed,
            "guilds": len(self.bot.guilds),
            "oldest_due_s": {lane.value: round(seconds, 1) for lane, seconds in due.items()},
            "turns_last_minute": sum(turns.values()),
            "shards": {
                shard.number: {
                    "connected": shard.is_connected,
                    "latency_s": None if shard.latency_s is None else round(shard.latency_s, 3),
                }
                for shard in shard_states(self.bot)
            },
        }

    def _is_connected(self) -> bool:
        """Whether some shard is connected: discord.py's `is_ready` stays true while it reconnects."""
        shards = shard_states(self.bot)
        is_lost = bool(shards) and not any(each.is_connected for each in shards)
        return self.bot.is_ready() and not self.bot.is_closed() and not is_lost


STILL_S = 300.0
"""How long the loop may be late."""
CHECK_EVERY_S = 5.0


class Watchdog:
    """Watches whether a loop runs: `next_beat` is its deadline, in monotonic seconds."""

    def __init__(self, next_beat: Callable[[], float], clock: Clock, *, end: Callable[[], None]) -> None:
        self._next_beat = next_beat
        self._clock = clock
        self._end = end
        self._still_s = 0.0
        self._checked_at = clock.monotonic()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Watch until `stop`."""
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(CHECK_EVERY_S):
            if self.is_over():
                self._end()

    def is_over(self) -> bool:
        """Look once; return whether nothing has moved for too long."""
        now = self._clock.monotonic()
        # Time in which the process was stopped (SIGSTOP) does not count.
        passed_s = min(now - self._checked_at, 2 * CHECK_EVERY_S)
        self._still_s = self._still_s + passed_s if now > self._next_beat() else 0.0
        self._checked_at = now
        return self._still_s >= STILL_S


def end_process(sentence: object) -> None:
    """Print what happened and all threads' stacks to standard error, and exit, even if nothing reads it."""
    end_now(lambda: f"{sentence}\n{_where_threads_are()}", RESTART_MAY_HELP)


def _where_threads_are() -> str:
    # Not faulthandler: it writes to the descriptor itself, and blocks all other threads until that is read.
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"Thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()  # noqa: SLF001 - documented, and the only way
    )


EVERY_S = 15.0
ROUNDS = 20
"""Rounds without a write, five minutes in all, until the process ends."""
PASSING = frozenset({"busy", "full"})
"""Errors that a restart would meet too: they pass once the lock is gone, or there is room."""


class DatabaseWatch:
    """Writes a row every 15 seconds, which also detects a replaced file.

    `end` is called with the error that ends the process.
    """

    def __init__(self, store: Store, clock: Clock, *, end: Callable[[StoreError], None]) -> None:
        self._store = store
        self._clock = clock
        self._end = end
        self._lost_rounds = 0

    async def run(self) -> None:
        never, probe = asyncio.Event(), asyncio.ensure_future(self._probe())
        try:
            while True:
                await self._clock.wait(never, EVERY_S)
                is_kept = probe.done() and probe.result()  # don't query a hanging one again
                if probe.done():
                    probe = asyncio.ensure_future(self._probe())
                self._store.pulse.note_silence()
                if (error := self._judge(is_kept=is_kept)) is not None:
                    self._end(error)
        finally:
            probe.cancel()

    async def _probe(self) -> bool:
        try:
            await self._store.probe()
        except StoreError:  # counted and logged by the store
            return False
        except Exception:
            log.exception("database.probe_failed")
            return False
        return self._store.pulse.is_well

    def _judge(self, *, is_kept: bool) -> StoreError | None:
        """Return the error that ends the process, None to continue. Counted in rounds, as a process may be paused."""
        failure = self._store.pulse.failure
        self._lost_rounds = 0 if is_kept else self._lost_rounds + 1
        if failure is not None and failure.kind == "gone":
            return _ending(failure)
        if self._lost_rounds < ROUNDS or failure is None or failure.kind in PASSING:
            return None
        return _ending(failure)


def _ending(failure: DatabaseFailing) -> StoreError:
    sentence = texts.DATABASE_LOST(hint=WHAT_HOSTS_DO[failure.kind])
    is_for_members = failure.for_host == failure.sentence or failure.kind == "silent"
    return StoreError(sentence if is_for_members else failure.for_host, exit_code=failure.exit_code)
