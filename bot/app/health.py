"""The bot's health, as `/healthz` reports it."""

from __future__ import annotations

import discord

from bot.jobs.worker import Worker
from bot.runtime.clock import Clock

WORKER_STALLED_S = 120.0


class Health:
    """Reads the state of the worker and of the connection to Discord."""

    def __init__(self, bot: discord.Client, *, worker: Worker, clock: Clock) -> None:
        self._bot = bot
        self._worker = worker
        self._clock = clock

    def __call__(self) -> dict[str, object]:
        """Return `ok` (the worker is alive), `ready` (connected to Discord), and how many jobs and guilds there are."""
        stalled_s = self._clock.monotonic() - self._worker.beat
        return {
            "ok": stalled_s < WORKER_STALLED_S,
            "ready": self._bot.is_ready() and not self._bot.is_closed(),
            "jobs": self._worker.followed,
            "guilds": len(self._bot.guilds),
        }
