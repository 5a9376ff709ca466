"""`cannon-bot fleet`: the processes on the database."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.runtime.clock import Clock
from bot.settings import Settings
from bot.store.host.jobs import listed_processes


def list_processes(settings: Settings, clock: Clock) -> list[dict[str, Any]]:
    """Return the processes that run, or ended within the hour, as JSON values. Raises StoreError."""
    return [
        {**asdict(each), "state": each.state.value, "shards": list(each.shards), "silent_s": round(each.silent_s, 1)}
        for each in listed_processes(settings.database, clock)
    ]
