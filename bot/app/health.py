"""The bot's health, as `/healthz` reports it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import traceback
from collections.abc import Callable

import discord

from bot.app import texts
from bot.app.connection.start import shard_states
from bot.app.parts import Role
from bot.errors import RESTART_MAY_HELP, DatabaseFailing, StoreError
from bot.jobs.follow.agenda import WorkerProgress
from bot.jobs.worker import Worker
from bot.runtime.clock import Clock
from bot.runtime.output import end_now
from bot.store import Store
from bot.store.engine.pulse import Pulse

STALLED_S = 120.0
"""For how long the loop may not go round, and a lane may not end a turn although one is due."""


class Health:
    """Reads the progress of the worker and the state of the connection to Discord."""

    def __init__(
        self,
        bot: discord.AutoShardedClient,
        *,
        role: Role,
        worker: Worker,
        pulse: Pulse,
        is_ready: Callable[[], bool],
        has_second_copy: Callable[[], bool],
        clock: Clock,
    ) -> None:
        """Take what it reads; `is_ready` says whether Discord is reached, in the way of the role."""
        self._bot = bot
        self._role = role
        self._worker = worker
        self._pulse = pulse
        self._is_ready = is_ready
        self._has_second_copy = has_second_copy
        self._clock = clock

    def __call__(self) -> dict[str, object]:
        """Return what there is to know.

        `ok`: the database keeps what is written, and the worker goes on, in each lane, or there is none in this `role`;
        `ready`: connected to Discord, where there is no gateway by its REST API; how many `jobs` are followed and
        `guilds` are known; `database`: whether it is `up`, for how many seconds it has kept nothing, and what it fails
        with, as one word;
        `second_copy`: whether another copy runs with the same token, so that no new work is taken;
        `oldest_due_s`: for how long each lane has let the job wait that was due first;
        `turns_last_minute`: how many ended without an error of the bot's or the database's, of all lanes;
        `shards`: of each connection to the gateway, whether it is `connected`, and its `latency_s`, None: not known.
        """
        due, turns = self._worker.oldest_due_s(), self._worker.turns_last_minute()
        beats = not self._role.works or self._clock.monotonic() - self._worker.progress.beat < STALLED_S
        moves = all(due[lane] <= STALLED_S or turns[lane] > 0 for lane in due)
        return {
            "ok": beats and moves and self._pulse.is_well,
            "ready": self._is_ready(),
            "role": self._role.value,
            "database": {
                "up": self._pulse.is_well,
                "silent_s": round(self._pulse.silent_s, 1),
                "fails": None if self._pulse.failure is None else self._pulse.failure.kind,
            },
            "jobs": self._worker.followed,
            "guilds": len(self._bot.guilds),
            "second_copy": self._has_second_copy(),
            "oldest_due_s": {lane.value: round(seconds, 1) for lane, seconds in due.items()},
            "turns_last_minute": sum(turns.values()),
            "shards": {
                shard.number: {
                    "connected": shard.is_connected,
                    "latency_s": None if shard.latency_s is None else round(shard.latency_s, 3),
                }
                for shard in shard_states(self._bot)
            },
        }


STILL_S = 300.0
"""For how long nothing may move although something is due."""
CHECK_EVERY_S = 5.0


class Watchdog:
    """Watches the worker's progress.

    It stands still while its loop does not come back from a round when it should, or while a job waits for a slot alone
    and no turn ends. What waits for a slow server of its own is no reason to end the others' work.
    """

    def __init__(self, progress: Callable[[], WorkerProgress], clock: Clock, *, end: Callable[[], None]) -> None:
        self._progress = progress
        self._clock = clock
        self._end = end
        self._still_s = 0.0
        self._checked_at = clock.monotonic()
        self._turned = 0.0
        self._stopped = threading.Event()

    def start(self) -> None:
        """Watch until `stop`."""
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(CHECK_EVERY_S):
            if self.is_over():
                self._end()

    def is_over(self) -> bool:
        """Look once; return whether nothing has moved for too long."""
        now, progress = self._clock.monotonic(), self._progress()
        # A process that was stopped and continued (SIGSTOP) has not hung for as long as it was away.
        passed_s = min(now - self._checked_at, 2 * CHECK_EVERY_S)
        is_late = now > progress.next_beat
        is_stuck = progress.startable_at is not None and progress.turned == self._turned
        self._still_s = self._still_s + passed_s if is_late or is_stuck else 0.0
        self._checked_at, self._turned = now, progress.turned
        return self._still_s >= STILL_S


def end_process(sentence: object) -> None:
    """Say on standard error what has happened and where each thread is, and end: nobody needs to read it."""
    end_now(lambda: f"{sentence}\n{_where_threads_are()}", RESTART_MAY_HELP)


def _where_threads_are() -> str:
    # Not faulthandler: it writes to the descriptor itself, and lets no other thread run until that is read.
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"Thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()  # noqa: SLF001 - documented, and the only way
    )


EVERY_S = 15.0
ROUNDS = 20
"""After so many in a row, five minutes, in which nothing could be written, the process ends."""
PASSING = frozenset({"busy", "full"})
"""What a start would meet as this process does: it goes on by itself once the lock is gone, or there is room."""


class DatabaseWatch:
    """Writes a row each 15 seconds, and so finds out too that the file is not the one any more that was opened.

    `end` is called with what ends the process.
    """

    def __init__(self, store: Store, clock: Clock, *, end: Callable[[StoreError], None]) -> None:
        self._store = store
        self._clock = clock
        self._end = end
        self._lost_rounds = 0

    async def run(self) -> None:
        """Watch until cancelled."""
        never, probe = asyncio.Event(), asyncio.ensure_future(self._probe())
        try:
            while True:
                await self._clock.wait(never, EVERY_S)
                is_kept = probe.done() and probe.result()  # one that hangs is asked nothing more
                if probe.done():
                    probe = asyncio.ensure_future(self._probe())
                if (error := self._judge(is_kept=is_kept)) is not None:
                    self._end(error)
        finally:
            probe.cancel()

    async def _probe(self) -> bool:
        """Return whether a row was kept."""
        with contextlib.suppress(StoreError):  # counted and logged by the store
            await self._store.probe()
            return True
        return False

    def _judge(self, *, is_kept: bool) -> StoreError | None:
        """Return what ends the process after a round, None if it goes on. Rounds, as a process may have been paused."""
        failure = self._store.pulse.failure
        self._lost_rounds = 0 if is_kept else self._lost_rounds + 1
        if failure is not None and failure.kind == "gone":
            return _ending(failure)
        if self._lost_rounds < ROUNDS:
            return None
        if failure is None:
            return StoreError(texts.DATABASE_HANGS)
        return None if failure.kind in PASSING else _ending(failure)


def _ending(failure: DatabaseFailing) -> StoreError:
    return StoreError(failure.for_host, exit_code=failure.exit_code)
