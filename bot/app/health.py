"""The bot's health, as `/healthz` reports it."""

from __future__ import annotations

from collections.abc import Callable

import discord

from bot.app.roles import Role
from bot.app.shards import shard_states
from bot.jobs.worker import Worker
from bot.runtime.clock import Clock
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
